"""The perceptron and its rule (Rosenblatt 1958). Several perceptrons over the same inputs learn side by side, each a
row of the matrix; one that learns by gradients is a `FeedForward` without hidden layers."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

SMALLEST_BLOCK = 16


class Learned(NamedTuple):
    """Weights after a pass, and how often each perceptron was wrong during it."""

    weight_YF: Float[Tensor, "Y F"]
    bias_Y: Float[Tensor, " Y"]
    mistakes_Y: Int[Tensor, " Y"]


def perceptron_pass(
    weight_YF: Float[Tensor, "Y F"],
    bias_Y: Float[Tensor, " Y"],
    inputs_BF: Float[Tensor, "B F"],
    signs_BY: Float[Tensor, "B Y"],
    rate: float = 1.0,
) -> Learned:
    """One pass over the examples in their order. Where sign(w·x + b) is not the wanted ±1, w += rate · wanted · x and
    b += rate · wanted; where it is, nothing moves. A score of 0 is wrong for either sign.

    Between two mistakes the weights stand still, so a block of examples is scored at once, up to its first mistake:
    the same numbers as one by one, in fewer operations.
    """
    joint_YG = torch.cat([weight_YF, bias_Y[:, None]], dim=1)
    inputs_BG = torch.cat([inputs_BF, inputs_BF.new_ones(len(inputs_BF), 1)], dim=1)
    mistakes_Y = torch.zeros(len(bias_Y), dtype=torch.int64)
    at, block = 0, SMALLEST_BLOCK
    while at < len(inputs_BG):
        wrong_BY = (inputs_BG[at : at + block] @ joint_YG.mT) * signs_BY[at : at + block] <= 0
        rows = wrong_BY.any(dim=1).nonzero()
        if not len(rows):
            at, block = at + block, 2 * block
            continue
        first = int(rows[0])
        wrong_Y = wrong_BY[first]
        joint_YG = joint_YG.addr(rate * wrong_Y * signs_BY[at + first], inputs_BG[at + first])
        mistakes_Y += wrong_Y
        at, block = at + first + 1, SMALLEST_BLOCK
    return Learned(joint_YG[:, :-1], joint_YG[:, -1], mistakes_Y)


def perceptron_losses(scores_BY: Float[Tensor, "B Y"], signs_BY: Float[Tensor, "B Y"]) -> Float[Tensor, "B Y"]:
    """max(0, -wanted · score): what the perceptron's rule descends, one example at a time. It is zero on the right side
    of the boundary however near, which is why the rule stops as soon as all are right."""
    return torch.relu(-signs_BY * scores_BY)
