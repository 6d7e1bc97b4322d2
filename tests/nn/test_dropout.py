"""What is dropped, how much of it, and that a run can be repeated."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.nn.dropout import Noise, drop, drop_weights

KINDS = (torch.float32, torch.bfloat16, torch.float64)


def noise(rate: float, seed: int = 1, *, variational: bool = False) -> Noise:
    return Noise(rate, torch.Generator().manual_seed(seed), variational, weight_rate=rate)


@given(st.floats(0.0, 0.95), st.integers(1, 5), st.integers(1, 7), st.integers(1, 9), st.integers(0, 9))
@settings(deadline=None)
def test_what_is_kept_is_scaled_alike(rate: float, batch: int, time: int, units: int, seed: int) -> None:
    values_BTH = torch.randn(batch, time, units)
    dropped_BTH = drop(values_BTH, noise(rate, seed))
    kept_BTH = dropped_BTH != 0
    torch.testing.assert_close(dropped_BTH[kept_BTH], values_BTH[kept_BTH] / (1.0 - rate), rtol=1e-3, atol=0)


@pytest.mark.parametrize("rate", [1e-9, 1 - 1e-9])
def test_a_rate_near_an_end_of_its_range_gives_numbers(rate: float) -> None:
    assert drop(torch.ones(3, 5, 7), noise(rate)).isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [0.001, 0.1, 0.35, 0.5, 0.9])
def test_as_much_is_dropped_as_asked_for_and_the_expectation_stays(rate: float, kind: torch.dtype) -> None:
    number = 400_000
    dropped = drop(torch.ones(4, 1000, number // 4000, dtype=kind), noise(rate)).double()
    spread = (rate * (1 - rate) / number) ** 0.5  # of the part of so many draws
    assert float((dropped == 0).double().mean()) == pytest.approx(rate, abs=5 * spread)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=5 * spread / (1 - rate) + 0.005 * (kind == torch.bfloat16))


def test_neighbours_are_dropped_independently() -> None:
    """Four draws come from one number, and rows and steps from one stream of them."""
    lost = (drop(torch.ones(8, 512, 64), noise(0.5)) == 0).double().flatten() - 0.5
    for apart in (1, 2, 3, 4, 5, 8, 64, 64 * 512):
        together = float((lost[apart:] * lost[:-apart]).mean()) * 4  # a correlation
        assert abs(together) < 5 / len(lost) ** 0.5


def test_a_seed_draws_the_same_again_and_another_others() -> None:
    values_BTH = torch.ones(3, 5, 7)
    torch.testing.assert_close(drop(values_BTH, noise(0.5)), drop(values_BTH, noise(0.5)))
    assert not torch.equal(drop(values_BTH, noise(0.5, 1)), drop(values_BTH, noise(0.5, 2)))


def test_two_draws_of_one_generator_differ() -> None:
    one = noise(0.5)
    assert not torch.equal(drop(torch.ones(3, 5, 7), one), drop(torch.ones(3, 5, 7), one))


def test_variational_drops_the_same_at_each_step() -> None:
    dropped_BTH = drop(torch.ones(3, 5, 70), noise(0.5, variational=True))
    assert torch.equal(dropped_BTH, dropped_BTH[:, :1].expand_as(dropped_BTH))
    assert not torch.equal(dropped_BTH[0], dropped_BTH[1])


def test_nothing_is_dropped_without_noise_or_at_no_rate() -> None:
    values_BTH = torch.randn(3, 5, 7)
    assert drop(values_BTH, None) is values_BTH
    assert drop(values_BTH, noise(0.0)) is values_BTH


def test_gradients_go_where_values_were_kept() -> None:
    weights_GH = torch.randn(8, 6, requires_grad=True)
    kept_GH = drop_weights(weights_GH, noise(0.25))
    kept_GH.sum().backward()  # type: ignore[no-untyped-call]
    assert weights_GH.grad is not None
    torch.testing.assert_close(weights_GH.grad * weights_GH.detach(), kept_GH.detach())
    assert 0 < int((weights_GH.grad == 0).sum()) < 48
