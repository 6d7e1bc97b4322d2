"""Documents: what is written in the studio, a JSON file each, replaced in one move."""

from __future__ import annotations

import json
import re
import secrets
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from pydantic_core import to_json

from skaz.files import remove_file, write_text
from skaz.server.errors import ApiError
from skaz.text.words import number_of_words

_ID = re.compile(r"[0-9a-f]{16}\Z")
MOST_DOCUMENTS = 10_000
_DAMAGED = "damaged"
_LONGEST_BEGINNING = 40  # characters
_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)  # ValueError: NaN, no UTF-8


class Head(msgspec.Struct):
    """What a list tells of a document."""

    title: str = ""
    text: str = ""
    language: str | None = None


class Stored(msgspec.Struct):
    """A document's file."""

    revision: int
    changed: str
    document: msgspec.Raw


class Documents:
    """The documents in a folder. Ids are ours, drawn at random; a title is never a path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._heads: dict[str, tuple[int, dict[str, Any]]] = {}

    def list(self) -> list[dict[str, Any]]:
        """The documents, the last changed first. One whose file is damaged goes by the file's name: reading it says
        so."""
        with self._lock:  # else one may be deleted between being found and being read
            paths = self._folder.glob("*.json") if self._folder.is_dir() else []
            rows = [self._head(path) for path in paths if _ID.match(path.stem)]
        return sorted(rows, key=lambda row: row["changed"], reverse=True)

    def create(self, document: dict[str, Any]) -> dict[str, Any]:
        """A new document."""
        if len(self.list()) >= MOST_DOCUMENTS:
            raise ApiError(507, "no_room", f"There are {MOST_DOCUMENTS:,} documents; delete some first.")
        name = secrets.token_hex(8)
        self._write(name, 1, document)
        return {"id": name, "revision": 1}

    def read(self, name: str) -> dict[str, Any]:
        """A document with its revision; ApiError 404 where there is none."""
        stored = self._stored(name)
        try:
            document = json.loads(bytes(stored.document))
        except _UNREADABLE:
            raise _damaged() from None
        return {"id": name, "revision": stored.revision, "document": document}

    def replace(self, name: str, revision: int, document: dict[str, Any]) -> dict[str, Any]:
        """Puts a new state of a document in place of the one that it was made from; ApiError 409 where that is not the
        newest any more."""
        with self._lock:
            newest = self._stored(name).revision
            if revision != newest:
                raise ApiError(
                    409, "conflict", f"The document was changed elsewhere: it is at revision {newest}, not {revision}."
                )
            self._write(name, revision + 1, document)
        return {"revision": revision + 1}

    def delete(self, name: str) -> None:
        """Takes a document away; ApiError 404 where there is none."""
        with self._lock:
            try:
                remove_file(self._path(name))
            except FileNotFoundError:
                raise _missing() from None
            except (IsADirectoryError, PermissionError):  # a folder in its place
                raise _damaged() from None

    def head(self, name: str) -> Head:
        """Title, text and language of a document."""
        try:
            return msgspec.json.decode(self._stored(name).document, type=Head)
        except _UNREADABLE:
            raise _damaged() from None

    def _head(self, path: Path) -> dict[str, Any]:
        stamp = path.lstat().st_mtime_ns  # a link may lead nowhere
        known = self._heads.get(path.stem)
        if known is None or known[0] != stamp:
            known = self._heads[path.stem] = (stamp, self._row(path))
        return known[1]

    def _row(self, path: Path) -> dict[str, Any]:
        try:
            stored, head = self._stored(path.stem), self.head(path.stem)
        except ApiError as error:
            if error.code != _DAMAGED and not path.is_symlink():
                raise
            changed = datetime.fromtimestamp(path.lstat().st_mtime, UTC).isoformat(timespec="milliseconds")
            return {"id": path.stem, "title": path.name, "beginning": "", "words": 0, "changed": changed, "revision": 0}
        return {
            "id": path.stem,
            "title": head.title,
            "beginning": beginning_of(head.text),
            "words": number_of_words(head.text),
            "changed": stored.changed,
            "revision": stored.revision,
        }

    def _path(self, name: str) -> Path:
        if not _ID.match(name):
            raise _missing()
        return self._folder / f"{name}.json"

    def _stored(self, name: str) -> Stored:
        try:
            return msgspec.json.decode(self._path(name).read_bytes(), type=Stored)
        except FileNotFoundError:
            raise _missing() from None
        except (OSError, *_UNREADABLE):
            raise _damaged() from None

    def _write(self, name: str, revision: int, document: dict[str, Any]) -> None:
        changed = datetime.now(UTC).isoformat(timespec="milliseconds")
        write_text(self._path(name), _text_of({"revision": revision, "changed": changed, "document": document}))


def _text_of(stored: dict[str, Any]) -> str:
    """A document's file; ApiError 422 for what could not be read from it again, so that the old one stays."""
    try:
        text = json.dumps(stored, ensure_ascii=False, allow_nan=False)
        msgspec.json.decode(text.encode(), type=Stored)
        to_json([stored])  # answers are made by it, and it goes only so deep
    except _UNREADABLE:
        raise ApiError(
            422, "invalid_body", "document: It holds NaN, an infinite number, half a character, or is nested too deep."
        ) from None
    return text


def beginning_of(text: str) -> str:
    """The first words, by which what has no title is known."""
    text = text.strip()
    words = text[:_LONGEST_BEGINNING].split()
    if len(text) <= _LONGEST_BEGINNING:
        return " ".join(words)
    return " ".join(words[:-1] or words) + "…"


def _missing() -> ApiError:
    return ApiError(404, "no_document", "There is no such document.")


def _damaged() -> ApiError:
    return ApiError(500, _DAMAGED, "The document's file is damaged; restore it from a copy.")
