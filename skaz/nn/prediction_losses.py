"""What a prediction costs: the loss of a batch, a mean over its examples."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

ClassLoss = Literal["binary_cross_entropy", "cross_entropy"]
NumberLoss = Literal["squared", "absolute"]


def prediction_loss(
    scores_BY: Float[Tensor, "B Y"], targets: Tensor, name: ClassLoss | NumberLoss
) -> Float[Tensor, ""]:
    """Binary cross-entropy takes targets of 0 and 1, (B, Y), and adds up its outputs, each a sigmoid of its own;
    cross-entropy takes the classes' numbers, (B), and is the softmax's; squared and absolute take numbers, (B, Y)."""
    match name:
        case "binary_cross_entropy":
            summed = functional.binary_cross_entropy_with_logits(scores_BY, targets, reduction="sum")
            return summed / len(scores_BY)
        case "cross_entropy":
            return functional.cross_entropy(scores_BY, targets)
        case "squared":
            return functional.mse_loss(scores_BY, targets)
        case "absolute":
            return functional.l1_loss(scores_BY, targets)


def quantile_loss(
    predicted_BNQ: Float[Tensor, "B N Q"], targets_BN: Float[Tensor, "B N"], quantiles_Q: Float[Tensor, " Q"]
) -> Float[Tensor, ""]:
    """The mean of max(q (y - ŷ), (q - 1)(y - ŷ)), which is least where ŷ is y's q-quantile (Koenker and Bassett 1978);
    for the median half the absolute error."""
    missed_BNQ = targets_BN[..., None] - predicted_BNQ
    return torch.maximum(quantiles_Q * missed_BNQ, (quantiles_Q - 1) * missed_BNQ).mean()
