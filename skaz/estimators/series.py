"""Time series as people have them, checked, and as examples for a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.utils import check_array

from skaz.estimators.plain_errors import GAPS_IN_SERIES, plain_errors
from skaz.estimators.scales import deviations, rounding, scales
from skaz.estimators.time_axis import TimeAxis

SHORTEST_WINDOW = 12
SEASONS_READ = 3


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
    table: np.ndarray
    with plain_errors(values, one_axis=None, gaps=GAPS_IN_SERIES):
        table = check_array(values, dtype=np.float64, ensure_2d=False, ensure_min_samples=2, input_name="X")
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
        spreads = deviations(series, "The series"), deviations(beside, "X")
        history, future = cut(series, window, horizon)
        plain = cls(window, horizon, season, *(np.ones(0) for _ in range(6)))
        return cls(
            window,
            horizon,
            season,
            scales(_size(history - history[:, -1:]), rounding(series)),
            scales(_size(future - plain.anchor(history))),  # of rounding too: what it multiplies is then near nought
            series.mean(axis=0),
            spreads[0],
            beside.mean(axis=0),
            spreads[1],
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


def season_and_window(
    steps: int,
    horizon: int,
    season: int | Literal["auto"] | None,
    window: int | Literal["auto"],
    suggested: int,
) -> tuple[int, int]:
    """Steps of a season and of a window, where they are left to the series, whose time axis suggests a season;
    ValueError where it is too short for them."""
    longest = steps - horizon - 1  # two windows at least
    if longest < 1:
        raise ValueError(
            f"horizon={horizon} is longer than the series allows: it has {steps} steps and needs {horizon + 2} at "
            "least; give a shorter horizon"
        )
    if season == "auto":
        season = suggested if 3 * suggested + horizon <= steps else 1  # else too short to see it come back
    season = season or 1
    shortest = season + 1 if season > 1 else 1
    if shortest > longest:
        raise ValueError(
            f"season={season} is longer than the series allows: it has {steps} steps, and with horizon={horizon} needs "
            f"{shortest + horizon + 1} at least; give a shorter season, or season=None"
        )
    if window == "auto":
        wanted = SEASONS_READ * season + 1 if season > 1 else max(3 * horizon, SHORTEST_WINDOW)
        read = max(shortest, min(wanted, longest, max(steps // 4, 1)))
    else:
        read = window
    if not shortest <= read <= longest:
        raise ValueError(
            f"window={read} must be {shortest} at least, to hold a season, and {longest} at most, so that two "
            f"windows of {steps} steps have their horizon of {horizon}"
        )
    return season, read


def cut(table: np.ndarray, window: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Every stretch of (steps, columns) that is long enough, as (B, window, columns) and (B, horizon, columns)."""
    stretches = np.lib.stride_tricks.sliding_window_view(table, window + horizon, axis=0).transpose(0, 2, 1)
    return stretches[:, :window], stretches[:, window:]


def _size(values: np.ndarray) -> np.ndarray:
    size: np.ndarray = np.sqrt(np.mean(values**2, axis=(0, 1)))
    return size
