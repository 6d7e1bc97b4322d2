"""Experiments with parameters so small that each takes a moment."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from skaz.lab.experiments import Experiment, Report
from skaz.lab.page import page
from skaz.lab.texts import Language

TINY: dict[str, dict[str, Any]] = {
    "perceptron": {"examples": 24, "passes": 6, "hidden_passes": 6, "gap": 0.3},
    "boundary": {"points": [[-1, 0, 0], [1, 0, 1], [0, 1, 1]], "hidden_layers": [3], "passes": 5},
    "descent": {"learning_rates": [0.01, 0.3, 1.5], "passes": 8, "examples": 20},
    "linear": {"layers": [1, 3], "units": 8},
    "overfitting": {"examples": 20, "units": [2, 6], "depths": [1, 3], "passes": 8, "patience": 2},
    "initial-weights": {"layers": 4, "units": 8},
    "forgetting": {"cells": ["rnn", "mingru"], "distances": [1, 6], "updates": 3, "units": 6, "rows": 4},
    "context": {"words": 4, "longest": 3, "context_size": 8, "updates": 4},
    "length": {"lengths": [1, 4], "words": 5, "units": 4},
}

ON_PAGE = ("perceptron", "forgetting", "length")  # enough to meet one another; to draw takes longer than to run


@pytest.fixture
def tiny_parameters():
    """The small form of every experiment."""
    return TINY


@cache
def _tiny_report(name: str) -> Report:
    return Experiment(name).run(TINY[name])


@pytest.fixture
def tiny_report():
    """The report of an experiment in its small form, run once for all tests."""
    return _tiny_report


@cache
def _tiny_page(language: Language) -> str:
    return page([_tiny_report(name) for name in ON_PAGE], language)


@pytest.fixture
def tiny_page():
    """The page of some of them in a language, made once."""
    return _tiny_page
