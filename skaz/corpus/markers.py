"""Marker lines, such as ***, that part what stands in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

MARKERS = "***, --- and the like"
_MARKER = re.compile(
    r"""\s*(?:
        ([*_=–—―─━═-])(?:\1{2,}|(?:\s+\1){2,})  # *** and * * *, not the ---- ---- of a table
        | \* | ⁂ | \#{3,} | <\|endoftext\|>
    )\s*$""",
    re.VERBOSE,
)
_UNDERLINE = re.compile(r"\s*([=═─━_–―])\1{2,}\s*$")
_LONGEST_TITLE = 80  # characters


def is_marker(line: str) -> bool:
    """Whether a line is a border between stories: ***, ---, ⁂ and the like, with nothing else in it."""
    return bool(_MARKER.match(line))


def with_borders(lines: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is a border: a marker, but no underline of a title, which is the first line behind an
    empty one."""
    before, last = "", ""
    for line in lines:
        yield line, is_marker(line) and not (_UNDERLINE.match(line) and _is_title(last, before))
        before, last = last, line


def has_borders(text: str) -> bool:
    """Whether a line of the text is a border."""
    return any(is_border for _, is_border in with_borders(text.split("\n")))


def _is_title(line: str, before: str) -> bool:
    return 0 < len(line.strip()) <= _LONGEST_TITLE and not before.strip() and not is_marker(line)
