"""Pictures of attention: which source tokens the decoder looked at as it wrote each target token."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from skaz.errors import RequestError
from skaz.files import make_folders
from skaz.tasks.heat_maps import Legend, Values, blocks_of, check_suffixes, clipped, label, plot_heat_map, shaded

LONGEST_HEADING = 10  # cells above a column on the terminal
# from this weight on a cell of the terminal's table has its number
NUMBERED, NUMBERED_WITHOUT_COLOUR = 0.10, 0.01
_LEGEND = Legend("source", "target", "attention weight", 0.0, 1.0, "Blues")


def plot_attention(weights_TS: Values, source: Sequence[str], target: Sequence[str], paths: Sequence[Path]) -> str:
    """Draws a heat map into each of `paths`, as PNG or SVG by its suffix: a row a target token, a column a source
    token. The colours run from 0 to 1, the same in every picture. A row of `weights_TS` sums to 1 or less. Folders that
    are missing are made. Returns the characters that the picture's font lacks.

    Raises RequestError for another suffix and where there is nothing to draw, DependencyError without Matplotlib,
    ResourceError where a folder can't be made."""
    check_weights(weights_TS, source, target)
    check_suffixes(paths)
    for path in paths:
        make_folders(path.parent)
    return plot_heat_map(weights_TS, source, target, _LEGEND, paths)


def attention_table(
    weights_TS: Values, source: Sequence[str], target: Sequence[str], *, width: int = 80, colour: bool = True
) -> Group:
    """The same for the terminal, for rich's console to print: a row a target token, a column a source token, clipped
    where it is long. Each cell is shaded by its weight, and has it in per cent from 10 % on; without `colour` from 1 %
    on. Columns that don't fit into `width` cells go on in a further block below.

    Raises RequestError where there is nothing to show."""
    check_weights(weights_TS, source, target)
    rows = [label(token) for token in target]
    row_width = min(max(1, *map(cell_len, rows)), max(4, width // 4))
    headings = [clipped(label(token), LONGEST_HEADING) for token in source]
    widths = [max(3, cell_len(heading)) for heading in headings]  # "100" takes three
    least = NUMBERED if colour else NUMBERED_WITHOUT_COLOUR
    blocks: list[RenderableType] = []
    for start, stop in blocks_of(widths, width - row_width):
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
        table.add_column(width=row_width, no_wrap=True, justify="right")
        for place in range(start, stop):
            table.add_column(Text(headings[place]), width=widths[place], no_wrap=True, justify="center")
        for row, weights_S in zip(rows, weights_TS.tolist(), strict=True):
            table.add_row(Text(clipped(row, row_width)), *(_cell(weight, least) for weight in weights_S[start:stop]))
        blocks += [Text(), table] if blocks else [table]
    return Group(*blocks)


def _cell(weight: float, least: float) -> Text:
    """Its weight as a shade, and as a number in per cent where it is large."""
    return shaded(f"{100 * weight:.0f}" if weight >= least else "", max(weight, 0.0))


def check_weights(weights_TS: Values, source: Sequence[str], target: Sequence[str]) -> None:
    """Raises RequestError where there is no token on a side, ValueError where the weights are not of these tokens."""
    if not source or not target:
        side = "source" if not source else "target"
        raise RequestError(f"There is no attention to show: the {side} is empty.")
    if weights_TS.shape != (len(target), len(source)):
        raise ValueError(f"weights {weights_TS.shape} for {len(target)} target and {len(source)} source tokens")
