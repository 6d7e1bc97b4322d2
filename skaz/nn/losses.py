"""Cross-entropy of an output layer without its (positions, vocabulary) tensor."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

_OWN = 0.5  # of the loss, with a mixture
_SMALLEST = torch.finfo(torch.float32).tiny
_CHUNKS_IN_A_BLOCK = 2  # so many share a product that makes the weight's gradient, which is read and written in each


def chunk_logits(device: torch.device) -> int:
    """How many logits are made at a time: on a processor 8 MB of them in fp32, which stay in the cache; on a GPU, where
    each chunk's dozen operations cost their start, 256 MB."""
    return 2**26 if device.type == "cuda" else 2**21


class Mixture(NamedTuple):
    """Where a target is written by the output layer or comes from elsewhere, for each position the logarithms of the
    share that is written and of the probability that comes from elsewhere: p = exp(written) softmax + exp(other).

    Half of the loss is then the output layer's own, as if it wrote everything. Else it would learn nothing where most
    comes from elsewhere, and what it writes there all the same, once in twenty times, would be anything."""

    log_written_N: Float[Tensor, N]
    log_other_N: Float[Tensor, N]


class _Layer(NamedTuple):
    """The output layer, in the type of the features."""

    weight_VE: Tensor
    bias_V: Tensor

    def score(self, features_NE: Tensor, targets_N1: Tensor) -> _Scored:
        logits_NV = torch.addmm(self.bias_V, features_NE, self.weight_VE.mT)
        # one pass over the vocabulary, and the exponentials taken once; a probability too small for fp32
        # counts as the smallest number there is
        likely_NV = logits_NV.softmax(dim=1, dtype=torch.float32)
        nats_N1 = -likely_NV.gather(1, targets_N1).clamp_min(_SMALLEST).log()
        return _Scored(likely_NV, nats_N1, logits_NV.gather(1, targets_N1).float() + nats_N1)


class _Scored(NamedTuple):
    """Of some positions: each token's probability, the target's negative log-likelihood, and the log of the sum of the
    exponentials."""

    likely_NV: Tensor
    nats_N1: Tensor
    normaliser_N1: Tensor


class _Positions(NamedTuple):
    """What is read: features, those of padding as noughts in `real_NE`, targets, 1 where they are real and else 0, and
    where targets come from elsewhere too, the mixture."""

    features_NE: Tensor
    real_NE: Tensor
    targets_N1: Tensor
    real_N: Tensor
    log_written_N: Tensor | None
    log_other_N: Tensor | None

    @classmethod
    def of(cls, features_NE: Tensor, targets_N: Tensor, mixture: Mixture | None) -> _Positions:
        real_N = (targets_N >= 0).float()
        real_NE = features_NE * real_N[:, None].to(features_NE.dtype)
        return cls(features_NE, real_NE, targets_N.clamp_min(0)[:, None], real_N, *(mixture or (None, None)))

    def rows(self, first: int, number: int) -> _Positions:
        return _Positions(*(None if part is None else part[first : first + number] for part in self))  # type: ignore[arg-type]

    def told(self, scored: _Scored) -> tuple[Tensor, Tensor]:
        """Each target's negative log-likelihood, and which part of its probability the output layer wrote (0 for
        padding)."""
        nats_N = scored.nats_N1.squeeze(1)
        if self.log_written_N is None or self.log_other_N is None:
            return nats_N, self.real_N
        through_N = self.log_written_N - nats_N
        told_N = -torch.logaddexp(through_N, self.log_other_N)
        return told_N, self.real_N * (through_N + told_N).exp()


def _weight(written_N: Tensor, real_N: Tensor) -> Tensor:
    """How much the output layer's own loss counts at each position, in the whole."""
    return torch.lerp(written_N, real_N, _OWN)


