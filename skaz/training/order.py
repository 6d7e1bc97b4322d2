"""What an epoch shows: the batches, and what the encoder reads, as the recipe has it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from skaz.corpus.batches import Order, SourceOf, Step, epoch_steps, pair_steps
from skaz.corpus.sources import Stories, drawn_source, nothing, whole_source
from skaz.recipe import Recipe

LONGEST_WINDOWS = 32  # a story of more windows than this is cut into pieces that different lanes read


def longest_tokens(recipe: Recipe) -> int:
    """The longest part of a story that is read in one go."""
    return LONGEST_WINDOWS * recipe.training.window


def train_order(recipe: Recipe) -> Order:
    """The order of batches that the recipe asks for."""
    training = recipe.training
    return Order(training.batch_tokens, training.window, training.seed, longest_tokens(recipe))


def training_steps(recipe: Recipe, stories: Stories, epoch: int) -> Iterator[Step]:
    """The batches of an epoch."""
    if recipe.task != "write":
        return pair_steps(stories.lengths + 1, stories.source_lengths + 1, train_order(recipe), epoch)
    return epoch_steps(stories.lengths + 1, train_order(recipe), epoch)


def training_source(recipe: Recipe, epoch: int) -> SourceOf:
    """What the encoder reads in an epoch: of a pair its source, of a story what is drawn for it."""
    if recipe.task != "write":
        return partial(whole_source, reverse=recipe.text.reverse_sources)
    if not recipe.model.encoder.layers:  # an opening that nothing reads would only go unlearnt
        return nothing
    return partial(drawn_source, recipe=recipe.sources, seed=recipe.training.seed, epoch=epoch)
