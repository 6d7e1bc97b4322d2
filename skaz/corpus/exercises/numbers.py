"""Whole numbers below a million and their words."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Literal

import numpy as np

from skaz.errors import DependencyError

LIMIT = 1_000_000  # the first number that is not spelled
SMALL = 1_000  # below it, all are for training, so that every word is met


def draw(stream: np.random.PCG64, train_count: int, test_count: int) -> dict[Literal["train", "test"], list[int]]:
    """The numbers of either part, in random order; no number is in both. All below SMALL are in the train part."""
    large = np.arange(SMALL, LIMIT)[stream.random_raw(LIMIT - SMALL).argsort(kind="stable")]
    train, test = np.split(large[: train_count - SMALL + test_count], [train_count - SMALL])
    train = np.concatenate((np.arange(SMALL), train))
    train = train[stream.random_raw(train_count).argsort(kind="stable")]
    return {"train": train.tolist(), "test": test.tolist()}


def speller(language: str) -> Callable[[int], str]:
    """From a number to its words in "en" or "ru", as num2words has them. Raises DependencyError without it."""
    try:
        num2words: Any = import_module("num2words")
    except ImportError as error:
        raise DependencyError('Exercises with numbers need num2words: pip install "skaz[train]".') from error
    return lambda number: str(num2words.num2words(number, lang=language))
