"""One update: a batch through the network, its gradient, a step of the optimiser."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from skaz.corpus.batches import Batch
from skaz.corpus.sources import PAD
from skaz.nn.attention import Memory
from skaz.nn.cells import State, select_state
from skaz.nn.copying import mixture_of
from skaz.nn.coverage import coverage_loss
from skaz.nn.decoded import Decoded
from skaz.nn.dropout import Noise
from skaz.nn.losses import chunk_logits, linear_cross_entropy
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Recipe, TrainingRecipe
from skaz.training.optimiser import Optimiser
from skaz.training.precision import autocast
from skaz.training.recording import RepeatedUpdates
from skaz.training.tokens import Tokens


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
    tokens, past = Tokens.of(batch, model.device), past_of(batch, carried)
    loss, nats, right, after = _loss(
        model, tokens, past, noise, label_smoothing=label_smoothing, own=own, coverage_weight=coverage_weight
    )
    return Summed(loss, nats, right, batch.n_targets, after)


def past_of(batch: Batch, carried: State | None) -> State | None:
    """The state of the batch's rows, where any of them goes on."""
    if carried is None or batch.fresh_B.all():
        return None
    return carried.gather(slice(len(batch.fresh_B)))


def _loss(
    model: Seq2Seq,
    tokens: Tokens,
    past: State | None,
    noise: Noise | None,
    *,
    label_smoothing: float,
    own: Own | None,
    coverage_weight: float,
) -> tuple[Tensor, Tensor, Tensor, State]:
    """The sums of `Summed`, and the state after."""
    decoded, after = read(model, tokens, past, noise, own)
    loss, nats, right = _cross_entropy(model, decoded, tokens.targets_BT, label_smoothing)
    if coverage_weight and decoded.attention_BTS is not None:
        loss = loss + coverage_weight * coverage_loss(decoded.attention_BTS, tokens.targets_BT >= 0)
    return loss, nats, right, after.detach()


def read(
    model: Seq2Seq, tokens: Tokens, past: State | None, noise: Noise | None = None, own: Own | None = None
) -> tuple[Decoded, State]:
    """What the network makes of a batch, its rows going on from `past` save those that are fresh, and the state
    after."""
    encoded = model.encode(tokens.sources_BS, tokens.source_lengths_B, noise)
    state = encoded.state if past is None else select_state(tokens.fresh_B, encoded.state, past)
    inputs_BT = tokens.inputs_BT
    if own is not None and own.share > 0:
        inputs_BT = _with_own(model, inputs_BT, state, encoded.memory, own)
    return model.decode(inputs_BT, state, encoded.memory, noise)


def _cross_entropy(
    model: Seq2Seq, decoded: Decoded, targets_BT: Tensor, smoothing: float
) -> tuple[Tensor, Tensor, Tensor]:
    """What `Summed` has of them: the loss, the nats, the likeliest that are right."""
    mixture = None
    if decoded.switch_BT is not None:
        if not torch.is_grad_enabled():
            return _measured(model, decoded, targets_BT)
        assert decoded.attention_BTS is not None
        assert decoded.ids_BS is not None
        mixture = mixture_of(decoded.switch_BT, decoded.attention_BTS, decoded.ids_BS, targets_BT)
    # the few padded positions stay in: so there are few different shapes for the kernels to be compiled for
    return linear_cross_entropy(
        decoded.features_BTE.flatten(0, 1), model.written_VE, model.bias_V, targets_BT.flatten(), smoothing, mixture
    )


