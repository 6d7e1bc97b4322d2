"""A prepared corpus, and jobs over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from skaz.corpus.prepare import PrepareOptions, prepare
from skaz.corpus.shards import Shards
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Recipe
from skaz.recipe_reading import read_recipe
from skaz.text.tokenizer import Tokenizer
from skaz.training.run import Job


@dataclass(frozen=True)
class Corpus:
    tokenizer: Tokenizer
    train: Shards
    valid: Shards

    def model(self, recipe: Recipe) -> Seq2Seq:
        generator = torch.Generator().manual_seed(recipe.training.seed)
        return Seq2Seq(recipe.model, self.tokenizer.vocabulary_size, generator)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory, stories_file: Path) -> Corpus:
    """160 little stories, prepared."""
    folder = tmp_path_factory.mktemp("prepared") / "corpus"
    done = prepare([stories_file], folder, PrepareOptions(split="line", vocabulary_size=400, seed=1))
    return Corpus(done.tokenizer, Shards.open(folder / "train"), Shards.open(folder / "valid"))


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def recipe_of(tiny: dict[str, object]) -> Callable[..., Recipe]:
    """The tiny recipe with settings changed: training__steps=3."""

    def make(**settings: object) -> Recipe:
        return read_recipe(overrides={**tiny, **{k.replace("__", "."): v for k, v in settings.items()}})

    return make


@pytest.fixture(scope="session")
def pair_recipe() -> Callable[[Mapping[str, object]], Recipe]:
    """The recipe of a small network for pairs, without chance, with settings changed."""
    settings = {
        "task": "translate",
        "model.embedding_size": 16,
        "model.encoder.hidden_size": 12,
        "model.decoder.hidden_size": 24,
        "model.dropout": 0.0,
        "training.batch_tokens": 64,
        "training.precision": "fp32",
        "training.learning_rate": 0.01,
    }
    return lambda changed: read_recipe(overrides={**settings, **changed})


class Ticking:
    """A clock that goes on by `tick` seconds each time somebody looks."""

    def __init__(self, tick: float = 1.0) -> None:
        self.now, self.tick = 100.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@pytest.fixture
def job_of(corpus: Corpus, recipe_of, tmp_path: Path) -> Callable[..., Job]:
    """A job of the tiny recipe in a folder of the test's, with a clock of its own."""

    def make(folder: str = "run", stop=lambda: False, clock=None, spent_s: float = 0.0, **settings: object) -> Job:
        recipe = recipe_of(**settings)
        return Job(
            recipe=recipe,
            model=corpus.model(recipe),
            train=corpus.train,
            valid=corpus.valid,
            folder=tmp_path / folder,
            spent_s=spent_s,
            stop=stop,
            clock=clock or Ticking(),
        )

    return make
