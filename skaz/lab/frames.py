"""What an experiment yields as it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

D_co = TypeVar("D_co", covariant=True)


@dataclass(frozen=True)
class Frame(Generic[D_co]):
    """All that an experiment knows so far, and the part of its work that is done; at 1 the data are whole."""

    done: float
    data: D_co


def last(frames: Iterator[Frame[D_co]]) -> D_co:
    """Runs to the end: the whole data."""
    for frame in frames:
        data = frame.data
    return data
