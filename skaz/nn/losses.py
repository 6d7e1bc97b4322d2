"""Cross-entropy of an output layer without its (positions, vocabulary) tensor."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

_SMALLEST = torch.finfo(torch.float32).tiny
_CHUNKS_IN_A_BLOCK = 2  # so many share a product that makes the weight's gradient, which is read and written in each


def chunk_logits(device: torch.device) -> int:
    """How many logits are made at a time: on a processor 8 MB of them in fp32, which stay in the cache; on a GPU, where
    each chunk's dozen operations cost their start, 256 MB."""
    return 2**26 if device.type == "cuda" else 2**21


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
    """What is read: features, those of padding as noughts in `real_NE`, targets, 1 where they are real and else 0."""

    features_NE: Tensor
    real_NE: Tensor
    targets_N1: Tensor
    real_N: Tensor

    @classmethod
    def of(cls, features_NE: Tensor, targets_N: Tensor) -> _Positions:
        real_N = (targets_N >= 0).float()
        real_NE = features_NE * real_N[:, None].to(features_NE.dtype)
        return cls(features_NE, real_NE, targets_N.clamp_min(0)[:, None], real_N)

    def rows(self, first: int, number: int) -> _Positions:
        return _Positions(*(part[first : first + number] for part in self))


class _Sums(NamedTuple):
    """Over the real positions; `likeliest`: how many targets are (unless gradients are made)."""

    nats: Tensor
    normalisers: Tensor
    likeliest: Tensor

    @classmethod
    def none(cls, device: torch.device) -> _Sums:
        return cls(*(torch.zeros((), device=device) for _ in cls._fields))

    def add(self, scored: _Scored, real_N: Tensor) -> None:
        self.nats.add_(real_N @ scored.nats_N1.squeeze(1))
        self.normalisers.add_(real_N @ scored.normaliser_N1.squeeze(1))


class _Gradients(NamedTuple):
    """Of the sum of the losses, the layer's in fp32."""

    features_NE: Tensor
    weight_VE: Tensor
    bias_V: Tensor


def _measure(layer: _Layer, positions: _Positions) -> _Sums:
    sums = _Sums.none(layer.weight_VE.device)
    chunk = _chunk(layer)
    for first in range(0, len(positions.real_N), chunk):
        part = positions.rows(first, chunk)
        scored = layer.score(part.features_NE, part.targets_N1)
        sums.add(scored, part.real_N)
        likeliest_N1 = scored.likely_NV.argmax(dim=1, keepdim=True)
        sums.likeliest.add_(part.real_N @ (likeliest_N1 == part.targets_N1).squeeze(1).float())
    return sums


def _learn(layer: _Layer, positions: _Positions, smoothing: float) -> tuple[_Sums, _Gradients]:
    """The sums, and gradients that lack what smoothing adds to each logit alike, and the mask of the features."""
    sums = _Sums.none(layer.weight_VE.device)
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
            sums.add(scored, part.real_N)
            # d loss / d logits = softmax - (1 - ε) onehot - ε / V, the last of which _smooth adds. Padding is left out
            # of the products, which is less work than out of the slope
            slope = scored.likely_NV
            slope.scatter_add_(1, part.targets_N1, slope.new_full(part.targets_N1.shape, smoothing - 1.0))
            gradients.bias_V.add_(part.real_N @ slope)
            narrow = slope_NV[first : first + len(slope)].copy_(slope)
            torch.mm(narrow, layer.weight_VE, out=gradients.features_NE[start + first : start + first + len(slope)])
        real_NE = positions.real_NE[start : start + block]
        gradients.weight_VE.add_(slope_NV[: len(real_NE)].mT @ real_NE)
    return sums, gradients


def _smooth(
    layer: _Layer, positions: _Positions, sums: _Sums, gradients: _Gradients | None, smoothing: float
) -> Tensor:
    """What smoothing adds to the loss; to the gradients it adds - ε / V for every logit, which is the same for all of
    them: so both go through sums and means alone."""
    weight_E, features_E = layer.weight_VE.float().mean(dim=0), positions.real_NE.float().sum(dim=0)
    n_real = positions.real_N.sum()
    if gradients is not None:
        each = smoothing / len(layer.bias_V)
        gradients.features_NE.sub_(smoothing * weight_E)
        gradients.weight_VE.sub_(each * features_E)
        gradients.bias_V.sub_(each * n_real)
    mean_logits = features_E @ weight_E + n_real * layer.bias_V.float().mean()
    return smoothing * (sums.normalisers - sums.nats - mean_logits)


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
    ) -> tuple[Tensor, Tensor, Tensor]:
        with torch.autocast(features_NE.device.type, enabled=False):  # which type each product has is said here
            layer = _Layer(weight_VE.to(features_NE.dtype), bias_V.to(features_NE.dtype))
            positions = _Positions.of(features_NE, targets_N)
            sums, gradients = _learn(layer, positions, smoothing) if learning else (_measure(layer, positions), None)
            loss = sums.nats.clone()
            if smoothing:
                loss += _smooth(layer, positions, sums, gradients, smoothing)
            if gradients is not None:
                gradients.features_NE.mul_(positions.real_N[:, None])
                ctx.save_for_backward(*gradients)
        ctx.mark_non_differentiable(sums.nats, sums.likeliest)
        return loss, sums.nats, sums.likeliest

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad = grads[0]
        grad_features, grad_weight, grad_bias = ctx.saved_tensors
        return grad_features * grad.to(grad_features.dtype), grad_weight * grad, grad_bias * grad, None, None, None


def linear_cross_entropy(
    features_NE: Float[Tensor, "N E"],
    weight_VE: Float[Tensor, "V E"],
    bias_V: Float[Tensor, V],
    targets_N: Int[Tensor, N],
    smoothing: float = 0.0,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""], Float[Tensor, ""]]:
    """Sums over the positions of: the loss to descend (with label smoothing, Szegedy et al. 2016, section 7), the plain
    negative log-likelihood in nats, and, where no gradients are asked for, the targets that are the likeliest (else 0:
    training needs no such pass). A position whose target is negative counts nothing. Products run
    in the features' type, the rest in fp32."""
    return _LinearCrossEntropy.apply(  # type: ignore[no-any-return, no-untyped-call]
        features_NE, weight_VE, bias_V, targets_N, smoothing, torch.is_grad_enabled()
    )
