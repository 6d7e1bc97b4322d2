"""Checks of estimators' parameters, made when fitting begins, as scikit-learn has it."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, TypeGuard, get_args

import numpy as np

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


def check_place(name: str, value: object, count: int) -> None:
    """That a number names one of `count` things in a row, from 0 on or, below it, from their end."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not -count <= int(value) < count:
        raise ValueError(f"{name} must be a whole number from 0 to {count - 1}, or -1 for the last, not {value!r}")


def check_flag(name: str, value: object) -> None:
    """That a parameter is True or False, and no text such as "no", which Python takes for true."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, not {value!r}")


def check_number(name: str, value: object, *, least: float = 0.0, below: float = float("inf")) -> None:
    """That a parameter is a number in [least, below)."""
    end = "" if below == float("inf") else f" and below {below:g}"
    if not _is_number(value) or not least <= float(value) < below:
        raise ValueError(f"{name} must be a number from {least:g} on{end}, not {value!r}")


def check_positive(name: str, value: object, *, below: float = float("inf")) -> None:
    """That a parameter is a number in (0, below)."""
    end = "" if below == float("inf") else f" and below {below:g}"
    if not _is_number(value) or not 0 < float(value) < below:
        raise ValueError(f"{name} must be a number above 0{end}, not {value!r}")


def _is_number(value: object) -> TypeGuard[Real]:
    return isinstance(value, Real) and not isinstance(value, bool)


def check_layer_sizes(value: object) -> tuple[int, ...]:
    """`hidden_layer_sizes` as a tuple: one number is one layer, () is none."""
    sizes = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    for size in sizes:
        check_whole("each of hidden_layer_sizes", size)
    return tuple(int(size) for size in sizes)