class _Sums(NamedTuple):
    """Over the real positions: the negative log-likelihood, and the output layer's own; how much the normaliser exceeds
    that, weighted; `likeliest`: how many targets are (unless gradients are made)."""

    nats: Tensor
    own: Tensor
    excess: Tensor
    likeliest: Tensor

    @classmethod
    def none(cls, device: torch.device) -> _Sums:
        return cls(*(torch.zeros((), device=device) for _ in cls._fields))

    def add(self, part: _Positions, scored: _Scored) -> Tensor:
        """Adds some positions; which part of each target the output layer wrote."""
        nats_N, written_N = part.told(scored)
        self.nats.add_(part.real_N @ nats_N)
        self.own.add_(part.real_N @ scored.nats_N1.squeeze(1))
        self.excess.add_(_weight(written_N, part.real_N) @ (scored.normaliser_N1 - scored.nats_N1).squeeze(1))
        return written_N


class _Gradients(NamedTuple):
    """Of the sum of the losses, the layer's in fp32."""

    features_NE: Tensor
    weight_VE: Tensor
    bias_V: Tensor


def _measure(layer: _Layer, positions: _Positions) -> tuple[_Sums, Tensor]:
    """The sums, and which part of each target the output layer wrote."""
    sums, written_N = _Sums.none(layer.weight_VE.device), torch.empty_like(positions.real_N)
    chunk = _chunk(layer)
    for first in range(0, len(positions.real_N), chunk):
        part = positions.rows(first, chunk)
        scored = layer.score(part.features_NE, part.targets_N1)
        written_N[first : first + chunk] = sums.add(part, scored)
        likeliest_N1 = scored.likely_NV.argmax(dim=1, keepdim=True)
        sums.likeliest.add_(part.real_N @ (likeliest_N1 == part.targets_N1).squeeze(1).float())
    return sums, written_N


def _learn(layer: _Layer, positions: _Positions, smoothing: float) -> tuple[_Sums, Tensor, _Gradients]:
    """The same, and gradients that lack what smoothing adds to each logit alike, and the mask of the features."""
    sums, written_N = _Sums.none(layer.weight_VE.device), torch.empty_like(positions.real_N)
    gradients = _Gradients(
        torch.empty_like(positions.features_NE),
        torch.zeros_like(layer.weight_VE, dtype=torch.float32),
        torch.zeros_like(layer.bias_V, dtype=torch.float32),
    )
    number, chunk = len(positions.real_N), _chunk(layer)
    block = min(_CHUNKS_IN_A_BLOCK * chunk, number)
    slope_NV = layer.weight_VE.new_empty(block, len(layer.bias_V))
    for start in range(0, number, max(block, 1)):
        for first in range(0, min(block, number - start), chunk):
            part = positions.rows(start + first, min(chunk, block - first))
            scored = layer.score(part.features_NE, part.targets_N1)
            here_N = written_N[start + first : start + first + len(part.real_N)].copy_(sums.add(part, scored))
            # d loss / d logits = softmax - (1 - ε) onehot - ε / V, the last of which _smooth adds, times the weight.
            # Padding is left out of the products, which is less work than out of the slope
            slope = scored.likely_NV
            slope.scatter_add_(1, part.targets_N1, slope.new_full(part.targets_N1.shape, smoothing - 1.0))
            if part.log_written_N is not None:
                slope.mul_(_weight(here_N, part.real_N)[:, None])
            gradients.bias_V.add_(part.real_N @ slope)
            narrow = slope_NV[first : first + len(slope)].copy_(slope)
            torch.mm(narrow, layer.weight_VE, out=gradients.features_NE[start + first : start + first + len(slope)])
        real_NE = positions.real_NE[start : start + block]
        gradients.weight_VE.add_(slope_NV[: len(real_NE)].mT @ real_NE)
    return sums, written_N, gradients


