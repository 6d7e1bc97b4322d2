"""Held-out stories through the network: summed nats, every token counted, states carried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from skaz.corpus.batches import Order, SourceOf, Step, cut, make_batch, pair_steps, plain_steps
from skaz.corpus.sources import Stories
from skaz.nn.cells import State
from skaz.nn.seq2seq import Seq2Seq
from skaz.training.measured import Measured
from skaz.training.precision import Precision, autocast
from skaz.training.tokens import Tokens
from skaz.training.update import batch_loss, past_of, read, row_chunks

VALIDATION_BATCH_TOKENS = 8192
VALIDATION_WINDOW = 256
VALIDATION_PIECE_TOKENS = 2048  # whatever a recipe's window, so that runs can be compared


@dataclass(frozen=True)
class HeldOut:
    """Which stories are measured, the batches they make, and the characters in them."""

    stories: Stories
    steps: tuple[Step, ...]
    characters: int

    @cached_property
    def has_plans(self) -> bool:
        """Whether any of the stories has a plan to be told after."""
        return any(len(self.stories.plan(index)) for step in self.steps for index in step.stories_B.tolist())


def hold_out(stories: Stories, *, most_characters: int | None, longest_tokens: int | None = None) -> HeldOut:
    """Stories drawn evenly from all up to `most_characters` (all without it; at least one), as batches. A story longer
    than `longest_tokens` is cut and its pieces are drawn and read side by side, which is quicker, each from a fresh
    state; None: none is cut. A piece's characters are taken for its share of the story's tokens."""
    order = Order(VALIDATION_BATCH_TOKENS, VALIDATION_WINDOW, seed=0, longest_tokens=longest_tokens)
    pieces = cut(stories.lengths + 1, order)
    share = pieces.lengths / (stories.lengths[pieces.stories] + 1)
    characters = _characters(stories)[pieces.stories] * share
    chosen = _drawn(characters, most_characters)
    return HeldOut(stories, tuple(plain_steps(pieces.take(chosen), order)), round(float(characters[chosen].sum())))


def hold_out_pairs(pairs: Stories, *, most_characters: int | None) -> HeldOut:
    """The same of pairs, each whole."""
    order = Order(VALIDATION_BATCH_TOKENS, VALIDATION_WINDOW, seed=0)
    characters = _characters(pairs)
    chosen = _drawn(characters, most_characters)
    steps = pair_steps(pairs.lengths[chosen] + 1, pairs.source_lengths[chosen] + 1, order, None)
    steps_of_all = tuple(replace(step, stories_B=chosen[step.stories_B]) for step in steps)
    return HeldOut(pairs, steps_of_all, int(characters[chosen].sum()))


def _characters(stories: Stories) -> NDArray[np.int64]:
    return np.array([stories.characters(index) for index in range(len(stories))], dtype=np.int64)


def _drawn(characters: NDArray[Any], most: int | None) -> NDArray[np.int64]:
    """Numbers of items drawn evenly from all up to so many characters, at least one."""
    drawn = np.random.default_rng(0).permutation(len(characters))  # files often have one kind of story first
    if most is not None:
        drawn = drawn[: max(1, int(np.searchsorted(characters[drawn].cumsum(), most, side="right")))]
    return np.sort(drawn)


@torch.no_grad()
def measure(model: Seq2Seq, held_out: HeldOut, source_of: SourceOf, precision: Precision) -> Measured:
    """The held-out stories' nats under the model, each from the source that `source_of` gives it."""
    nats, tokens, right = 0.0, 0, 0
    carried: State | None = None
    for step in held_out.steps:
        batch = make_batch(step, held_out.stories, source_of)
        with autocast(model.device, precision):
            summed = batch_loss(model, batch, carried)
        carried = summed.state
        nats += float(summed.nats)
        tokens += summed.n_targets
        right += int(summed.right)
    return Measured(nats, tokens, held_out.characters, right)


@torch.no_grad()
def measure_together(
    models: Sequence[Seq2Seq], held_out: HeldOut, source_of: SourceOf, precision: Precision
) -> Measured:
    """The same of several networks of one vocabulary, under the mean of their probabilities."""
    if len(models) == 1:
        return measure(models[0], held_out, source_of, precision)
    nats, tokens, right = 0.0, 0, 0
    carried: list[State | None] = [None] * len(models)
    device = models[0].device
    for step in held_out.steps:
        batch = make_batch(step, held_out.stories, source_of)
        given = Tokens.of(batch, device)
        with autocast(device, precision):
            reads = [read(model, given, past_of(batch, past)) for model, past in zip(models, carried, strict=True)]
            for rows in row_chunks(models[0], reads[0][0]):
                parts = (model.scores(each.rows(rows)) for model, (each, _) in zip(models, reads, strict=True))
                sums_BTV = reduce(torch.logaddexp, (scores_BTV.log_softmax(dim=-1) for scores_BTV in parts))
                targets_BT = given.targets_BT[rows]
                of_targets_BT = sums_BTV.gather(-1, targets_BT.clamp(min=0)[..., None])[..., 0] - math.log(len(models))
                nats -= float(of_targets_BT[targets_BT >= 0].sum())
                right += int((sums_BTV.argmax(dim=-1) == targets_BT).sum())
        carried = [after for _, after in reads]
        tokens += batch.n_targets
    return Measured(nats, tokens, held_out.characters, right)
