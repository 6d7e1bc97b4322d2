"""Time series as people have them, checked, with what is needed to go on with their time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils import check_array

from skaz.estimators.scales import deviations, rounding, scales

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
        """Of a Series, a DataFrame or an array. Raises ValueError for timestamps or periods that are not regular."""
        index = index_of(values)
        if index is None:
            return cls()
        match type(index).__name__:
            case "DatetimeIndex":
                return cls("times", index[-1].isoformat(), _step(index), "" if index.tz is None else str(index.tz))
            case "PeriodIndex":
                _check_periods(index)
                return cls("periods", str(index[-1]), index.freqstr)
        steps = set(np.diff(index.to_numpy(np.int64)).tolist()) if _has_whole_numbers(index) else set()
        if len(steps) == 1 and steps != {0}:
            return cls("numbers", str(index[-1]), str(steps.pop()))
        return cls("rows", str(len(index) - 1), "1")

    @property
    def season(self) -> int:
        """Steps in a season, as the length of a step suggests; 1: none known."""
        return _SEASONS.get(self.step.partition("-")[0], 1)

    def check_goes_on(self, values: Any) -> None:
        """That what came after the series follows it, step for step, as far as it tells of time; else ValueError."""
        index = index_of(values)
        if index is None or not self._tells_of_time(index):
            return
        for expected, came in zip(self.after(len(index)), index, strict=True):
            if came != expected:
                raise ValueError(
                    f"What came after must go on in the steps of the series, which ends with {self.last}: {expected} "
                    f"was expected, and {came} came; fill what is missing, leave out what was taken in before, or fit "
                    "anew"
                )

    def _tells_of_time(self, later: Any) -> bool:
        """Whether an index of what came after can be held against this axis. Numbers of rows that begin at 0, which
        pandas gives by itself, tell nothing, and of a series with times no numbers do."""
        if self.kind in ("", "rows"):
            return False
        if _has_whole_numbers(later):
            return self.kind == "numbers" and later.to_list() != list(range(len(later)))
        return type(later).__name__ in ("DatetimeIndex", "PeriodIndex")

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
    """The pandas index of a Series or DataFrame; None of others."""
    index = getattr(values, "index", None)
    return None if callable(index) else index  # a list has a method of that name


def _has_whole_numbers(index: Any) -> bool:
    return index.dtype.kind in "iu" and not index.hasnans


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
    if step is not None and step.startswith("-"):
        raise ValueError(BACKWARDS)
    if step is not None:
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


@dataclass(frozen=True)
class SeriesShape:
    """How forecasts are to look: as the series did."""

    is_vector: bool
    names: Sequence[Any]

    @classmethod
    def of(cls, values: Any) -> SeriesShape:
        if hasattr(values, "columns"):
            return cls(False, tuple(_name(each) for each in values.columns))
        name = getattr(values, "name", None)
        return cls(np.asarray(values).ndim == 1, () if name is None else (_name(name),))

    def check_names(self, values: Any) -> None:
        """That what came after has the variables of the series in their order, as far as both have names; else
        ValueError."""
        names, came = list(self.names), list(SeriesShape.of(values).names)
        if names and came and list(map(str, names)) != list(map(str, came)):  # once they were saved as texts
            raise ValueError(
                f"What came after has the variables {came}, and the series has {names}; give these, in order"
            )

    def dress(self, table: np.ndarray, axis: TimeAxis) -> Any:
        """(steps, variables) as a Series or DataFrame behind the series' end, or as an array."""
        index = axis.after(len(table))
        if index is None:
            return table[:, 0] if self.is_vector else table
        import pandas as pd

        if self.is_vector:
            return pd.Series(table[:, 0], index=index, name=self.names[0] if self.names else None)
        return pd.DataFrame(table, index=index, columns=list(self.names))


def _name(name: Any) -> Any:
    """A variable's name as JSON can hold it, in which estimators are saved; of a time, say, its text."""
    if isinstance(name, np.generic):
        return _name(name.item())
    if isinstance(name, tuple):
        return tuple(_name(each) for each in name)
    return name if isinstance(name, (str, int)) or (isinstance(name, float) and np.isfinite(name)) else str(name)


