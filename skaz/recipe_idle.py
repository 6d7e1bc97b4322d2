"""Settings that change nothing, beside what else a recipe has."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from skaz.recipe import Recipe
from skaz.recipe_reading import flat_settings

_OF_MUON = ("training.muon_rate", "training.muon_iterations", "training.momentum")
_OF_STORIES = ("sources.plan", "sources.title", "sources.opening", "sources.whole_plan", "training.window")


def idle_settings(recipe: Recipe, stated: Collection[str]) -> list[str]:
    """Of the `stated` settings (dotted) those that change nothing, each a line that tells why."""
    settings = flat_settings(recipe)
    return [f"{name}={settings[name]} changes nothing: {why}" for name, why in _idle(recipe) if name in stated]


def _idle(recipe: Recipe) -> Iterator[tuple[str, str]]:
    model = recipe.model
    cells = {model.decoder.cell, *([model.encoder.cell] if model.encoder.layers else [])}
    if "rnn" not in cells:
        yield "model.nonlinearity", f"{' and '.join(sorted(cells))} cells have none to choose"
    if model.attention != "multi-head":
        yield "model.attention_heads", f"attention is {model.attention}, and only multi-head has heads"
    if recipe.training.optimiser != "muon":
        yield from ((name, f"the optimiser is {recipe.training.optimiser}") for name in _OF_MUON)
    if recipe.task != "write":
        yield from ((name, "it is of stories, and these are pairs, each read whole") for name in _OF_STORIES)
