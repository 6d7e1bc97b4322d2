"""Files and folders that are whole or not there: written beside, flushed to the disk, renamed."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from skaz.errors import ResourceError

_OUT_OF_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Has `write` fill a file beside `path`, then puts it in its place in one move; a fault leaves the old
    file as it was and nothing beside it. Raises ResourceError where the disk is full or may not be written."""
    beside = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write(beside)
            _flush(beside)
            os.replace(beside, path)
            _flush(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """`write_whole` for text: UTF-8, plain line ends."""
    write_whole(path, lambda beside: _put(beside, text))


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def new_folder(path: Path, known_by: str) -> Iterator[Path]:
    """A folder beside `path` to write into, which takes its place at the end.

    What is there before is replaced only if it has the file `known_by` in it, or nothing: a user's other
    files are never lost to a wrong name (ResourceError).

    Where the block fails the folder is removed, and what was at `path` stays. Files are flushed to the disk
    before the change of names. Raises ResourceError where the disk is full or may not be written to.
    """
    if path.exists() and not (path / known_by).is_file() and not _is_empty_folder(path):
        raise ResourceError(f"{path} exists and was not made by skaz: choose another name or remove it first.")
    beside = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        with disk_errors(path):
            beside.mkdir(parents=True)
            yield beside
            for file in beside.rglob("*"):
                _flush(file)
            _flush(beside)
            _replace(beside, path)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns a full or a forbidden disk into a sentence that names the place; other faults pass as they are."""
    try:
        yield
    except OSError as error:
        if error.errno in _OUT_OF_SPACE:
            raise ResourceError(f"The disk is full ({path}): free some space or write elsewhere.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise ResourceError(f"{path} can't be written ({error.strerror}): choose another folder.") from error
        raise


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _replace(beside: Path, path: Path) -> None:
    # os.replace puts no folder over one with files in it, so the old one steps aside first.
    old = path.parent / f"{beside.name}.old"
    if path.exists():
        os.replace(path, old)
    os.replace(beside, path)
    _flush(path.parent)
    if old.is_dir():
        shutil.rmtree(old, ignore_errors=True)


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # a folder can't be opened there
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
