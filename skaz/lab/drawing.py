"""Panels drawn with Matplotlib: one look for every experiment, legible in grey and on paper."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skaz.errors import DependencyError, RequestError
from skaz.files import write_whole
from skaz.lab.panels import QUIET_STYLE, X_NAME, Y_NAME, Boundary, Lines, Mark, Panel, Plane
from skaz.lab.texts import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png")
WIDTH_IN = 7.2  # what an A4 page has between its margins, so that nothing is scaled in print
CURVES_IN = (2.25, 2.25, 2.0, 1.5)  # a row of curves, of one row, two, three, four or more: a page has text besides
PLANE_IN = 2.75
QUIET = "#555555"
MOST_TICKS = 9
FEW_DECADES = 2e2
NARROWEST = 1.02  # a logarithmic axis from end to end: what differs by less is drawn as equal, as the words tell it
# colour, line, marker: any two differ in lightness or in the form of line and marker, so grey print keeps them apart
STYLES = (
    ("#12355b", "-", "o"),
    ("#d1495b", "--", "s"),
    ("#2e8b6f", "-.", "^"),
    ("#e0a030", (0, (1, 1)), "D"),
    ("#7a4fa0", (0, (6, 1, 1, 1, 1, 1)), "v"),
    ("#4c4c4c", (0, (3, 3)), "x"),
    ("#6fb1d8", (0, (8, 2)), "P"),
    ("#9c6b30", (0, (2, 1, 6, 1)), "*"),
    ("#c060a8", (0, (4, 1, 1, 1)), "X"),
    ("#7f8c1f", (0, (1, 3)), "<"),
)
CLASSES = (("#12355b", "o"), ("#d1495b", "s"))
REGIONS = ("#e3ecf6", "#f6e2dc", "#e8a898")  # from class 0 to class 1: ever darker, so that grey print tells them apart
_INNER_NAME = re.compile(r'(?P<before>\bid="|url\(#|href="#)(?P<name>[^")]+)')
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_RC: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9,
    "legend.fontsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.linewidth": 0.7,
    "axes.titlelocation": "left",
    "svg.hashsalt": "skaz",  # the same data, the same file
}


def draw(panels: Sequence[Panel], language: Language) -> Figure:
    """The panels in rows, their words in one language, curves named once below. DependencyError without Matplotlib."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise DependencyError('A picture needs Matplotlib: pip install "skaz[train]".') from None
    rows = list(_rows(panels))
    curves_in = CURVES_IN[min(len(rows), len(CURVES_IN)) - 1]
    heights = [PLANE_IN if isinstance(row[0], Plane) else curves_in for row in rows]
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(WIDTH_IN, sum(heights) + 0.45), layout="constrained")
        grid = figure.add_gridspec(len(rows), 1, height_ratios=heights)
        for number, row in enumerate(rows):
            places = grid[number].subgridspec(1, len(row))  # of its own: rows need not line up
            for place, panel in enumerate(row):
                axes = figure.add_subplot(places[place])
                axes.set_title(panel.title.of(language), parse_math=False)
                if isinstance(panel, Lines):
                    _lines(axes, panel, language)
                else:
                    _plane(axes, panel, language)
        _legend(figure)
    return figure


def _rows(panels: Sequence[Panel]) -> Iterator[list[Panel]]:
    """Curves two a row, planes three; what is left over of a kind has its row to itself."""
    for kind, most in ((Lines, 2), (Plane, 3)):
        mine = [panel for panel in panels if isinstance(panel, kind)]
        for first in range(0, len(mine), most):
            yield mine[first : first + most]


def save(panels: Sequence[Panel], language: Language, paths: Sequence[Path]) -> None:
    """Draws into each of `paths`, whole or not at all. RequestError for a suffix that is neither .svg nor .png."""
    check_suffixes(paths)
    figure = draw(panels, language)
    for path in paths:
        write_whole(path, lambda beside, path=path: beside.write_bytes(_bytes(figure, path.suffix.lower()[1:])))  # type: ignore[misc]


def check_suffixes(paths: Sequence[Path]) -> None:
    """Before the work: RequestError for a picture that can't be drawn."""
    for path in paths:
        if path.suffix.lower() not in SUFFIXES:
            raise RequestError(f"{path} is neither .svg nor .png; an experiment's picture is one of these.")


def svg(panels: Sequence[Panel], language: Language, name: str) -> str:
    """The picture as an <svg> element, to stand in a page; `name` keeps its inner names from those of others there."""
    text = _bytes(draw(panels, language), "svg").decode("utf-8")
    text = _INNER_NAME.sub(rf"\g<before>{name}-\g<name>", text)
    return text[text.index("<svg") :]


def _bytes(figure: Figure, form: str) -> bytes:
    import matplotlib as mpl

    made = io.BytesIO()
    with mpl.rc_context(_RC):
        figure.savefig(made, format=form, dpi=160, metadata=_NO_METADATA if form == "svg" else None)
    return made.getvalue()


