"""How each text file and each document is cut: by what is in it, as told, or as one of many small files."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from skaz.corpus.books import document_split_as_told, find_document_splitting, headings_splitting
from skaz.corpus.gutenberg import without_licence
from skaz.corpus.markdown import blocks_in, is_markdown, without_front_matter, without_marks
from skaz.corpus.markers import MARKERS, has_borders
from skaz.corpus.places import Source
from skaz.corpus.records import count
from skaz.corpus.splitting import (
    END_OF_TEXT,
    OVERRIDE,
    SAMPLE_CHARACTERS,
    Splitting,
    find_splitting,
    split_as_told,
    split_lines,
)
from skaz.corpus.textfiles import read_head
from skaz.corpus.wrapping import wrapping_width
from skaz.recipe import Split

# From so many files on, all small, each is taken for a story, save those that are clearly several: a story has *** too,
# but its scenes are shorter than stories are.
_MANY_FILES = 8
_SMALL_FILE_BYTES = 64_000
_MANY_PIECES = 8
_PIECE = 0.5  # of the length of the usual file
_MOST_TOLD = 10  # lines on how files are cut
_CUT: Mapping[Split, str] = {
    "marker": "between marker lines or under headings",
    "heading": "under headings",
    "blank": "between empty lines",
    "line": "a story a line",
    "file": "one story each",
}


@dataclass(frozen=True)
class _Look:
    """What shows of a file at a glance. `sure`: how it is cut, where no single story has such borders; `has_markers`:
    whether one of its lines is a marker; `width`: at which its lines are broken."""

    length: int
    sure: Splitting | None
    has_markers: bool
    width: int | None


def find_layouts(sources: Iterable[Source], split: Split | None) -> dict[Source, Splitting]:
    """How each of the sources that is a text file or a document is cut; `split`: as told."""
    layouts: dict[Source, Splitting] = {}
    files: list[Source] = []
    for source in sources:
        if source.kind == "document":
            path = source.path
            layouts[source] = find_document_splitting(path) if split is None else document_split_as_told(split, path)
        elif source.kind == "text":
            files.append(source)
    sizes = [source.path.stat().st_size for source in files]
    if split is None and len(files) >= _MANY_FILES and median(sizes) <= _SMALL_FILE_BYTES:
        return layouts | _of_many(files)
    if split == "line":
        return layouts | dict.fromkeys(files, split_as_told(split, ""))
    return layouts | {source: _alone(source.path, split) for source in files}


def told(layouts: Mapping[Source, Splitting]) -> tuple[str, ...]:
    """Why the files are cut so, in words; which files, where it is not the same for all. What holds for most of them is
    first, and last whose lines are joined."""
    return (*_reasons(layouts), *_told_of_lines(layouts))


def _told_of_lines(layouts: Mapping[Source, Splitting]) -> Iterator[str]:
    broken = [source for source, splitting in layouts.items() if splitting.width is not None]
    if broken:
        columns = round(median(layouts[source].width or 0 for source in broken))
        yield f"{_names(broken)}: lines broken at some {columns} characters are joined into paragraphs"


def _reasons(layouts: Mapping[Source, Splitting]) -> tuple[str, ...]:
    alike: dict[str, list[Source]] = {}
    for source, splitting in layouts.items():
        alike.setdefault(splitting.reason, []).append(source)
    if len(alike) == 1:
        return tuple(alike)
    ordered = sorted(alike.items(), key=lambda each: len(each[1]), reverse=True)
    lines = [reason if layouts[which[0]].of_many else f"{_names(which)}: {reason}" for reason, which in ordered]
    if len(lines) <= _MOST_TOLD:
        return tuple(lines)
    rest = [source for _, which in ordered[_MOST_TOLD - 1 :] for source in which]
    kinds = Counter(layouts[source].kind for source in rest)
    cut = ", ".join(f"{number:,} {_CUT[kind]}" for kind, number in kinds.items())
    return (*lines[: _MOST_TOLD - 1], f"and {count(len(rest), 'more file')}: {cut}")


def _names(sources: Sequence[Source]) -> str:
    first, *more = (source.path.name for source in sources)
    return f"{first} and {count(len(more), 'more file')}" if len(more) > 1 else " and ".join((first, *more))


def _alone(path: Path, split: Split | None) -> Splitting:
    """How a text file is cut by what is in it, or as told."""
    sample, complete = _sample(path)
    return _with_width(_cut(path, sample, complete, split), sample)


def _cut(path: Path, sample: str, complete: bool, split: Split | None) -> Splitting:
    by_headings = _by_headings(path, sample) if split in (None, "marker", "heading") else None
    if split is None:
        return by_headings or find_splitting(sample, complete)
    if by_headings is not None:
        return replace(by_headings, reason=f"as told: --split {split}")
    return split_as_told(split, sample, complete)


def _with_width(splitting: Splitting, sample: str) -> Splitting:
    return splitting if splitting.kind == "line" else replace(splitting, width=wrapping_width(sample))


def _of_many(files: Iterable[Source]) -> dict[Source, Splitting]:
    """How many small files are cut: each is one story, or a collection of such."""
    looks = {source: _look(source.path) for source in files}
    usual = median(look.length for look in looks.values())
    found = {source: look.sure or _as_collection(source.path, look, usual) for source, look in looks.items()}
    layouts = {source: splitting for source, splitting in found.items() if splitting is not None}
    single = [source for source in looks if source not in layouts]
    for has_markers, inside in ((False, ""), (True, f" with marker lines ({MARKERS}) between scenes")):
        alike = [source for source in single if looks[source].has_markers == has_markers]
        if alike:
            size = round(median(source.path.stat().st_size for source in alike))
            reason = f"{count(len(alike), 'file')}{inside}, a median of {size:,} bytes: each is one story; {OVERRIDE}"
            layouts |= dict.fromkeys(alike, Splitting("file", reason, of_many=True))
    return {source: replace(splitting, width=looks[source].width) for source, splitting in layouts.items()}


def _look(path: Path) -> _Look:
    sample, complete = _sample(path)
    end_of_text = find_splitting(sample, complete) if sample.count(END_OF_TEXT) >= 2 else None
    return _Look(len(sample), _by_headings(path, sample) or end_of_text, has_borders(sample), wrapping_width(sample))


def _as_collection(path: Path, look: _Look, usual_length: float) -> Splitting | None:
    """How a file is cut that is several stories, if usually one is so long as that."""
    if look.length < _MANY_PIECES * _PIECE * usual_length:
        return None
    sample, complete = _sample(path)
    splitting = find_splitting(sample, complete)
    if splitting.kind not in ("marker", "heading") and splitting.blank_lines == 1:
        return None
    pieces = [len(piece) for piece in split_lines(io.StringIO(sample), splitting)]
    is_collection = len(pieces) >= _MANY_PIECES and median(pieces) >= _PIECE * usual_length
    return splitting if is_collection else None


def _sample(path: Path) -> tuple[str, bool]:
    """The beginning of what is read of a file, and whether that is all of it."""
    sample, complete = read_head(path, SAMPLE_CHARACTERS)
    lines = without_licence(io.StringIO(sample))
    return "".join(without_marks(without_front_matter(lines)) if is_markdown(path) else lines), complete


def _by_headings(path: Path, sample: str) -> Splitting | None:
    return headings_splitting(list(blocks_in(io.StringIO(sample)))) if is_markdown(path) else None
