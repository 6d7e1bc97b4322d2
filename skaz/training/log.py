"""The run's logs, a JSON object a line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Self

from skaz.errors import ResourceError
from skaz.files import disk_errors


class Log:
    """Appends lines. metrics.jsonl holds only what a repeated run repeats, and is cut back to its last
    checkpoint on a resume; what the clock says goes to a second file."""

    def __init__(self, path: Path, length: int = 0) -> None:
        """Opens `path` and cuts it to `length` bytes; where it is shorter, to its whole lines."""
        self._path = path
        with disk_errors(path):
            self._file = path.open("ab")
            self._file.truncate(_whole_lines(path, length))
            self._file.seek(0, os.SEEK_END)

    def write(self, line: dict[str, Any]) -> None:
        with disk_errors(self._path):
            self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def flushed_length(self) -> int:
        """Bytes so far, all on the disk."""
        with disk_errors(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())
            return self._file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            with disk_errors(self._path):
                self._file.close()
        except ResourceError:
            if kind is None:  # else the disk is full twice over, and the first error tells of it
                raise


def _whole_lines(path: Path, length: int) -> int:
    """`length`, or of a shorter file what its whole lines take: cutting it to more would fill it with zeros."""
    if path.stat().st_size >= length:
        return length
    return path.read_bytes().rfind(b"\n") + 1


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log; a last line cut short by a kill is left out."""
    lines: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return lines
