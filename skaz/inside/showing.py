"""The views for a terminal, and as pictures: what `skaz look` prints and draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

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
    visible,
)
from skaz.tasks.terminal import GLUE, Hanging, Shaded, ShadedText, legend_of, tenths

if TYPE_CHECKING:
    from skaz.inside.looking_back import LookBack  # it loads PyTorch

SURPRISING_BITS = 10.0  # the full shade
MOST_SURPRISING = 6
SHARES = ("input", "forget", "output", "reset", "update")  # gates that are between 0 and 1
_COLUMN = 5  # cells of a token above a column
_TREE_LEGEND = (
    f"+ led to what was found, - was followed and given up, ■{GLUE}the end; each with its share of what could have "
    f"stood there. ×{GLUE}was dropped at its step (in brackets: for what)"
)


def surprise_view(reading: Reading, *, colour: bool = True) -> Group:
    """The text, each token shaded by its surprise, and what was expected at the most surprising ones."""
    bits_T = -reading.log_probabilities_T / math.log(2)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in ("token", "bits", "expected"):
        table.add_column(heading, justify="right" if heading == "bits" else "left")
    for place in sorted(np.argsort(-bits_T, kind="stable")[:MOST_SURPRISING].tolist()):
        guesses = " · ".join(map(_guess, reading.expected[place][:3]))
        table.add_row(Text(label(reading.tokens[place].text)), f"{bits_T[place]:.1f}", Hanging(guesses))
    said = f"{_bits(reading)}; {_surprise_legend(colour)}"
    return Group(_surprise(reading, colour), Text(), Hanging(said), Text(), table)


def units_view(reading: Reading, part: str, units: int, width: int, *, colour: bool = True) -> Group:
    """A part's liveliest units, a row each, over the tokens: warm above 0, cool below; without colour in tenths."""
    values_TH = part_of(reading, part)
    lively = liveliest(values_TH, units)
    lowest, scale = _bounds(reading, part, values_TH[:, lively])
    names = [f"{unit}" for unit in lively]
    headings = [clipped(label(text), _COLUMN) for text in _texts(reading.tokens)]
    widths = [max(1 if colour else 2, cell_len(heading)) for heading in headings]  # "-7" takes two
    said = f"{part}: the {len(lively)} units that move most, from {lowest:.2g} to {scale:.2g}"
    blocks: list[RenderableType] = [Text(said)]
    if not colour:
        below = ", with - below 0" if lowest else ""
        blocks += [Hanging(f"the numbers are full tenths of {scale:.2g}{below}; a dot is less than one")]
    for start, stop in blocks_of(widths, width - 6):
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
        table.add_column(width=4, justify="right")
        for heading, room in zip(headings[start:stop], widths[start:stop], strict=True):
            table.add_column(Text(heading), no_wrap=True, min_width=room, justify="left" if colour else "right")
        for name, unit in zip(names, lively, strict=True):
            row = (values_TH[start:stop, unit] / scale).tolist()
            table.add_row(name, *(shaded("", value) if colour else Text(tenths(value)) for value in row))
        blocks += [Text(), table]
    return Group(*blocks)


def look_back_view(back: LookBack, *, colour: bool = True) -> Group:
    """The source and the text up to the word, shaded by what it looked back at."""
    most = max(float(back.norms_T.max(initial=0.0)), float(back.source_norms_S.max(initial=0.0)), 1e-12)
    looking = back.tokens[back.first : back.end]
    word = text_of(looking).strip() or "".join(_texts(looking))
    where = f', a part of "{back.inside}",' if back.inside else ""
    half = f"half of what it looked back at in the text lies within {_characters(back.half_within)}"
    lines: list[RenderableType] = [Text(f'what "{word}"{where} looked back at; {half}')]
    if not colour:
        lines += [Hanging(f"below a token, how much: {legend_of(100, '%')} of the most")]
    if back.source_norms_S.any():
        spaced = [f"{text} " if text.startswith("<") else text for text in _texts(back.source)]
        lines += [Text(), ShadedText(_pieces(spaced, back.source_norms_S / most), colour)]
    before = _pieces(_texts(back.tokens[: back.first]), back.norms_T[: back.first] / most)
    own, after = "".join(_texts(looking)), "".join(_texts(back.tokens[back.end :]))
    around = [*before, Shaded(own, style="bold underline"), Shaded(after, style="dim")]
    return Group(*lines, Text(), ShadedText(around, colour))


