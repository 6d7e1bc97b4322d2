"""Books of Project Gutenberg: what stands outside their START and END lines, head and licence, is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from skaz.corpus.records import Tally

_LONGEST_HEAD = 2_000  # lines
_MARK = re.compile(r"\s*(?:\\?\*){3}\s*(?:(START)|END) OF (?:THE|THIS) PROJECT GUTENBERG E(?:BOOK|TEXT)", re.IGNORECASE)


def without_licence(lines: Iterable[str], tally: Tally | None = None) -> Iterator[str]:
    """The lines without what stands before a START line from the first mention of Project Gutenberg on, and behind an
    END line; all of them where no book starts. The tally counts what is left out."""
    rest = iter(lines)
    head = list(islice(rest, _LONGEST_HEAD))
    start = next((number for number, line in enumerate(head) if _is_mark(line, start=True)), None)
    if start is None:
        yield from chain(head, rest)
        return
    named = (number for number, line in enumerate(head[:start]) if "project gutenberg" in line.lower())
    begin = next(named, start)  # of the head; what stands before it is somebody's own
    inside, in_mark = True, False
    for number, line in enumerate(chain(head, rest)):
        if number == begin:
            inside = False
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
