"""Texts cut at single spaces, and every different piece known by its number.

Most pieces are a word with the signs around it, and a corpus has the same ones again and again. So what is asked of
texts (their tokens, their words, their names) is found once for each piece, and looked up for the texts: by numpy,
many at once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count, islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

# No pretoken holds a space, but as its first character: what is cut here can be encoded piece by piece.
SPACE_BEFORE_WORD = re.compile(r" (?<=\S )(?=\S)")
# Stands before the first piece of a text, which has no space before it. No other piece begins with white space.
FIRST = "\n"

# A longer text is read in parts: the tokenizers library takes some fifty bytes for each of those that it reads at once.
LONGEST_PART = 200_000
# No pretoken goes on over a line break, so the parts' ids, put together, are those of the whole. Nor does a word.
_LINE_START = re.compile(r"(?<=[\r\n])(?=[^\r\n])")
_AT_ONCE = 50_000  # characters, so that all of it stays in the processor's cache
_JOINED_AT_ONCE = 100_000  # rows
_LONGEST_RECOGNISED = 64  # characters; of the structure that breaks such hashes they have too little
_SLOT_BITS = 20
_ROOT = 0x9E6C63D0676A9A9D
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MOST_CHARACTERS = 3_000_000  # of different pieces: some 100 MB with all that is known of them

T = TypeVar("T")
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
_NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Rows:
    """Sequences of numbers: end to end, and where each begins (one place more than there are rows)."""

    values: Numbers
    starts: Numbers

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Rows:
        """The rows, put end to end."""
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        values = np.fromiter(chain.from_iterable(rows), np.int64, int(lengths.sum()))
        return cls(values, starts_of(lengths))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Numbers:
        """How many numbers each row has."""
        return np.diff(self.starts)

    @property
    def row_of_each(self) -> Numbers:
        """The row in which each of the values stands."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def joined(self, groups: Rows) -> Rows:
        """For each group, which names rows of these, those rows as one."""
        starts = starts_of(self.lengths[groups.values])
        # few at a time, for memory's sake: where each value stands takes three times what the values do
        some = range(0, len(groups.values), _JOINED_AT_ONCE)
        values = [self._values_of(groups.values[first : first + _JOINED_AT_ONCE]) for first in some]
        return Rows(np.concatenate([_NONE, *values]), starts[groups.starts])

    def _values_of(self, rows: Numbers) -> Numbers:
        begins = self.starts[rows]
        starts = starts_of(self.starts[rows + 1] - begins)
        values: Numbers = self.values[np.arange(starts[-1]) + np.repeat(begins - starts[:-1], np.diff(starts))]
        return values

    def followed_by(self, more: Rows) -> Rows:
        """These rows, then those."""
        starts = np.concatenate([self.starts, self.starts[-1] + more.starts[1:]])
        return Rows(np.concatenate([self.values, more.values]), starts)


def starts_of(lengths: Numbers) -> Numbers:
    """Where rows of these lengths begin, and where the last one ends."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


class Numbering:
    """Different strings, numbered as they are met."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)

    def __len__(self) -> int:
        return len(self._numbers)

    def numbers(self, strings: Iterable[str]) -> Numbers:
        """The number of each; the new ones get the next."""
        return np.fromiter(map(self._numbers.__getitem__, strings), np.int64)

    def since(self, number: int) -> list[str]:
        """The strings from this number on, in order."""
        newest_first = list(islice(reversed(self._numbers), len(self) - number))
        return newest_first[::-1]


class PieceTable:
    """The pieces met so far. It only grows: whoever knows something of each piece keeps that in the same order."""

    def __init__(self) -> None:
        self._numbering = Numbering()
        self._recognised = _Recognised()
        self._characters = self._counted = 0

    def __len__(self) -> int:
        return len(self._numbering)

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin a new one, for memory's sake."""
        new = self.since(self._counted)
        self._counted += len(new)
        self._characters += sum(map(len, new))
        return self._characters > _MOST_CHARACTERS

    def since(self, number: int) -> list[str]:
        """The pieces from this number on, in order."""
        return self._numbering.since(number)

    def cut(self, texts: Sequence[str]) -> Rows:
        """The numbers of each text's pieces."""
        if max(map(len, texts), default=0) <= LONGEST_PART:
            return self._cut(texts)
        numbers = [self._cut_long(text) for text in texts]
        return Rows(np.concatenate(numbers), starts_of(np.array([len(each) for each in numbers])))

    def _cut(self, texts: Sequence[str]) -> Rows:
        cuts = [self._cut_few(batch) for batch in batches(texts, _AT_ONCE, len)]
        lengths = [np.diff(cut.starts) for cut in cuts]
        return Rows(
            np.concatenate([_NONE, *(cut.values for cut in cuts)]), starts_of(np.concatenate([_NONE, *lengths]))
        )

    def _cut_few(self, texts: Sequence[str]) -> Rows:
        """As `SPACE_BEFORE_WORD.split` does, but most pieces are recognised without being made strings."""
        text = "".join([FIRST + text for text in texts]) + FIRST
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        begins, ends = _borders(codes, texts)
        hashes = self._recognised.hashes(codes, begins, ends)
        numbers, unknown = self._recognised.find(hashes)
        borders = zip(begins[unknown].tolist(), ends[unknown].tolist(), strict=True)
        numbers[unknown] = self._numbering.numbers([text[begin:end] for begin, end in borders])
        self._recognised.remember(hashes[unknown], numbers[unknown])
        firsts = np.flatnonzero(codes[begins] == ord(FIRST))
        return Rows(numbers, np.append(firsts, len(begins)))

    def _cut_long(self, text: str) -> Numbers:
        """Part by part: what is known on the way takes many times a text's memory."""
        return np.concatenate([self._cut([part]).values for part in parts(text, LONGEST_PART)])


