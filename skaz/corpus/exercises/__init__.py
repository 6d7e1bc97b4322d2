"""Built-in exercises in turning one string into another: numbers and their words, dates in many wordings.

The answers are exact, as libraries give them: num2words spells the numbers, Babel (with CLDR's data) formats the dates.
So a network can be tried, and measured, without a download.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from zlib import crc32

import numpy as np

from skaz.corpus.exercises import dates, numbers
from skaz.errors import CorpusError, did_you_mean

EXERCISES: tuple[str, ...] = (
    "numbers:en",  # 1203 -> one thousand, two hundred and three
    "numbers:ru",
    "words:en",  # the same pairs the other way round
    "words:ru",
    "dates:en",  # the 25th of November 2026 -> 2026-11-25
    "dates:ru",
    "dates:en-ru",  # the 25th of November 2026 -> 25 ноября 2026 г.
    "dates:ru-en",
)
TRAIN_PAIRS = 40_000
TEST_PAIRS = 5_000
_SEED = 1


def exercise_pairs(name: str, part: Literal["train", "test"] = "train") -> Iterator[tuple[str, str]]:
    """The (source, target) pairs of an exercise: the same in the same order each time, each source once.

    No number and no date of the test part is in the train part. Raises, before the first pair, CorpusError for
    an unknown name and DependencyError where num2words or Babel is not installed.
    """
    if name not in EXERCISES:
        near = did_you_mean(name, EXERCISES)
        raise CorpusError(f'There is no exercise "{name}"; there are {", ".join(EXERCISES)}.{near}')
    kind, _, languages = name.partition(":")
    match kind:
        case "numbers":
            return _number_pairs(languages, part)
        case "words":
            return ((words, digits) for digits, words in _number_pairs(languages, part))
        case _:
            return _date_pairs(name, part)


def _number_pairs(language: str, part: Literal["train", "test"]) -> Iterator[tuple[str, str]]:
    spell = numbers.speller(language)
    drawn = numbers.draw(_stream(f"numbers:{language}"), TRAIN_PAIRS, TEST_PAIRS)
    return ((str(number), spell(number)) for number in drawn[part])


def _date_pairs(name: str, part: Literal["train", "test"]) -> Iterator[tuple[str, str]]:
    source, _, target = name.removeprefix("dates:").partition("-")
    write, stream = dates.writer(target), _stream(name)
    days = dates.draw(stream, TRAIN_PAIRS, TEST_PAIRS)[part]
    return zip(dates.worded(days, source, stream), map(write, days), strict=True)


def _stream(name: str) -> np.random.PCG64:
    """The random bits of this name. NumPy promises the same bits in every version, of a Generator's choices it does
    not; so only bits are drawn, and scores on the test part can be compared for years."""
    return np.random.PCG64([_SEED, crc32(name.encode())])
