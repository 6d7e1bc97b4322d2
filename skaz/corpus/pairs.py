"""Pairs of texts: from a table with two columns, two files line by line, or the built-in exercises."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, Literal, NamedTuple

from skaz.corpus import tables
from skaz.corpus.exercises import EXERCISES, exercise_pairs
from skaz.corpus.places import find_sources, is_built_in, kind_of
from skaz.corpus.records import LONGEST_SIDE, Place, Reading, Story, Tally
from skaz.corpus.textfiles import is_blank, old_encodings, open_text, read_head
from skaz.errors import CorpusError, did_you_mean
from skaz.files import expanded

Part = Literal["train", "test"]
Row = Mapping[str, Any]

_USUAL = (("source", "target"), ("src", "tgt"), ("input", "output"))
_EXAMPLE = '{"source": "der Hund", "target": "the dog"}'
_HEAD_CHARACTERS = 10_000
_HEAD_ROWS = 100
_SHOWN = 60  # characters of a side


@dataclass(frozen=True)
class Columns:
    """What holds the sources and what the targets: columns of a table by name or number, keys of JSON, or the endings
    of two files. Without names: the usual ones, else the first column and the second, the first file and the second.

    A source may be made of several columns, "lemma,features": their texts, as many as are not empty, with a space
    between them."""

    source: str | None = None
    target: str | None = None


class _Sides(NamedTuple):
    """The columns of a table: of sources, of targets, and those that are not read."""

    sources: tuple[str, ...]
    target: str
    others: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' + '.join(self.sources)} → {self.target}"


def read_pairs(
    paths: Sequence[str | Path], columns: Columns, tally: Tally | None = None, part: Part = "train"
) -> Iterator[Story]:
    """The pairs of tables (.tsv, .csv, .jsonl, .parquet, hf:NAME), of two files line by line, or of exercises
    ("numbers:en"), of those the `part` to learn from or the one to test on. Spaces around a side are dropped,
    and a side of several lines becomes one, as what is written is.

    A pair with an empty side, or one longer than LONGEST_SIDE, is skipped and counted. Raises CorpusError for what is
    missing or not readable, for columns that are not there, and for two files of different length.
    """
    tally = Tally() if tally is None else tally
    before = tally.stories
    for place, *sides in _placed(_named(paths), columns, tally, part):
        source, target = (side.strip().replace("\n", " ") for side in sides)
        if source and target and max(len(source), len(target)) <= LONGEST_SIDE:
            tally.stories += 1
            yield Story(target, source=source)
            continue
        if source and target:
            tally.too_long += 1
        else:
            tally.one_sided += 1
        tally.note(tally.skipped, place)
    if tally.stories == before:
        raise _no_pairs(_named(paths)[0])


def describe_pairs(paths: Sequence[str | Path], columns: Columns) -> Reading:
    """What `read_pairs` would read, in words, from the beginnings of the files; it counts nothing."""
    named = _named(paths)
    if _are_parallel(named):
        first, second = _in_order(named, columns)
        files = f"{first} (sources)", f"{second} (targets)"
        return Reading(files=files, encodings=old_encodings((str(first), str(second))), pairs=True)
    tables_ = [name for name in named if name not in EXERCISES]
    sides = {name: _sides(name, columns) for name in tables_}
    of_text = (name for name in tables_ if not _is_binary(name))
    return Reading(
        tuple(named),
        columns=tuple(sorted({str(each) for each in sides.values()})),
        other_columns=tuple(dict.fromkeys(other for each in sides.values() for other in each.others)),
        first_pair=next(filter(None, (_first_pair(name, columns, each) for name, each in sides.items())), None),
        encodings=old_encodings(of_text),
        pairs=True,
    )


def _named(paths: Sequence[str | Path]) -> list[str]:
    """The places; CorpusError for those that are not there or empty."""
    named = [_expanded(str(path)) for path in paths]
    if not named:
        raise CorpusError("No pairs were named: give a .tsv file with sources and targets, or two files line by line.")
    for name in named:
        if name in EXERCISES or name.startswith("hf:"):
            continue
        if Path(name).is_file():
            if kind_of(Path(name)) == "document":
                raise CorpusError(f"{name}: documents are read as stories, not as pairs; give a table, or plain text.")
            if is_blank(Path(name)):
                raise CorpusError(f"{name} is empty: give pairs, in a table or in two files line by line.")
            continue
        if is_built_in(name):
            raise CorpusError(f"{name} are stories and no pairs: leave --task out, or name pairs, such as numbers:en.")
        if ":" in name and not Path(name).exists() and not Path(name).is_absolute():
            exercise_pairs(name)  # says what there is
        find_sources(name)  # says that it is missing
        raise CorpusError(f"{name} is a folder: name a table of pairs, or two files whose lines belong together.")
    return named


def _expanded(name: str) -> str:
    return str(expanded(name)) if name.startswith("~") else name


def _placed(named: Sequence[str], columns: Columns, tally: Tally, part: Part) -> Iterator[tuple[Place, str, str]]:
    """Each pair with its place."""
    if _are_parallel(named):
        yield from _read_parallel(*_in_order(named, columns))
        return
    for name in named:
        if name in EXERCISES:
            for number, (source, target) in enumerate(exercise_pairs(name, part), start=1):
                yield Place(name, "row", number), source, target
            continue
        sources, target, _ = _sides(name, columns)
        for place, row in _rows(name, columns, tally):
            *parts, told = (tables.cell(row, each, tally, str(place)) for each in (*sources, target))
            yield place, " ".join(filter(None, parts)), told


def _are_parallel(named: Sequence[str]) -> bool:
    """Two files of plain lines: neither is a table, by its ending or by tabs in its first line."""
    return len(named) == 2 and not any(name in EXERCISES or _is_table(name) for name in named)


def _is_table(name: str) -> bool:
    if name.startswith("hf:") or kind_of(Path(name)) in ("jsonl", "csv", "tsv", "parquet"):
        return True
    return "\t" in read_head(Path(name), _HEAD_CHARACTERS)[0].partition("\n")[0]


def _in_order(named: Sequence[str], columns: Columns) -> tuple[Path, Path]:
    """The sources' file and the targets': by the files' endings, where both sides are named."""
    first, second = (Path(name) for name in named)
    ends = [_ending(path) for path in (first, second)]
    if ends == [columns.target, columns.source]:
        return second, first
    if columns != Columns() and ends != [columns.source, columns.target]:
        raise CorpusError(
            f"--source {columns.source} and --target {columns.target} do not go with {first.name} and {second.name}: "
            "give the files' endings, or neither option and the sources' file first."
        )
    return first, second


