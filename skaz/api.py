"""The one-shot functions of the public face: the commands' words as Python functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skaz.engine.bundle import open_bundle
from skaz.evaluation.language_modelling import evaluate_bundle
from skaz.recipe import Size, Split
from skaz.recipe_reading import read_recipe, stated_settings
from skaz.tasks.training import Listener, TrainRequest, train_bundle
from skaz.tasks.writing import Storyteller, load
from skaz.training.measured import Measured


def train(
    paths: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    minutes: float | None = None,
    size: Size | None = None,
    recipe: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    on_event: Listener = lambda event: None,
) -> Storyteller:
    """Trains on the stories in `paths` and leaves a bundle at `out`; returns it, ready to write.

    `minutes`: the budget of wall time (10 without any budget); `settings`: any settings of the recipe by
    their dotted names, {"training.seed": 7}; `on_event` hears of progress, measurements and saves.
    Raises SkazError with a sentence that says what is wrong and what to do.
    """
    stated = dict(settings or {})
    if minutes is not None:
        stated["training.minutes"] = minutes
    file = Path(recipe) if recipe is not None else None
    request = TrainRequest(
        paths=[paths] if isinstance(paths, str | Path) else list(paths),
        out=Path(out),
        recipe=read_recipe(size=size, file=file, overrides=stated),
        stated=stated_settings(stated, file),
        resume=resume,
        overwrite=overwrite,
    )
    train_bundle(request, on_event)
    return load(request.out)


def evaluate(
    bundle: str | Path, paths: str | Path | Sequence[str | Path], *, split: Split | None = None
) -> dict[str, Measured]:
    """How well the bundle foretells the stories in `paths`: "plain" (and "with_plan", where each story has
    one), each with `bits_per_character`, `nats_per_character` and `perplexity`."""
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    return evaluate_bundle(open_bundle(bundle), named, split=split)
