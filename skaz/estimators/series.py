"""Time series as people have them, checked, with what is needed to go on with their time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils import check_array

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


@dataclass(frozen=True)
class TimeAxis:
    """Where a series ends and how long a step is. `kind`: "times", "periods" or "numbers" (pandas' indices), or ""
    (an array, which has none)."""

    kind: str = ""
    last: str = ""
    step: str = ""
    zone: str = ""  # of times: whose clock they are, "Europe/Berlin" say

    @classmethod
    def of(cls, values: Any) -> TimeAxis:
        """Of a Series, a DataFrame or an array. Raises ValueError for timestamps that are not regular."""
        index = getattr(values, "index", None)
        if index is None or callable(index):  # a list has a method of that name
            return cls()
        match type(index).__name__:
            case "DatetimeIndex":
                return cls("times", index[-1].isoformat(), _step(index), "" if index.tz is None else str(index.tz))
            case "PeriodIndex":
                return cls("periods", str(index[-1]), index.freqstr)
            case "RangeIndex":
                return cls("numbers", str(index[-1]), str(index.step))
        return cls("numbers", str(len(index) - 1), "1")

    @property
    def season(self) -> int:
        """Steps in a season, as the length of a step suggests; 1: none known."""
        return _SEASONS.get(self.step.partition("-")[0], 1)

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


def _step(index: Any) -> str:
    """The length of a step in pandas' letters."""
    import pandas as pd

    def inferred(some: Any) -> str | None:
        return pd.DatetimeIndex(some, freq="infer").freqstr if len(some) > 2 else None

    step = index.freqstr or inferred(index)
    if step is not None and step.startswith("-"):
        raise ValueError("The series runs backwards in time; sort it first: series.sort_index()")
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
    names: Sequence[str]

    @classmethod
    def of(cls, values: Any) -> SeriesShape:
        if hasattr(values, "columns"):
            return cls(False, tuple(str(each) for each in values.columns))
        name = getattr(values, "name", None)
        return cls(np.asarray(values).ndim == 1, () if name is None else (str(name),))

    def dress(self, table: np.ndarray, axis: TimeAxis) -> Any:
        """(steps, variables) as a Series or DataFrame behind the series' end, or as an array."""
        index = axis.after(len(table))
        if index is None:
            return table[:, 0] if self.is_vector else table
        import pandas as pd

        if self.is_vector:
            return pd.Series(table[:, 0], index=index, name=self.names[0] if self.names else None)
        return pd.DataFrame(table, index=index, columns=list(self.names))


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
            _scale(history - history[:, -1:]),
            _scale(future - plain.anchor(history)),
            series.mean(axis=0),
            np.where(series.std(axis=0) > 0, series.std(axis=0), 1.0),
            beside.mean(axis=0),
            np.where(beside.std(axis=0) > 0, beside.std(axis=0), 1.0),
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


def _scale(values: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.mean(values**2, axis=(0, 1)))
    return np.where(scale > 0, scale, 1.0)
