"""One update: a batch through the network, its gradient, a step of the optimiser."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from skaz.corpus.batches import Batch
from skaz.nn.cells import State, select_state
from skaz.nn.dropout import Noise
from skaz.nn.losses import linear_cross_entropy
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import TrainingRecipe
from skaz.training.optimiser import Optimiser
from skaz.training.precision import autocast


class Summed(NamedTuple):
    """Sums over the batch's real targets: the loss that is descended and the plain nats, and the state that
    the next window goes on from."""

    loss: Tensor
    nats: Tensor
    n_targets: int
    state: State


def batch_loss(
    model: Seq2Seq,
    batch: Batch,
    carried: State | None,
    *,
    noise: Noise | None = None,
    label_smoothing: float = 0.0,
) -> Summed:
    """Reads the sources, writes the targets from the sources' context or, in rows that go on, from the
    carried state."""
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
    features_BTE, after = model.decode(torch.from_numpy(batch.inputs_BT).to(device), state, encoded.memory, noise)
    # the few padded positions stay in: so there are few different shapes for the kernels to be compiled for
    loss, nats = linear_cross_entropy(
        features_BTE.flatten(0, 1),
        model.output_VE,
        model.bias_V,
        torch.from_numpy(batch.targets_BT).to(device).flatten(),
        label_smoothing,
    )
    return Summed(loss, nats, batch.n_targets, after.detach())


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
) -> Updated:
    """Descends the loss summed over the batch's real targets and divided by the tokens that a batch should
    have: so every token counts the same, also in a small batch. Nothing is changed where loss or gradient is
    not finite."""
    optimiser.zero_grad()
    with autocast(model.device, training.precision):
        summed = batch_loss(model, batch, carried, noise=noise, label_smoothing=training.label_smoothing)
    (summed.loss / training.batch_tokens).backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
    if bool(torch.isfinite(norm)):
        optimiser.step()
    return Updated(summed.nats.detach(), summed.n_targets, norm, summed.state)
