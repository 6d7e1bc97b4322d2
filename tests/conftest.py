"""What all tests share: jaxtyping's shapes are checked, and a bundle is trained once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

# Shapes in the signatures are checked at every call while tests run.
_hook = install_import_hook(["skaz.nn", "skaz.engine", "skaz.decoding"], "beartype.beartype")

TINY = {
    "size": "tiny",
    "text.vocabulary_size": 400,
    "model.embedding_size": 16,
    "model.encoder.hidden_size": 12,
    "model.decoder.hidden_size": 24,
    "training.batch_tokens": 256,
    "training.window": 24,
    "training.threads": 1,
}
NAMES = ("Ann", "Bo", "Kit", "Мила", "Tom", "Оля")
THINGS = ("lantern", "kite", "drum", "key", "boat", "bell")
PLACES = ("river", "barn", "wood", "shore", "mill")


def little_story(rng: random.Random) -> str:
    """A story of three sentences that a tiny network can learn."""
    name, thing, place = rng.choice(NAMES), rng.choice(THINGS), rng.choice(PLACES)
    return f"{name} had a {thing}. One day the {thing} was gone. {name} found it at the {place}, and was glad."


@pytest.fixture(scope="session")
def stories_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """160 short stories, one a line."""
    rng = random.Random(5)
    path = tmp_path_factory.mktemp("corpus") / "stories.txt"
    path.write_text("".join(f"{little_story(rng)}\n" for _ in range(160)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, stories_file: Path) -> Path:
    """A bundle trained for a few updates on those stories."""
    import skaz

    out = tmp_path_factory.mktemp("bundle") / "teller"
    skaz.train(stories_file, out, settings={**TINY, "text.split": "line", "training.steps": 40})
    return out
