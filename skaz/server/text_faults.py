"""Why texts can't be learnt from, as a short name and what belongs to it: pages tell it in their own language.

The readers tell it in a sentence. Which of the common faults it was is looked for here, once they have refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from skaz.corpus.books import find_document_splitting
from skaz.corpus.partition import SHORTEST_CUT_TEXT
from skaz.corpus.places import OF_TEXT, kind_of
from skaz.corpus.readers import read_stories
from skaz.corpus.tables import first_row, json_lines_columns, our_names
from skaz.corpus.textfiles import is_blank, open_text
from skaz.errors import CorpusError, SkazError
from skaz.recipe import Split, Task

_AT_ONCE = 1_000_000  # characters
_MOST_COLUMNS, _SHOWN = 10, 60


def too_little(task: Task, stories: int, characters: int) -> dict[str, Any] | None:
    """What is told of a corpus of which nothing can be held out to measure on; None for others."""
    if task != "write" or stories != 1 or characters >= SHORTEST_CUT_TEXT:
        return None
    return {"reason": "one_story", "characters": characters, "least": SHORTEST_CUT_TEXT}


def fault_of(names: Mapping[str, str], task: Task, split: Split | None) -> dict[str, Any] | None:
    """The first common fault of files that were refused: its `reason`, and of what `file`. None where it is another.

    `names`: what the files are called, by their paths.
    """
    try:
        for path, name in names.items():
            fault = _of_file(Path(path), task)
            if fault is not None:
                return {**fault, "file": name}
        stories = list(islice(read_stories(list(names), split=split), 2)) if names and task == "write" else []
    except SkazError:
        return None
    return too_little(task, len(stories), sum(len(story.text) for story in stories))


def _of_file(path: Path, task: Task) -> dict[str, Any] | None:
    kind = kind_of(path)
    if not path.exists():
        return None
    if is_blank(path):
        return {"reason": "empty"}
    if kind in OF_TEXT:
        try:
            with open_text(path) as text:
                while text.read(_AT_ONCE):
                    pass
        except CorpusError:
            return {"reason": "no_text"}
    if kind == "document":
        try:
            find_document_splitting(path)
        except CorpusError:
            return {"reason": "damaged"}
    return _without_text(path) if task == "write" else None


def _without_text(path: Path) -> dict[str, Any] | None:
    """Of a table that has no column of stories: which it has."""
    kind = kind_of(path)
    match kind:
        case "csv" | "tsv":
            found = [name.strip() for name in first_row(path, tabs=kind == "tsv")]
            has_text = "text" in our_names([name.lower() for name in found])
        case "jsonl":
            found = sorted(json_lines_columns(path))
            has_text = "text" in found or not found
        case _:
            return None
    return None if has_text else {"reason": "no_column", "columns": [name[:_SHOWN] for name in found[:_MOST_COLUMNS]]}