class _Recognised:
    """The numbers of short pieces, found by hashes of their characters, of many pieces at once: to make a string of
    each and to look that up takes more than twice as long. What isn't found here may have a number all the same.

    The hash is the polynomial (c[0] + 1) + (c[1] + 1) r + ... modulo 2^64, so it comes from running sums. Two of a
    million different pieces have the same one with a chance of one in ten million.
    """

    def __init__(self) -> None:
        self._slots = np.zeros(2**_SLOT_BITS, dtype=np.int32)  # 0: none
        self._hashes = np.zeros(1, dtype=np.uint64)  # of each piece by its number; 0: not to be found here
        self._powers = self._inverse_powers = np.ones(1, dtype=np.uint64)

    def hashes(self, codes: NDArray[np.uint32], begins: Numbers, ends: Numbers) -> Hashes:
        """Of each piece; 0 where it is too long."""
        if len(codes) > len(self._powers):
            self._powers = _powers(_ROOT, 2 * len(codes))
            self._inverse_powers = _powers(pow(_ROOT, -1, 2**64), 2 * len(codes))
        sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum((codes + np.uint64(1)) * self._powers[: len(codes)], out=sums[1:])
        hashes: Hashes = (sums[ends] - sums[begins]) * self._inverse_powers[begins]
        hashes[ends - begins > _LONGEST_RECOGNISED] = 0
        return hashes

    def find(self, hashes: Hashes) -> tuple[Numbers, Numbers]:
        """The numbers, and which of them aren't right since the piece isn't known."""
        numbers = self._slots[_slots(hashes)].astype(np.int64)
        return numbers, np.flatnonzero((self._hashes[numbers] != hashes) | (hashes == 0))

    def remember(self, hashes: Hashes, numbers: Numbers) -> None:
        """Adds pieces; the slots of earlier ones stay theirs, for those are met more often."""
        most = int(numbers.max(initial=0))
        if most >= len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros(most + 1, dtype=np.uint64)])
        self._hashes[numbers] = hashes
        slots = _slots(hashes)
        free = self._slots[slots] == 0
        self._slots[slots[free]] = numbers[free]


def _slots(hashes: Hashes) -> Numbers:
    return ((hashes * _GOLDEN) >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)


def _powers(root: int, count: int) -> Hashes:
    powers = np.full(count, root, dtype=np.uint64)
    powers[0] = 1
    return np.cumprod(powers)


def _borders(codes: NDArray[np.uint32], texts: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Where pieces begin and end in the texts' characters; FIRST stands before each text and after the last."""
    spaces = np.flatnonzero(codes == ord(" "))
    white = _white_space()
    beside_white = white[np.minimum(codes[spaces - 1], len(white) - 1)]
    beside_white |= white[np.minimum(codes[spaces + 1], len(white) - 1)]
    text_begins = starts_of(np.fromiter(map(len, texts), np.int64, len(texts)) + len(FIRST))
    begins = np.sort(np.concatenate([text_begins, spaces[~beside_white] + 1]), kind="stable")
    ends = begins[1:] - (codes[begins[1:]] != ord(FIRST))  # the space between two pieces is in neither
    return begins[:-1], ends


@cache
def _white_space() -> NDArray[np.bool_]:
    """Of each character up to one after the last white space, whether it is that (\\s)."""
    return np.array([chr(code).isspace() for code in range(0x3002)])


def parts(text: str, longest: int) -> Iterator[str]:
    """The text cut where lines begin, into parts of `longest` characters or a line more."""
    start = 0
    while len(text) - start > longest:
        border = _LINE_START.search(text, start + longest)
        if border is None:
            break
        yield text[start : border.start()]
        start = border.start()
    yield text[start:]


def batches(texts: Iterable[T], characters: int, length: Callable[[T], int]) -> Iterator[list[T]]:
    """The texts, so many at a time that they have this many characters, by the `length` of each."""
    batch: list[T] = []
    gathered = 0
    for text in texts:
        batch.append(text)
        gathered += length(text)
        if gathered >= characters:
            yield batch
            batch, gathered = [], 0
    if batch:
        yield batch


def distinct(numbers: Numbers) -> Numbers:
    """The different ones, in order."""
    in_order = np.sort(numbers)  # np.unique takes five times as long
    is_new = np.ones(len(in_order), dtype=np.bool_)
    is_new[1:] = in_order[1:] != in_order[:-1]
    return in_order[is_new]
