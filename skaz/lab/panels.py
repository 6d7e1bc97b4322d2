"""A picture as data: what is drawn, with its words in both languages. `drawing.py` draws it with Matplotlib; a page may
draw the same in its own way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from skaz.lab.texts import Text

Scale = Literal["linear", "log"]
Numbers = tuple[float | None, ...]
X_NAME, Y_NAME = "x₁", "x₂"  # of every plane
QUIET_STYLE = -1  # a thin grey line: what curves are seen against


@dataclass(frozen=True)
class Series:
    """A curve. Equal `style` numbers look alike in every panel of a picture; None in `y`: no number (infinite,
    unknown), the curve breaks there. `marked`: points are shown, because they were measured one by one."""

    label: Text
    x: tuple[float, ...]
    y: Numbers
    style: int
    marked: bool = True


@dataclass(frozen=True)
class Mark:
    """A straight line across the panel at a value of an axis, with a word at its beginning or its end, above or
    under it."""

    axis: Literal["x", "y"]
    value: float
    label: Text
    at: Literal["beginning", "end"] = "end"
    under: bool = False


@dataclass(frozen=True)
class Lines:
    """Curves over a common x. `x_range`: of a panel whose curves turn back, what is shown; they may run out of it."""

    title: Text
    x_label: Text
    y_label: Text
    series: tuple[Series, ...]
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    x_range: tuple[float | None, float | None] = (None, None)
    y_range: tuple[float | None, float | None] = (None, None)
    per_cent: bool = False
    marks: tuple[Mark, ...] = ()
    kind: Literal["lines"] = "lines"


@dataclass(frozen=True)
class Points:
    """Examples of one class on the plane."""

    label: Text
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Boundary:
    """A straight boundary w·x + b = 0, older ones paler: `age` from 0 (oldest) to 1 (the last). Those of one label are
    named once."""

    weights: tuple[float, float]
    bias: float
    age: float
    label: Text


@dataclass(frozen=True)
class Plane:
    """Two classes on the plane and what a network makes of it: straight boundaries, or the share that it gives class 1
    on a grid of `shares` (rows from the lowest y up) over the same square. Its axes are `X_NAME` and `Y_NAME`."""

    title: Text
    classes: tuple[Points, ...]
    span: float
    boundaries: tuple[Boundary, ...] = ()
    shares: tuple[tuple[float, ...], ...] = ()
    kind: Literal["plane"] = "plane"


Panel = Lines | Plane


def finite(values: Iterable[float]) -> Numbers:
    """The values with None for what is no number, as JSON wants them."""
    return tuple(value if math.isfinite(value) else None for value in values)


def positive(values: Sequence[float | None], least: float) -> Numbers:
    """For a logarithmic axis: what lies below `least` is left out."""
    return tuple(value if value is not None and value >= least else None for value in values)
