"""The perceptron and its rule (Rosenblatt 1958). Several perceptrons over the same inputs learn side by side, each a
row of the matrix; one that learns by gradients is a `FeedForward` without hidden layers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

SMALLEST_BLOCK = 64


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
    inputs_BG = np.pad(inputs_BF.numpy(), ((0, 0), (0, 1)), constant_values=1.0)
    signs_YB = np.ascontiguousarray(rate * signs_BY.numpy().T)
    joint_YG = torch.cat([weight_YF, bias_Y[:, None]], dim=1).numpy()
    mistakes = [
        _one_unit(steps_B[:, None] * inputs_BG, joint_G) for steps_B, joint_G in zip(signs_YB, joint_YG, strict=True)
    ]
    learned_YG = torch.from_numpy(joint_YG)
    return Learned(learned_YG[:, :-1], learned_YG[:, -1], torch.tensor(mistakes))


def _one_unit(steps_BG: np.ndarray, joint_G: np.ndarray) -> int:
    """Moves one unit's weights, bias last, in place, and gives its mistakes; `steps_BG`: what each example adds when it
    is wrong. In NumPy, whose calls on so little cost a third of PyTorch's."""
    at, block, mistakes = 0, SMALLEST_BLOCK, 0
    while at < len(steps_BG):
        wrong_B = steps_BG[at : at + block] @ joint_G <= 0
        first = int(wrong_B.argmax())
        if wrong_B[first]:
            joint_G += steps_BG[at + first]
            mistakes += 1
            at, block = at + first + 1, max(SMALLEST_BLOCK, block // 2)
        else:
            at, block = at + block, 2 * block
    return mistakes


def perceptron_losses(scores_BY: Float[Tensor, "B Y"], signs_BY: Float[Tensor, "B Y"]) -> Float[Tensor, "B Y"]:
    """max(0, -wanted · score): what the perceptron's rule descends, one example at a time. It is zero on the right side
    of the boundary however near, which is why the rule stops as soon as all are right."""
    return torch.relu(-signs_BY * scores_BY)
