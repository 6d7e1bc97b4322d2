"""States kept at every token, to go on from: going back reads nothing anew.

They are few bytes each (a state of an LSTM of 384 units is 3 kB; the scores of 4,000 tokens beside it are 16), and
together no more than a bound: the generations that were longest not asked for are given up first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skaz.decoding.placement import Place
from skaz.engine.interface import Engine


@dataclass
class KeptRow:
    """A story: the tokens that it began with, those that were written, and the model before each of these."""

    prefix: tuple[int, ...]
    tokens: list[int] = field(default_factory=list)
    places: list[Place[Any]] = field(default_factory=list)


@dataclass
class KeptGeneration:
    """The stories of one request, by the bundle that wrote them (its hash, which a new training changes)."""

    bundle: str
    hash: str
    rows: list[KeptRow]
    bytes: int = 0


class KeptStates:
    """The generations whose states are kept, by their ids."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, KeptGeneration] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def begin(self, name: str, bundle: str, hash: str, prefixes: Sequence[tuple[int, ...]]) -> None:
        """A generation, of which nothing is written yet."""
        self._kept[name] = KeptGeneration(bundle, hash, [KeptRow(prefix) for prefix in prefixes])

    def add(self, name: str, row: int, place: Place[Any], token: int | None) -> None:
        """A token of a generation that has not been given up, and the model before it; no token: the model after
        all."""
        generation = self._kept.get(name)
        if generation is None:
            return
        kept = generation.rows[row]
        small = Place(place.state, 0, 1, place.logits_V.astype(np.float32))
        added = small.logits_V.nbytes + _new_bytes(place.state, kept.places[-1].state if kept.places else None)
        kept.places.append(small)
        if token is not None:
            kept.tokens.append(token)
        generation.bytes += added
        self.bytes += added
        while self.bytes > self._most_bytes and self._kept:
            _, given_up = self._kept.popitem(last=False)
            self.bytes -= given_up.bytes

    def get(self, name: str, bundle: str | None = None, hash: str | None = None) -> KeptGeneration | None:
        """A generation, where it is still kept (and is of that bundle)."""
        generation = self._kept.get(name)
        if generation is None or (bundle is not None and (generation.bundle, generation.hash) != (bundle, hash)):
            return None
        self._kept.move_to_end(name)
        return generation


def place_at(row: KeptRow, index: int, engine: Engine[Any]) -> Place[Any] | None:
    """The model before token `index`; after the last token it is stepped once. None where there is no such place."""
    if 0 <= index < len(row.places):
        return row.places[index]
    if index != len(row.tokens) or not row.tokens:
        return None
    logits_BV, state = engine.step(np.array([row.tokens[-1]]), row.places[-1].state)
    return Place(state, 0, 1, logits_BV[0])


def _new_bytes(state: object, before: object) -> int:
    """Of the arrays in a state that are not those of the state before."""
    known = {id(array) for array in _arrays(before)}
    return sum(array.nbytes for array in _arrays(state) if id(array) not in known)


def _arrays(state: object) -> Iterator[Any]:
    if isinstance(state, dict):
        for value in state.values():
            yield from _arrays(value)
    elif isinstance(state, tuple | list):
        for value in state:
            yield from _arrays(value)
    elif hasattr(state, "nbytes"):
        yield state
