"""How a story's text is laid out: in paragraphs, and in stanzas, whose lines and indents stay as they are."""

from __future__ import annotations

import re

# A line so long is a paragraph rather than a verse, if most of those as long end as sentences do.
_LONGEST_VERSE = 80  # characters
_MOST = 0.7
_ENDS_A_SENTENCE = re.compile(r"[.!?…:。！？][\"'»”’)\]*_]*\Z")
_BLANK = re.compile(r"\n\s*\n")


def blocks_of(text: str) -> list[list[str]]:
    """The paragraphs and stanzas, each as its lines: a blank line borders them, and where each line is a paragraph of
    prose, as it is in many corpora, each line's end does. Indents are non-breaking blanks."""
    found: list[list[str]] = []
    for block in _BLANK.split("\n".join(text.splitlines())):
        lines = [line.rstrip() for line in block.split("\n") if line.strip()]
        if _is_prose(lines):
            found.extend([line.strip()] for line in lines)
        elif lines:
            found.append([_indented(line) for line in lines])
    return found


def _is_prose(lines: list[str]) -> bool:
    """Whether each line is a paragraph: where some are too long for verses and most of these end as sentences do, and
    where several lines all do. The last may be unfinished."""
    before = lines[:-1]
    has_long = any(len(line) > _LONGEST_VERSE for line in lines)
    ends = [bool(_ENDS_A_SENTENCE.search(line)) for line in before if len(line) > _LONGEST_VERSE or not has_long]
    return sum(ends) >= _MOST * len(ends) if has_long else len(ends) >= 2 and all(ends)


def _indented(line: str) -> str:
    text = line.lstrip()
    return line[: len(line) - len(text)].expandtabs(4).replace(" ", "\u00a0") + text
