"""Held-out stories through the network: summed nats, every token counted, states carried."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from skaz.corpus.batches import Order, SourceOf, Step, make_batch, pair_steps, plain_steps
from skaz.corpus.sources import Stories
from skaz.nn.cells import State
from skaz.nn.seq2seq import Seq2Seq
from skaz.training.measured import Measured
from skaz.training.precision import Precision, autocast
from skaz.training.update import batch_loss

VALIDATION_BATCH_TOKENS = 8192
VALIDATION_WINDOW = 256


@dataclass(frozen=True)
class HeldOut:
    """Which stories are measured, the batches they make, and the characters in them."""

    stories: Stories
    steps: tuple[Step, ...]
    characters: int


def hold_out(
    stories: Stories, *, most_characters: int | None, longest_tokens: int | None = None, pairs: bool = False
) -> HeldOut:
    """Stories, or pairs, drawn evenly from all up to `most_characters` (all without it; at least one), as batches. A
    story longer than `longest_tokens` is cut and its pieces read side by side, which is quicker, each from a
    fresh state; None: none is cut."""
    drawn = np.random.default_rng(0).permutation(len(stories))  # files often have one kind of story first
    counts = np.array([stories.characters(int(index)) for index in drawn], dtype=np.int64)
    number = len(stories)
    if most_characters is not None:
        number = max(1, int(np.searchsorted(counts.cumsum(), most_characters, side="right")))
    chosen = np.sort(drawn[:number])
    order = Order(VALIDATION_BATCH_TOKENS, VALIDATION_WINDOW, seed=0, longest_tokens=longest_tokens)
    lengths = stories.lengths[chosen] + 1
    plain = (
        pair_steps(lengths, stories.source_lengths[chosen] + 1, order, None) if pairs else plain_steps(lengths, order)
    )
    steps = tuple(replace(step, stories_B=chosen[step.stories_B]) for step in plain)
    return HeldOut(stories, steps, int(counts[:number].sum()))


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
