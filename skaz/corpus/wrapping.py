"""Prose that is broken at a column, in mid-sentence, as in the books of Project Gutenberg: noticed, and joined into
paragraphs. Verse is never joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from skaz.corpus.headings import is_heading
from skaz.corpus.markers import is_marker

_LOOKED_AT = 200_000  # characters
_LONGEST_HEADING = 50  # characters
_NARROWEST, _WIDEST = 45, 100  # columns
_FEWEST_PAIRS = 20  # of a line and the next one in its paragraph
_FULL, _VERY_FULL = 0.8, 0.92  # of the width, with the next line's first word: there the line was broken
_ALL_FULL, _IN_MID_SENTENCE = 0.85, 0.4  # of the pairs
_GOES_ON = re.compile(r"[^\W_]|[\"'“”«»„‘’(\[…—–_*-]")  # how a line begins that may belong to the one before
_SPEECH = re.compile(r"[—–]\s")
_ITEM = re.compile(r"[*+-]\s|\d+[.)]\s")
_END = 20  # characters of a line that tell how it ends
_SENTENCE_END = re.compile(r"[.!?…:»”\")]\W*$")
_GLUED = re.compile(r"\S[-—–]$")  # behind such an end of a line there was no space
_DASHES = "-—–"
_FENCES = ("```", "~~~")


def wrapping_width(text: str) -> int | None:
    """The column at which the lines are broken of a text that begins so; None where they are not."""
    lines = [line.rstrip() for line in text[:_LOOKED_AT].split("\n")]
    pairs = [(line, after) for line, after in pairwise(lines) if line and after and not after[0].isspace()]
    if len(pairs) < _FEWEST_PAIRS:
        return None
    lengths = sorted(len(line) for line, _ in pairs)
    width = lengths[int(0.98 * (len(lengths) - 1))]
    full = sum(_is_full(line, after, _FULL * width) for line, after in pairs)
    broken = sum(after[0].islower() and line[-1].isalnum() for line, after in pairs)
    is_wrapped = full >= _ALL_FULL * len(pairs) and broken >= _IN_MID_SENTENCE * len(pairs)
    return width if is_wrapped and _NARROWEST <= width <= _WIDEST else None


def joined(lines: Iterable[str], width: int) -> Iterator[str]:
    """The lines, those of a paragraph that were broken at the width put together again."""
    for is_empty, run in groupby(lines, lambda line: not line.strip()):
        paragraph = list(run)
        yield from paragraph if is_empty or _stays(paragraph, width) else _joined(paragraph, width)


def _joined(paragraph: Sequence[str], width: int) -> Iterator[str]:
    together = [paragraph[0]]
    for line, after in pairwise(paragraph):
        if _was_broken(line, after, width):
            start = together[-1].rstrip()
            together[-1] = start if start[-1] in _DASHES and _GLUED.search(start) else start + " "
            together.append(after)
        else:
            yield "".join(together)
            together = [after]
    yield "".join(together)


def _stays(paragraph: Sequence[str], width: int) -> bool:
    """Whether lines are verse, each beginning with a capital and hardly any full, or a table or code, in a fence."""
    if any(line.startswith(_FENCES) for line in paragraph):
        return True
    pairs = list(pairwise(paragraph))
    if len(pairs) < 2 or any(after[0].islower() for _, after in pairs):
        return False
    return not all(_is_full(line.rstrip(), after, _VERY_FULL * width) for line, after in pairs)


def _was_broken(line: str, after: str, width: int) -> bool:
    """Whether a line and the next were one: the next one's first word had no more room."""
    if line.startswith("#") or line.endswith("  \n"):  # a heading of Markdown, and its own break of a line
        return False
    if len(after) <= _LONGEST_HEADING and is_heading(after):
        return False
    if not line[0].isalpha() and is_marker(line):
        return False
    if not after[0].isalpha():
        if not _GOES_ON.match(after) or is_marker(after):
            return False
        if _ITEM.match(after) or (_SPEECH.match(after) and _SENTENCE_END.search(line.rstrip()[-_END:])):
            return False
    return _is_full(line.rstrip(), after, (_FULL if after[0].islower() else _VERY_FULL) * width)


def _is_full(line: str, after: str, width: float) -> bool:
    room = width - len(line) - 1
    return room < 0 or len(after.split(maxsplit=1)[0]) > room