def series_table(values: Any) -> np.ndarray:
    """A series as (steps, variables) in float64; scikit-learn's ValueError for NaN and what are no numbers."""
    for name, kind in getattr(values, "dtypes", {}).items() if hasattr(values, "columns") else ():
        if getattr(kind, "kind", "") == "M":
            raise ValueError(f"The column {name!r} holds times: make it the index, with set_index({name!r})")
    table: np.ndarray = check_array(values, dtype=np.float64, ensure_2d=False, ensure_min_samples=2, input_name="X")
    return table.reshape(len(table), -1)


@dataclass(frozen=True)
class Windowing:
    """How a series is cut into examples: `window` steps are read, `horizon` follow. What is read is told relative to
    its last step, and what follows relative to an `anchor` that knows trend and season, so that a trend that leaves the
    range of training is still one that was seen."""

    window: int
    horizon: int
    season: int
    read_scale: np.ndarray
    next_scale: np.ndarray
    level_mean: np.ndarray
    level_scale: np.ndarray
    beside_mean: np.ndarray
    beside_scale: np.ndarray

    @classmethod
    def of(cls, series: np.ndarray, beside: np.ndarray, window: int, horizon: int, season: int) -> Windowing:
        """From the training series (steps, variables) and its exogenous columns."""
        history, future = cut(series, window, horizon)
        plain = cls(window, horizon, season, *(np.ones(0) for _ in range(6)))
        return cls(
            window,
            horizon,
            season,
            scales(_size(history - history[:, -1:]), rounding(series)),
            scales(_size(future - plain.anchor(history))),  # of rounding too: what it multiplies is then near nought
            series.mean(axis=0),
            deviations(series),
            beside.mean(axis=0),
            deviations(beside),
        )

    def anchor(self, history_BSY: np.ndarray) -> np.ndarray:
        """What the forecast is told relative to, (B, P, Y): the last step, and, of a season, what it was followed by so
        many steps later in the seasons of the window, on average."""
        last_B1Y: np.ndarray = history_BSY[:, -1:]
        if self.season == 1:
            return last_B1Y.repeat(self.horizon, axis=1)
        back = self.window - 1 - self.season * np.arange(1, (self.window - 1) // self.season + 1)
        later = 1 + np.arange(self.season)
        changes_BkpY = history_BSY[:, back[:, None] + later] - history_BSY[:, back][:, :, None]
        change_BpY = changes_BkpY.mean(axis=1)  # its last step is the change of a whole season
        seasons, step = np.divmod(np.arange(self.horizon), self.season)
        anchor_BPY: np.ndarray = last_B1Y + change_BpY[:, step] + seasons[:, None] * change_BpY[:, -1:]
        return anchor_BPY

    def read(
        self, history_BSY: np.ndarray, past_BSX: np.ndarray, coming_BPX: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """What the encoder reads, (B, S, variables and exogenous columns), and what goes beside it: the window once
        more, its level, and the exogenous columns of the steps to come."""
        last = history_BSY[:, -1:]
        relative = (history_BSY - last) / self.read_scale
        past, coming = ((each - self.beside_mean) / self.beside_scale for each in (past_BSX, coming_BPX))
        level = (last[:, 0] - self.level_mean) / self.level_scale
        rows = len(history_BSY)
        beside = np.concatenate([relative.reshape(rows, -1), level, coming.reshape(rows, -1)], axis=1)
        return np.concatenate([relative, past], axis=2), beside

    def encode(self, history_BSY: np.ndarray, future_BPY: np.ndarray) -> np.ndarray:
        """What the network is to answer, (B, P, Y)."""
        encoded_BPY: np.ndarray = (future_BPY - self.anchor(history_BSY)) / self.next_scale
        return encoded_BPY

    def decode(self, history_BSY: np.ndarray, answers_BPYQ: np.ndarray) -> np.ndarray:
        """Answers in the series' own units, (B, P, Y, Q)."""
        decoded_BPYQ: np.ndarray = answers_BPYQ * self.next_scale[:, None] + self.anchor(history_BSY)[..., None]
        return decoded_BPYQ


def cut(table: np.ndarray, window: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Every stretch of (steps, columns) that is long enough, as (B, window, columns) and (B, horizon, columns)."""
    stretches = np.lib.stride_tricks.sliding_window_view(table, window + horizon, axis=0).transpose(0, 2, 1)
    return stretches[:, :window], stretches[:, window:]


def _size(values: np.ndarray) -> np.ndarray:
    size: np.ndarray = np.sqrt(np.mean(values**2, axis=(0, 1)))
    return size
