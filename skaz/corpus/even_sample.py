"""Some of what comes one by one, evenly spread: a corpus may end in a language that it did not begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class EvenSample(Generic[Item]):
    """Keeps every n-th item. n doubles whenever what is kept comes to twice `most`: of items of one size there are then
    `most` to twice that, once so much came. At least one is kept. `size` says how much an item is."""

    def __init__(self, most: int, size: Callable[[Item], int] = lambda item: 1) -> None:
        self.kept: list[Item] = []
        self._most, self._size = most, size
        self._every, self._came, self._held = 1, 0, 0

    def add(self, item: Item) -> None:
        """One more item."""
        if self._came % self._every == 0:
            self.kept.append(item)
            self._held += self._size(item)
        self._came += 1
        while self._held >= 2 * self._most and len(self.kept) > 1:
            self.kept, self._every = self.kept[::2], 2 * self._every
            self._held = sum(map(self._size, self.kept))
