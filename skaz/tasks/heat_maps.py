"""Heat maps, as files and on the terminal: what pictures of attention and of a network's inside share."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.style import Style
from rich.text import Text

from skaz.errors import DependencyError, RequestError

Values = NDArray[np.floating[Any]]

SUFFIXES = (".png", ".svg")
LONGEST_LABEL = 24  # characters in a picture
QUIET = "#666666"
_NOTHING = np.array([38, 40, 48])  # red, green, blue on the terminal
_LACKING = re.compile(r"Glyph (\d+) .*missing from font")  # as Matplotlib warns of it
_WARM, _COOL = np.array([255, 190, 70]), np.array([90, 170, 255])


@dataclass(frozen=True)
class Legend:
    """What a picture says of itself: its axes, what a colour means, and the values of the colours' ends."""

    columns: str
    rows: str
    value: str
    lowest: float
    highest: float
    colours: str


def check_suffixes(paths: Sequence[Path]) -> None:
    """RequestError for a file that is no picture."""
    for path in paths:
        if path.suffix.lower() not in SUFFIXES:
            raise RequestError(f"{path} is neither .png nor .svg; a picture is one of these.")


def plot_heat_map(
    values_TS: Values, columns: Sequence[str], rows: Sequence[str], legend: Legend, paths: Sequence[Path]
) -> str:
    """Draws a heat map into each of `paths`, as PNG or SVG by its suffix; returns the characters of its labels that
    the font lacks, each once. Raises RequestError for another suffix, DependencyError without Matplotlib."""
    check_suffixes(paths)
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise DependencyError('A picture needs Matplotlib: pip install "skaz[train]".') from None

    cell_in = cell_size(max(values_TS.shape))
    # The figure holds the cells alone, at their size; what surrounds them is added when it is saved.
    figure = Figure(figsize=(cell_in * len(columns), cell_in * len(rows)))
    axes = figure.add_axes((0, 0, 1, 1))
    image = axes.imshow(
        values_TS, cmap=legend.colours, vmin=legend.lowest, vmax=legend.highest, aspect="auto", interpolation="nearest"
    )
    _add_labels(axes, columns, rows, legend, cell_in)
    _add_colour_bar(figure, image, legend)
    return _saved(figure, paths)


def _saved(figure: Any, paths: Sequence[Path]) -> str:
    """Saves the figure; returns the characters that the font lacks, of which Matplotlib warns a program's author."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for path in paths:
            figure.savefig(path, dpi=150, bbox_inches="tight", pad_inches=0.15)
    lacking: dict[str, None] = {}
    for warning in caught:
        glyph = _LACKING.match(str(warning.message))
        if glyph is not None:
            lacking[chr(int(glyph[1]))] = None
        elif "does not support" not in str(warning.message):  # a script: Matplotlib 3.9 says so beside its glyphs
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return "".join(lacking)


def cell_size(tokens: int) -> float:
    """The side of a cell, in inches: half an inch in a small picture, less in one of many tokens a side."""
    return max(0.16, min(0.5, 7 / tokens))


def _add_labels(axes: Any, above: Sequence[str], left: Sequence[str], legend: Legend, cell_in: float) -> None:
    """Columns' names above, upright where each fits into its column, and rows' on the left; lines between the cells,
    to follow a row to its name."""
    columns, rows = [label(token) for token in above], [label(token) for token in left]
    font_pt = min(10.0, 72 * cell_in * 0.62)
    fits = max(map(len, columns)) * font_pt * 0.7 <= 72 * cell_in  # a character is at most 0.7 as wide as it is high
    # A token with two dollar signs is no formula: parse_math.
    axes.set_xticks(range(len(columns)), columns, fontsize=font_pt, rotation=0 if fits else 90, parse_math=False)
    axes.set_yticks(range(len(rows)), rows, fontsize=font_pt, parse_math=False)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(legend.columns, fontsize=8, color=QUIET, labelpad=6)
    axes.set_ylabel(legend.rows, fontsize=8, color=QUIET, labelpad=6)
    axes.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#dde3ea", linewidth=0.6)
    axes.tick_params(which="both", length=0, pad=3)
    axes.spines[:].set_visible(False)


def _add_colour_bar(figure: Any, image: Any, legend: Legend) -> None:
    """A bar right of the cells, from an inch to two high: what a colour means."""
    width_in, height_in = figure.get_size_inches()
    bar_in = min(2.0, max(1.0, height_in))
    bar = figure.add_axes((1 + 0.2 / width_in, 1 - bar_in / height_in, 0.13 / width_in, bar_in / height_in))
    ticks = np.linspace(legend.lowest, legend.highest, 5)
    figure.colorbar(image, cax=bar, ticks=ticks).outline.set_visible(False)
    bar.set_yticks(ticks, [f"{tick:.3g}" for tick in ticks])
    bar.tick_params(labelsize=8, length=2)
    bar.set_ylabel(legend.value, fontsize=8, color=QUIET)


def blocks_of(widths: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """First column and last one, exclusive, of each block; with the space before it, each column fits into `room`
    cells beside the others of its block, or stands alone."""
    ends = [0, *accumulate(width + 1 for width in widths)]
    start = 0
    for place in range(1, len(widths) + 1):
        if place == len(widths) or ends[place + 1] - ends[start] > room:
            yield start, place
            start = place


def shade(value: float) -> Style:
    """The terminal's colours for a value from 0 to 1, or from -1 on: warm above 0, cool below."""
    share = min(abs(value), 1.0)
    red, green, blue = _NOTHING + share * ((_WARM if value >= 0 else _COOL) - _NOTHING)
    # Both colours are set: the cell then looks the same on a dark terminal and on a light one.
    return Style(color=Color.parse("black" if share > 0.4 else "white"), bgcolor=Color.from_rgb(red, green, blue))


def shaded(number: str, value: float) -> Text:
    """A cell of a table: its number, or nothing, on its shade."""
    return Text(number, style=shade(value))  # the style goes for the padding too


def visible(token: str) -> str:
    """The token with · for what can't be printed; line ends stay."""
    return "".join(character if character.isprintable() or character == "\n" else "·" for character in token)


def label(token: str) -> str:
    """A token as a reader may see it: spaces around it are dropped, one that is nothing else is ␣, a line's end is ↵,
    any other character that can't be printed is ·, a mark that has no letter before it stands on ◌, and a long token is
    clipped. One amid a character is ""."""
    if token and not token.strip(" "):
        return "␣"
    text = visible(token.strip(" ").replace("\n", "↵"))
    if unicodedata.combining(text[:1] or " "):
        text = "◌" + text
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def clipped(text: str, width: int) -> str:
    """The text, ending in … where it has more than `width` cells of a terminal."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"
