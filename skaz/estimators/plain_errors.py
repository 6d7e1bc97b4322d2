"""Plain sentences for what scikit-learn's checks refuse: what is wrong, where it stands, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any

import numpy as np

ONE_AXIS = (
    "X has one dimension, and a table with a row for each example is wanted. Reshape your data: X.reshape(-1, 1) if it "
    "is one feature (of a Series X.to_frame()), X.reshape(1, -1) if it is one example"
)
ONE_SEQUENCE = (
    "X is one sequence of numbers, and a list of sequences is wanted. Reshape your data: [X] is a list of this alone"
)
GAPS_IN_ROWS = "leave such rows out of X and y, or fill the gaps of X with scikit-learn's SimpleImputer"
GAPS_IN_TARGETS = "leave such rows out of X and y"
NOTHING = "X has no examples: give one at least"
_NUMBERS = "fiub"  # kinds of NumPy's types: looked through at once, not cell by cell
GAPS_IN_SERIES = "fill what is missing, with series.interpolate(), say"


@contextmanager
def plain_errors(X: Any, y: Any = None, *, one_axis: str | None = ONE_AXIS, gaps: str = GAPS_IN_ROWS) -> Iterator[None]:
    """Around scikit-learn's checks of X, and of y where one is given: what they refuse for a reason that is known here
    is told in a plain sentence. one_axis: what is said to an X that is a vector; None: it may be one. gaps: what to do
    where values are missing."""
    try:
        yield
    except (TypeError, ValueError):
        reason = _of_table(X, one_axis, gaps) or (None if y is None else _gap_in_targets(y, gaps))
        if reason is None:
            raise
        raise ValueError(reason) from None


def check_targets(y: Any, *, numeric: bool, gaps: str = GAPS_IN_ROWS) -> None:
    """What scikit-learn's checks let pass, or tell of in another way: ValueError where there is nothing to predict, or
    nothing in a row, and for texts where numbers are wanted."""
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None: call fit(X, y)")
    cells = _cells(y)
    if cells is None or cells.dtype.kind in _NUMBERS:
        return
    if numeric and (text := _first_text(cells.ravel())) is not None:
        raise ValueError(
            f"y has texts, {text!r} say, and numbers are wanted; classes are predicted by NeuralNetworkClassifier and "
            "SequenceClassifier"
        )
    if (reason := _gap_in_targets(y, gaps)) is not None:
        raise ValueError(reason)


def _of_table(X: Any, one_axis: str | None, gaps: str) -> str | None:
    """What is wrong with a table of numbers, or with a vector of them."""
    cells = _cells(X)
    if cells is None:
        return None
    if cells.ndim and len(cells) == 0:
        return NOTHING
    if cells.ndim == 1:
        if one_axis is not None:
            return one_axis
        cells = cells[:, None]
    if cells.ndim != 2:
        return None
    names = [repr(each) for each in getattr(X, "columns", range(cells.shape[1]))]
    for name, values in zip(names, cells.T, strict=True) if cells.dtype.kind not in _NUMBERS else ():
        if (text := _first_text(values)) is not None:
            if one_axis is ONE_SEQUENCE and all(isinstance(each, str) for each in values):
                alone = f"X[[{name}]]" if hasattr(X, "columns") else f"X[:, [{name}]]"
                return (
                    f"X has texts in column {name}, {text!r} say, beside other columns, and a table of texts has one "
                    f"alone: give it, {alone} say"
                )
            return (
                f"X has texts in column {name}, {text!r} say, and numbers are wanted: make numbers of them, with "
                "pandas.get_dummies or scikit-learn's OneHotEncoder, or leave the column out"
            )
    if (gap := _first_gap(cells)) is None:
        return None
    row, column = gap
    return f"X contains {name_of_gap(cells[gap])} in row {row} of column {names[column]}: {gaps}"


def _gap_in_targets(y: Any, gaps: str) -> str | None:
    cells = _cells(y)
    if cells is None or cells.ndim not in (1, 2) or len(cells) == 0:
        return None
    cells = cells.reshape(len(cells), -1)
    if (gap := _first_gap(cells)) is None:
        return None
    advice = GAPS_IN_TARGETS if gaps == GAPS_IN_ROWS else gaps  # what is to be learned can't be made up
    return f"y contains {name_of_gap(cells[gap])} in row {gap[0]}: {advice}"


def _cells(values: Any) -> np.ndarray | None:
    """As an array, of numbers if it is one already; None of what is none: rows of differing lengths, and sparse
    matrices."""
    if hasattr(values, "toarray"):
        return None
    try:
        is_of_numbers = getattr(getattr(values, "dtype", None), "kind", "O") in _NUMBERS
        return np.asarray(values) if is_of_numbers else np.asarray(values, dtype=object)
    except ValueError:
        return None


def _first_text(values: np.ndarray) -> str | None:
    """The first text that is no number."""
    for each in values:
        if isinstance(each, str):
            try:
                float(each)
            except ValueError:
                return each
    return None


def _first_gap(cells: np.ndarray) -> tuple[int, int] | None:
    """The row and the column of the first cell without a finite value."""
    if cells.dtype.kind in _NUMBERS:
        gaps = np.argwhere(~np.isfinite(cells))
        return (int(gaps[0, 0]), int(gaps[0, 1])) if len(gaps) else None
    return next(((row, column) for (row, column), value in np.ndenumerate(cells) if _is_gap(value)), None)


def _is_gap(value: Any) -> bool:
    # pandas, whose these two are, need not be there
    is_missing = value is None or type(value).__name__ in ("NAType", "NaTType")
    return is_missing or (isinstance(value, Real) and not np.isfinite(float(value)))


def name_of_gap(gap: Any) -> str:
    """NaN or infinity, as errors name it."""
    return "infinity" if isinstance(gap, Real) and np.isinf(float(gap)) else "NaN (no value)"
