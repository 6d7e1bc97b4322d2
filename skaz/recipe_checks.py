"""What must go together in a recipe. Each error names the setting to change."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from skaz.errors import RecipeError
from skaz.recipe import PARALLEL_CELLS, SIZED, ModelRecipe, Recipe, TrainingRecipe

COPY_WANTS_ONE_VOCABULARY = (
    "model.copy takes tokens from the source, and text.source_tokenizer gives sources tokens of their own; set "
    "text.source_tokenizer to nothing (--set text.source_tokenizer=) so that both sides share a vocabulary."
)
COPY_WANTS_THE_TARGETS_TOKENS = (
    "model.copy writes the source's tokens, and this corpus was prepared with tokens that only sources have; "
    "prepare it again with --set model.copy=true."
)
# what looks at where the decoder looked, and so needs attention
_WITH_ATTENTION: Mapping[str, str] = {
    "copy": "copies what attention looks at",
    "input_feeding": "feeds back what attention has read",
    "coverage": "tells attention where it has looked",
}
_OF_PAIRS = frozenset({"input_feeding", "coverage"})  # kept from step to step: a window of a story is no whole


def check_together(recipe: Recipe) -> None:
    """Checks across fields; each names the setting to change."""
    _check_budget(recipe.training)
    _check_network(recipe.model)
    _check_pairs(recipe)
    _check_monotonic(recipe)
    _check_start(recipe.training)


def check_dot_sizes(recipe: Recipe, stated: Collection[str]) -> None:
    """That nothing is left to choose that dot attention needs to be as it is: by the corpus skaz would choose other
    sizes, which no longer match, and no advice would hold. Those of pairs stay as they are."""
    if recipe.model.attention != "dot" or recipe.task != "write" or all(name in stated for name in SIZED):
        return
    raise RecipeError(
        "Dot attention compares vectors of one size, and skaz chooses by the corpus what is not stated; "
        f"{_dot_advice(recipe.model)}."
    )


def _dot_advice(model: ModelRecipe) -> str:
    return (
        f"set all of model.embedding_size = {model.embedding_size}, model.encoder.hidden_size = "
        f"{model.encoder.hidden_size} and model.decoder.hidden_size = {model.memory_size}, or "
        'model.attention = "general"'
    )


def _check_budget(training: TrainingRecipe) -> None:
    """That a run has one budget at most, above zero."""
    budgets = {
        "training.minutes": training.minutes,
        "training.epochs": training.epochs,
        "training.steps": training.steps,
    }
    given = [name for name, value in budgets.items() if value is not None]
    for name in given:
        if not (budgets[name] or 0) > 0:
            give = {"training.steps": "--set training.steps=500"}.get(name, f"--{name.rpartition('.')[2]} 5")
            raise RecipeError(f"The budget {name} must be above zero, not {budgets[name]}; give {give}, say.")
    if len(given) > 1:
        *others, last = given
        raise RecipeError(
            f"{', '.join(others)} and {last} are {'both' if len(given) == 2 else 'all'} set; a run has one budget: "
            f"leave {'one' if len(given) == 2 else 'two'} out."
        )


def _check_network(model: ModelRecipe) -> None:
    """That the network's parts fit one another."""
    if model.encoder.layers == 0 and model.attention != "none":
        raise RecipeError(
            'Without an encoder there is nothing to attend to; set model.attention = "none" or '
            "model.encoder.layers = 1."
        )
    memory = model.memory_size
    if model.attention == "dot" and memory != model.decoder.hidden_size:
        raise RecipeError(
            f"Dot attention compares vectors of one size, and the decoder has {model.decoder.hidden_size} "
            f"units where the memory has {memory}; {_dot_advice(model)}."
        )
    cells = {model.decoder.cell, *([model.encoder.cell] if model.encoder.layers else [])}
    if model.weight_dropout and cells <= PARALLEL_CELLS:
        raise RecipeError(
            f"model.weight_dropout drops weights between states, and {' and '.join(sorted(cells))} has none; set "
            "model.dropout, or model.decoder.cell = lstm."
        )
    heads, units = model.attention_heads, model.decoder.hidden_size
    if model.attention == "multi-head" and units % heads:
        raise RecipeError(
            f"model.decoder.hidden_size = {units} can't be shared by {heads} heads; "
            "choose a model.attention_heads that divides it."
        )


def _check_pairs(recipe: Recipe) -> None:
    """That what only pairs can have is asked for of pairs, and attention for what goes with it."""
    for name, does in _WITH_ATTENTION.items():
        if not getattr(recipe.model, name):
            continue
        if recipe.model.attention == "none":
            raise RecipeError(f'model.{name} {does}, and there is none; set model.attention = "general", say.')
        if recipe.task == "write" and name in _OF_PAIRS:
            raise RecipeError(
                f"model.{name} is for pairs, each read whole, and a story's state is carried from window to window; "
                f'set model.{name} = false, or task = "translate" or "transduce".'
            )
    if recipe.task == "write" and recipe.text.reverse_targets:
        raise RecipeError(
            "text.reverse_targets is for pairs, and a story is written from its beginning; set text.reverse_targets = "
            'false, or task = "translate" or "transduce".'
        )
    if recipe.model.copy and recipe.text.source_tokenizer is not None:
        raise RecipeError(COPY_WANTS_ONE_VOCABULARY)
    if recipe.training.coverage_loss and not recipe.model.coverage:
        raise RecipeError(
            "training.coverage_loss weighs what model.coverage sums; set model.coverage = true, or "
            "training.coverage_loss = 0."
        )


def without_monotonic(recipe: Recipe) -> list[str]:
    """The settings that monotonic attention can't have, of those that the recipe has. Sources and targets are walked
    along together, both from their beginnings or both from their ends."""
    text = recipe.text
    has = {
        "model.input_feeding": recipe.model.input_feeding,
        "model.coverage": recipe.model.coverage,
        "text.reverse_sources": text.reverse_sources and not text.reverse_targets,
        "text.reverse_targets": text.reverse_targets and not text.reverse_sources,
        "training.scheduled_sampling": recipe.training.scheduled_sampling > 0,
    }
    return [name for name, is_set in has.items() if is_set]


def _check_start(training: TrainingRecipe) -> None:
    """That embeddings come from one place."""
    vectors = (training.embeddings, training.source_embeddings)
    if training.start_from is not None and any(each is not None for each in vectors):
        raise RecipeError(
            "training.start_from brings a bundle's embeddings; leave training.embeddings and "
            "training.source_embeddings out, or start from nothing."
        )


def _check_monotonic(recipe: Recipe) -> None:
    """That monotonic attention has strings to walk along, and nothing that would lead it elsewhere."""
    if not recipe.model.is_monotonic:
        if recipe.model.ngram_weight:
            raise RecipeError(
                "model.ngram_weight counts steps along the source, which only monotonic attention takes; set "
                'model.attention = "monotonic", or model.ngram_weight = 0.'
            )
        return
    if recipe.task != "transduce":
        raise RecipeError(
            'model.attention = "monotonic" walks along strings; set task = "transduce", or another model.attention.'
        )
    bars = without_monotonic(recipe)
    if bars:
        raise RecipeError(
            f'{" and ".join(bars)} can\'t go with model.attention = "monotonic", whose targets say themselves where it '
            'looks; leave that out, or set model.attention = "general".'
        )
