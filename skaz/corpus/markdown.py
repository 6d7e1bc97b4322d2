"""What stands in Markdown, read without pandoc: paragraphs, headings with #, borders. All else stays as it is written,
save a site's notes at the top (front matter), which are dropped, and the marks of quotes and of emphasised lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from skaz.corpus.markers import is_marker
from skaz.corpus.pandoc import Block

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_UNDERLINE = re.compile(r" {0,3}(?:(=)=*|--+)\s*$")  # makes a heading of the line above
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_QUOTED = re.compile(r" {0,3}(?:> ?)+")
_EMPHASIS = re.compile(r"(\s*)([*_]{1,3})(?=\S)([^*_]*[^*_\s])\2")  # a whole line of it
_FRONT_MATTER = re.compile(r"\s+\S.*|[-#].*|[\w-]+\s*:.*|\s*")  # a line of it
_LONGEST_FRONT_MATTER = 200  # lines


def is_markdown(path: Path) -> bool:
    """Whether a text file is Markdown, by its name."""
    return path.name.lower().removesuffix(".gz").endswith(".md")


def without_front_matter(lines: Iterable[str]) -> Iterator[str]:
    """The lines without what stands between --- and --- at the very top, if that is keys and values."""
    rest = iter(lines)
    head = list(islice(rest, 1))
    if [line.rstrip() for line in head] == ["---"]:
        for line in islice(rest, _LONGEST_FRONT_MATTER):
            head.append(line)
            if line.rstrip() in ("---", "..."):
                head = [] if any(":" in key for key in head) else head
                break
            if not _FRONT_MATTER.fullmatch(line.rstrip("\n")):
                break
    return chain(head, rest)


def without_marks(lines: Iterable[str]) -> Iterator[str]:
    """The lines without the > of quotes, and the marks of a line that is emphasised as a whole, an epigraph say; in a
    fence (```) as they are."""
    in_fence = False
    for line in lines:
        if _FENCE.match(line):
            in_fence = not in_fence
        if in_fence:
            yield line
            continue
        quoted = _QUOTED.match(line) if ">" in line[:4] else None
        said = line if quoted is None else line[quoted.end() :]
        bare = said.rstrip()
        emphasised = _EMPHASIS.fullmatch(bare) if bare[-1:] in ("*", "_") else None
        yield said if emphasised is None else said.replace(bare, emphasised[1] + emphasised[3])


def blocks_in(lines: Iterable[str]) -> Iterator[Block]:
    """The blocks, which empty lines part; in a fence (```) nothing is a heading."""
    paragraph: list[str] = []
    in_fence = False

    def ended() -> Iterator[Block]:
        if paragraph:
            yield Block("\n".join(paragraph))
            paragraph.clear()

    for line in (line.rstrip() for line in lines):
        if _FENCE.match(line):
            in_fence = not in_fence
            paragraph.append(line)
        elif in_fence:
            paragraph.append(line)
        elif not line:
            yield from ended()
        elif len(paragraph) == 1 and (underline := _UNDERLINE.match(line)):
            yield Block(paragraph.pop(), level=1 if underline[1] else 2)
        elif is_marker(line):
            yield from ended()
            yield Block("", is_border=True)
        elif heading := _HEADING.match(line):
            yield from ended()
            text = _title(heading[2])
            yield Block(text, level=len(heading[1])) if text else Block("", is_border=True)
        else:
            paragraph.append(line)
    yield from ended()


def _title(text: str) -> str:
    """What a heading says, without the marks that may close it or make it bold."""
    open_end = text.rstrip("#")
    return (open_end if open_end[-1:] in ("", " ", "\t") else text).strip("*_ \t")
