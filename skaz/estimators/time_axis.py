"""The time axis of a series, as pandas has it: checked, and with what is needed to go on with it."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

# steps in a season, by pandas' letters for the length of a step
_SEASONS = {
    "ME": 12,
    "MS": 12,
    "M": 12,
    "BME": 12,
    "BMS": 12,
    "QE": 4,
    "QS": 4,
    "Q": 4,
    "W": 52,
    "D": 7,
    "B": 5,
    "h": 24,
}
# 2020-01, 1.2.2020, 12:30, Jan 2020
_LIKE_A_DATE = re.compile(r"\d{4}\D?\d|\d\D\d+\D\d|\d:\d\d|\b[A-Za-z]{3,9}\b.*\d{4}|\d{4}.*\b[A-Za-z]{3,9}\b")
REGULAR = 2 / 3  # so many of the steps are equal where whole numbers are steps of time with a few holes
BACKWARDS = "The series runs backwards in time; sort it first: series.sort_index()"


@dataclass(frozen=True)
class TimeAxis:
    """Where a series ends and how long a step is. `kind`: "times", "periods" or "numbers" (pandas' indices), "rows"
    (an index of another kind, for which rows are counted), or "" (an array, which has none)."""

    kind: str = ""
    last: str = ""
    step: str = ""
    zone: str = ""  # of times: whose clock they are, "Europe/Berlin" say

    @classmethod
    def of(cls, values: Any) -> TimeAxis:
        """Of a Series, a DataFrame or an array. Raises ValueError for timestamps or periods that are not regular, and
        for whole numbers in equal steps but for a few holes."""
        index = index_of(values)
        if index is None:
            return cls()
        match type(index).__name__:
            case "DatetimeIndex":
                return cls("times", index[-1].isoformat(), _step(index), _zone(index))
            case "PeriodIndex":
                _check_periods(index)
                return cls("periods", str(index[-1]), index.freqstr)
        if step := _whole_step(index):
            return cls("numbers", str(index[-1]), str(step))
        return cls("rows", str(len(index) - 1), "1")

    @property
    def season(self) -> int:
        """Steps in a season, as the length of a step suggests; 1: none known."""
        return _SEASONS.get(self.step.partition("-")[0], 1)

    def check_goes_on(self, values: Any, advice: str) -> None:
        """That what comes after the series follows it, step for step, as far as it tells of time; else ValueError."""
        index = index_of(values)
        if not self._can_be_held_against(index):
            return
        for expected, came in zip(self.after(len(index)), index, strict=True):
            if came != expected:
                raise ValueError(
                    f"What comes after must go on in the steps of the series, which ends with {self.last}: {expected} "
                    f"was expected, and {came} came; {advice}"
                )

    def _can_be_held_against(self, later: Any) -> bool:
        """Whether this axis and an index of what comes after are of a kind; of a series with times no numbers are."""
        if self.kind in ("", "rows") or not tells_of_time(later):
            return False
        return self.kind == "numbers" or not _has_whole_numbers(later)

    def _last_time(self) -> Any:
        import pandas as pd

        last = pd.Timestamp(self.last)
        return last.tz_convert(self.zone) if self.zone else last

    def moved(self, steps: int) -> TimeAxis:
        """The axis, so many steps on."""
        index = self.after(steps)
        if index is None or not steps:
            return self
        return replace(self, last=index[-1].isoformat() if self.kind == "times" else str(index[-1]))

    def ends(self, steps: int) -> Any:
        """The pandas index of the last steps of the series; None of an array."""
        if not self.kind:
            return None
        import pandas as pd

        match self.kind:
            case "times":
                return pd.date_range(end=self._last_time(), periods=steps, freq=self.step)
            case "periods":
                return pd.period_range(end=self.last, periods=steps, freq=self.step)
        last, step = int(self.last), int(self.step)
        return pd.RangeIndex(last - (steps - 1) * step, last + step, step)

    def after(self, steps: int) -> Any:
        """The pandas index of the next steps; None of an array."""
        if not self.kind:
            return None
        import pandas as pd

        match self.kind:
            case "times":
                return pd.date_range(self._last_time(), periods=steps + 1, freq=self.step)[1:]
            case "periods":
                return pd.period_range(self.last, periods=steps + 1, freq=self.step)[1:]
        first, step = int(self.last) + int(self.step), int(self.step)
        return pd.RangeIndex(first, first + steps * step, step)


def index_of(values: Any) -> Any:
    """The pandas index of a Series or DataFrame; None of others. ValueError for dates that are not pandas' times."""
    index = getattr(values, "index", None)
    if callable(index):  # a list has a method of that name
        return None
    if index is not None and len(index) and _has_dates_in_disguise(index):
        raise ValueError(
            f"The index has dates as plain {'texts' if isinstance(index[0], str) else 'objects'}, {str(index[0])!r} "
            "first, which tell no steps of time: make times of them, with series.index = pd.to_datetime(series.index) "
            "(dayfirst=True where the day comes first), or leave them out, with series.to_numpy()"
        )
    return index


def _has_dates_in_disguise(index: Any) -> bool:
    kind = index.inferred_type
    if kind in ("date", "datetime"):
        return True
    if kind != "string" or not all(_LIKE_A_DATE.search(str(each)) for each in index[:2]):  # pandas takes t1 for a time
        return False
    import pandas as pd

    with warnings.catch_warnings():  # that there is no one format
        warnings.simplefilter("ignore")
        return bool(pd.to_datetime(index[:2], errors="coerce").notna().all())


def tells_of_time(index: Any) -> bool:
    """Whether an index has times, periods or numbers of steps. Numbers of rows that begin at 0, which pandas gives by
    itself, are none."""
    if index is None:
        return False
    if _has_whole_numbers(index):
        return bool(index.to_list() != list(range(len(index))))
    return type(index).__name__ in ("DatetimeIndex", "PeriodIndex")


def check_same_steps(X: Any, y: Any) -> None:
    """That columns and series are of the same steps, as far as both tell of time; else ValueError."""
    beside, series = index_of(X), index_of(y)
    if not tells_of_time(beside) or not tells_of_time(series):
        return
    for of_X, of_y in zip(beside, series, strict=True):
        if of_X != of_y:
            raise ValueError(
                f"X and y must be of the same steps: X has {of_X} where y has {of_y}; bring X to those of y, with "
                "X.reindex(y.index)"
            )


def _has_whole_numbers(index: Any) -> bool:
    return index.dtype.kind in "iu" and not index.hasnans


def _whole_step(index: Any) -> int:
    """The step of whole numbers in equal steps; 0 of other labels of rows, in any order. ValueError for numbers that
    rise in equal steps but for a few holes."""
    steps = np.diff(index.to_numpy(np.int64)) if _has_whole_numbers(index) else np.zeros(0, np.int64)
    kinds, counts = np.unique(steps, return_counts=True)
    if len(kinds) < 2:
        return int(kinds[0]) if len(kinds) else 0
    usual = int(kinds[counts.argmax()])
    if kinds[0] <= 0 or counts.max() < REGULAR * len(steps) or (kinds % usual).any():
        return 0
    at = int(np.flatnonzero(steps != usual)[0])
    by = "" if usual == 1 else f", {usual}"
    raise ValueError(
        f"The index rises in steps of {usual} but for gaps: {index[at]} is followed by {index[at + 1]}; bring it to "
        f"equal steps with series.reindex(range({index[0]}, {index[-1] + 1}{by})), and fill what is missing with "
        "interpolate(); if the numbers are no steps of time, take them off with series.reset_index(drop=True)."
    )


def _check_periods(index: Any) -> None:
    """ValueError for periods that leave one out, or are in another order."""
    steps = np.diff(index.asi8)
    wrong = np.flatnonzero(steps != index.freq.n)
    if len(wrong) == 0:
        return
    if (steps < 0).all():
        raise ValueError(BACKWARDS)
    raise ValueError(
        f"The periods are irregular: {index[wrong[0]]} is followed by {index[wrong[0] + 1]}; sort them with "
        f"sort_index(), bring them to equal steps with series.reindex(pd.period_range(first, last, freq="
        f"{index.freqstr!r})), and fill what is missing with interpolate()."
    )


def _step(index: Any) -> str:
    """The length of a step in pandas' letters."""
    import pandas as pd

    def inferred(some: Any) -> str | None:
        return pd.DatetimeIndex(some, freq="infer").freqstr if len(some) > 2 else None

    step = index.freqstr or inferred(index)
    if step is not None:
        if step.startswith("-"):
            raise ValueError(BACKWARDS)
        _check_name(step, index)
        return step
    whole, broken = min(3, len(index)), len(index)  # the first steps that have no length in common, by bisection
    while broken - whole > 1:
        middle = (whole + broken) // 2
        whole, broken = (middle, broken) if inferred(index[:middle]) else (whole, middle)
    between = f": {index[broken - 2]} is followed by {index[broken - 1]}" if len(index) > 3 else ""
    raise ValueError(
        f"The timestamps are irregular{between}; sort them, bring them to equal steps with resample(...).mean(), say, "
        "and fill what is missing with interpolate()."
    )


def _check_name(step: str, index: Any) -> None:
    """ValueError for a step of which pandas' letters don't tell all: "C" has no holidays."""
    from pandas.tseries.frequencies import to_offset

    try:
        is_whole = index.freq is None or to_offset(step) == index.freq
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError(
            f"The timestamps' step, {step}, has no letters in pandas by which the axis could go on; make them periods, "
            "with series.to_period('M') for months, say, or leave the axis out, with series.to_numpy()."
        )


def _zone(index: Any) -> str:
    """The name of the timestamps' time zone; ValueError for one without."""
    if index.tz is None:
        return ""
    try:
        index[-1].tz_convert(str(index.tz))
    except (KeyError, ValueError):
        raise ValueError(
            f"The timestamps' time zone, {index.tz}, has no name by which the axis could go on; give it one, with "
            "series.tz_convert('Europe/Berlin'), say."
        ) from None
    return str(index.tz)
