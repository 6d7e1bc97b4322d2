"""Lines of standard input as they come: what waits is taken together, nothing waits for more."""

from __future__ import annotations

import io
import queue
import sys
import threading
from collections.abc import Iterator
from typing import BinaryIO, cast

from skaz.errors import CorpusError, RequestError

MOST_LINES = 1024  # taken together
CHUNK_BYTES = 65_536


def standard_input() -> BinaryIO:
    """Standard input past Python's own object of it, whose lock the thread that reads would still hold when the process
    ends, and Python aborts over that. RequestError where it is closed."""
    if sys.stdin is None:
        raise RequestError("Standard input is closed; give the lines there, from a file with < in.txt say.")
    try:
        descriptor = sys.stdin.fileno()
    except io.UnsupportedOperation:  # somebody has put an object without one in its place
        return sys.stdin.buffer
    return cast(BinaryIO, open(descriptor, "rb", buffering=0, closefd=False))


def line_batches(stream: BinaryIO, most: int = MOST_LINES) -> Iterator[list[str]]:
    """Lists of lines without their ends: at least one, and what else has come by then. Raises CorpusError for a line
    that is not UTF-8 and for a stream that can't be read, after the lines before it."""
    waiting: queue.Queue[bytes | OSError | None] = queue.Queue(4 * most)
    threading.Thread(target=_read, args=(stream, waiting), daemon=True).start()
    number, over = 0, False
    while not over:
        raw = [waiting.get()]
        while isinstance(raw[-1], bytes) and len(raw) < most and not waiting.empty():
            raw.append(waiting.get())
        over = not isinstance(raw[-1], bytes)
        lines: list[str] = []
        for line in raw:
            if not isinstance(line, bytes):
                break
            number += 1
            try:  # the first may begin with a byte order mark
                lines.append(line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n"))
            except UnicodeDecodeError as error:
                if lines:
                    yield lines
                raise CorpusError(
                    f"Line {number} of the input is not UTF-8 (byte {error.start + 1} of the line); convert the input, "
                    "with iconv say. The lines before it are done."
                ) from None
        if lines:
            yield lines
        if isinstance(raw[-1], OSError):
            raise CorpusError(f"Standard input can't be read ({raw[-1].strerror}); give a file of lines with < in.txt.")


def _read(stream: BinaryIO, waiting: queue.Queue[bytes | OSError | None]) -> None:
    """Puts each line there, then None, or what keeps it from reading on."""
    end: OSError | None = None
    rest: list[bytes] = []  # of a line that has not come to its end
    try:
        while chunk := stream.read(CHUNK_BYTES):
            *lines, last = chunk.split(b"\n")
            for line in lines:
                waiting.put(b"".join((*rest, line, b"\n")))
                rest = []
            rest.append(last)
    except OSError as error:
        end = error
    if any(rest):
        waiting.put(b"".join(rest))
    waiting.put(end)
