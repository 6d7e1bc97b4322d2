"""Making the next thing while the last is used."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Ahead(Iterator[Item], Generic[Item]):
    """Items, the next of which can be made before it is asked for: while a GPU computes, say. A thread would do it at a
    time of its own, and hold Python's lock when the other wants it."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._made: list[Item] = []

    def make(self) -> None:
        """Makes the next item, unless it is made already or there is none."""
        if not self._made:
            self._made.extend(islice(self._items, 1))

    def __next__(self) -> Item:
        return self._made.pop() if self._made else next(self._items)
