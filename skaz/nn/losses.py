"""Cross-entropy of an output layer without its (positions, vocabulary) tensor."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

CHUNK_POSITIONS = 256  # 256 rows of 8,000 fp32 logits stay in a core's share of the cache


class _LinearCrossEntropy(torch.autograd.Function):
    """Loss and gradients chunk by chunk in the forward pass: logits are made once, used, and dropped."""

    @staticmethod
    def forward(
        ctx: Any,
        features_NE: Tensor,
        weight_VE: Tensor,
        bias_V: Tensor,
        targets_N: Tensor,
        smoothing: float,
    ) -> tuple[Tensor, Tensor]:
        weight = weight_VE.to(features_NE.dtype)
        vocabulary_size = weight.shape[0]
        loss = features_NE.new_zeros((), dtype=torch.float32)
        grad_features = torch.empty_like(features_NE)
        grad_weight = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
        grad_bias = torch.zeros_like(bias_V)
        nats = torch.zeros_like(loss)
        for start in range(0, len(features_NE), CHUNK_POSITIONS):
            features = features_NE[start : start + CHUNK_POSITIONS]
            targets = targets_N[start : start + CHUNK_POSITIONS, None]
            logits = torch.addmm(bias_V.to(features.dtype), features, weight.mT).float()
            normaliser = logits.logsumexp(dim=1, keepdim=True)
            chunk_nats = (normaliser - logits.gather(1, targets)).sum()
            nats += chunk_nats
            if smoothing:
                spread = (normaliser - logits.mean(dim=1, keepdim=True)).sum()
                loss += (1 - smoothing) * chunk_nats + smoothing * spread
            else:
                loss += chunk_nats
            # d loss / d logits = softmax - (1 - ε) onehot - ε / V
            slope = logits.sub_(normaliser).exp_()
            if smoothing:
                slope -= smoothing / vocabulary_size
            slope.scatter_add_(1, targets, torch.full_like(targets, smoothing - 1.0, dtype=slope.dtype))
            grad_bias += slope.sum(dim=0)
            slope = slope.to(features.dtype)
            torch.mm(slope, weight, out=grad_features[start : start + CHUNK_POSITIONS])
            grad_weight += slope.mT @ features
        ctx.save_for_backward(grad_features, grad_weight, grad_bias)
        ctx.mark_non_differentiable(nats)
        return loss, nats

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad = grads[0]
        grad_features, grad_weight, grad_bias = ctx.saved_tensors
        return grad_features * grad.to(grad_features.dtype), grad_weight * grad, grad_bias * grad, None, None


def linear_cross_entropy(
    features_NE: Float[Tensor, "N E"],
    weight_VE: Float[Tensor, "V E"],
    bias_V: Float[Tensor, V],
    targets_N: Int[Tensor, N],
    smoothing: float = 0.0,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Sums over the positions of: the loss to descend (with label smoothing, Szegedy et al. 2016, section 7),
    and the plain negative log-likelihood in nats. Products run in the features' type, the rest in fp32."""
    return _LinearCrossEntropy.apply(features_NE, weight_VE, bias_V, targets_N, smoothing)  # type: ignore[no-any-return, no-untyped-call]
