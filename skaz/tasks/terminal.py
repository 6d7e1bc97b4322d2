"""For the terminal, and where there are no colours: a running text with shades, and lines that break where they may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from skaz.tasks.heat_maps import shade, visible

GLUE = "\N{NO-BREAK SPACE}"  # between what stays on one line; printed as a space
ABOVE, BELOW = " ░▒▓█", " -=≡≣"  # nothing up to the first of the bounds
BOUNDS = (0.1, 0.3, 0.5, 0.7)


@dataclass(frozen=True)
class Shaded:
    """A piece of a running text: its `value` from -1 to 1 is its shade; without one it stands in a `style`."""

    text: str
    value: float | None = None
    style: str = ""


@dataclass(frozen=True)
class ShadedText:
    """A running text whose pieces have shades; a line's end is shown as ↵ too. Without `colour` the shades stand in a
    line below as ░▒▓█, below zero as -=≡≣, and a piece with a style of its own is underlined with ^."""

    pieces: Sequence[Shaded]
    colour: bool = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.colour:
            text = Text()
            for piece in self.pieces:
                text.append(_seen(piece.text), piece.style if piece.value is None else shade(piece.value))
            yield text
            return
        for written, marks in _lines(self.pieces, options.max_width):
            yield _as_it_is(written)
            if marks.strip():
                yield _as_it_is(marks.rstrip())


@dataclass(frozen=True)
class Hanging:
    """A text that breaks at its spaces, never where there is GLUE. It begins `start` cells to the right, further lines
    `indent` cells."""

    text: str
    style: str = ""
    start: int = 0
    indent: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first, *words = self.text.split(" ")
        line = " " * self.start + first
        for word in words:
            if cell_len(line) + 1 + cell_len(word) > options.max_width:
                yield _as_it_is(line, self.style)
                line = " " * self.indent + word
            else:
                line += f" {word}"
        yield _as_it_is(line, self.style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        words = max(map(cell_len, self.text.split(" ")))
        aside = max(self.start, self.indent)
        return Measurement(words + aside, cell_len(self.text) + aside).clamp(None, options.max_width)


def has_colour(console: Console) -> bool:
    """Whether shades can be seen: not in a pipe or a file, and not where NO_COLOR is set."""
    return console.color_system is not None and not console.no_color


def mark_of(value: float) -> str:
    """A value from -1 to 1 as a character."""
    return (ABOVE if value >= 0 else BELOW)[sum(abs(value) >= bound for bound in BOUNDS)]


def tenths(value: float) -> str:
    """A value from -1 to 1 in tenths, those that are full: 7, -7; a dot for less than one, 9 for 1 as well."""
    full = min(int(10 * abs(value) + 1e-9), 9)
    return "." if full == 0 else f"{full if value > 0 else -full}"


def legend_of(scale: float, unit: str = "") -> str:
    """What ░▒▓█ mean where 1 stands for `scale`."""
    told = ", ".join(f"{mark} {scale * bound:.2g}" for mark, bound in zip(ABOVE[1:], BOUNDS, strict=True))
    return f"{told}{unit and f' {unit}'} or more"


def _as_it_is(line: str, style: str = "") -> Text:
    return Text(line.replace(GLUE, " "), style, no_wrap=True, overflow="fold")


def _seen(text: str) -> str:
    return visible(text.replace("\n", "↵\n"))


def _lines(pieces: Sequence[Shaded], width: int) -> Iterator[tuple[str, str]]:
    """The text in lines of at most `width` cells, each with its marks; broken at spaces."""
    characters = [(character, _mark(piece, character)) for piece in pieces for character in _seen(piece.text)]
    begin, space, used = 0, -1, 0
    for place, (character, _) in enumerate(characters):
        if character == "\n":
            yield _line(characters[begin:place])
            begin, space, used = place + 1, -1, 0
            continue
        if used + cell_len(character) > width and place > begin:
            end = space if space > begin else place
            yield _line(characters[begin:end])
            begin, space = (end + 1 if end == space else end), -1
            used = sum(cell_len(each) for each, _ in characters[begin:place])
        space = place if character == " " else space
        used += cell_len(character)
    if characters[begin:]:
        yield _line(characters[begin:])


def _mark(piece: Shaded, character: str) -> str:
    if character.isspace():
        return " "
    if piece.value is None:
        return "^" if "underline" in piece.style else " "
    return mark_of(piece.value)


def _line(characters: Sequence[tuple[str, str]]) -> tuple[str, str]:
    marks = "".join(mark * cell_len(character) for character, mark in characters)
    return "".join(character for character, _ in characters), marks
