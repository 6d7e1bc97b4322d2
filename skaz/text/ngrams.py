"""What the pairs say of each step of a walk along a source, counted: joint n-grams, source and target tokens together.

A step of a walk (`text/alignment.py`) writes a target token, steps on or ends. Its context is what the walk has written
at this place so far, then the source token there, and then those around it from near to far: the next one, the one
before it, the second next, and so on. How likely a step is after so much of a context falls back on shorter contexts,
as far as the pairs have them (joint n-grams: Bisani and Ney 2008, section 2; the fallback: Witten and Bell 1991, as in
Chen and Goodman 1999, section 2.4):

    p_k(step) = (c_k(step) + u_k · p_k-1(step)) / (n_k + u_k)

n_k: the pairs' steps whose contexts begin alike, c_k(step): those of them that are this step, u_k: how many different
ones there are; p_-1 is the same for all. All contexts of a step are beginnings of one key, so the steps are kept sorted
by their keys, and those whose contexts begin alike stand side by side.

Shapes: E steps of all pairs, S tokens of a source, K parts of a key, V tokens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt16
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from skaz.errors import BundleError
from skaz.text.alignment import Ids
from skaz.text.tokenizer import SPECIALS

NGRAMS_FILE = "ngrams.safetensors"  # in a bundle

_PAD, _END, _NEXT = SPECIALS.index("<pad>"), SPECIALS.index("<end>"), SPECIALS.index("<next>")
_WRITTEN = 3  # the last tokens written at a place that a key has; seldom are there more
_REACH = 6  # source tokens before the place and after it
_OFFSETS = [0] + [sign * distance for distance in range(1, _REACH + 1) for sign in (1, -1)]
_PART = 2  # bytes: a part is an id, the largest of them first, so that keys sort as bytes
_PARTS = _WRITTEN + len(_OFFSETS)
_LARGEST_PART = 2**16 - 2  # ids above it are taken for one; the largest number marks the end of what begins alike
_MOST_STEPS = 2_000_000  # keys and counts of so many take 80 MB; of more pairs some are left out, in equal distances
_REMEMBERED = 4096  # contexts whose probabilities are kept ready


class Walker(NamedTuple):
    """Where a walk along a source is, and what it has written there, the last first."""

    around_SK: UInt16[np.ndarray, "S K"]
    place: int = 0
    written: tuple[int, ...] = (_PAD,) * _WRITTEN

    @classmethod
    def at_start(cls, source: Ids) -> Walker:
        """Before the first step along a source as the encoder reads it."""
        return cls(_padded([source])[1][np.arange(len(source))[:, None] + _REACH + np.array(_OFFSETS)])

    def after(self, token: int) -> Walker:
        """After a step."""
        if token == _NEXT:
            return Walker(self.around_SK, min(self.place + 1, len(self.around_SK) - 1))
        return self._replace(written=(min(token, _LARGEST_PART), *self.written[:-1]))

    @property
    def key(self) -> bytes:
        """The context of the step that comes next."""
        return np.array([*self.written, *self.around_SK[self.place]], dtype=">u2").tobytes()


class _Found(NamedTuple):
    """The steps whose contexts begin alike, from `first` to before `last` of all, and how likely each token is there;
    where there are none, how likely it is by the longest beginning that has some."""

    probabilities_V: Float[np.ndarray, " V"]
    first: int
    last: int


class JointNgrams:
    """The steps of all pairs, sorted by their contexts."""

    def __init__(self, parts: dict[str, np.ndarray]) -> None:
        """Use `learn` or `load`; `parts`: what is kept of the pairs in a file."""
        self._parts = parts
        self.vocabulary_size = int(parts["vocabulary_size"][0])
        keys_EK, steps_E = _steps(*_each(parts, "sources"), *_each(parts, "walks"))
        order_E = parts["order"]
        self._keys_E = keys_EK[order_E].view(f"S{_PART * _PARTS}").ravel()
        self._steps_E = steps_E[order_E]
        self._find = lru_cache(_REMEMBERED)(self._found)

    @classmethod
    def learn(cls, sources: Sequence[Ids], walks: Sequence[Ids], vocabulary_size: int) -> JointNgrams:
        """From sources as the encoder reads them and the walks along them, as `Alignment.walks` finds them. Of so many
        that memory would run short some are left out."""
        every = math.ceil(sum(len(walk) + 1 for walk in walks) / _MOST_STEPS) or 1
        ended = [[*walk, _END] for walk in walks[::every]]
        parts = {**_joined(sources[::every], "sources"), **_joined(ended, "walks")}
        keys_EK, _ = _steps(*_each(parts, "sources"), *_each(parts, "walks"))
        order_E = np.argsort(keys_EK.view(f"S{_PART * _PARTS}").ravel(), kind="stable").astype(np.uint32)
        return cls({**parts, "order": order_E, "vocabulary_size": np.array([vocabulary_size])})

    @classmethod
    def load(cls, path: Path) -> JointNgrams:
        """From what `save` left; BundleError where it is damaged."""
        try:
            return cls(load_file(path))
        except (SafetensorError, OSError, KeyError, IndexError, ValueError) as error:
            raise BundleError(f"{path} can't be read ({error}); copy the bundle again.") from None

    def save(self, path: Path) -> None:
        """Into a file."""
        save_file(self._parts, path)

    def log_probabilities(self, walker: Walker) -> Float[np.ndarray, " V"]:
        """Of each token, in nats, to be the walker's next step."""
        logs_V: np.ndarray = np.log(self._find(walker.key).probabilities_V)
        return logs_V

    def _found(self, key: bytes) -> _Found:
        if not key:
            return self._among(0, len(self._keys_E), np.full(self.vocabulary_size, 1.0 / self.vocabulary_size))
        # what was written is one part of the context, however much it is
        before = self._find(key[:-_PART] if len(key) > _PART * _WRITTEN else b"")
        if before.first == before.last:
            return before
        keys_E = self._keys_E[before.first : before.last]
        low, high = keys_E.searchsorted(key), keys_E.searchsorted(key.ljust(_PART * _PARTS, b"\xff"), side="right")
        return self._among(before.first + int(low), before.first + int(high), before.probabilities_V)

    def _among(self, first: int, last: int, shorter_V: Float[np.ndarray, " V"]) -> _Found:
        if first == last:
            return _Found(shorter_V, first, last)
        counts_V = np.bincount(self._steps_E[first:last], minlength=self.vocabulary_size)
        different = int(np.count_nonzero(counts_V))
        return _Found((counts_V + different * shorter_V) / (last - first + different), first, last)