def comparison_view(sides: Sequence[Side], *, colour: bool = True) -> Group:
    """Each network's surprise over the same text."""
    lines: list[RenderableType] = []
    for side in sides:
        said = Text.assemble((side.name, "bold"), f"  {side.kind}  {_bits(side.reading)}")
        lines += [said, _surprise(side.reading, colour), Text()]
    return Group(*lines, Hanging(_surprise_legend(colour)))


def firing_view(firing: Firing, *, colour: bool = True) -> Group:
    """Where a unit is highest and lowest."""
    goes = ", ".join(f"{name} {value:+.2f}" for name, value in firing.goes_with[:3])
    lines: list[RenderableType] = [Text(f"{firing.part}, unit {firing.unit}; goes with: {goes} (Pearson's r)")]
    scale = max(abs(firing.edges[0]), abs(firing.edges[-1]), 1e-9)
    if not colour:
        lines += [Hanging(f"below a token, its value: {legend_of(scale)}; -=≡≣ the same below 0")]
    for title, snippets in (("highest", firing.highest), ("lowest", firing.lowest)):
        lines += [Text(), Text(title, "bold"), *(_snippet(snippet, scale, colour) for snippet in snippets)]
    return Group(*lines)


def nearest_view(neighbours: Sequence[Neighbour]) -> Table:
    """The nearest sentences with their cosines."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for each in neighbours:
        table.add_row(f"{each.cosine:.2f}", Text(each.text))
    return table


def beam_view(tree: BeamTree) -> Group:
    """The tree, what was found in bold, what was dropped dim; and the samples below."""
    lines: list[RenderableType] = [Hanging(_TREE_LEGEND), Text(), *_tree_lines(tree)]
    for title, texts in (("found", tree.found), ("drawn", tree.samples)):
        lines += [Text(), Text(title, "bold"), *map(_found, texts)]
    return Group(*lines)


def stages_view(texts: Sequence[StageText]) -> Group:
    """The same seed at each stage."""
    lines: list[RenderableType] = []
    for each in texts:
        lines += [
            Text(f"after {_updates(each.stage.step)}, {each.stage.seconds:.0f} s", "bold"),
            Text(visible(each.text)),
            Text(),
        ]
    return Group(*lines[:-1])


def draw_units(reading: Reading, part: str, units: int, paths: Sequence[Path]) -> str:
    """A picture of a part: a row a unit, the liveliest first, a column a token. Folders that are missing are made.
    Returns and raises what `plot_heat_map` does, and raises ResourceError where a folder can't be made."""
    values_TH = part_of(reading, part)
    lively = liveliest(values_TH, units)
    shown_UT = values_TH[:, lively].T
    lowest, scale = _bounds(reading, part, shown_UT)
    legend = Legend("", "unit", part, lowest, scale, "RdBu_r" if lowest else "Blues")
    check_suffixes(paths)
    for path in paths:
        make_folders(path.parent)
    return plot_heat_map(shown_UT, _texts(reading.tokens), [str(unit) for unit in lively], legend, paths)


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


def _surprise(reading: Reading, colour: bool) -> ShadedText:
    bits_T = -reading.log_probabilities_T / math.log(2)
    return ShadedText(_pieces(_texts(reading.tokens), bits_T / SURPRISING_BITS), colour)


def _bits(reading: Reading) -> str:
    return f"{reading.bits_per_character:.3f} bits per character, its end not counted"


def _surprise_legend(colour: bool) -> str:
    if colour:
        return "the brighter a token, the less it was expected"
    return f"below a token, its surprise: {legend_of(SURPRISING_BITS, 'bits')}"


