"""Pictures of attention: which source tokens the decoder looked at as it wrote each target token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.console import Group
from rich.style import Style
from rich.table import Table
from rich.text import Text

from skaz.errors import DependencyError, RequestError

Weights = NDArray[np.floating[Any]]

SUFFIXES = (".png", ".svg")
LONGEST_LABEL = 24  # characters in a picture
LONGEST_HEADING = 10  # cells above a column on the terminal
NUMBERED = 0.10  # from this weight on a cell of the terminal's table has its number
_NO_WEIGHT, _ALL_WEIGHT = np.array([38, 40, 48]), np.array([255, 190, 70])  # red, green, blue
_QUIET = "#666666"


def plot_attention(weights_TS: Weights, source: Sequence[str], target: Sequence[str], paths: Sequence[Path]) -> None:
    """Draws a heat map into each of `paths`, as PNG or SVG by its suffix: a row a target token, a column a source
    token. The colours run from 0 to 1, the same in every picture. A row of `weights_TS` sums to 1 or less.

    Raises RequestError for another suffix and where there is nothing to draw, DependencyError without Matplotlib."""
    check_weights(weights_TS, source, target)
    for path in paths:
        if path.suffix.lower() not in SUFFIXES:
            raise RequestError(f"{path} is neither .png nor .svg; a picture of attention is one of these.")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise DependencyError('A picture of attention needs Matplotlib: pip install "skaz[train]".') from None

    cell_in = cell_size(max(weights_TS.shape))
    # The figure holds the cells alone, at their size; what surrounds them is added when it is saved.
    figure = Figure(figsize=(cell_in * len(source), cell_in * len(target)))
    axes = figure.add_axes((0, 0, 1, 1))
    image = axes.imshow(weights_TS, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    add_labels(axes, source, target, cell_in)
    add_colour_bar(figure, image)
    for path in paths:
        figure.savefig(path, dpi=150, bbox_inches="tight", pad_inches=0.15)


def cell_size(tokens: int) -> float:
    """The side of a cell, in inches: half an inch in a small picture, less in one of many tokens a side."""
    return max(0.16, min(0.5, 7 / tokens))


def add_labels(axes: Any, source: Sequence[str], target: Sequence[str], cell_in: float) -> None:
    """Source tokens above and target tokens on the left, upright where each fits into its column; lines between the
    cells, to follow a row to its token."""
    columns, rows = [label(token) for token in source], [label(token) for token in target]
    font_pt = min(10.0, 72 * cell_in * 0.62)
    fits = max(map(len, columns)) * font_pt * 0.7 <= 72 * cell_in  # a character is at most 0.7 as wide as it is high
    # A token with two dollar signs is no formula: parse_math.
    axes.set_xticks(range(len(columns)), columns, fontsize=font_pt, rotation=0 if fits else 90, parse_math=False)
    axes.set_yticks(range(len(rows)), rows, fontsize=font_pt, parse_math=False)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("source", fontsize=8, color=_QUIET, labelpad=6)
    axes.set_ylabel("target", fontsize=8, color=_QUIET, labelpad=6)
    axes.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#dde3ea", linewidth=0.6)
    axes.tick_params(which="both", length=0, pad=3)
    axes.spines[:].set_visible(False)


def add_colour_bar(figure: Any, image: Any) -> None:
    """A bar right of the cells, from an inch to two high: what a colour means."""
    width_in, height_in = figure.get_size_inches()
    bar_in = min(2.0, max(1.0, height_in))
    bar = figure.add_axes((1 + 0.2 / width_in, 1 - bar_in / height_in, 0.13 / width_in, bar_in / height_in))
    figure.colorbar(image, cax=bar, ticks=[0, 0.25, 0.5, 0.75, 1]).outline.set_visible(False)
    bar.tick_params(labelsize=8, length=2)
    bar.set_ylabel("attention weight", fontsize=8, color=_QUIET)


def attention_table(weights_TS: Weights, source: Sequence[str], target: Sequence[str], *, width: int = 80) -> Group:
    """The same for the terminal, for rich's console to print: a row a target token, a column a source token, clipped
    where it is long. Each cell is shaded by its weight, and has it in per cent from 10 % on, so that it reads without
    colour. Columns that don't fit into `width` cells go on in a further block below.

    Raises RequestError where there is nothing to show."""
    check_weights(weights_TS, source, target)
    rows = [label(token) for token in target]
    row_width = min(max(1, *map(cell_len, rows)), max(4, width // 4))
    headings = [clipped(label(token), LONGEST_HEADING) for token in source]
    widths = [max(3, cell_len(heading)) for heading in headings]  # "100" takes three
    blocks: list[Table | Text] = []
    for start, stop in blocks_of(widths, width - row_width):
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
        table.add_column(width=row_width, no_wrap=True, justify="right")
        for place in range(start, stop):
            table.add_column(Text(headings[place]), width=widths[place], no_wrap=True, justify="center")
        for row, weights_S in zip(rows, weights_TS.tolist(), strict=True):
            table.add_row(Text(clipped(row, row_width)), *map(shaded, weights_S[start:stop]))
        blocks += [Text(), table] if blocks else [table]
    return Group(*blocks)


def blocks_of(widths: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """First column and last one, exclusive, of each block; with the space before it, each column fits into `room`
    cells beside the others of its block, or stands alone."""
    ends = [0, *accumulate(width + 1 for width in widths)]
    start = 0
    for place in range(1, len(widths) + 1):
        if place == len(widths) or ends[place + 1] - ends[start] > room:
            yield start, place
            start = place


def shaded(weight: float) -> Text:
    """A cell of the table: its weight as a shade, and as a number in per cent where it is large."""
    number = f"{100 * weight:.0f}" if weight >= NUMBERED else ""
    red, green, blue = _NO_WEIGHT + min(max(weight, 0.0), 1.0) * (_ALL_WEIGHT - _NO_WEIGHT)
    # Both colours are set: the cell then looks the same on a dark terminal and on a light one.
    ink = "black" if weight > 0.4 else "white"
    style = Style(color=Color.parse(ink), bgcolor=Color.from_rgb(red, green, blue))
    return Text(number, style=style)  # the style goes for the padding too


def label(token: str) -> str:
    """A token as a reader may see it: spaces around it are dropped, one that is nothing else is ␣, a line's end is ↵,
    any other character that can't be printed is ·, and a long token is clipped."""
    if not token.strip(" "):
        return "␣"
    visible = (character if character.isprintable() else "·" for character in token.strip(" ").replace("\n", "↵"))
    text = "".join(visible)
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def clipped(text: str, width: int) -> str:
    """The text, ending in … where it has more than `width` cells of a terminal."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def check_weights(weights_TS: Weights, source: Sequence[str], target: Sequence[str]) -> None:
    """Raises RequestError where there is no token on a side, ValueError where the weights are not of these tokens."""
    if not source or not target:
        side = "source" if not source else "target"
        raise RequestError(f"There is no attention to show: the {side} is empty.")
    if weights_TS.shape != (len(target), len(source)):
        raise ValueError(f"weights {weights_TS.shape} for {len(target)} target and {len(source)} source tokens")