def _ending(path: Path) -> str:
    """The file's, that of what is packed in it where it is."""
    unpacked = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return unpacked.suffix.removeprefix(".")


def _read_parallel(first: Path, second: Path) -> Iterator[tuple[Place, str, str]]:
    sources, targets = _lines(first), _lines(second)
    for number, (source, target) in enumerate(zip_longest(sources, targets), start=1):
        if source is not None and target is not None:
            yield Place("", "line", number), source, target
            continue
        rest = sum(1 for _ in (sources if target is None else targets))
        lines = {first: number - 1, second: number - 1}
        lines[first if target is None else second] += 1 + rest
        raise CorpusError(
            f"{first} has {lines[first]:,} lines and {second} has {lines[second]:,}, so they can't belong together "
            "line by line: mend the files."
        )


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file, which end at \\n alone, as those on standard input of `skaz translate` do."""
    with open_text(path, newline="\n") as file:
        first = file.readline()
        if not first.endswith("\n") and "\r" in first.rstrip("\r"):
            raise CorpusError(
                f"{path} ends its lines with carriage returns alone, as old Macs did; make them \\n, with "
                "tr '\\r' '\\n' say."
            )
        yield first
        yield from file


def _rows(name: str, columns: Columns, tally: Tally) -> Iterator[tuple[Place, Row]]:
    """The rows of a table, each with its place: of text the line of the file, else the row's number."""
    unit: Literal["line", "row"] = "row" if _is_binary(name) else "line"
    return ((Place(name, unit, number), _inner(row)) for number, row in _numbered_rows(name, columns, tally))


def _numbered_rows(name: str, columns: Columns, tally: Tally) -> Iterator[tuple[int, Row]]:
    if _is_binary(name):
        is_hub = name.startswith("hf:")
        rows = tables.hub_rows(name.removeprefix("hf:")) if is_hub else tables.parquet_rows(Path(name))
        return enumerate(rows, start=1)
    if _is_json(name):
        return tables.json_lines_rows(Path(name), _EXAMPLE)
    path, tabs = Path(name), kind_of(Path(name)) != "csv"
    names, has_header = _header(path, columns, tabs=tabs)
    return tables.delimited_rows(path, names, tally, tabs=tabs, has_header=has_header)


def _is_binary(name: str) -> bool:
    """Whether its rows are not lines of a file."""
    return name.startswith("hf:") or kind_of(Path(name)) == "parquet"


def _is_json(name: str) -> bool:
    return not name.startswith("hf:") and kind_of(Path(name)) == "jsonl"


def _inner(row: Row) -> Row:
    """The row itself, or what it holds as `translation`: so the hub's sets of translations lie."""
    inner = row.get("translation")
    return inner if isinstance(inner, Mapping) else row


