"""One update: a batch through the network, its gradient, a step of the optimiser."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from skaz.corpus.batches import Batch
from skaz.corpus.sources import PAD
from skaz.nn.attention import Memory
from skaz.nn.cells import State, select_state
from skaz.nn.dropout import Noise
from skaz.nn.losses import linear_cross_entropy
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import TrainingRecipe
from skaz.training.optimiser import Optimiser
from skaz.training.precision import autocast


class Own(NamedTuple):
    """The share of input tokens that are the network's own guesses, and what they are drawn with."""

    share: float
    generator: torch.Generator


class Summed(NamedTuple):
    """Sums over the batch's real targets: the loss that is descended, the plain nats and, without gradients, the
    targets that are the likeliest; and the state that the next window goes on from."""

    loss: Tensor
    nats: Tensor
    right: Tensor
    n_targets: int
    state: State


def batch_loss(
    model: Seq2Seq,
    batch: Batch,
    carried: State | None,
    *,
    noise: Noise | None = None,
    label_smoothing: float = 0.0,
    own: Own | None = None,
) -> Summed:
    """Reads the sources, writes the targets from the sources' context or, in rows that go on, from the
    carried state. `own`: how many of the inputs shall be the network's own guesses."""
    device = model.device
    encoded = model.encode(
        torch.from_numpy(batch.sources_BS).to(device),
        torch.from_numpy(batch.source_lengths_B).to(device),
        noise,
    )
    state = encoded.state
    if carried is not None and not batch.fresh_B.all():
        rows = len(batch.fresh_B)
        kept = State(carried.h_LBH[:, :rows], carried.c_LBH[:, :rows])
        state = select_state(torch.from_numpy(batch.fresh_B).to(device), state, kept)
    inputs_BT = torch.from_numpy(batch.inputs_BT).to(device)
    if own is not None and own.share > 0:
        inputs_BT = _with_own(model, inputs_BT, state, encoded.memory, own)
    features_BTE, after = model.decode(inputs_BT, state, encoded.memory, noise)
    # the few padded positions stay in: so there are few different shapes for the kernels to be compiled for
    loss, nats, right = linear_cross_entropy(
        features_BTE.flatten(0, 1),
        model.output_VE,
        model.bias_V,
        torch.from_numpy(batch.targets_BT).to(device).flatten(),
        label_smoothing,
    )
    return Summed(loss, nats, right, batch.n_targets, after.detach())


@torch.no_grad()
def _with_own(model: Seq2Seq, inputs_BT: Tensor, state: State, memory: Memory | None, own: Own) -> Tensor:
    """The inputs with a share of the tokens behind the first replaced by what the network would have written there
    after the true ones (Bengio et al. 2015, in the two passes of Mihaylova and Martins 2019: all positions at once)."""
    features_BTE, _ = model.decode(inputs_BT, state, memory)
    rows = [model.logits(features_TE).argmax(dim=-1) for features_TE in features_BTE]
    guesses_BT = torch.stack(rows)
    taken_BT = torch.rand(inputs_BT.shape, generator=own.generator, device=inputs_BT.device) < own.share
    mixed_BT = inputs_BT.clone()
    mixed_BT[:, 1:] = torch.where(taken_BT[:, 1:] & (inputs_BT[:, 1:] != PAD), guesses_BT[:, :-1], inputs_BT[:, 1:])
    return mixed_BT


class Updated(NamedTuple):
    """What an update did. `gradient_norm` is the length before clipping; not finite: nothing was changed."""

    nats: Tensor
    n_targets: int
    gradient_norm: Tensor
    state: State


def update(
    model: Seq2Seq,
    optimiser: Optimiser,
    batch: Batch,
    carried: State | None,
    *,
    noise: Noise | None,
    training: TrainingRecipe,
    own: Own | None = None,
) -> Updated:
    """Descends the loss summed over the batch's real targets and divided by the tokens that a batch should
    have: so every token counts the same, also in a small batch. Nothing is changed where loss or gradient is
    not finite."""
    optimiser.zero_grad()
    with autocast(model.device, training.precision):
        summed = batch_loss(model, batch, carried, noise=noise, label_smoothing=training.label_smoothing, own=own)
    (summed.loss / training.batch_tokens).backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
    if bool(torch.isfinite(norm)):
        optimiser.step()
    return Updated(summed.nats.detach(), summed.n_targets, norm, summed.state)
