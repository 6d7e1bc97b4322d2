"""Stories from rows: JSON lines, CSV and TSV, parquet, Hugging Face data sets."""

from __future__ import annotations

import csv
import io
import json
import logging
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

from skaz.corpus.records import Place, Story, Tally
from skaz.corpus.textfiles import open_text, read_head
from skaz.errors import CorpusError, DependencyError, did_you_mean
from skaz.text.plan import parse_plan

COLUMNS = ("text", "title", "plan", "opening")
_RUSSIAN = {
    "текст": "text",
    "заглавие": "title",
    "название": "title",
    "план": "plan",
    "зачин": "opening",
    "начало": "opening",
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_QUOTED = re.compile('"(?:[^"]|"")*"')
_LINE_ENDS = re.compile("\r\n|\r|\n")
_END = "\udc00"  # a row of its own behind the last one; decoded text has no such character
_LONGEST_CELL = 2**31 - 1  # what the csv module can be told on every platform
_HEAD_CHARACTERS = 100_000
_ROWS_AT_ONCE = 1_000
_SHOWN = 60  # characters of what is wrong


class NoStoriesError(CorpusError):
    """A table has no column of stories."""


def story_of(row: Mapping[str, Any], tally: Tally, place: str) -> Story | None:
    """The story of a row, or None (counted) where it has no text. `place`: where the row stands, for CorpusError.

    An opening that is not how the text begins is put before it.
    """
    text = cell(row, "text", tally, place)
    if not text:
        tally.without_text += 1
        return None
    opening = cell(row, "opening", tally, place)
    if opening and not text.startswith(opening):
        text = f"{opening} {text}"
    plan = row.get("plan")
    if isinstance(plan, list | tuple):
        items = [cell({"plan": item}, "plan", tally, place) for item in plan]
    else:
        items = parse_plan(cell(row, "plan", tally, place))
    return Story(
        text=text,
        title=cell(row, "title", tally, place) or None,
        plan=tuple(item for item in items if item),
        opening=opening or None,
    )


def read_json_lines(path: Path, tally: Tally) -> Iterator[Story]:
    """One JSON object a line; empty lines are passed over, and objects without `text` where others have it."""
    some_have_text = "text" in json_lines_columns(path)
    for number, found in json_lines_rows(path, '{"text": "Once upon a time…"}'):
        row = _in_our_names(found)
        some_have_text = some_have_text or "text" in row
        if not some_have_text:
            raise NoStoriesError(f"{path}, line {number}: {_no_text(list(found))}")
        story = story_of(row, tally, f"{path}, line {number}")
        if story is not None:
            yield story


def json_lines_rows(path: Path, example: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects with their lines; CorpusError, which shows the `example`, for a line that is none."""
    with open_text(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CorpusError(
                    f"{path}, line {number}: this is not JSON ({error}). Put one object a line, such as {example}."
                ) from error
            if not isinstance(row, dict):
                raise CorpusError(f"{path}, line {number}: this is no JSON object; put one a line, such as {example}.")
            yield number, row


def json_lines_columns(path: Path) -> set[str]:
    """The keys in the first lines of the file, by our names; what is wrong there is for the reader to say."""
    head, _ = read_head(path, _HEAD_CHARACTERS)
    keys: set[str] = set()
    for line in head.split("\n")[:100]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        keys.update(our_names(list(row)) if isinstance(row, dict) else ())
    return keys


def read_delimited(path: Path, tally: Tally, tabs: bool) -> Iterator[Story]:
    """CSV (commas, or semicolons where the header has them) or TSV, with a header of column names."""
    header = delimited_header(path, tabs)
    rows = delimited_rows(path, header, tally, tabs=tabs, has_header=True)
    for line, row in rows:
        story = story_of(row, tally, str(Place(str(path), "line", line)))
        if story is not None:
            yield story


def delimited_rows(
    path: Path, names: Sequence[str], tally: Tally, *, tabs: bool, has_header: bool
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows under the columns' names, each with the line of the file that it begins in; those with more or fewer
    cells are counted as odd. Of a file of one column what looks like more is that column's text, whose commas nobody
    quoted."""
    rows = _rows_of_cells(path, tabs)
    all_quoted = has_header and all(map(_is_quoted, next(rows, (0, []))[1]))
    delimiter = _dialect(path, tabs)["delimiter"]
    for line, found in rows:
        cells = [delimiter.join(found)] if len(names) == 1 else found
        if len(cells) != len(names):
            tally.odd_rows += 1
            tally.note(tally.odd, Place(str(path), "line", line))
        bare = [_unquoted(cell) if all_quoted or '""' in cell else cell for cell in cells] if tabs else cells
        yield line, dict(zip(names, bare, strict=False))


def _rows_of_cells(path: Path, tabs: bool) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row that is not empty, with the line that it begins in, as an editor counts. CorpusError for a
    cell whose quotation marks are never closed: the rest of the file would be one cell."""
    _allow_long_cells()
    with open_text(path, newline="") as file:
        rows = csv.reader(chain(file, [_END]), **_dialect(path, tabs))
        last_line = 0
        try:
            for cells in rows:
                first_line, last_line = last_line + 1, rows.line_num
                if cells == [_END]:
                    return
                if cells and cells[-1].endswith(_END):
                    raise CorpusError(_unclosed(path, cells[-1].removesuffix(_END), rows.line_num - 1))
                if cells:
                    yield first_line, cells
        except csv.Error as error:
            raise CorpusError(f"{path}, line {rows.line_num}: this row can't be read ({error}).") from error


def _unclosed(path: Path, cell: str, last_line: int) -> str:
    ends = len(_LINE_ENDS.findall(cell)) - cell.endswith(("\r", "\n"))
    return (
        f'{path}, line {last_line - ends}: the quotation mark (") that a cell begins with here is never closed; close '
        'it where the cell ends, and double it ("") where it is part of the text.'
    )


def delimited_header(path: Path, tabs: bool) -> list[str]:
    """The names of the columns, ours or in lower case; CorpusError where none is `text`."""
    first = first_row(path, tabs)
    names = [name.strip().lower() for name in first]
    header = our_names(names)
    if "text" not in header:
        raise NoStoriesError(f"{path}: {_no_text(first)}")
    check_once(path, names, (*COLUMNS, *_RUSSIAN))
    return header


def our_names(names: Sequence[str]) -> list[str]:
    """The names of columns, with our own for a Russian one, unless there is a column of that name already."""
    ours: list[str] = []
    for name in names:
        lower = name.lower()
        own = lower if lower in COLUMNS else _RUSSIAN.get(lower, name)
        ours.append(name if own != name and (own in names or own in ours) else own)
    return ours


def _in_our_names(row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(zip(our_names(list(row)), row.values(), strict=True))


def check_once(place: str | Path, names: Sequence[str], wanted: Iterable[str]) -> None:
    """CorpusError where several columns have a name that is wanted: nobody says which is meant. Others may."""
    for name in wanted:
        if names.count(name) > 1:
            raise CorpusError(f'{place}: the column "{name}" is there more than once; rename or leave out all but one.')


def first_row(path: Path, tabs: bool) -> list[str]:
    """The cells of the first row."""
    head, _ = read_head(path, _HEAD_CHARACTERS)
    _allow_long_cells()
    # only these end a line: str.splitlines knows others, which may stand in a cell
    rows = csv.reader(io.StringIO(head, newline=""), **_dialect(path, tabs))
    cells = next((row for row in rows if row), [])
    return [_unquoted(cell) for cell in cells] if tabs else cells


def read_parquet(path: Path, tally: Tally) -> Iterator[Story]:
    """The rows of a parquet file, some thousand at once."""
    columns = parquet_columns(path)
    for number, row in enumerate(parquet_rows(path, list(columns.values())), start=1):
        story = story_of(_in_our_names(row), tally, f"{path}, row {number}")
        if story is not None:
            yield story


def parquet_rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows, of these columns alone where they are named. CorpusError where one of them is there more than once."""
    with _opened_parquet(path) as file:
        names = list(file.schema_arrow.names)
        check_once(path, names, columns or names)
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=columns):
            yield from batch.to_pylist()


def parquet_columns(path: Path) -> dict[str, str]:
    """Those of our columns that the file has, with their names in it; CorpusError where `text` is not among them."""
    with _opened_parquet(path) as file:
        names = list(file.schema_arrow.names)
    found = dict(zip(our_names(names), names, strict=True))
    if "text" not in found:
        raise NoStoriesError(f"{path}: {_no_text(names)}")
    return {column: found[column] for column in COLUMNS if column in found}


def read_hub(name: str, tally: Tally) -> Iterator[Story]:
    """A data set of the Hugging Face hub, "NAME" or "NAME:split" (train), streamed."""
    for number, found in enumerate(hub_rows(name), start=1):
        row = _in_our_names(found)
        if number == 1 and "text" not in row:
            raise NoStoriesError(f"hf:{name}: {_no_text(list(found))}")
        story = story_of(row, tally, f"hf:{name}, row {number}")
        if story is not None:
            yield story


def hub_rows(name: str) -> Iterator[Mapping[str, Any]]:
    """The rows of a data set of the hub, streamed."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # which would list what is installed here
    try:
        datasets = import_module("datasets")
    except ImportError as error:
        raise DependencyError('hf: data sets need the datasets library: pip install "skaz[data]"') from error
    name, _, split = name.partition(":")
    try:
        with _quiet("huggingface_hub"):  # which tells of each of its tries where there is no network
            rows = datasets.load_dataset(name, split=split or "train", streaming=True)
    except Exception as error:  # its errors have no common base
        why = str(error).strip().partition("\n")[0].rstrip(".")
        raise CorpusError(
            f"The data set hf:{name} ({split or 'train'}) can't be opened: {why}. Check the name and the network, or "
            "download the data set and give its files."
        ) from error
    yield from rows


@contextmanager
def _quiet(library: str) -> Iterator[None]:
    """Has a library's log hold errors only."""
    log = logging.getLogger(library)
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def cell(row: Mapping[str, Any], column: str, tally: Tally, place: str) -> str:
    """The text in a column, without spaces around it; '' for none. Half characters in it are replaced and counted;
    a number is as it is written. CorpusError, which names the `place`, for what is neither."""
    text = _written(row.get(column), f'{place}: the column "{column}"').replace("\r\n", "\n").strip()
    if _SURROGATE.search(text):
        tally.repaired += 1
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _written(value: Any, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise CorpusError(f"{place} has bytes that are not UTF-8; make text of them.") from None
    is_whole = isinstance(value, int) and not isinstance(value, bool)  # of any length: a float may not hold it
    if isinstance(value, str) or is_whole or (isinstance(value, float | Decimal) and math.isfinite(value)):
        return str(value)
    raise CorpusError(f"{place} has something that is no text, {_short(repr(value))}; make text of it.")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _no_text(found: list[str]) -> str:
    near = did_you_mean("text", found).replace("Did you mean", "Is it")
    names = ", ".join(f'"{_short(name)}"' for name in found) or "none"
    pairs = " If these are pairs, train with --task translate or --task transduce." if len(found) == 2 else ""
    return f'there is no column "text"; the columns are {names}.{near} Rename the one that holds the stories.{pairs}'


def _dialect(path: Path, tabs: bool) -> dict[str, Any]:
    if tabs:
        # TSV as IANA has it knows no quoting: a story that begins with a quotation mark is common.
        return {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
    head, _ = read_head(path, _HEAD_CHARACTERS)
    first_line = _QUOTED.sub("", head.lstrip("\n").split("\n", 1)[0])
    semicolons = first_line.count(";") > first_line.count(",")  # as spreadsheets write it in much of Europe
    return {"delimiter": ";" if semicolons else ","}


def _unquoted(cell: str) -> str:
    """A cell of a TSV without the quotation marks that a spreadsheet has put around it. It does so where there are some
    in the text, and doubles these; other programs do so with every cell, the header's too."""
    return cell[1:-1].replace('""', '"') if _is_quoted(cell) else cell


def _is_quoted(cell: str) -> bool:
    return len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")


def _allow_long_cells() -> None:
    # The limit is the csv module's own global; it is only ever raised.
    if csv.field_size_limit() < _LONGEST_CELL:
        csv.field_size_limit(_LONGEST_CELL)


@contextmanager
def _opened_parquet(path: Path) -> Iterator[Any]:
    """The file. DependencyError where pyarrow is missing, CorpusError where the file is none of its kind, which may
    show at any row."""
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise DependencyError('Parquet files need pyarrow: pip install "skaz[data]"') from error
    try:
        yield parquet.ParquetFile(path)
    except (arrow.ArrowException, OSError, ValueError) as error:
        told = str(error).partition("\n")[0]
        raise CorpusError(f"{path} is not a parquet file or is damaged ({told}): copy it again.") from error
