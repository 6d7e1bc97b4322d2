"""What an experiment yields as it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

D = TypeVar("D", covariant=True)


@dataclass(frozen=True)
class Frame(Generic[D]):
    """All that an experiment knows so far, and the part of its work that is done; at 1 the data are whole."""

    done: float
    data: D


def last(frames: Iterator[Frame[D]]) -> D:
    """Runs to the end: the whole data."""
    for frame in frames:
        data = frame.data
    return data
