"""The learning rate and the budget, pure functions."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from skaz.errors import RequestError
from skaz.recipe import Recipe
from skaz.recipe_reading import read_recipe
from skaz.training.budget import Budget, budget_of, check_time_left, used_fraction
from skaz.training.schedule import learning_rate


@pytest.fixture
def training():
    said = {"training.learning_rate": 0.01, "training.warmup": 0.1, "training.final_rate": 0.05}
    return read_recipe(overrides=said).training


def test_the_rate_rises_falls_and_ends(training) -> None:
    rates = [learning_rate(n / 1000, training) for n in range(1001)]
    assert 0 < rates[0] <= 0.01 * 0.01
    assert rates[50] == pytest.approx(0.005)
    assert max(rates) == rates[100] == pytest.approx(0.01)
    assert rates[1000] == pytest.approx(0.0005)
    assert all(a < b for a, b in pairwise(rates[1:101]))
    assert all(a > b for a, b in pairwise(rates[100:]))
    middle = 0.01 * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * 0.5)))
    assert learning_rate(0.55, training) == pytest.approx(middle)


def test_the_rate_beyond_the_ends(training) -> None:
    assert learning_rate(-1, training) == learning_rate(0, training)
    assert learning_rate(7, training) == learning_rate(1, training)
    without = read_recipe(overrides={"training.warmup": 0.0}).training
    assert learning_rate(0, without) == without.learning_rate


def test_which_budget() -> None:
    def budget(**said: float) -> Budget:
        return budget_of(read_recipe(overrides={f"training.{name}": value for name, value in said.items()}).training)

    assert budget_of(Recipe().training) == Budget("minutes", 10.0)
    assert budget(minutes=0.5).seconds == 30.0
    assert budget(epochs=2.5) == Budget("epochs", 2.5)
    assert budget(steps=7) == Budget("steps", 7.0)
    assert budget(epochs=2.5).seconds is None


@pytest.mark.parametrize(
    ("prepared", "advice"),
    [(False, "give --minutes 3, say, or prepare once with skaz prepare"), (True, "give --minutes 3, say")],
)
def test_preparing_once_is_advised_only_where_that_is_still_to_be_done(prepared: bool, advice: str) -> None:
    check_time_left(Budget("minutes", 0.5), 29.0, prepared=prepared)
    with pytest.raises(RequestError, match=rf"Preparing took 46\.1 s .* nothing would be trained; {advice}\.$"):
        check_time_left(Budget("minutes", 0.5), 46.1, prepared=prepared)


def test_how_much_of_it_is_used() -> None:
    at = {"trained_s": 30.0, "step": 20, "epochs": 1.0}
    assert used_fraction(Budget("minutes", 1.0), **at) == 0.5
    assert used_fraction(Budget("minutes", 1.0), **at, reserve_s=20.0) == 0.75
    assert used_fraction(Budget("minutes", 1.0), **at, spent_s=15.0, reserve_s=5.0) == 0.75
    assert used_fraction(Budget("minutes", 1.0), **{**at, "trained_s": 0.0}, spent_s=60.0) >= 1.0  # nothing is left
    assert used_fraction(Budget("steps", 80), **at, spent_s=15.0) == 0.25
    assert used_fraction(Budget("epochs", 4.0), **at, reserve_s=20.0) == 0.25
    assert used_fraction(Budget("steps", 80), **at) == 0.25
    assert used_fraction(Budget("minutes", 0.01), **at, reserve_s=9.0) >= 1.0  # less than its own reserve
