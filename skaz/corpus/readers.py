"""From what the user names to stories, one at a time, in memory that does not grow with the corpus, save that a
document is in it as a whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from skaz.arguments import check, check_path
from skaz.corpus import tables
from skaz.corpus.books import read_document, stories_in
from skaz.corpus.gutenberg import without_licence
from skaz.corpus.layouts import find_layouts, told
from skaz.corpus.markdown import blocks_in, is_markdown, without_front_matter, without_marks
from skaz.corpus.places import OF_TEXT, Source, broken_links, find_sources, passed_over
from skaz.corpus.records import Reading, Story, Tally
from skaz.corpus.splitting import Splitting, stories_of_lines
from skaz.corpus.textfiles import looks_like_markup, old_encodings, open_text
from skaz.corpus.wrapping import joined
from skaz.errors import CorpusError
from skaz.recipe import Split

Paths = Sequence[str | Path] | str | Path


def read_stories(paths: Paths, *, split: Split | None = None, tally: Tally | None = None) -> Iterator[Story]:
    """The stories of files, folders, Hugging Face data sets ("hf:NAME") and built-in tales ("tales:en").

    `split` says how stories lie in text files and documents; None: that is found out. The `tally`, where given,
    counts along. Raises CorpusError: at once for what is missing or not readable, underway for bad rows.
    """
    sources = find_sources(paths)
    splittings = find_layouts(sources, split)
    return _read(sources, splittings, Tally() if tally is None else tally)


def describe(paths: Paths, split: Split | None = None) -> Reading:
    """What `read_stories` would read and how, from the beginnings of the files; it counts nothing."""
    sources = find_sources(paths)
    splittings = find_layouts(sources, split)
    kinds = {splitting.kind for splitting in splittings.values()}
    return Reading(
        files=tuple(_name(source) for source in sources),
        split=None if not kinds else kinds.pop() if len(kinds) == 1 else "mixed",
        reasons=told(splittings),
        columns=_columns(sources),
        passed_over=tuple(passed_over(as_list(paths))),
        broken_links=tuple(broken_links(as_list(paths))),
        encodings=old_encodings(source.name for source in sources if source.kind in OF_TEXT),
    )


def as_list(paths: Paths, name: str = "paths") -> list[str | Path]:
    """The paths, of which one may stand by itself. RequestError tells by the argument's name of what is none."""
    if isinstance(paths, str | Path):
        return [paths]
    check(name, paths, isinstance(paths, Iterable), "a path, as text or as a pathlib.Path, or a list of paths")
    listed = list(paths)
    for place, path in enumerate(listed):
        check_path(f"{name}[{place}]", path)
    return listed


def counted(reading: Reading, tally: Tally) -> Reading:
    """The reading once all was read."""
    return dataclasses.replace(reading, **dataclasses.asdict(tally))


def _read(sources: list[Source], splittings: dict[Source, Splitting], tally: Tally) -> Iterator[Story]:
    before = tally.stories
    for source in sources:
        for story in _stories_of(source, splittings.get(source), tally):
            tally.stories += 1
            yield story
    if tally.stories == before:
        skipped = f" ({tally.without_text:,} rows had no text)" if tally.without_text else ""
        named = ", ".join(_name(source) for source in sources[:3])
        raise CorpusError(f"No story at all was found in {named}{skipped}: give a file with text in it.")


def _stories_of(source: Source, splitting: Splitting | None, tally: Tally) -> Iterator[Story]:
    match source.kind:
        case "text":
            assert splitting is not None
            return _read_text(source.path, splitting, tally)
        case "document":
            assert splitting is not None
            return read_document(source.path, splitting)
        case "jsonl":
            return tables.read_json_lines(source.path, tally)
        case "csv" | "tsv":
            return tables.read_delimited(source.path, tally, tabs=source.kind == "tsv")
        case "parquet":
            return tables.read_parquet(source.path, tally)
        case "hub":
            return tables.read_hub(source.name, tally)
        case "tales":
            from skaz.corpus.tales import stories

            return stories(source.name)


def _read_text(path: Path, splitting: Splitting, tally: Tally) -> Iterator[Story]:
    with open_text(path) as file:
        lines = _watched(without_licence(file, tally), tally)
        if is_markdown(path):
            lines = without_marks(without_front_matter(lines))
        if splitting.width is not None:
            lines = joined(lines, splitting.width)
        if is_markdown(path):
            if splitting.kind in ("marker", "file") and not splitting.only_end_of_text:
                yield from stories_in(list(blocks_in(lines)), splitting)
                return
            lines = (f"{line.rstrip()}\n" for line in lines)  # two spaces at an end break a line, and are no text
        yield from stories_of_lines(lines, splitting)


def _watched(lines: Iterable[str], tally: Tally) -> Iterator[str]:
    for line in lines:
        tally.markup += looks_like_markup(line)
        yield line


def _columns(sources: list[Source]) -> tuple[str, ...]:
    """The columns that the tables among the sources have and we use."""
    used: set[str] = set()
    for source in sources:
        match source.kind:
            case "csv" | "tsv":
                used |= set(tables.delimited_header(source.path, tabs=source.kind == "tsv"))
            case "parquet":
                used |= set(tables.parquet_columns(source.path))
            case "jsonl":
                used |= tables.json_lines_columns(source.path)
    return tuple(column for column in tables.COLUMNS if column in used)


def _name(source: Source) -> str:
    match source.kind:
        case "hub":
            return f"hf:{source.name}"
        case "tales":
            return f"tales:{source.name}"
        case _:
            return source.name
