"""Stop strings: what comes before one is told, the string itself is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class StopText(Generic[Item]):
    """Holds items back while their text may be the beginning of a stop string. Each string is told with its text, cut
    where a stop string begins; what comes after is dropped."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held: list[tuple[Item, str]] = []
        self.found = False

    def push(self, item: Item, text: str) -> list[tuple[Item, str]]:
        """Takes an item and its text; gives those that are certain now."""
        if not self._stops:
            return [(item, text)]
        if self.found:
            return []
        self._held.append((item, text))
        held = "".join(part for _, part in self._held)
        begins = [place for place in map(held.find, self._stops) if place >= 0]
        if begins:
            self.found = True
            return self._release(min(begins), cut=True)
        return self._release(len(held) - self._open_characters(held), cut=False)

    def finish(self) -> list[tuple[Item, str]]:
        """The story is over: what was held back, where no stop string came."""
        rest, self._held = ([] if self.found else self._held), []
        return rest

    def _open_characters(self, held: str) -> int:
        """How many characters at the end may be the beginning of a stop string."""
        lengths = (
            length
            for stop in self._stops
            for length in range(min(len(stop) - 1, len(held)), 0, -1)
            if held.endswith(stop[:length])
        )
        return max(lengths, default=0)

    def _release(self, characters: int, *, cut: bool) -> list[tuple[Item, str]]:
        """The items of so many characters; of one that goes beyond, with `cut`, its part."""
        released: list[tuple[Item, str]] = []
        while self._held and len(self._held[0][1]) <= characters:
            item, text = self._held.pop(0)
            released.append((item, text))
            characters -= len(text)
        if cut and characters and self._held:
            item, text = self._held[0]
            released.append((item, text[:characters]))
        return released
