"""Bundles to look into, each opened once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skaz.inside.subject import Subject, open_subject


@pytest.fixture(scope="session")
def teller(bundle: Path) -> Subject:
    """An LSTM that writes stories, with attention over its plan."""
    return open_subject(bundle)


@pytest.fixture(scope="session")
def turner(transducer) -> Subject:
    """abca → A C B A, learnt well."""
    return open_subject(transducer.bundle)


@pytest.fixture(scope="session")
def stepper(in_order) -> Subject:
    """abdc → A B1 B2 C, with monotonic attention: steps along the source stand between the tokens."""
    return open_subject(in_order.bundle)


@pytest.fixture(scope="session")
def speller(marked) -> Subject:
    """abh → ā tʰ k, whose symbols are spelt by their letters and marks."""
    return open_subject(marked.bundle)


@pytest.fixture(scope="session")
def backwards(from_the_end) -> Subject:
    """abca → A C B A, whose sources are read from their ends."""
    return open_subject(from_the_end.bundle)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, stories_file: Path, tiny) -> Callable[..., Path]:
    """A bundle of the tiny recipe with settings changed: trained(model__attention="none")."""

    def train(name: str, **settings: object) -> Path:
        import skaz

        out = tmp_path_factory.mktemp(name) / name
        stated = {k.replace("__", "."): v for k, v in settings.items()}
        skaz.train(stories_file, out, settings={**tiny, "training.steps": 12, "training.validations": 1, **stated})
        return out

    return train
