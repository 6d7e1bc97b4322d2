"""What a caller in Python gives, checked where it comes in: one sentence names the argument and what it must be."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path
from reprlib import repr as short

from skaz.errors import RequestError


def check(name: str, value: object, holds: bool, wanted: str) -> None:
    """RequestError where what an argument must be does not hold."""
    if not holds:
        raise RequestError(f"{name} is {short(value)}; it must be {wanted}.")


def check_text(name: str, value: object) -> None:
    """RequestError for what is no text."""
    check(name, value, isinstance(value, str), "text")


def check_path(name: str, value: object) -> None:
    """RequestError for what is no path."""
    check(name, value, isinstance(value, str | Path), "a path, as text or as a pathlib.Path")


def texts_of(name: str, given: str | Iterable[str]) -> tuple[str, ...]:
    """The texts, of which one may stand by itself. RequestError names what is none."""
    return (given,) if isinstance(given, str) else list_of_texts(name, given, "a list of texts, or one text")


def list_of_texts(name: str, given: Iterable[str], wanted: str = "a list of texts") -> tuple[str, ...]:
    """The texts of a list. RequestError names what is none."""
    check(name, given, isinstance(given, Iterable) and not isinstance(given, str | bytes | bytearray), wanted)
    texts = tuple(given)
    for place, text in enumerate(texts):
        check_text(f"{name}[{place}]", text)
    return texts


def is_whole(value: object, least: int) -> bool:
    """Whether it is a whole number, so large at least."""
    return not isinstance(value, bool) and isinstance(value, Integral) and int(value) >= least


def is_number(value: object, least: float, most: float = math.inf) -> bool:
    """Whether it is a number from `least` to `most`."""
    return isinstance(value, Real) and least <= float(value) <= most
