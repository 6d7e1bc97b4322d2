"""Uploads: files to train on. They are kept under numbers; the names that they came with are only shown again."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypedDict

from skaz.corpus.pandoc import FORMATS, ending_of
from skaz.corpus.places import kind_of
from skaz.corpus.textfiles import is_blank
from skaz.files import disk_errors, write_text
from skaz.server.errors import ApiError
from skaz.text.file_names import shown_name

_ID = re.compile(r"[0-9a-f]{16}\Z")
_NAMES = "names.json"
_FORGOTTEN_S = 24 * 3600.0  # a page that was left open for longer asks for the files again
_ENDINGS = (".txt", ".md", ".jsonl", ".csv", ".tsv", ".parquet", *FORMATS)
_KEPT_ENDING = rf"(?:{'|'.join(map(re.escape, sorted(_ENDINGS, key=len, reverse=True)))})(?:\.gz)?"
_WHY = {"kind": "is of a kind that is not read", "empty": "is empty"}
_MOST_NAMED = 5


class LeftOut(TypedDict):
    """A file that was not kept."""

    name: str
    why: Literal["kind", "empty"]


class Uploads:
    """The uploads in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()  # a training keeps the paths, and may go on from elsewhere

    def keep(self, files: Sequence[tuple[str, BinaryIO]]) -> dict[str, Any]:
        """Keeps files, each with the name that it came with, and tells which were left out: those of no kind that can
        be read, and those with nothing in them. ApiError 400 where none is left."""
        upload = secrets.token_hex(8)
        folder = self._folder / upload
        told: dict[str, dict[str, Any]] = {}
        left_out: list[LeftOut] = []
        try:
            with disk_errors(folder):
                folder.mkdir(parents=True)
                for number, (name, data) in enumerate(files, 1):
                    shown = shown_name(name)
                    ending = _ending(name)
                    if ending is None:
                        left_out.append({"name": shown, "why": "kind"})
                        continue
                    path = folder / f"{number:04}{ending}"
                    with path.open("wb") as file:
                        shutil.copyfileobj(data, file)
                    if is_blank(path):
                        path.unlink()
                        left_out.append({"name": shown, "why": "empty"})
                    else:
                        told[f"{number:04}"] = {"name": shown, "bytes": path.stat().st_size}
            if not told:
                raise _nothing_to_read(left_out)
            write_text(folder / _NAMES, json.dumps({number: each["name"] for number, each in told.items()}))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return {"upload": upload, "files": list(told.values()), "left_out": left_out}

    def paths(self, upload: str) -> list[Path]:
        """The files of an upload; ApiError 404 where there is none."""
        folder = self._folder / upload
        if not _ID.match(upload) or not (folder / _NAMES).is_file():
            raise ApiError(404, "no_upload", "There is no such upload; send the files again.")
        return sorted(path for path in folder.iterdir() if path.name != _NAMES)

    def names(self, upload: str) -> dict[str, str]:
        """The names that the files came with, by their paths here; ApiError 404 where there is no such upload."""
        paths = self.paths(upload)
        known = json.loads((self._folder / upload / _NAMES).read_text(encoding="utf-8"))
        return {str(path): known.get(path.name[:4], path.name) for path in paths}

    def delete(self, upload: str) -> None:
        """Deletes an upload; ApiError 404 where there is none."""
        self.paths(upload)
        shutil.rmtree(self._folder / upload, ignore_errors=True)

    def tidy(self, is_read: Callable[[str], bool]) -> None:
        """Deletes the uploads that came more than a day ago and that nobody reads any more."""
        for folder in self._folder.iterdir() if self._folder.is_dir() else []:
            if time.time() - folder.stat().st_mtime > _FORGOTTEN_S and not is_read(folder.name):
                shutil.rmtree(folder, ignore_errors=True)


def with_names(sentence: str, names: Mapping[str, str]) -> str:
    """A sentence with the names that the files came with (`names`, by their paths here), not those that they are kept
    under. All at once: a file may have come as what another is kept under."""
    called = {Path(path).name: name for path, name in names.items()}
    folders = {re.escape(str(Path(path).parent) + os.sep) for path in names}
    pattern = rf"(?:{'|'.join(folders)})?\b([0-9]{{4}}{_KEPT_ENDING})\b"
    return re.sub(pattern, lambda found: called.get(found[1], found[0]), sentence)


def _nothing_to_read(left_out: Sequence[LeftOut]) -> ApiError:
    named = [f"{each['name']} {_WHY[each['why']]}" for each in left_out[:_MOST_NAMED]]
    if len(left_out) > _MOST_NAMED:
        named.append(f"and {len(left_out) - _MOST_NAMED} more files are no better")
    readable = ", ".join(_ENDINGS)
    return ApiError(
        400,
        "texts_unusable",
        f"{'; '.join(named) or 'There are no files'}. Give files with text in them: {readable} (the first five also "
        "with .gz).",
        about={"reason": "nothing_to_read", "left_out": left_out, "readable": readable},
    )


def _ending(name: str) -> str | None:
    """One of our own endings for a file, by the ending of its name; None where it is of no kind that can be read."""
    given = Path(name.replace("\\", "/").rpartition("/")[2].lower() or "none")
    if kind_of(given) is None:
        return None
    ending = ending_of(given) if given.suffix != ".gz" else Path(given.stem).suffix
    assert ending in _ENDINGS
    return ending + (".gz" if given.suffix == ".gz" else "")
