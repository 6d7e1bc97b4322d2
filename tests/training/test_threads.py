"""How many threads an update gets: what is found on machines that are made up, second by second."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skaz.recipe import TrainingRecipe
from skaz.recipe_reading import read_recipe
from skaz.training.threads import Threads, load_of_others, threads_kept, threads_of, threads_to_find

UPDATE_TOKENS = 2048
Machine = Callable[[int, float], float]  # tokens a second, by the threads and the second


def seconds_with(
    machine: Machine, most: int, until_s: float, update_tokens: int = UPDATE_TOKENS
) -> tuple[Threads, Counter[int], list[tuple[float, int]]]:
    """A run there: the seconds that were spent with each number of threads, and the numbers stayed with, since when."""
    used: list[int] = []
    threads = Threads(most, used.append)
    now, spent, stayed = 0.0, Counter[int](), [(0.0, most)]
    while now < until_s:
        took_s = update_tokens / machine(used[-1], now)
        spent[used[-1]] += took_s  # type: ignore[assignment]
        now += took_s
        threads.took(update_tokens, took_s)
        if threads.number != stayed[-1][1]:
            stayed.append((now, threads.number))
    return threads, spent, stayed


def alone(threads: int, _: float) -> float:
    """Each thread has a core, and they wait for one another a little."""
    return 18_000 * threads**0.8


def busy(threads: int, _: float) -> float:
    """Another program has the cores as well."""
    return 12_000 if threads == 1 else 2_000 / threads


@pytest.mark.parametrize("most", [2, 4, 12, 16])
def test_on_a_machine_of_ones_own_all_threads_work_nearly_all_the_time(most: int) -> None:
    _, spent, stayed = seconds_with(alone, most, 300.0)
    assert stayed == [(0.0, most)]
    assert spent[most] > 0.97 * 300


@pytest.mark.parametrize(("most", "best"), [(16, 4), (12, 3), (16, 1), (2, 1), (8, 8)])
def test_the_fastest_number_is_found_soon(most: int, best: int) -> None:
    def machine(threads: int, _: float) -> float:
        return 20_000 / max(threads / best, best / threads)

    threads, spent, stayed = seconds_with(machine, most, 120.0)
    assert threads.number == best
    assert stayed[-1][0] < 20
    assert spent[best] > 0.85 * 120
    assert threads.speed == pytest.approx(20_000)


def test_a_neighbour_is_made_room_for_and_its_place_taken_when_it_goes() -> None:
    def machine(threads: int, now: float) -> float:
        return busy(threads, now) if 60 < now < 200 else alone(threads, now)

    _, _, stayed = seconds_with(machine, 2, 300.0)
    assert [number for _, number in stayed] == [2, 1, 2]
    assert 60 < stayed[1][0] < 75
    assert 200 < stayed[2][0] < 240


def test_under_a_neighbour_little_time_is_lost_to_looking() -> None:
    _, spent, _ = seconds_with(busy, 2, 300.0)
    assert spent[1] > 0.95 * 300


@pytest.mark.parametrize("most", [2, 4, 16])
def test_a_short_run_is_not_spent_on_updates_that_wait_for_a_neighbour(most: int) -> None:
    """Threads of which one never runs: an update of all takes seven seconds, where one alone takes a sixth of one."""
    _, spent, stayed = seconds_with(lambda threads, _: 12_000 if threads == 1 else 300, most, 120.0)
    assert stayed[1:] == [(stayed[1][0], 1)]
    assert stayed[1][0] < 8
    assert spent[1] > 0.85 * 120


def test_long_updates_are_looked_at_no_longer_than_short_ones() -> None:
    """A large network: an update takes seconds, and a look takes several."""
    _, spent, _ = seconds_with(alone, 2, 3_600.0, update_tokens=100_000)
    assert spent[2] > 0.97 * 3_600


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 6, 16]))
def test_chance_moves_nothing(seed: int, most: int) -> None:
    chance = random.Random(seed)
    _, _, stayed = seconds_with(lambda threads, now: 20_000 * chance.uniform(0.9, 1.1), most, 60.0)
    assert stayed == [(0.0, most)]


def test_one_core_is_left_alone() -> None:
    _, spent, _ = seconds_with(alone, 1, 20.0)
    assert set(spent) == {1}


@pytest.mark.parametrize(
    ("recipe", "device", "is_open"),
    [
        (TrainingRecipe(), "cpu", True),
        (TrainingRecipe(minutes=3), "cpu", True),
        (TrainingRecipe(minutes=3, threads=2), "cpu", False),
        (TrainingRecipe(epochs=3), "cpu", False),
        (TrainingRecipe(steps=3), "cpu", False),
        (TrainingRecipe(minutes=3), "cuda", False),
    ],
)
def test_what_was_stated_and_what_must_repeat_keeps_its_threads(
    recipe: TrainingRecipe, device: str, is_open: bool
) -> None:
    assert (threads_to_find(recipe, torch.device(device)) is not None) == is_open


def test_others_find_as_many_threads_as_before() -> None:
    def use_two() -> None:
        with threads_kept():
            torch.set_num_threads(2)
            raise ZeroDivisionError

    torch.set_num_threads(3)
    with pytest.raises(ZeroDivisionError):
        use_two()
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize(
    ("networks", "cores", "threads"),
    [(1, 8, [8]), (2, 8, [4, 4]), (3, 8, [3, 3, 2]), (2, 3, [2, 1]), (3, 2, [1, 1, 1])],
)
def test_networks_share_the_cores(networks: int, cores: int, threads: list[int]) -> None:
    recipe = read_recipe(overrides={"networks": networks})
    assert [threads_of(recipe, cores, network) for network in range(1, networks + 1)] == threads
    stated = read_recipe(overrides={"networks": networks, "training.threads": 5})
    assert [threads_of(stated, cores, network) for network in range(1, networks + 1)] == [5] * networks


def test_a_clock_that_stood_still_in_an_update_does_no_harm() -> None:
    threads = Threads(2)
    for _ in range(50):
        threads.took(100, 0.0)
    assert threads.number in (1, 2)


def test_a_busy_processor_is_told_of_where_a_run_keeps_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (9.5, 3.0, 1.0), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    cpu, steps = torch.device("cpu"), read_recipe(overrides=["training.steps=5"]).training
    assert load_of_others(steps, cpu, 2) == 9.5
    assert load_of_others(steps, cpu, 1) is None
    assert load_of_others(steps, torch.device("cuda"), 2) is None
    assert load_of_others(read_recipe(overrides=["training.minutes=5"]).training, cpu, 2) is None  # finds its number
    stated = read_recipe(overrides=["training.steps=5", "training.threads=2"]).training
    assert load_of_others(stated, cpu, 2) is None
    monkeypatch.setattr(os, "cpu_count", lambda: 9)
    assert load_of_others(steps, cpu, 2) is None