def _measured(model: Seq2Seq, decoded: Decoded, targets_BT: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same where tokens may be copied and nothing is learnt, some rows at a time."""
    nats, right = torch.zeros((), device=targets_BT.device), torch.zeros((), device=targets_BT.device)
    for rows in row_chunks(model, decoded):
        scores_BTV, wanted_BT = model.scores(decoded.rows(rows)), targets_BT[rows]
        told_BT = scores_BTV.gather(-1, wanted_BT.clamp_min(0)[..., None]).squeeze(-1)
        nats -= (told_BT * (wanted_BT >= 0)).sum()
        right += (scores_BTV.argmax(dim=-1) == wanted_BT).sum()
    return nats, nats, right


def row_chunks(model: Seq2Seq, decoded: Decoded) -> Iterator[slice]:
    """Runs of rows whose scores are as many as the fused loss takes at a time; at least one row."""
    batch, time, _ = decoded.features_BTE.shape
    rows = max(1, chunk_logits(model.device) // (time * model.vocabulary_size))
    return (slice(first, first + rows) for first in range(0, batch, rows))


@torch.no_grad()
def _with_own(model: Seq2Seq, inputs_BT: Tensor, state: State, memory: Memory | None, own: Own) -> Tensor:
    """The inputs with a share of the tokens behind the first replaced by what the network would have written there
    after the true ones (Bengio et al. 2015, in the two passes of Mihaylova and Martins 2019: all positions at once)."""
    decoded, _ = model.decode(inputs_BT, state, memory)
    guesses_BT = torch.cat([model.scores(decoded.rows(rows)).argmax(dim=-1) for rows in row_chunks(model, decoded)])
    taken_BT = torch.rand(inputs_BT.shape, generator=own.generator, device=inputs_BT.device) < own.share
    mixed_BT = inputs_BT.clone()
    mixed_BT[:, 1:] = torch.where(taken_BT[:, 1:] & (inputs_BT[:, 1:] != PAD), guesses_BT[:, :-1], inputs_BT[:, 1:])
    return mixed_BT


class Updated(NamedTuple):
    """What an update did. `gradient_norm` is the length before clipping; not finite: nothing was changed."""

    nats: float
    n_targets: int
    gradient_norm: float
    state: State


class Computed(NamedTuple):
    """What an update makes of a batch beside the gradients, which are the parameters' own: their length before clipping
    and the nats, and the state after."""

    norm_and_nats: Float[Tensor, "2"]  # noqa: UP037 - jaxtyping reads a shape of one number from a string
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
    repeated: RepeatedUpdates[Computed] | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Updated:
    """Descends the loss summed over the batch's real targets and divided by the tokens that a batch should
    have: so every token counts the same, also in a small batch. Nothing is changed where loss or gradient is
    not finite. `repeated`: the recordings of the run's updates, on a GPU (`updates_to_repeat`); `meanwhile`: what there
    is to do while a GPU computes."""
    work = partial(_gradients, model, optimiser, training)
    past = past_of(batch, carried)
    if repeated is not None and own is None:
        found = repeated(work, batch, past, noise)
    else:
        found = work(Tokens.of(batch, model.device), past, noise, own)
    meanwhile()
    # both at once: reading a number waits until a GPU has done all before it
    gradient_norm, nats = found.norm_and_nats.tolist()
    if math.isfinite(gradient_norm):
        optimiser.step()
    return Updated(nats, batch.n_targets, gradient_norm, found.state)


def updates_to_repeat(model: Seq2Seq, recipe: Recipe) -> RepeatedUpdates[Computed] | None:
    """For the recordings of a run's updates; None where they can't be recorded."""
    # the noise of fed steps is drawn from one state of the generator again and again, which can't be recorded
    draws_anew = recipe.model.input_feeding and recipe.model.variational_dropout
    if model.device.type != "cuda" or torch.version.cuda is None or draws_anew:  # AMD's GPUs were not tried
        return None
    return RepeatedUpdates(model.device)


def _gradients(
    model: Seq2Seq,
    optimiser: Optimiser,
    training: TrainingRecipe,
    tokens: Tokens,
    past: State | None,
    noise: Noise | None,
    own: Own | None = None,
) -> Computed:
    """Leaves the clipped gradients in the parameters."""
    optimiser.zero_grad()
    with autocast(model.device, training.precision):
        loss, nats, _, state = _loss(
            model,
            tokens,
            past,
            noise,
            label_smoothing=training.label_smoothing,
            own=own,
            coverage_weight=training.coverage_loss,
        )
    (loss / training.batch_tokens).backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
    return Computed(torch.stack((norm, nats.detach())), state)