def _smooth(
    layer: _Layer,
    positions: _Positions,
    sums: _Sums,
    written_N: Tensor,
    gradients: _Gradients | None,
    smoothing: float,
) -> Tensor:
    """What smoothing adds to the loss; to the gradients it adds - ε / V for every logit, which is the same for all of
    them: so both go through sums and means alone. The weights are constants to it: what comes from elsewhere is never
    blamed for giving nothing to the other tokens."""
    weight_N = _weight(written_N, positions.real_N)
    weight_E, features_E = layer.weight_VE.float().mean(dim=0), weight_N @ positions.real_NE.float()
    n_weighted = weight_N.sum()
    if gradients is not None:
        each = smoothing / len(layer.bias_V)
        gradients.features_NE.sub_(weight_N[:, None] * (smoothing * weight_E))
        gradients.weight_VE.sub_(each * features_E)
        gradients.bias_V.sub_(each * n_weighted)
    mean_logits = features_E @ weight_E + n_weighted * layer.bias_V.float().mean()
    return smoothing * (sums.excess - mean_logits)


def _chunk(layer: _Layer) -> int:
    return max(1, chunk_logits(layer.weight_VE.device) // len(layer.bias_V))


class _LinearCrossEntropy(torch.autograd.Function):
    """Loss and, when `learning`, gradients chunk by chunk in the forward pass: logits are made once, used, and
    dropped."""

    @staticmethod
    def forward(
        ctx: Any,
        features_NE: Tensor,
        weight_VE: Tensor,
        bias_V: Tensor,
        targets_N: Tensor,
        smoothing: float,
        learning: bool,
        log_written_N: Tensor | None,
        log_other_N: Tensor | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        with torch.autocast(features_NE.device.type, enabled=False):  # which type each product has is said here
            layer = _Layer(weight_VE.to(features_NE.dtype), bias_V.to(features_NE.dtype))
            mixture = None if log_written_N is None or log_other_N is None else Mixture(log_written_N, log_other_N)
            positions = _Positions.of(features_NE, targets_N, mixture)
            sums, written_N, gradients = (
                _learn(layer, positions, smoothing) if learning else (*_measure(layer, positions), None)
            )
            loss = torch.lerp(sums.nats, sums.own, _OWN)
            if smoothing:
                loss += _smooth(layer, positions, sums, written_N, gradients, smoothing)
            if gradients is not None:
                gradients.features_NE.mul_(positions.real_N[:, None])
                ctx.save_for_backward(*gradients, written_N, positions.real_N)
        ctx.mark_non_differentiable(sums.nats, sums.likeliest)
        return loss, sums.nats, sums.likeliest

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad = grads[0]
        grad_features, grad_weight, grad_bias, written_N, real_N = ctx.saved_tensors
        of_layer = grad_features * grad.to(grad_features.dtype), grad_weight * grad, grad_bias * grad
        of_mixture = -written_N * ((1 - _OWN) * grad), (written_N - real_N) * ((1 - _OWN) * grad)
        return *of_layer, None, None, None, *(of_mixture if ctx.needs_input_grad[6] else (None, None))


def linear_cross_entropy(
    features_NE: Float[Tensor, "N E"],
    weight_VE: Float[Tensor, "V E"],
    bias_V: Float[Tensor, V],
    targets_N: Int[Tensor, N],
    smoothing: float = 0.0,
    mixture: Mixture | None = None,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""], Float[Tensor, ""]]:
    """Sums over the positions of: the loss to descend (with label smoothing, Szegedy et al. 2016, section 7), the plain
    negative log-likelihood in nats, and, where no gradients are asked for, the targets that are the output layer's
    likeliest (else 0: training needs no such pass). A position whose target is negative counts nothing. Products run
    in the features' type, the rest in fp32. With a `mixture` the likelihood is the mixture's, and half of the loss is
    the output layer's own."""
    log_written_N, log_other_N = mixture or (None, None)
    return _LinearCrossEntropy.apply(  # type: ignore[no-any-return, no-untyped-call]
        features_NE, weight_VE, bias_V, targets_N, smoothing, torch.is_grad_enabled(), log_written_N, log_other_N
    )
