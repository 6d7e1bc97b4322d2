"""Runs of words that a text shares with other texts, word for word: how much of a story was learnt by heart.

The index holds a number for each word of the texts, in their order, and the places of each four words that stand
together. No text can be read back from it without guessing its words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skaz import files
from skaz.files import new_folder

FEWEST_WORDS = 4
"""Shorter runs are not looked for: everybody's sentences share them."""

_WORD = re.compile(r"\w+")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_BETWEEN = 0  # a number that no word has: no run goes on from one text into the next
_FILES = ("words.npy", "grams.npy", "places.npy")


class RunIndex(NamedTuple):
    """Texts as numbers: of their words, in order; of each four that stand together, sorted; and where those begin."""

    words_N: NDArray[np.uint64]
    grams_M: NDArray[np.uint64]
    places_M: NDArray[np.uint32]


class SharedRun(NamedTuple):
    """A run: where it begins and ends, in characters, and how many words it has."""

    start: int
    end: int
    words: int


def index_texts(texts: Iterable[str]) -> RunIndex:
    """The index of these texts. Case and punctuation do not count."""
    known: dict[str, int] = {}
    numbers: list[NDArray[np.uint64]] = []
    for text in texts:
        words = [*_WORD.findall(text.lower())]
        numbers.append(np.array([*(_number(word, known) for word in words), _BETWEEN], dtype=np.uint64))
    words_N = np.concatenate(numbers) if numbers else np.zeros(1, dtype=np.uint64)
    grams = _grams(words_N)
    inside = np.lib.stride_tricks.sliding_window_view(words_N, FEWEST_WORDS).all(axis=1) if len(grams) else grams > 0
    places = np.flatnonzero(inside)
    order = np.argsort(grams[places], kind="stable")
    return RunIndex(words_N, grams[places][order], places[order].astype(np.uint32))


def save_index(folder: Path, index: RunIndex) -> None:
    """Writes the index in one move; ResourceError where the disk is full."""
    arrays: tuple[NDArray[Any], ...] = (index.words_N, index.grams_M, index.places_M)
    with new_folder(folder, known_by=_FILES[0]) as made:
        for name, array in zip(_FILES, arrays, strict=True):
            np.save(made / name, array)


def load_index(folder: Path) -> RunIndex | None:
    """The index in a folder, mapped, not read, where it can be replaced all the same; None where there is none."""
    if not all((folder / name).is_file() for name in _FILES):
        return None
    read = partial(np.load, mmap_mode=None if files.HOLDS_OPEN_FILES else "r", allow_pickle=False)
    arrays: list[NDArray[Any]] = [read(folder / name) for name in _FILES]
    return RunIndex(*arrays)


def shared_runs(index: RunIndex, text: str, least_words: int = 5) -> list[SharedRun]:
    """The longest runs of at least so many words that the text shares with the indexed ones, in order. Two may overlap;
    none lies inside another."""
    found = list(_WORD.finditer(text.lower() if len(text.lower()) == len(text) else text))
    known: dict[str, int] = {}
    words_T = np.array([_number(match[0].lower(), known) for match in found], dtype=np.uint64)
    grams = _grams(words_T)
    first, last = (np.searchsorted(index.grams_M, grams, side=side) for side in ("left", "right"))
    runs: list[SharedRun] = []
    reached = 0
    for place in np.flatnonzero(last > first):
        candidates = np.asarray(index.places_M[first[place] : last[place]], dtype=np.int64)
        length = _longest(index.words_N, candidates, words_T[place:])
        if length >= max(least_words, FEWEST_WORDS) and place + length > reached:
            reached = int(place) + length
            runs.append(SharedRun(found[place].start(), found[reached - 1].end(), length))
    return runs


def _longest(words_N: NDArray[np.uint64], candidates: NDArray[np.int64], words_T: NDArray[np.uint64]) -> int:
    """How many of these words stand, from their first on, at one of the candidate places."""
    length = 0
    while length < len(words_T):
        candidates = candidates[words_N[candidates + length] == words_T[length]]
        if not len(candidates):
            break
        length += 1
    return length


def _grams(words_N: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A number for each FEWEST_WORDS words that stand together."""
    count = max(len(words_N) - FEWEST_WORDS + 1, 0)
    grams = np.zeros(count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for step in range(FEWEST_WORDS):
            grams = (grams ^ words_N[step : step + count]) * _MULTIPLIER
            grams ^= grams >> np.uint64(29)
    return grams


def _number(word: str, known: dict[str, int]) -> int:
    number = known.get(word)
    if number is None:
        digest = hashlib.blake2b(word.encode("utf-8", errors="replace"), digest_size=8).digest()
        number = known[word] = int.from_bytes(digest, "little") | 1
    return number
