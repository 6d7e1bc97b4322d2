"""The perceptron's rule: the same numbers as one example at a time, and Novikoff's promise."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.nn.perceptron import SCORED_AT_ONCE, perceptron_losses, perceptron_pass


def one_by_one(weights: np.ndarray, inputs: np.ndarray, signs: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """The rule as it stands in a book."""
    weights, mistakes = weights.copy(), [0] * len(weights)
    for x, wanted in zip(inputs, signs, strict=True):
        for unit in range(len(weights)):
            if wanted[unit] * (weights[unit] @ x) <= 0:
                weights[unit] += wanted[unit] * x
                mistakes[unit] += 1
    return weights, mistakes


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 3 * SCORED_AT_ONCE),
    st.integers(1, 4),
    st.sampled_from([0.0, 1.0]),
)
def test_a_pass_is_the_rule_one_by_one(seed: int, examples: int, units: int, noise: float) -> None:
    random = np.random.default_rng(seed)
    # whole numbers, so that sums are exact and a score of 0 comes up
    inputs = random.integers(-4, 5, (examples, 3)).astype(np.float32)
    teachers = random.integers(-4, 5, (3, units))
    # without noise mistakes are far apart, and whole blocks have none
    signs = np.where(inputs @ teachers + noise * random.normal(0, 10, (examples, units)) > 0, 1, -1).astype(np.float32)
    weights = random.integers(-4, 5, (units, 3)).astype(np.float32)
    before = weights.copy()
    learned = perceptron_pass(weights, inputs, signs)
    expected_weights, mistakes = one_by_one(weights, inputs, signs)
    assert np.array_equal(learned.weight_YF, expected_weights)
    assert learned.mistakes_Y.tolist() == mistakes
    assert np.array_equal(weights, before)


def test_separable_classes_end_without_a_mistake() -> None:
    inputs = np.random.default_rng(2).normal(size=(200, 2))
    scores = inputs @ np.array([1.0, -2.0])
    inputs, signs = inputs[np.abs(scores) > 0.3], np.sign(scores)[np.abs(scores) > 0.3, None]  # a margin
    weights, passes = np.zeros((1, 2)), 0
    mistakes = np.ones(1, dtype=np.int64)
    while mistakes.any() and passes < 200:
        weights, mistakes = perceptron_pass(weights, inputs, signs)
        passes += 1
    assert not mistakes.any()
    assert not perceptron_losses(signs * (inputs @ weights.T)).any()


def test_losses_by_hand() -> None:
    assert perceptron_losses(np.array([[2.0], [-3.0], [-0.5]])).tolist() == [[0.0], [3.0], [0.5]]
