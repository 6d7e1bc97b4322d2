"""Lines of standard input as they come: what waits is taken together, nothing waits for more."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import IO

from skaz.errors import CorpusError

MOST_LINES = 1024  # taken together


def line_batches(stream: IO[bytes], most: int = MOST_LINES) -> Iterator[list[str]]:
    """Lists of lines without their ends: at least one, and what else has come by then. Raises CorpusError for a line
    that is not UTF-8, after the lines before it."""
    waiting: queue.Queue[bytes | None] = queue.Queue(4 * most)
    threading.Thread(target=_read, args=(stream, waiting), daemon=True).start()
    number, over = 0, False
    while not over:
        raw = [waiting.get()]
        while raw[-1] is not None and len(raw) < most and not waiting.empty():
            raw.append(waiting.get())
        over = raw[-1] is None
        lines: list[str] = []
        for line in filter(None, raw):
            number += 1
            try:
                lines.append(line.decode("utf-8").rstrip("\r\n"))
            except UnicodeDecodeError as error:
                if lines:
                    yield lines
                raise CorpusError(
                    f"Line {number} of the input is not UTF-8 (byte {error.start + 1} of the line); convert the input, "
                    "with iconv say. The lines before it are done."
                ) from None
        if lines:
            yield lines


def _read(stream: IO[bytes], waiting: queue.Queue[bytes | None]) -> None:
    for line in stream:
        waiting.put(line)
    waiting.put(None)
