"""The one-shot functions of the public face: the commands' words as Python functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, overload

from skaz.arguments import check, check_path
from skaz.corpus.readers import as_list
from skaz.engine.bundle import open_bundle
from skaz.evaluation.language_modelling import evaluate_bundle
from skaz.files import expanded
from skaz.recipe import Size, Split, Task
from skaz.tasks.fine_tuning import read_on_base
from skaz.tasks.training import Listener, TrainRequest, train_bundle
from skaz.tasks.translating import Translator, load_translator
from skaz.tasks.writing import Storyteller, load
from skaz.training.measured import Measured


@overload
def train(
    paths: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    task: Literal["write"] | None = None,
    minutes: float | None = None,
    size: Size | None = None,
    recipe: str | Path | None = None,
    start_from: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    held_out: str | Path | Sequence[str | Path] = (),
    resume: bool = False,
    overwrite: bool = False,
    on_event: Listener = ...,
) -> Storyteller: ...


@overload
def train(
    paths: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    task: Literal["translate", "transduce"],
    minutes: float | None = None,
    size: Size | None = None,
    recipe: str | Path | None = None,
    start_from: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    held_out: str | Path | Sequence[str | Path] = (),
    resume: bool = False,
    overwrite: bool = False,
    on_event: Listener = ...,
) -> Translator: ...


def train(
    paths: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    task: Task | None = None,
    minutes: float | None = None,
    size: Size | None = None,
    recipe: str | Path | None = None,
    start_from: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    held_out: str | Path | Sequence[str | Path] = (),
    resume: bool = False,
    overwrite: bool = False,
    on_event: Listener = lambda event: None,
) -> Storyteller | Translator:
    """Trains on the stories or the pairs in `paths` and leaves a bundle at `out`; returns it, ready to write or, of
    pairs (`task` "translate" or "transduce"), to translate. Without `task` it is the recipe's.

    `minutes`: the budget of wall time (10 without any budget); `start_from`: a bundle whose weights, vocabulary and
    shape to begin with; `settings`: any settings of the recipe by their dotted names, {"training.seed": 7};
    `held_out`: what to measure on, without it a part of the rest; `on_event` hears of progress, measurements and saves.
    Raises SkazError with a sentence that says what is wrong and what to do.
    """
    check("settings", settings, isinstance(settings, Mapping | None), 'a dict such as {"training.seed": 7}, or None')
    check("on_event", on_event, callable(on_event), "a function of one event")
    if recipe is not None:
        check_path("recipe", recipe)
    stated: dict[str, Any] = {} if task is None else {"task": task}
    stated |= settings or {}
    if minutes is not None:
        stated["training.minutes"] = minutes
    if start_from is not None:
        check_path("start_from", start_from)
        stated["training.start_from"] = str(start_from)
    file = Path(recipe) if recipe is not None else None
    place = expanded(out)
    resumed = place if resume else None
    checked, all_stated = read_on_base(size=size, file=file, overrides=stated, resumed=resumed)
    request = TrainRequest(
        paths=as_list(paths),
        out=place,
        recipe=checked,
        stated=all_stated,
        held_out=as_list(held_out, "held_out"),
        resume=resume,
        overwrite=overwrite,
    )
    train_bundle(request, on_event)
    writes = open_bundle(request.out).recipe.task == "write"  # a resumed run keeps its own task
    return load(request.out) if writes else load_translator(request.out)


def evaluate(
    bundle: str | Path, paths: str | Path | Sequence[str | Path], *, split: Split | None = None
) -> dict[str, Measured]:
    """How well the bundle foretells the stories in `paths`: "plain" (and "with_plan", where each story has
    one), each with `bits_per_character`, `nats_per_character` and `perplexity`."""
    check_path("bundle", bundle)
    return evaluate_bundle(open_bundle(bundle), as_list(paths), split=split)
