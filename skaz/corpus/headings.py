"""Headings in plain text: lines alone that name a chapter, a number, a date or, in capitals, a poem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from statistics import median
from typing import Literal, NamedTuple, get_args

from skaz.corpus.heading_words import CHAPTER, DATE, FRONT, NUMBER, PART, number_of, with_latin_numerals
from skaz.corpus.markers import is_marker

HeadingKind = Literal["chapter", "part", "number", "date", "capitals"]

_WITHOUT_CAPITALS: tuple[HeadingKind, ...] = ("chapter", "part", "number", "date")
_LONGEST = 80  # characters of a heading
_TITLE_PAGE = 200  # characters: before the first heading so little is no story
_CAPITALS = re.compile(r"[^\W_].*[^\W\d_].*[^!,;:…—–-]")
_CONTENTS = re.compile(r"(?:contents|table of contents|содержание|оглавление)\W*", re.IGNORECASE)
_ENTRY = re.compile(r"(?:[IVXLC]+|\d+)[.)]?\s+\S.*|\S.*(?:\.{3}|\s{3}|\t).*\d+")  # of a table of contents
_SENTENCE_END = re.compile(r"[.!?…:»”\"*)\]—–-]\W*$")
_LONGEST_BETWEEN = 50
_STOPS = frozenset('.!?…»”"')
_MOST_SKIPPED = 2  # numbers that are missing between two headings
_UNEVEN = 10  # so many times as long as is usual nothing under such headings is
_END = 20  # characters of a line that tell how it ends
_DATE = 15  # characters, about
_LONGEST_ENTRY = 150  # of a table of contents


class Heading(NamedTuple):
    """What a line says as a heading; its title is what it says beyond a number."""

    kind: HeadingKind
    title: str | None = None
    number: int = 0  # of a heading that is only a number


@dataclass(frozen=True)
class _Plan:
    """Headings that part a text: `kinds` all that are borders then, `main` the kind that there must be `least` of."""

    main: HeadingKind
    kinds: tuple[HeadingKind, ...]
    called: str
    least: int = 3
    filled: int = 200  # characters under a heading, at least, that make it one


_PLANS = (
    _Plan("chapter", ("chapter", "part"), "headings such as"),
    _Plan("date", ("date",), "dates such as", filled=10),
    _Plan("number", ("number", "part"), "headings such as"),
    _Plan("part", ("part",), "headings such as"),
    _Plan("capitals", ("capitals",), "titles in capitals such as", least=8, filled=30),
)


@dataclass(frozen=True)
class Headings:
    """The headings that part a text: which kinds of lines, how many, and how they are told."""

    kinds: tuple[HeadingKind, ...]
    number: int
    told: str
    distinct: bool = True  # most of them say something else each
    sure: bool = False  # they may part a text whatever markers stand in it
    of_all: bool = False  # chapters from the beginning to the end, none far longer than the others


def find_headings(lines: Sequence[str], complete: bool) -> Headings | None:
    """The headings that part a text which begins with these lines (`complete`: ends with them too), if they do."""
    present = {heading.kind for _, heading in _alone(lines, get_args(HeadingKind)) if heading is not None}
    # In capitals are lines with a number, too.
    plans = [plan for plan in _PLANS if plan.main in present or plan.main == "capitals"]
    return next((found for plan in plans if (found := _found(lines, plan, complete)) is not None), None)


def headings_as_told(lines: Sequence[str], complete: bool) -> tuple[HeadingKind, ...]:
    """The kinds of headings that part a text of which the user says that some do; none where there are none."""
    found = find_headings(lines, complete)
    if found is not None:
        return found.kinds
    counts = {plan.kinds: _count(with_headings(lines, plan.kinds), plan.main) for plan in _PLANS}
    most = max(counts, key=lambda kinds: counts[kinds])
    return most if counts[most] else ()


def is_heading(text: str) -> bool:
    """Whether a text is a heading with a number, or a date, and nothing else."""
    return _heading(text.strip(), _WITHOUT_CAPITALS) is not None


def under_headings(lines: Iterable[str], kinds: Sequence[HeadingKind]) -> Iterator[tuple[str | None, str]]:
    """The title and the text of what stands under each heading, and of what stands before the first, if that is no
    title page; nothing of a heading with nothing under it."""
    for (heading, under), (following, _) in pairwise(chain(_pieces(lines, kinds), [(None, [])])):
        if heading is not None:
            title, body = _title_of(heading, under[1:])
            if text := _text(body):
                yield title, text
        elif following is not None:
            text = _text(_without_contents(under))
            if len(text) >= _TITLE_PAGE:
                yield None, text
        elif text := _text(under):  # no heading at all: then this is no title page either
            yield None, text


def _found(lines: Sequence[str], plan: _Plan, complete: bool) -> Headings | None:
    pieces = list(_pieces(lines, plan.kinds))
    sizes = [sum(map(len, written)) for heading, written in pieces if heading is not None]
    of_main = [
        (heading, written)
        for heading, written in pieces
        if heading is not None and heading.kind == plan.main and sum(map(len, written[1:])) >= plan.filled
    ]
    filled = sum(size >= plan.filled for size in sizes)
    if len(of_main) < 2 or filled < plan.least:
        return None
    before = sum(map(len, pieces[0][1])) if pieces[0][0] is None else 0
    if before > max(_TITLE_PAGE, *sizes) or not _holds(lines, plan, sizes, before, complete):
        return None
    said = [written[0].strip() for _, written in of_main]
    distinct = len(set(said)) >= 0.8 * len(said)
    if plan.main == "capitals" and not (distinct and filled >= 0.8 * len(sizes) and _are_titles(lines, said)):
        return None
    sure = plan.main in ("chapter", "number", "date")
    of_all = plan.main != "date" and before <= _TITLE_PAGE and max(sizes) <= _UNEVEN * median(sizes)
    return Headings(plan.kinds, filled, f"{plan.called} “{said[0]}”", distinct, sure, of_all)


def _holds(lines: Sequence[str], plan: _Plan, sizes: Sequence[int], before: int, complete: bool) -> bool:
    """Whether what stands under headings of the kind is as it should be."""
    usual = median(sizes)
    match plan.main:
        case "number":  # not the numbers of pages, nor of the parts of one story among others
            alone = _count(_alone(lines, plan.kinds), "number")
            in_order = _count(with_headings(lines, plan.kinds), "number") >= 0.9 * alone
            return in_order and max(sizes) <= _UNEVEN * usual and not _cuts_sentences(lines, plan.kinds)
        case "date":  # not those that stand below poems
            is_above = before <= _TITLE_PAGE and (not complete or sizes[-1] >= plan.filled + _DATE)
            return is_above and max(sizes) <= _UNEVEN * usual and not _has_lines_above(lines, plan.kinds)
        case "capitals":  # not the signs and telegrams of a novel
            return before <= _TITLE_PAGE and max(sizes) <= _UNEVEN * usual
        case _:
            return True


def _has_lines_above(lines: Sequence[str], kinds: Sequence[HeadingKind]) -> bool:
    """Whether above most headings stands a short line, a title, that would go to the text before."""
    titles: list[bool] = []
    last = ""
    for line, heading in with_headings(lines, kinds):
        if heading is not None:
            titles.append(0 < len(last) <= _LONGEST and not _SENTENCE_END.search(last[-_END:]))
            last = ""
        elif line.strip():
            last = line.strip()
    return sum(titles[1:]) > 0.5 * len(titles[1:])


def _count(lines: Iterable[tuple[str, Heading | None]], kind: HeadingKind) -> int:
    return sum(heading is not None and heading.kind == kind for _, heading in lines)


def _cuts_sentences(lines: Sequence[str], kinds: Sequence[HeadingKind]) -> bool:
    """Whether what stands before the headings breaks off, as it does before the number of a page."""
    ends = []
    last = ""
    for line, heading in with_headings(lines, kinds):
        if heading is not None and last:
            ends.append(bool(_SENTENCE_END.search(last.rstrip()[-_END:])))
        if heading is not None:
            last = ""
        elif line.strip():
            last = line
    return sum(ends) < 0.7 * len(ends)


def _are_titles(lines: Sequence[str], said: Sequence[str]) -> bool:
    """Whether lines in capitals are titles and no shouts: in prose, which has long lines, they end without a stop."""
    is_verse = median(len(line) for line in lines if line.strip()) <= 60
    return is_verse or sum(title.endswith((".", "?")) for title in said) <= 0.5 * len(said)


def _pieces(lines: Iterable[str], kinds: Sequence[HeadingKind]) -> Iterator[tuple[Heading | None, list[str]]]:
    """Each heading with the lines from it to the next; first, without one, those before it."""
    over: Heading | None = None
    piece: list[str] = []
    for line, heading in with_headings(lines, kinds):
        if heading is not None:
            if piece:
                yield over, piece
            over, piece = heading, []
        piece.append(line)
    yield over, piece


def with_headings(lines: Iterable[str], kinds: Sequence[HeadingKind]) -> Iterator[tuple[str, Heading | None]]:
    """Each line, and what it says as a heading; numbers are headings in rising order alone, anew in each part."""
    last = 0
    for line, heading in _alone(lines, kinds):
        if heading is None or heading.kind != "number":
            last = 0 if heading is not None else last
            yield line, heading
        elif last < heading.number <= last + 1 + _MOST_SKIPPED:
            last = heading.number
            yield line, heading
        else:
            yield line, None


def _alone(lines: Iterable[str], kinds: Sequence[HeadingKind]) -> Iterator[tuple[str, Heading | None]]:
    """Each line, and what it says as a heading of the kinds, if it stands as one does."""
    before = ""
    for line, after in pairwise(chain(lines, ("",))):
        heading = None
        if len(line) <= _LONGEST + 20 and (not before.strip() or is_marker(before)):
            heading = _heading(line.strip(), kinds)
        elif len(line) <= _LONGEST_BETWEEN and after.strip() and before.rstrip()[-1:] in _STOPS:
            # Between paragraphs that no empty lines part; a line of a table of contents stands below another.
            between = _heading(line.strip(), [kind for kind in kinds if kind in ("chapter", "date")])
            heading = None if is_heading(before) else between
        yield line, heading if heading is not None and _leads(heading, after) else None
        before = line


def _leads(heading: Heading, after: str) -> bool:
    """Whether a heading may stand over such a line; a line of a table of contents is followed by the next."""
    match heading.kind:
        case "number":
            return not after.strip() or after.isupper()
        case "capitals":
            return not after.strip()
        case _:
            return not after.strip() or not is_heading(after)


def _heading(text: str, kinds: Sequence[HeadingKind]) -> Heading | None:
    """What a text says as a heading, of the first of the kinds that it is one of."""
    if not 0 < len(text) <= _LONGEST:
        return None
    return next((heading for kind in kinds if (heading := _heading_of_kind(text, kind)) is not None), None)


def _heading_of_kind(text: str, kind: HeadingKind) -> Heading | None:
    match kind:
        case "chapter":
            named = CHAPTER.fullmatch(text)
            return Heading(kind, _own_title(named["title"])) if named else None
        case "part":
            named = PART.fullmatch(text)
            if named is None and FRONT.fullmatch(text):
                return Heading(kind, text.strip(" ."))
            return Heading(kind, _own_title(named["title"])) if named else None
        case "number":
            named = NUMBER.fullmatch(text) or NUMBER.fullmatch(with_latin_numerals(text))
            return (
                Heading(kind, _own_title(named["title"]), number_of(named["bare"] or named["titled"]))
                if named
                else None
            )
        case "date":
            return Heading(kind, text.strip(" .:")) if DATE.fullmatch(text) else None
        case "capitals":
            number = NUMBER.fullmatch(text)
            is_bare = is_marker(text) or (number is not None and number["bare"])
            is_title = text.upper() == text and _CAPITALS.fullmatch(text) and not is_bare
            return Heading(kind, text.removesuffix(".")) if is_title else None


def _own_title(text: str | None) -> str | None:
    return (text or "").strip(" .:—–-\t") or None


def _title_of(heading: Heading, body: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The title, and what is left: a heading that is only a number may have it in the next line or two."""
    if heading.title is not None and not (body and body[0].isupper()):
        return heading.title, body
    end = next((place for place, line in enumerate(body[:3]) if not line.strip()), 0)
    more = [line.strip() for line in body[:end]]
    if heading.kind in ("date", "capitals") or not more or not all(map(_may_be_title, more)):
        return heading.title, body
    return " ".join(filter(None, (heading.title, *more))).removesuffix("."), body[end:]


def _may_be_title(line: str) -> bool:
    is_name = line[:1].isupper() or line[:1].isdigit()
    is_sentence = line.endswith((".", ",", "!", "?", "…", ";", ":"))
    return len(line) <= _LONGEST and (line.isupper() or (is_name and not is_sentence))


def _without_contents(lines: Sequence[str]) -> Iterator[str]:
    """The lines that are no table of contents: no three or more entries on end."""
    for is_entry, run in groupby(lines, lambda line: not line.strip() or _is_entry(line.strip())):
        block = list(run)
        is_table = is_entry and sum(bool(line.strip()) for line in block) >= 3
        yield from ["\n"] if is_table else block


def _is_entry(text: str) -> bool:
    if len(text) > _LONGEST_ENTRY:
        return False
    return is_heading(text) or bool(_CONTENTS.fullmatch(text) or _ENTRY.fullmatch(text))


def _text(lines: Iterable[str]) -> str:
    """The lines without the empty ones and the markers at both ends."""
    kept = list(lines)
    while kept and (not kept[-1].strip() or is_marker(kept[-1])):
        kept.pop()
    start = next((place for place, line in enumerate(kept) if line.strip() and not is_marker(line)), len(kept))
    return "".join(kept[start:]).strip()