def _pieces(texts: Sequence[str], values: Values) -> list[Shaded]:
    return [Shaded(text, value) for text, value in zip(texts, values.tolist(), strict=True)]


def _guess(guess: Guess) -> str:
    return f"{label(guess.text)} {_percent(guess.log_probability)}".replace(" ", GLUE)


def _percent(log_probability: float) -> str:
    """17 %; below one to a digit that is not 0."""
    share = 100 * math.exp(log_probability)
    if share >= 0.95:
        return f"{share:.0f}{GLUE}%"
    return f"{share:.1g}{GLUE}%" if share >= 0.001 else f"<0.001{GLUE}%"


def _characters(n: int) -> str:
    return f"{n} character{'' if n == 1 else 's'}"


def _updates(n: int) -> str:
    return f"{n:,} update{'' if n == 1 else 's'}"


def _in_a_line(text: str) -> str:
    return visible(text.strip()).replace("\n", "↵ ")


def _snippet(snippet: Snippet, scale: float, colour: bool) -> ShadedText:
    texts = [text.replace("\n", "↵") for text in _texts(snippet.tokens)]
    peak = Shaded(f"{snippet.values[snippet.peak]:+.2f}  ", style="default")
    return ShadedText([peak, *_pieces(texts, np.array(snippet.values) / scale)], colour)


def _tree_lines(tree: BeamTree) -> list[Hanging]:
    """A line for each run of tokens between two branchings, further to the right at each; below it what was dropped on
    the way."""
    children: dict[int, list[int]] = {}
    for number, node in enumerate(tree.nodes):
        children.setdefault(node.parent, []).append(number)
    ways = {node for found in tree.found for node in found.nodes}
    lines: list[Hanging] = []
    waiting = [(-1, 0)]  # where a run begins, the next one last, and how far to the right
    while waiting:
        first, depth = waiting.pop()
        run, dropped, on = _follow(tree, children, first)
        if run:
            lines.append(_run_line([tree.nodes[number] for number in run], depth, on_the_way=run[0] in ways))
        if dropped:
            lines.append(Hanging(f"× {' · '.join(dropped)}", "dim", 2 * (depth + bool(run)), 2 * depth + 4))
        waiting += [(number, depth + bool(run)) for number in reversed(on)]
    return lines


def _follow(tree: BeamTree, children: Mapping[int, list[int]], first: int) -> tuple[list[int], list[str], list[int]]:
    """From a node (-1: from before all) to the next branching: the tokens, what was dropped beside them, and where the
    search went on."""
    run, dropped, on = [first] if first >= 0 else [], [], [first]
    while len(on) == 1:
        below = children.get(on[0], [])
        on = [number for number in below if tree.nodes[number].fate != "dropped"]
        instead = f" ({label(tree.nodes[on[0]].text)})" if len(on) == 1 else ""
        dropped += [f"{_node(tree.nodes[number])}{instead}" for number in below if number not in on]
        run += on if len(on) == 1 else []
    return run, [each.replace(" ", GLUE) for each in dropped], on


def _run_line(run: Sequence[Node], depth: int, *, on_the_way: bool) -> Hanging:
    """Its text, and how likely all of it is after what stands before it."""
    ended = run[-1].fate == "ended"
    text = _in_a_line("".join(node.text for node in (run[:-1] if ended else run)))
    if not text and not ended:  # nothing but a space or the end of a line
        text = label(run[0].text)
    words = " ".join(part for part in ("+" if on_the_way else "-", text, "■" if ended else "") if part)
    share = _percent(sum(node.log_probability for node in run))
    return Hanging(f"{words}  {share}", "bold" if on_the_way else "", 2 * depth, 2 * depth + 4)


def _node(node: Node) -> str:
    return f"{label(node.text)} {_percent(node.log_probability)}"


def _found(found: Found) -> Hanging:
    score = "" if found.score is None else f"  score{GLUE}{found.score:.2f}"
    told = f"{found.log_probability:7.2f}{GLUE}nats{score}  {_in_a_line(found.text)}{'' if found.ended else ' …'}"
    return Hanging(told, indent=8)
