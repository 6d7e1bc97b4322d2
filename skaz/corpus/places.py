"""The places that a user names, turned into files and other sources of stories."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from skaz.corpus import pandoc
from skaz.corpus.records import SAVED_ELSE, UNREAD_TEXTS, first_of
from skaz.corpus.textfiles import is_blank
from skaz.errors import CorpusError, did_you_mean
from skaz.files import expanded

SourceKind = Literal["text", "document", "jsonl", "csv", "tsv", "parquet", "hub", "tales"]

_KINDS: dict[str, SourceKind] = {
    ".txt": "text",
    ".md": "text",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    **dict.fromkeys(pandoc.FORMATS, "document"),
}
OF_TEXT: frozenset[SourceKind] = frozenset({"text", "jsonl", "csv", "tsv"})  # kinds of files that are text inside
_TEXTS_AND_TABLES = ".txt, .md, .jsonl, .csv, .tsv (each also with .gz), .parquet"
_TALES = ("en", "ru", "all")
SUPPORTED = ", ".join(
    (_TEXTS_AND_TABLES, *pandoc.FORMATS, "a folder of these", "hf:NAME", *(f"tales:{language}" for language in _TALES))
)
_OURS = ("bundle.json", "asked.toml", "train/meta.json")  # a file of each kind of folder that skaz makes


@dataclass(frozen=True)
class Source:
    """One file, or one data set by name."""

    kind: SourceKind
    name: str

    @property
    def path(self) -> Path:
        """Of a file."""
        return Path(self.name)


def find_sources(paths: Sequence[str | Path] | str | Path) -> list[Source]:
    """The sources that the paths name, folders opened up, in order; CorpusError where there is nothing."""
    if isinstance(paths, str | Path):
        paths = [paths]
    sources = [source for path in paths for source in _sources_of(path)]
    if not sources:
        raise CorpusError(f"No files of stories were named: give {SUPPORTED}.")
    return sources


def is_built_in(name: str) -> bool:
    """Whether tales of ours are meant. No file can be: its name ends otherwise."""
    return name in {f"tales:{language}" for language in _TALES}


def _sources_of(path: str | Path) -> list[Source]:
    name = str(path)
    if name.startswith("hf:"):
        return [Source("hub", name.removeprefix("hf:"))]
    if name.startswith("tales:"):
        language = name.removeprefix("tales:")
        if language not in _TALES:
            raise CorpusError(f'No built-in tales in "{language}": tales:en, tales:ru or tales:all.')
        return [Source("tales", language)]
    path = expanded(path)
    if path.is_dir():
        return _sources_in(path)
    if not path.exists():
        raise CorpusError(_missing(path))
    kind = kind_of(path)
    if kind is None:
        if path.suffix.lower() in UNREAD_TEXTS:
            raise CorpusError(f'{path}: files ending in "{path.suffix}" are not read; {SAVED_ELSE.format("it")}.')
        what = f'files ending in "{path.suffix}" are' if path.suffix else "its name has no ending, and so it is"
        raise CorpusError(f"{path}: {what} not read; supported: {SUPPORTED}.")
    return [Source(kind, str(path))]


def _sources_in(folder: Path) -> list[Source]:
    """The files of a folder and its subfolders in the order of their names, save those with nothing in them. Where
    there is nothing but documents they are named, and who reads them says what that takes."""
    sources = [
        Source(kind, str(path))
        for path in _files_in(folder)
        if (kind := kind_of(path)) is not None and not is_blank(path)
    ]
    sources = [source for source in sources if _is_read(source.path)] or sources
    if not sources:
        texts = [path.name for path in _files_in(folder) if path.suffix.lower() in UNREAD_TEXTS]
        if texts:
            raise CorpusError(f"The folder {folder} has no texts that are read; {SAVED_ELSE.format(first_of(texts))}.")
        raise CorpusError(f"The folder {folder} has no files of stories in it: {SUPPORTED}.")
    return sources


def passed_over(paths: Sequence[str | Path]) -> list[str]:
    """The files in the folders among the paths that are not read, for they end otherwise."""
    return [str(path) for folder in _folders(paths) for path in _files_in(folder) if not _is_read(path)]


def _is_read(path: Path) -> bool:
    """Whether a file in a folder is of a kind that is read here."""
    kind = kind_of(path)
    return pandoc.can_be_read() if kind == "document" else kind is not None


def broken_links(paths: Sequence[str | Path]) -> list[str]:
    """The links in the folders among the paths that lead to nothing."""
    return [str(path) for folder in _folders(paths) for path in _all_in(folder) if _leads_nowhere(path)]


def _folders(paths: Sequence[str | Path]) -> list[Path]:
    named = [expanded(path) for path in paths if not str(path).startswith(("hf:", "tales:"))]
    return [path for path in named if path.is_dir()]


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _files_in(folder: Path) -> Iterator[Path]:
    return (path for path in _all_in(folder) if path.is_file())


def _all_in(folder: Path) -> Iterator[Path]:
    """All but folders, in the order of their names, save what is hidden, what Word keeps beside an open file, and what
    is of our own making: bundles, runs and prepared corpora that were kept among the stories."""
    for path in sorted(folder.iterdir(), key=lambda each: each.parts):
        if path.name.startswith((".", "~$")):
            continue
        if not path.is_dir():
            yield path
        elif not path.is_symlink() and not any((path / name).exists() for name in _OURS):
            yield from _all_in(path)


def kind_of(path: Path) -> SourceKind | None:
    """What a file is by its ending; None for another ending than ours."""
    if path.suffix.lower() != ".gz":
        return _KINDS.get(pandoc.ending_of(path))
    inner = _KINDS.get(Path(path.stem).suffix.lower())
    return None if inner in ("parquet", "document") else inner


def _missing(path: Path) -> str:
    if str(path).startswith(("numbers:", "dates:")):
        return f"{path} are pairs and no stories: say --task transduce."
    if _leads_nowhere(path):
        return (
            f"{path} is a link to {os.readlink(path)}, and that leads nowhere: name the file itself, or mend the link."
        )
    folder = path.parent
    if not folder.is_dir():
        return f"There is no {path}: the folder {folder} does not exist."
    return f"There is no {path}.{did_you_mean(path.name, [other.name for other in folder.iterdir()])}"
