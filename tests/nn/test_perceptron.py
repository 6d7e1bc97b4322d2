"""The perceptron's rule: the same numbers as one example at a time, and Novikoff's promise."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from skaz.nn.perceptron import perceptron_losses, perceptron_pass


def one_by_one(weight: Tensor, bias: Tensor, inputs: Tensor, signs: Tensor, rate: float) -> tuple[Tensor, Tensor, int]:
    """The rule as it stands in a book."""
    weight, bias, mistakes = weight.clone(), bias.clone(), 0
    for x, wanted in zip(inputs, signs, strict=True):
        for unit in range(len(weight)):
            if wanted[unit] * (weight[unit] @ x + bias[unit]) <= 0:
                weight[unit] += rate * wanted[unit] * x
                bias[unit] += rate * wanted[unit]
                mistakes += 1
    return weight, bias, mistakes


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 120), st.integers(1, 4), st.sampled_from([0.5, 1.0]))
def test_a_pass_is_the_rule_one_by_one(seed: int, examples: int, units: int, rate: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    # whole numbers, so that sums are exact and a score of 0 comes up
    inputs = torch.randint(-4, 5, (examples, 3), generator=generator).double()
    signs = torch.randint(0, 2, (examples, units), generator=generator).double() * 2 - 1
    weight, bias = torch.zeros(units, 3, dtype=torch.float64), torch.zeros(units, dtype=torch.float64)
    learned = perceptron_pass(weight, bias, inputs, signs, rate)
    expected_weight, expected_bias, mistakes = one_by_one(weight, bias, inputs, signs, rate)
    assert torch.equal(learned.weight_YF, expected_weight)
    assert torch.equal(learned.bias_Y, expected_bias)
    assert int(learned.mistakes_Y.sum()) == mistakes
    assert not weight.any()  # what went in is as it was


def test_separable_classes_end_without_a_mistake() -> None:
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(200, 2, generator=generator)
    inputs = inputs[(inputs @ torch.tensor([1.0, -2.0])).abs() > 0.3]  # a margin
    signs = (inputs @ torch.tensor([1.0, -2.0])).sign()[:, None]
    weight, bias, passes = torch.zeros(1, 2), torch.zeros(1), 0
    mistakes = torch.ones(1, dtype=torch.int64)
    while mistakes.any() and passes < 200:
        weight, bias, mistakes = perceptron_pass(weight, bias, inputs, signs)
        passes += 1
    assert not mistakes.any()
    assert not perceptron_losses(inputs @ weight.T + bias, signs).any()


def test_losses_by_hand() -> None:
    scores, signs = torch.tensor([[2.0], [-3.0], [0.5]]), torch.tensor([[1.0], [1.0], [-1.0]])
    assert perceptron_losses(scores, signs).tolist() == [[0.0], [3.0], [0.5]]
