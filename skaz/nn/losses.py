"""Cross-entropy of an output layer without its (positions, vocabulary) tensor."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

_SMALLEST = torch.finfo(torch.float32).tiny


def chunk_logits(device: torch.device) -> int:
    """How many logits are made at a time: on a processor 8 MB of them in fp32, which stay in the cache; on a GPU, where
    each chunk's dozen operations cost their start, 256 MB."""
    return 2**26 if device.type == "cuda" else 2**21


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
        weight = weight_VE.to(features_NE.dtype)
        vocabulary_size = weight.shape[0]
        loss = features_NE.new_zeros((), dtype=torch.float32)
        if learning:
            grad_features = torch.empty_like(features_NE)
            grad_weight = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
            grad_bias = torch.zeros_like(bias_V)
        nats, right = torch.zeros_like(loss), torch.zeros_like(loss)
        chunk = max(1, chunk_logits(weight.device) // vocabulary_size)
        for start in range(0, len(features_NE), chunk):
            features = features_NE[start : start + chunk]
            targets_N1 = targets_N[start : start + chunk, None]
            real_N1 = targets_N1 >= 0
            targets_N1 = targets_N1.clamp_min(0)
            logits = torch.addmm(bias_V.to(features.dtype), features, weight.mT)
            # one pass over the vocabulary, and the exponentials taken once; a probability too small for fp32
            # counts as the smallest number there is
            slope = logits.softmax(dim=1, dtype=torch.float32)
            nats_N1 = -slope.gather(1, targets_N1).clamp_min(_SMALLEST).log()
            chunk_nats = (nats_N1 * real_N1).sum()
            nats += chunk_nats
            if smoothing:
                normaliser_N1 = logits.gather(1, targets_N1).float() + nats_N1
                spread_N1 = normaliser_N1 - logits.mean(dim=1, keepdim=True, dtype=torch.float32)
                loss += (1 - smoothing) * chunk_nats + smoothing * (spread_N1 * real_N1).sum()
            else:
                loss += chunk_nats
            if not learning:
                right += ((slope.argmax(dim=1, keepdim=True) == targets_N1) & real_N1).sum()
                continue
            # d loss / d logits = softmax - (1 - ε) onehot - ε / V
            if smoothing:
                slope -= smoothing / vocabulary_size
            slope.scatter_add_(1, targets_N1, torch.full_like(targets_N1, smoothing - 1.0, dtype=slope.dtype))
            # padding is left out of the three products, which is less work than out of the slope
            grad_bias += real_N1.to(slope.dtype).squeeze(1) @ slope
            slope = slope.to(features.dtype)
            grad_features[start : start + chunk] = (slope @ weight) * real_N1
            grad_weight += slope.mT @ (features * real_N1)
        if learning:
            ctx.save_for_backward(grad_features, grad_weight, grad_bias)
        ctx.mark_non_differentiable(nats, right)
        return loss, nats, right

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
