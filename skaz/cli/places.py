"""Where a command's files shall go, looked at before the work begins."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from skaz.errors import RequestError, ResourceError
from skaz.files import expanded


def check_file_place(path: Path, inputs: Sequence[str | Path] = ()) -> None:
    """Raises ResourceError where no file can be made at `path`, RequestError where one of the inputs, or a file in one
    of them, would be overwritten."""
    if path.exists():
        if not path.is_file():
            raise ResourceError(f"{path} is a folder or a device; give the name of a file.")
        for each in map(Path, inputs):
            if _holds(each, path):
                raise RequestError(f"{path} would be written over {each}, which is read; give another name.")
    check_folder_place(path)


def check_new_file(path: Path | None, inputs: Sequence[str | Path] = (), *, option: str, overwrite: bool) -> None:
    """`check_file_place` of the file that an option names; besides, RequestError where there is something in it that
    nobody said to `overwrite`, and where that is said and no file named."""
    if path is None:
        if overwrite:
            raise RequestError(f"--overwrite replaces the file at {option}, and none is named; leave it out.")
        return
    check_file_place(path, inputs)
    if not overwrite and path.exists() and path.stat().st_size:
        raise RequestError(f"{path} exists already; choose another {option}, or replace it with --overwrite.")


def check_folder_place(path: Path) -> None:
    """Raises ResourceError where nothing can be made at `path`, for what stands above it."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise ResourceError(f"{path} can't be made, for {above} is no folder; choose another place.")
    if not _may_be_written(above):
        raise ResourceError(f"{path} can't be made, for {above} may not be written; choose another place.")


def check_folder_to_keep(path: Path) -> None:
    """Raises ResourceError where nothing can be kept in a folder, which need not be there yet."""
    if not path.exists():
        check_folder_place(path)
    elif not _may_be_written(path):
        raise ResourceError(f"Nothing can be written in {path}; choose another folder.")


def _may_be_written(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _holds(source: Path, path: Path) -> bool:
    """Whether the file is the source itself, by whatever name, or lies in it."""
    source = expanded(source)
    if not source.exists():
        return False
    return source.samefile(path) or (source.is_dir() and source.resolve() in path.resolve().parents)