def _lines(axes: Axes, panel: Lines, language: Language) -> None:
    axes.set_xscale(panel.x_scale)
    axes.set_yscale(panel.y_scale)
    for series in panel.series:
        values = [np.nan if value is None else value for value in series.y]
        if series.style == QUIET_STYLE:
            axes.plot(series.x, values, color="#b5b5b5", linewidth=0.7, zorder=1)
            continue
        colour, line, marker = STYLES[series.style % len(STYLES)]
        axes.plot(
            series.x,
            values,
            color=colour,
            linestyle=line,
            linewidth=1.5,
            marker=marker if series.marked else None,
            markersize=4 if len(series.x) <= 20 else 2,
            label=series.label.of(language),
        )
    axes.set_xlabel(panel.x_label.of(language))
    axes.set_ylabel(panel.y_label.of(language))
    axes.set_xlim(*panel.x_range)
    axes.set_ylim(*panel.y_range)
    axes.grid(alpha=0.25, linewidth=0.6)
    _ticks(axes, panel, language)
    for mark in panel.marks:
        _mark(axes, mark, language)


def _ticks(axes: Axes, panel: Lines, language: Language) -> None:
    """Numbers as the language writes them: where x is logarithmic the very values that were measured, if they are few;
    where y is, and spans little, 1, 2 and 5 of each decade."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

    def number(value: float, _: int) -> str:
        text = f"{value:.6g}"
        return (text.replace(".", ",") if language == "ru" else text).replace("-", "−")

    def per_cent(value: float, _: int) -> str:
        return f"{100 * value:.0f}\u202f%"

    places = [x for series in panel.series if series.style != QUIET_STYLE for x in series.x]
    measured = sorted({x for series in panel.series if series.marked for x in series.x})
    axes.xaxis.set_major_formatter(FuncFormatter(number))
    if panel.x_scale == "log" and 0 < len(measured) <= MOST_TICKS:
        axes.xaxis.set_major_locator(FixedLocator(measured))
        axes.xaxis.set_minor_locator(NullLocator())
    elif panel.x_scale == "linear" and all(float(x).is_integer() for x in places):
        axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=True))
    low, high = axes.get_ylim()
    if panel.y_scale == "log" and high / low < NARROWEST:
        middle = (low * high) ** 0.5
        low, high = axes.set_ylim(middle / NARROWEST**0.5, middle * NARROWEST**0.5)
    if panel.y_scale == "linear":
        axes.yaxis.set_major_formatter(FuncFormatter(per_cent if panel.per_cent else number))
    elif high / low < FEW_DECADES:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(number))


def _mark(axes: Axes, mark: Mark, language: Language) -> None:
    """A dotted line and its word: above a level line, right of an upright one. One that lies beyond what curves span
    is left out: its word would stand outside the panel, and push the others away."""
    if mark.axis == "y" and not axes.get_ylim()[0] <= mark.value <= axes.get_ylim()[1]:
        return
    line: dict[str, Any] = {"color": QUIET, "linewidth": 0.8, "linestyle": ":"}
    word: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8, "color": QUIET, "parse_math": False}
    far = float(mark.at == "end")
    if mark.axis == "y":
        axes.axhline(mark.value, **line)
        under = mark.under
        place, offset = (far, mark.value), (-2 if far else 3, -2 if under else 2)
        aligned = ("right" if far else "left", "top" if under else "bottom")
        coordinates = ("axes fraction", "data")
    else:
        axes.axvline(mark.value, **line)
        place, offset, aligned = (mark.value, far), (3, -2 if far else 2), ("left", "top" if far else "bottom")
        coordinates = ("data", "axes fraction")
    axes.annotate(
        mark.label.of(language), place, xycoords=coordinates, xytext=offset, ha=aligned[0], va=aligned[1], **word
    )


def _plane(axes: Axes, panel: Plane, language: Language) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    span = panel.span
    if panel.shares:
        shares = np.array(panel.shares)
        at = np.linspace(-span, span, len(shares))
        regions = LinearSegmentedColormap.from_list("regions", REGIONS)
        axes.contourf(at, at, shares, levels=np.linspace(0, 1, 11), cmap=regions)
        axes.contour(at, at, shares, levels=[0.5], colors="black", linewidths=1.4)
    for boundary in panel.boundaries:
        _boundary(axes, boundary, span, language)
    for points, (colour, marker) in zip(panel.classes, CLASSES, strict=False):
        axes.scatter(
            points.x,
            points.y,
            s=14,
            c=colour,
            marker=marker,
            linewidths=0.4,
            edgecolors="white",
            label=points.label.of(language),
        )
    axes.set_xlim(-span, span)
    axes.set_ylim(-span, span)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel(X_NAME)
    axes.set_ylabel(Y_NAME)


def _boundary(axes: Axes, boundary: Boundary, span: float, language: Language) -> None:
    """The part of w·x + b = 0 that crosses the square: from its foot along it, farther than any corner."""
    length = float(np.hypot(*boundary.weights))
    if length == 0:
        return
    normal = np.array(boundary.weights) / length
    foot, along = -boundary.bias / length * normal, np.array([-normal[1], normal[0]]) * 4 * span
    (x0, y0), (x1, y1) = foot - along, foot + along
    newest = boundary.age >= 1
    axes.plot(
        [x0, x1],
        [y0, y1],
        color=str(0.8 * (1 - boundary.age)),
        linewidth=1.8 if newest else 0.8,
        zorder=3 if newest else 1,
        label=boundary.label.of(language),
    )


def _legend(figure: Figure) -> None:
    """Each name once, below all panels, in as many columns as there is room for."""
    named: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    if named:
        fitting = max(1, int(WIDTH_IN / (0.62 + 0.085 * max(map(len, named)))))
        rows = -(-len(named) // fitting)
        figure.legend(
            list(named.values()),
            list(named),
            loc="outside lower center",
            ncols=-(-len(named) // rows),
            frameon=False,
            handlelength=3.2,
            columnspacing=1.4,
        )
