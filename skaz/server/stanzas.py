"""How a story's text is laid out: in paragraphs, and in stanzas, whose lines and indents stay as they are."""

from __future__ import annotations

import re

# A line so long is a paragraph rather than a verse, if most of those beside it end as sentences do.
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
    """Whether each line is a paragraph. The last may be unfinished."""
    before = lines[:-1]
    ended = sum(_ENDS_A_SENTENCE.search(line) is not None for line in before)
    return any(len(line) > _LONGEST_VERSE for line in lines) and ended >= _MOST * len(before)


def _indented(line: str) -> str:
    text = line.lstrip()
    return line[: len(line) - len(text)].expandtabs(4).replace(" ", "\u00a0") + text
