"""Checks of estimators' parameters, made when fitting begins, as scikit-learn has it."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, get_args

from skaz.errors import did_you_mean


def check_choice(name: str, value: object, choices: Any) -> None:
    """That a parameter is one of a Literal's values; ValueError with the nearest name."""
    known = get_args(choices)
    if value not in known:
        hint = did_you_mean(value, known) if isinstance(value, str) else ""
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}, not {value!r}.{hint}")


def check_whole(name: str, value: object, least: int = 1) -> None:
    """That a parameter is a whole number and not too small."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be a whole number from {least} on, not {value!r}")


def check_number(name: str, value: object, *, least: float = 0.0, below: float = float("inf")) -> None:
    """That a parameter is a number in [least, below)."""
    if isinstance(value, bool) or not isinstance(value, Real) or not least <= float(value) < below:
        end = "" if below == float("inf") else f" and below {below:g}"
        raise ValueError(f"{name} must be a number from {least:g} on{end}, not {value!r}")


def check_layer_sizes(value: object) -> tuple[int, ...]:
    """`hidden_layer_sizes` as a tuple: one number is one layer, () is none."""
    sizes = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    for size in sizes:
        check_whole("each of hidden_layer_sizes", size)
    return tuple(int(size) for size in sizes)
