"""Books of Project Gutenberg: what stands outside their START and END lines, head and licence, is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from skaz.corpus.records import Tally

_LONGEST_HEAD = 2_000  # lines
_MARK = re.compile(r"\s*(?:\\?\*){3}\s*(?:(START)|END) OF (?:THE|THIS) PROJECT GUTENBERG E(?:BOOK|TEXT)", re.IGNORECASE)


def without_licence(lines: Iterable[str], tally: Tally | None = None) -> Iterator[str]:
    """The lines of the books alone, where a file has such marks; the tally counts what is left out."""
    rest = iter(lines)
    head = list(islice(rest, _LONGEST_HEAD))
    inside = not any(_is_mark(line, start=True) for line in head)
    in_mark = False
    for line in chain(head, rest):
        if "***" in line or "\\*" in line:
            if _is_mark(line, start=True):
                inside = in_mark = True
            elif _is_mark(line, start=False):
                inside, in_mark = False, True
        if inside and not in_mark:
            yield line
        elif tally is not None:
            tally.licence += len(line)
        # With a long title a mark goes on in the next line.
        in_mark = in_mark and bool(line.strip()) and not line.rstrip().endswith("*")


def _is_mark(line: str, *, start: bool) -> bool:
    mark = _MARK.match(line)
    return mark is not None and bool(mark[1]) == start
