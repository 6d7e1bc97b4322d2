"""Windows' rule of files, for tests on a system that has none such: what this process has open or mapped is neither
moved, nor replaced, nor removed, and no folder is moved or removed that it lies in."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from skaz import files


def _held() -> set[str]:
    """Paths of the files that this process has open or mapped."""
    held = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            held.add(os.readlink(f"/proc/self/fd/{number}"))
    with open("/proc/self/maps", encoding="utf-8") as maps:
        held |= {line.split(maxsplit=5)[5].rstrip("\n") for line in maps if line.count("/")}
    return {path for path in held if os.path.isfile(path)}


def _refuse_held(path: Any, dir_fd: int | None = None) -> None:
    above = os.readlink(f"/proc/self/fd/{dir_fd}") if dir_fd is not None else os.getcwd()
    place = os.path.join(above, os.fspath(path))
    place = os.path.join(os.path.realpath(os.path.dirname(place)), os.path.basename(place))
    for each in _held():
        if each == place or each.startswith(place + os.sep):
            raise PermissionError(errno.EACCES, f"Access is denied, for {each} is in use", str(path))


def hold_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the rule holds in this process."""

    @contextmanager
    def no_lock(folder: Path) -> Any:
        yield None

    monkeypatch.setattr(files, "HOLDS_OPEN_FILES", True)
    monkeypatch.setattr(files, "_PATIENCE_S", (0.01,))
    monkeypatch.setattr(files, "_locked", no_lock)
    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, _moving(getattr(os, name)))
    for name in ("unlink", "remove", "rmdir"):
        monkeypatch.setattr(os, name, _removing(getattr(os, name)))


def _moving(real: Callable[..., None]) -> Callable[..., None]:
    def move(source: Any, target: Any, **more: Any) -> None:
        _refuse_held(source, more.get("src_dir_fd"))
        _refuse_held(target, more.get("dst_dir_fd"))
        real(source, target, **more)

    return move


def _removing(real: Callable[..., None]) -> Callable[..., None]:
    def remove(path: Any, *, dir_fd: int | None = None) -> None:
        _refuse_held(path, dir_fd)
        real(path, dir_fd=dir_fd)

    return remove
