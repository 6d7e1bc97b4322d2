"""How fast this machine trains."""

from __future__ import annotations

import pytest
import torch

from skaz.training import sizing
from skaz.training.sizing import measure_speed


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