def _steps(
    sources: Int[np.ndarray, " N"],
    source_lengths: Int[np.ndarray, " B"],
    walks_E: Int[np.ndarray, " E"],
    walk_lengths: Int[np.ndarray, " B"],
) -> tuple[np.ndarray, Int[np.ndarray, " E"]]:
    """The key of each step, (E, K), and its token; of all sources and walks end to end."""
    begins_B = np.cumsum(walk_lengths) - walk_lengths
    pair_E = np.repeat(np.arange(len(walk_lengths)), walk_lengths)
    is_next_E = walks_E == _NEXT
    passed_E = np.cumsum(is_next_E) - is_next_E
    place_E = np.minimum(passed_E - passed_E[begins_B][pair_E], source_lengths[pair_E] - 1)
    starts_B, padded = _padded(np.split(sources, np.cumsum(source_lengths)[:-1]))
    keys_EK = np.zeros((len(walks_E), _PARTS), dtype=">u2")
    keys_EK[:, _WRITTEN:] = padded[(starts_B[pair_E] + place_E)[:, None] + np.array(_OFFSETS)]
    is_here_E = np.ones(len(walks_E), dtype=bool)
    for back in range(1, _WRITTEN + 1):  # the token so many steps ago, if all since were written here
        earlier_E = np.concatenate([np.full(back, _NEXT), walks_E])[: len(walks_E)]
        is_here_E &= (earlier_E != _NEXT) & (np.arange(len(walks_E)) - back >= begins_B[pair_E])
        keys_EK[:, back - 1] = np.where(is_here_E, np.minimum(earlier_E, _LARGEST_PART), _PAD)
    return keys_EK, walks_E


def _padded(sources: Sequence[Ids]) -> tuple[Int[np.ndarray, " B"], UInt16[np.ndarray, " N"]]:
    """Where each source begins, and all of them end to end with room around each for what reaches beyond it."""
    lengths = np.array([len(source) + 2 * _REACH for source in sources])
    starts_B = np.cumsum(lengths) - lengths + _REACH
    padded = np.full(int(lengths.sum()), _PAD, dtype=np.uint16)
    for start, source in zip(starts_B, sources, strict=True):
        padded[start : start + len(source)] = np.minimum(source, _LARGEST_PART)
    return starts_B, padded


def _joined(sequences: Sequence[Ids], name: str) -> dict[str, np.ndarray]:
    """Sequences end to end, and their lengths, under names."""
    ids = np.concatenate([np.asarray(each, dtype=np.uint32) for each in sequences])
    lengths = np.array([len(each) for each in sequences], dtype=np.uint32)
    return {name: ids.astype(np.min_scalar_type(ids.max(initial=0))), f"{name}_lengths": lengths}


def _each(parts: dict[str, np.ndarray], name: str) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " B"]]:
    """What `_joined` made, as numbers to reckon with."""
    return parts[name].astype(np.int64), parts[f"{name}_lengths"].astype(np.int64)
