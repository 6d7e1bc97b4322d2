"""The views for a terminal, and as pictures: what `skaz look` prints and draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from skaz.errors import RequestError, did_you_mean
from skaz.files import make_folders
from skaz.inside.beam_tree import BeamTree, Found, Node
from skaz.inside.comparing import Side
from skaz.inside.nearest import Neighbour
from skaz.inside.reading import Guess, Reading
from skaz.inside.stages import StageText
from skaz.inside.subject import Piece, text_of
from skaz.inside.units import Firing, Snippet
from skaz.tasks.heat_maps import (
    Legend,
    Values,
    blocks_of,
    check_suffixes,
    clipped,
    label,
    plot_heat_map,
    shaded,
    shaded_text,
    visible,
)

if TYPE_CHECKING:
    from skaz.inside.looking_back import LookBack  # it loads PyTorch

SURPRISING_BITS = 10.0  # the full shade
MOST_SURPRISING = 6
SHARES = ("input", "forget", "output", "reset", "update")  # gates that are between 0 and 1
_COLUMN = 5  # cells of a token above a column


def surprise_view(reading: Reading) -> Group:
    """The text, each token shaded by its surprise, and what was expected at the most surprising ones."""
    bits_T = -reading.log_probabilities_T / math.log(2)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in ("token", "bits", "expected"):
        table.add_column(heading, justify="right" if heading == "bits" else "left")
    for place in sorted(np.argsort(-bits_T, kind="stable")[:MOST_SURPRISING].tolist()):
        guesses = " · ".join(map(_guess, reading.expected[place][:3]))
        table.add_row(Text(label(reading.tokens[place].text)), f"{bits_T[place]:.1f}", Text(guesses))
    said = f"{reading.bits_per_character:.3f} bits per character; the brighter a token, the less it was expected"
    return Group(shaded_text(_texts(reading.tokens), (bits_T / SURPRISING_BITS).tolist()), Text(), said, Text(), table)


def units_view(reading: Reading, part: str, units: int, width: int) -> Group:
    """A part's liveliest units, a row each, over the tokens: warm above 0, cool below."""
    values_TH = part_of(reading, part)
    lively = liveliest(values_TH, units)
    lowest, scale = _bounds(reading, part, values_TH[:, lively])
    names = [f"{unit}" for unit in lively]
    headings = [clipped(label(text), _COLUMN) for text in _texts(reading.tokens)]
    blocks: list[RenderableType] = [
        Text(f"{part}: the {len(lively)} units that move most, from {lowest:.2g} to {scale:.2g}")
    ]
    for start, stop in blocks_of([max(1, len(heading)) for heading in headings], width - 6):
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
        table.add_column(width=4, justify="right")
        for heading in headings[start:stop]:
            table.add_column(Text(heading), no_wrap=True)
        for name, unit in zip(names, lively, strict=True):
            table.add_row(name, *(shaded("", value / scale) for value in values_TH[start:stop, unit].tolist()))
        blocks += [Text(), table]
    return Group(*blocks)


def look_back_view(back: LookBack) -> Group:
    """The source and the text up to the word, shaded by what it looked back at."""
    most = max(float(back.norms_T.max(initial=0.0)), float(back.source_norms_S.max(initial=0.0)), 1e-12)
    looking = back.tokens[back.first : back.end]
    word = text_of(looking).strip() or "".join(_texts(looking))
    lines: list[RenderableType] = [
        Text(f'what "{word}" looked back at; half of it within {_characters(back.half_within)}')
    ]
    if back.source_norms_S.any():
        spaced = [f"{text} " if text.startswith("<") else text for text in _texts(back.source)]
        lines += [Text(), shaded_text(spaced, (back.source_norms_S / most).tolist())]
    before = shaded_text(_texts(back.tokens[: back.first]), (back.norms_T[: back.first] / most).tolist())
    before.append("".join(_texts(looking)), "bold underline")
    before.append("".join(_texts(back.tokens[back.end :])), "dim")
    return Group(*lines, Text(), before)


def comparison_view(sides: Sequence[Side]) -> Group:
    """Each network's surprise over the same text."""
    lines: list[RenderableType] = []
    for side in sides:
        bits_T = -side.reading.log_probabilities_T / math.log(2)
        said = Text.assemble(
            (side.name, "bold"), f"  {side.kind}  {side.reading.bits_per_character:.3f} bits per character"
        )
        lines += [said, shaded_text(_texts(side.reading.tokens), (bits_T / SURPRISING_BITS).tolist()), Text()]
    return Group(*lines[:-1])


