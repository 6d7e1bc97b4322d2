"""The perceptron and its rule (Rosenblatt 1958). Several perceptrons over the same inputs learn side by side, each a
row of the matrix; one that learns by gradients is a `FeedForward` without hidden layers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

SCORED_AT_ONCE = 64  # fewer take more calls, more are scored again after each mistake


class Learned(NamedTuple):
    """Weights after a pass, and how often each perceptron was wrong during it."""

    weight_YF: Float[np.ndarray, "Y F"]
    mistakes_Y: Int[np.ndarray, " Y"]


def perceptron_pass(
    weight_YF: Float[np.ndarray, "Y F"],
    inputs_BF: Float[np.ndarray, "B F"],
    signs_BY: Float[np.ndarray, "B Y"],
) -> Learned:
    """One pass over the examples in their order. Where sign(w·x) is not the wanted ±1, w += wanted · x; where it is,
    nothing moves. A score of 0 is wrong for either sign, and so is one that may be 0 but for rounding. A bias is the
    weight of a feature that is always 1. There is no learning rate, which would scale the weights, and round them.

    Between two mistakes the weights stand still, so a block of examples is scored at once, up to its first mistake:
    the same numbers as one by one, in fewer operations. In NumPy, whose calls on so little cost a third of PyTorch's.
    """
    learned_YF = weight_YF.copy()
    # of the weights at its beginning, by which a pass without a mistake, the end of learning, has scored all examples
    rounding_Y = score_rounding(weight_YF, inputs_BF)
    mistakes = [
        _one_unit(w_F, sign_B[:, None] * inputs_BF, rounding)
        for w_F, sign_B, rounding in zip(learned_YF, signs_BY.T, rounding_Y, strict=True)
    ]
    return Learned(learned_YF, np.array(mistakes))


def score_rounding(weight_YF: Float[np.ndarray, "Y F"], inputs_BF: Float[np.ndarray, "B F"]) -> Float[np.ndarray, " Y"]:
    """How far each perceptron's scores of the examples may be off, whatever the order in which they are added up."""
    largest_F = np.abs(inputs_BF).max(axis=0)
    rounding_Y: np.ndarray = 2 * len(largest_F) * np.finfo(weight_YF.dtype).eps * (np.abs(weight_YF) @ largest_F)
    return rounding_Y


def perceptron_mistakes(
    weight_YF: Float[np.ndarray, "Y F"], inputs_BF: Float[np.ndarray, "B F"], margins_BY: Float[np.ndarray, "B Y"]
) -> Int[np.ndarray, " Y"]:
    """How many of the examples each perceptron gets wrong, as the rule sees it; of the margins wanted · (w·x)."""
    mistakes_Y: np.ndarray = (margins_BY <= score_rounding(weight_YF, inputs_BF)).sum(axis=0)
    return mistakes_Y


def wrong_answers(scores_BY: Float[np.ndarray, "B Y"], signs_BY: Float[np.ndarray, "B Y"]) -> Int[np.ndarray, " Y"]:
    """How many of the examples each perceptron answers wrongly: +1 where its score w·x is above 0, and -1 elsewhere, at
    0 too, which to the rule is a mistake either way."""
    wrong_Y: np.ndarray = ((scores_BY > 0) != (signs_BY > 0)).sum(axis=0)
    return wrong_Y


def _one_unit(weight_F: np.ndarray, steps_BF: np.ndarray, nought: np.floating) -> int:
    """Moves one unit's weights in place and gives its mistakes; `steps_BF`: what each example adds when it is wrong,
    which also is the direction in which its score is right; `nought`: a score up to which may be 0, as NumPy's number,
    because Python's would be converted each time."""
    at, mistakes = 0, 0
    while at < len(steps_BF):
        wrong_B = steps_BF[at : at + SCORED_AT_ONCE].dot(weight_F) <= nought
        first = wrong_B.tobytes().find(True)
        if first < 0:
            at += SCORED_AT_ONCE
        else:
            weight_F += steps_BF[at + first]
            mistakes += 1
            at += first + 1
    return mistakes


def perceptron_losses(margins_BY: Float[np.ndarray, "B Y"]) -> Float[np.ndarray, "B Y"]:
    """max(0, -margin) of margins wanted · (w·x): what the perceptron's rule descends, one example at a time. It is zero
    on the right side of the boundary however near, which is why the rule stops as soon as all are right."""
    losses_BY: np.ndarray = np.maximum(-margins_BY, 0)
    return losses_BY
