"""Which text is for training and which for validation: the same for the same seed, whatever the order."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skaz.corpus.records import Story
from skaz.errors import CorpusError

Part = Literal["train", "valid"]

MOST_VALIDATION_STORIES = 2_000
SHORTEST_CUT_TEXT = 200  # characters; of a shorter text no end is cut off
_LONG_TEXT = 10_000  # characters: a few of such, and a whole one would be too much to set apart
_MUCH = 2.0  # times what is to be held out, and times a mean story: one so long is not held out


def story_key(seed: int, text: bytes) -> int:
    """A number in [0, 2**64) that depends on the text and the seed alone, so duplicates share it."""
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, key=str(seed).encode()).digest(), "big")


@dataclass(frozen=True)
class Partition:
    """How a corpus is parted: by "story" (keys from `first_key` to `last_key` validate), or each text loses its
    "end"."""

    validation_from: Literal["story", "end"]
    fraction: float
    first_key: int = 0
    last_key: int = -1

    def part(self, story: Story, key: int) -> Iterator[tuple[Part, Story]]:
        """The story, or the two pieces of it, each with its part."""
        if self.validation_from == "story":
            yield ("valid" if self.first_key <= key <= self.last_key else "train"), story
            return
        if len(story.text) < SHORTEST_CUT_TEXT:
            yield "train", story
            return
        border = end_border(story.text, self.fraction)
        yield "train", Story(story.text[:border], story.title, story.plan, story.opening)
        yield "valid", Story(story.text[border:])

    def train_text(self, text: str, key: int) -> str:
        """What of a text is for training; '' where it validates."""
        return "".join(story.text for part, story in self.part(Story(text), key) if part == "train")


ALL_TRAIN = Partition("story", 0.0)  # what is held out is somewhere else


def find_partition(
    keys: Sequence[int], lengths: Sequence[int], fraction: float, *, of_pairs: bool = False
) -> Partition:
    """The partition of stories with these keys and so many characters each.

    By story: at least one and at most 2,000 for validation, and hardly more where some are the same; none that is much
    of the whole text. One story alone, or a few long ones, lose their ends instead, which pairs can't. Raises
    CorpusError for one story too short to cut, and for pairs of one source.
    """
    distinct, of_story, counts = np.unique(np.asarray(keys, dtype=np.uint64), return_inverse=True, return_counts=True)
    characters = np.bincount(of_story, weights=np.asarray(lengths, dtype=np.float64))
    mean_characters = float(characters.sum()) / len(keys)
    if len(distinct) == 1 and of_pairs:
        raise CorpusError(
            "There is only one source, so that nothing can be held out to measure on: give pairs of different sources, "
            "or others with --held-out."
        )
    if len(distinct) == 1 and mean_characters < SHORTEST_CUT_TEXT:
        raise CorpusError(
            f"There is only one story, of {round(mean_characters)} characters: give at least two stories, or "
            f"one text of {SHORTEST_CUT_TEXT} characters (to learn to write takes thousands)."
        )
    few_long = len(keys) * fraction < 1 and mean_characters >= _LONG_TEXT
    if len(distinct) == 1 or (few_long and not of_pairs):
        return Partition("end", fraction)
    wanted = min(max(round(len(keys) * fraction), 1), MOST_VALIDATION_STORIES)
    too_much = characters / counts > _MUCH * max(fraction * characters.sum(), mean_characters)
    first, last = _window(counts.tolist(), wanted, too_much.tolist())
    return Partition("story", fraction, int(distinct[first]), int(distinct[last]))


def _window(counts: Sequence[int], wanted: int, too_much: Sequence[bool]) -> tuple[int, int]:
    """The first and the last of neighbouring keys whose stories, `counts` of each key, are the `wanted` number or some
    more, but not twice as many, and none of them `too_much` text; where there are none such, the key of the fewest.
    Never all."""
    first = stories = 0
    for place, count in enumerate(counts):
        if too_much[place] or (count > wanted and stories + count > 2 * wanted):  # one story again and again
            first, stories = place + 1, 0
            continue
        stories += count
        if stories >= wanted and (first or place + 1 < len(counts)):
            return first, place
    fewest = min(range(len(counts)), key=lambda place: (too_much[place], counts[place]))
    return fewest, fewest


def end_border(text: str, fraction: float) -> int:
    """Where the last `fraction` of a text begins: at a line, else at a word, else at that very character."""
    exact = len(text) - max(round(len(text) * fraction), 1)
    tolerance = max(round(len(text) * fraction / 4), 1)
    for separator in ("\n", " "):
        before = text.rfind(separator, exact - tolerance, exact)
        after = text.find(separator, exact, exact + tolerance)
        borders = [border + 1 for border in (before, after) if border > 0 and text[border + 1 :].strip()]
        if borders:
            return min(borders, key=lambda border: abs(border - exact))
    return exact


class TextSample:
    """An even sample of texts of bounded size: those with the largest keys, since the smallest validate."""

    def __init__(self, most_characters: int) -> None:
        self._most_characters = most_characters
        self._characters = 0
        self._heap: list[tuple[int, int, str]] = []
        self._order = 0

    def add(self, key: int, text: str) -> None:
        """Offers a text."""
        heapq.heappush(self._heap, (key, self._order, text))
        self._order += 1
        self._characters += len(text)
        while self._characters > self._most_characters and len(self._heap) > 1:
            self._characters -= len(heapq.heappop(self._heap)[2])

    def texts(self, partition: Partition) -> list[str]:
        """The texts that are for training, in the order in which they came; a huge one is thinned out."""
        in_order = sorted(self._heap, key=lambda entry: entry[1])
        texts = [partition.train_text(text, key) for key, _, text in in_order]
        return [self._thinned(text) for text in texts if text]

    def _thinned(self, text: str) -> str:
        share = self._most_characters / max(len(text), 1)
        if share >= 1:
            return text
        starts = range(0, len(text), 100_000)
        return "".join(text[start : start + int(100_000 * share)] for start in starts)