def _header(path: Path, columns: Columns, *, tabs: bool) -> tuple[list[str], bool]:
    """The names of the columns, or their numbers where these are stated or there are no names; and whether the first
    row has names."""
    first = tables.first_row(path, tabs)
    if len(first) < 2:
        if _ending(path).lower() == "json":
            raise CorpusError(f"{path}: JSON is read from .jsonl files, one object a line, such as {_EXAMPLE}.")
        if first and first[0].startswith("#"):
            raise CorpusError(
                f"{path}: line 1 looks like a comment; delete it, so that the columns or a pair come first."
            )
        between = "tab" if tabs else "comma"
        raise CorpusError(
            f"{path}: there is no {between} in the first line; put a source and a target in each line, with a "
            f"{between} between them, or name two files."
        )
    names, numbers = [cell.strip() for cell in first], [str(number + 1) for number in range(len(first))]
    stated = _stated(columns, names)
    lower = {name.lower() for name in names}
    by_number = all(name.isdecimal() for name in stated) and not all(name in names for name in stated)
    if stated and not by_number:
        return names, True
    has_usual = any(lower >= set(usual) for usual in _USUAL)
    return (numbers if stated or not has_usual else names), has_usual


def _first_pair(name: str, columns: Columns, sides: _Sides) -> str | None:
    """The first row as it is read, of a table that has no header that we know: it may be one after all."""
    if _has_keys(name) or _header(Path(name), columns, tabs=kind_of(Path(name)) != "csv")[1]:
        return None
    cells = tables.first_row(Path(name), kind_of(Path(name)) != "csv")
    of_source = " ".join(cells[int(each) - 1] for each in sides.sources)
    first = (" ".join(side.split()) for side in (of_source, cells[int(sides.target) - 1]))
    return " → ".join(side if len(side) <= _SHOWN else f"{side[:_SHOWN].rstrip()}…" for side in first)


def _has_keys(name: str) -> bool:
    """Whether each row of a table names its cells."""
    return name.startswith("hf:") or kind_of(Path(name)) in ("jsonl", "parquet")


def _sides(name: str, columns: Columns) -> _Sides:
    """The columns of a table that hold the sources and the targets."""
    has_keys = _has_keys(name)
    names = _keys(name, columns) if has_keys else _header(Path(name), columns, tabs=kind_of(Path(name)) != "csv")[0]
    for stated in _stated(columns, names):
        if stated not in names:
            known = ", ".join(f'"{each}"' for each in names)
            numbers = "" if has_keys else ", or their numbers (1, 2) where the file has no header"
            raise CorpusError(
                f'{name}: there is no column "{stated}"; the columns are {known}.{did_you_mean(stated, names)} Give '
                f"--source and --target two of them{numbers}."
            )
    lower = {name.lower(): name for name in names}
    usual = next(([lower[each] for each in pair] for pair in _USUAL if lower.keys() >= set(pair)), names)
    sources = _source_columns(columns, names) or tuple(each for each in usual if each != columns.target)[:1]
    target = columns.target or next((each for each in (*usual[1:], *names) if each not in sources), None)
    tables.check_once(name, names, [*sources, *([] if target is None else [target])])
    if not sources or target is None:
        raise (
            _no_pairs(name)
            if not names
            else CorpusError(f'{name} has one column, "{names[0]}": a pair needs a source and a target.')
        )
    if target in sources:
        raise CorpusError(f'--source and --target both name the column "{target}" of {name}: name two.')
    for source in sources:
        if sources.count(source) > 1:
            raise CorpusError(f'--source names the column "{source}" of {name} more than once: leave out all but one.')
    return _Sides(sources, target, tuple(each for each in names if each not in (*sources, target)))


def _stated(columns: Columns, names: Collection[str]) -> list[str]:
    """The columns that are named by hand."""
    return [*_source_columns(columns, names), *([] if columns.target is None else [columns.target])]


def _source_columns(columns: Columns, names: Collection[str]) -> tuple[str, ...]:
    """The columns that make a source, where they are named."""
    return () if columns.source is None else tuple(_parted(columns.source, names))


def _parted(stated: str, names: Collection[str]) -> Iterator[str]:
    """The columns that are named with commas between them. In a column's own name there may be commas, too: the longest
    that fits is meant."""
    while stated not in names and "," in stated:
        cells = stated.split(",")
        heads = (",".join(cells[:length]).strip() for length in range(len(cells) - 1, 0, -1))
        head = next((each for each in heads if each in names), cells[0].strip())
        yield head
        stated = ",".join(cells[head.count(",") + 1 :]).strip()
    yield stated


def _keys(name: str, columns: Columns) -> list[str]:
    """The names in the first row. One of JSON may lack some: there more rows are looked at, all of them where a stated
    name is in none of the first, and the order is that of a row that has the most."""
    rows = (row for _, row in _rows(name, columns, Tally()))
    if not _is_json(name):
        return list(next(rows, {}))
    first = list(islice(rows, _HEAD_ROWS))
    names = dict.fromkeys(key for row in sorted(first, key=len, reverse=True) for key in row)
    while not names.keys() >= {*_stated(columns, names)} and (row := next(rows, None)) is not None:
        names |= dict.fromkeys(row)
    return list(names)


def _no_pairs(name: str) -> CorpusError:
    return CorpusError(f"No pair at all was found in {name}: give a file with sources and targets.")
