"""How fast this machine trains, and the size that fits a budget."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from skaz.training import sizing
from skaz.training.budget import Budget
from skaz.training.sizing import Speed, choose_size, measure_speed, tokens_of_budget


@pytest.mark.parametrize("steps", [1, 3, 50])
def test_a_corpus_of_a_batch_has_a_speed_as_well(
    corpus, recipe_of, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(sizing, "MEASURED_STEPS", steps)
    size = corpus.tokenizer.vocabulary_size
    speed = measure_speed(recipe_of(), corpus.train, size, device=torch.device("cpu"), seconds=0.1)
    assert speed.tokens_per_s > 0
    assert speed.parameters == corpus.model(recipe_of()).n_parameters()


def test_without_time_one_update_counts(corpus, recipe_of) -> None:
    size = corpus.tokenizer.vocabulary_size
    assert measure_speed(recipe_of(), corpus.train, size, device=torch.device("cpu"), seconds=0).tokens_per_s > 0


@pytest.mark.parametrize(("unit", "amount"), [("minutes", 1.0), ("epochs", 3.0), ("steps", 293.0)])
def test_every_budget_is_counted_in_tokens(unit: Any, amount: float) -> None:
    tokens = tokens_of_budget(
        Budget(unit, amount), tokens_per_s=10_000.0, left_s=60.0, corpus_tokens=200_000, step_tokens=2048
    )
    assert tokens == pytest.approx(600_000, rel=0.01)


def test_a_larger_network_wants_more_tokens() -> None:
    def size(parameters: int, tokens: float) -> str:
        return choose_size(Speed(10_000, parameters), tokens, corpus_tokens=5_000_000).size

    assert [size(5_000_000, tokens) for tokens in (1.8e6, 6e6, 60e6)] == ["tiny", "small", "base"]
    assert size(1_000_000, 1.8e6) == "small"
    choice = choose_size(Speed(10_000, 500_000), 600_000, corpus_tokens=200_000)
    assert (choice.size, choice.epochs) == ("small", pytest.approx(3.0))


def test_beside_a_busy_program_the_speed_is_that_of_one_thread(
    corpus, recipe_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads wait for the one whose core another program has: measured with all of them, a run seemed to have a
    sixteenth of its time, and chose a network and a dropout for that."""

    def slow_together(*_: Any, **__: Any) -> Any:
        time.sleep(0.4 if torch.get_num_threads() > 1 else 0.01)
        return SimpleNamespace(n_targets=100)

    monkeypatch.setattr(sizing, "update", slow_together)
    torch.set_num_threads(2)
    recipe = recipe_of(training__steps=None, training__minutes=1.0, training__threads=None)
    size = corpus.tokenizer.vocabulary_size
    speed = measure_speed(recipe, corpus.train, size, device=torch.device("cpu"), seconds=0.6)
    assert 5_000 < speed.tokens_per_s <= 10_000
    assert torch.get_num_threads() == 2
