"""One update: a batch through the network, its gradient, a step of the optimiser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skaz.corpus.batches import Batch
from skaz.corpus.sources import PAD
from skaz.nn.attention import Memory
from skaz.nn.cells import State, select_state
from skaz.nn.copying import mixed_cross_entropy
from skaz.nn.coverage import coverage_loss
from skaz.nn.decoded import Decoded
from skaz.nn.dropout import Noise
from skaz.nn.losses import CHUNK_LOGITS, linear_cross_entropy
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
    coverage_weight: float = 0.0,
) -> Summed:
    """Reads the sources, writes the targets from the sources' context or, in rows that go on, from the
    carried state. `own`: how many of the inputs shall be the network's own guesses; `coverage_weight`: what looking
    twice at the same costs."""
    device = model.device
    encoded = model.encode(
        torch.from_numpy(batch.sources_BS).to(device),
        torch.from_numpy(batch.source_lengths_B).to(device),
        noise,
    )
    state = encoded.state
    if carried is not None and not batch.fresh_B.all():
        rows = len(batch.fresh_B)
        state = select_state(torch.from_numpy(batch.fresh_B).to(device), state, carried.gather(slice(rows)))
    inputs_BT = torch.from_numpy(batch.inputs_BT).to(device)
    if own is not None and own.share > 0:
        inputs_BT = _with_own(model, inputs_BT, state, encoded.memory, own)
    decoded, after = model.decode(inputs_BT, state, encoded.memory, noise)
    targets_BT = torch.from_numpy(batch.targets_BT).to(device)
    loss, nats, right = _cross_entropy(model, decoded, targets_BT, label_smoothing)
    if coverage_weight and decoded.attention_BTS is not None:
        loss = loss + coverage_weight * coverage_loss(decoded.attention_BTS, targets_BT >= 0)
    return Summed(loss, nats, right, batch.n_targets, after.detach())


def _cross_entropy(
    model: Seq2Seq, decoded: Decoded, targets_BT: Tensor, smoothing: float
) -> tuple[Tensor, Tensor, Tensor]:
    """What `Summed` has of them: the loss, the nats, the likeliest that are right."""
    if decoded.switch_BT is not None:
        return _copying_cross_entropy(model, decoded, targets_BT, smoothing)
    # the few padded positions stay in: so there are few different shapes for the kernels to be compiled for
    return linear_cross_entropy(
        decoded.features_BTE.flatten(0, 1), model.written_VE, model.bias_V, targets_BT.flatten(), smoothing
    )


def _copying_cross_entropy(
    model: Seq2Seq, decoded: Decoded, targets_BT: Tensor, smoothing: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The same where tokens may be copied, some rows at a time."""
    loss = torch.zeros((), device=targets_BT.device)
    nats, right = torch.zeros_like(loss), torch.zeros_like(loss)
    for rows in _row_chunks(model, decoded):
        part, wanted_BT = decoded.rows(rows), targets_BT[rows]
        assert part.switch_BT is not None
        assert part.attention_BTS is not None
        assert part.ids_BS is not None
        parts = part.switch_BT, part.attention_BTS, part.ids_BS
        part_loss, part_nats = mixed_cross_entropy(model.logits(part.features_BTE), *parts, wanted_BT, smoothing)
        loss, nats = loss + part_loss, nats + part_nats
        if not torch.is_grad_enabled():
            right += (model.scores(part).argmax(dim=-1) == wanted_BT).sum()
    return loss, nats, right


def _row_chunks(model: Seq2Seq, decoded: Decoded) -> Iterator[slice]:
    """Runs of rows whose scores are as many as the fused loss takes at a time; at least one row."""
    batch, time, _ = decoded.features_BTE.shape
    rows = max(1, CHUNK_LOGITS // (time * model.vocabulary_size))
    return (slice(first, first + rows) for first in range(0, batch, rows))


@torch.no_grad()
def _with_own(model: Seq2Seq, inputs_BT: Tensor, state: State, memory: Memory | None, own: Own) -> Tensor:
    """The inputs with a share of the tokens behind the first replaced by what the network would have written there
    after the true ones (Bengio et al. 2015, in the two passes of Mihaylova and Martins 2019: all positions at once)."""
    decoded, _ = model.decode(inputs_BT, state, memory)
    guesses_BT = torch.cat([model.scores(decoded.rows(rows)).argmax(dim=-1) for rows in _row_chunks(model, decoded)])
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
        summed = batch_loss(
            model,
            batch,
            carried,
            noise=noise,
            label_smoothing=training.label_smoothing,
            own=own,
            coverage_weight=training.coverage_loss,
        )
    (summed.loss / training.batch_tokens).backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
    if bool(torch.isfinite(norm)):
        optimiser.step()
    return Updated(summed.nats.detach(), summed.n_targets, norm, summed.state)
