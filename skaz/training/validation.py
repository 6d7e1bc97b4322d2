"""Held-out stories through the network: summed nats, every token counted, states carried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float32
from numpy.typing import NDArray

from skaz.corpus.batches import Batch, Order, SourceOf, Step, cut, make_batch, pair_steps, plain_steps
from skaz.corpus.sources import Stories
from skaz.nn.cells import State
from skaz.nn.seq2seq import Seq2Seq
from skaz.text.ngrams import JointNgrams, Walker
from skaz.training.measured import Measured
from skaz.training.precision import Precision, autocast
from skaz.training.tokens import Tokens
from skaz.training.update import batch_loss, past_of, read, row_chunks

VALIDATION_BATCH_TOKENS = 8192
VALIDATION_WINDOW = 256
VALIDATION_PIECE_TOKENS = 2048  # whatever a recipe's window, so that runs can be compared


class Vote(NamedTuple):
    """N-grams that vote beside the networks, and how much they count (`engine/ngram_engine.py`)."""

    ngrams: JointNgrams
    weight: float


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
    models: Sequence[Seq2Seq], held_out: HeldOut, source_of: SourceOf, precision: Precision, vote: Vote | None = None
) -> Measured:
    """The same of several networks of one vocabulary, under the mean of their probabilities, and of the n-grams that
    vote beside them where there are some."""
    if len(models) == 1 and vote is None:
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
                logs_BTV = reduce(torch.logaddexp, (scores_BTV.log_softmax(dim=-1) for scores_BTV in parts))
                logs_BTV = logs_BTV - math.log(len(models))
                if vote is not None:
                    votes_BTV = torch.from_numpy(_votes(vote, batch, rows)).to(device)
                    logs_BTV = (logs_BTV + votes_BTV).log_softmax(dim=-1)
                targets_BT = given.targets_BT[rows]
                of_targets_BT = logs_BTV.gather(-1, targets_BT.clamp(min=0)[..., None])[..., 0]
                nats -= float(of_targets_BT[targets_BT >= 0].sum())
                right += int((logs_BTV.argmax(dim=-1) == targets_BT).sum())
        carried = [after for _, after in reads]
        tokens += batch.n_targets
    return Measured(nats, tokens, held_out.characters, right)


def _votes(vote: Vote, batch: Batch, rows: slice) -> Float32[np.ndarray, "B T V"]:
    """What the n-grams add to the scores of these rows of pairs, each of which is whole; nothing where it has ended."""
    targets_BT = batch.targets_BT[rows]
    votes_BTV = np.zeros((*targets_BT.shape, vote.ngrams.vocabulary_size), dtype=np.float32)
    for row, (source_S, length) in enumerate(zip(batch.sources_BS[rows], batch.source_lengths_B[rows], strict=True)):
        walker = Walker.at_start(source_S[:length])
        for place, token in enumerate(targets_BT[row][targets_BT[row] >= 0].tolist()):
            votes_BTV[row, place] = vote.weight * vote.ngrams.log_probabilities(walker)
            walker = walker.after(token)
    return votes_BTV