def firing_view(firing: Firing) -> Group:
    """Where a unit is highest and lowest."""
    goes = ", ".join(f"{name} {value:+.2f}" for name, value in firing.goes_with[:3])
    lines: list[RenderableType] = [Text(f"{firing.part}, unit {firing.unit}; goes with: {goes} (Pearson's r)")]
    scale = max(abs(firing.edges[0]), abs(firing.edges[-1]), 1e-9)
    for title, snippets in (("highest", firing.highest), ("lowest", firing.lowest)):
        lines += [Text(), Text(title, "bold"), *(_snippet(snippet, scale) for snippet in snippets)]
    return Group(*lines)


def nearest_view(neighbours: Sequence[Neighbour]) -> Table:
    """The nearest sentences with their cosines."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for each in neighbours:
        table.add_row(f"{each.cosine:.2f}", Text(each.text))
    return table


def beam_view(tree: BeamTree) -> Group:
    """The tree, what was found in bold, what was dropped dim; and the samples below."""
    ways = {node for found in tree.found for node in found.nodes}
    root = Tree("search")
    branches: dict[int, Tree] = {-1: root}
    for number, node in enumerate(tree.nodes):
        style = "bold" if number in ways else "dim" if node.fate == "dropped" else ""
        branches[number] = branches[node.parent].add(Text(_node(node), style))
    found = [Text(""), Text("found", "bold"), *map(_found, tree.found), Text(""), Text("drawn", "bold")]
    return Group(root, *found, *map(_found, tree.samples))


def stages_view(texts: Sequence[StageText]) -> Group:
    """The same seed at each stage."""
    lines: list[RenderableType] = []
    for each in texts:
        lines += [
            Text(f"after {each.stage.step:,} updates, {each.stage.seconds:.0f} s", "bold"),
            Text(visible(each.text)),
            Text(),
        ]
    return Group(*lines[:-1])


def draw_units(reading: Reading, part: str, units: int, paths: Sequence[Path]) -> None:
    """A picture of a part: a row a unit, the liveliest first, a column a token. Folders that are missing are made.
    Raises what `plot_heat_map` does, and ResourceError where a folder can't be made."""
    values_TH = part_of(reading, part)
    lively = liveliest(values_TH, units)
    shown_UT = values_TH[:, lively].T
    lowest, scale = _bounds(reading, part, shown_UT)
    legend = Legend("", "unit", part, lowest, scale, "RdBu_r" if lowest else "Blues")
    check_suffixes(paths)
    for path in paths:
        make_folders(path.parent)
    plot_heat_map(shown_UT, _texts(reading.tokens), [str(unit) for unit in lively], legend, paths)


def part_of(reading: Reading, part: str) -> Float[np.ndarray, "T H"]:
    """A state or a gate by its name; RequestError where there is none of that name."""
    parts = {**reading.states, **reading.gates}
    if part not in parts:
        raise RequestError(
            f'There is no "{part}" in this network; it has {", ".join(parts)}.{did_you_mean(part, parts)}'
        )
    return parts[part]


def _bounds(reading: Reading, part: str, values: Values) -> tuple[float, float]:
    """What the colours run over: 0 to 1 where a gate lets through a part, the same both ways where there is a sign."""
    highest = max(1.0, float(np.abs(values).max()))
    lets_through = part in reading.gates and part.rsplit(maxsplit=1)[-1] in SHARES
    return 0.0 if lets_through else -highest, highest


def liveliest(values_TH: Float[np.ndarray, "T H"], units: int) -> list[int]:
    """The units that move most over the text, the liveliest first."""
    return [int(unit) for unit in np.argsort(-values_TH.std(axis=0), kind="stable")[:units]]


def _texts(tokens: Sequence[Piece]) -> list[str]:
    return [piece.text for piece in tokens]


def _guess(guess: Guess) -> str:
    return f"{label(guess.text)} {100 * math.exp(guess.log_probability):.0f} %"


def _characters(n: int) -> str:
    return f"{n} character{'' if n == 1 else 's'}"


def _in_a_line(text: str) -> str:
    return visible(text.strip()).replace("\n", "↵ ")


def _snippet(snippet: Snippet, scale: float) -> Text:
    texts = [text.replace("\n", "↵") for text in _texts(snippet.tokens)]
    text = Text(f"{snippet.values[snippet.peak]:+.2f}  ")
    text.append_text(shaded_text(texts, [value / scale for value in snippet.values]))
    return text


def _node(node: Node) -> str:
    ends = {"ended": " ■", "dropped": " ×", "kept": ""}[node.fate]
    return f"{label(node.text)} {100 * math.exp(node.log_probability):.0f} %{ends}"


def _found(found: Found) -> Text:
    score = "" if found.score is None else f"  score {found.score:.2f}"
    return Text(f"{found.log_probability:7.2f} nats{score}  {_in_a_line(found.text)}{'' if found.ended else ' …'}")
