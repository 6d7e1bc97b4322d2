"""Lines of standard input, or of a file, as they come: what waits is taken together, nothing waits for more. And a file
in the place of standard output, for shells that can't send bytes there as they are (PowerShell)."""

from __future__ import annotations

import io
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import BinaryIO, cast

import click

from skaz.cli.places import check_new_file
from skaz.corpus.encodings import old_encoding, wide_encoding
from skaz.corpus.records import count
from skaz.errors import CorpusError, RequestError
from skaz.files import disk_errors, make_folders

MOST_LINES = 1024  # taken together
CHUNK_BYTES = 65_536


@contextmanager
def lines_from(path: Path | None) -> Iterator[BinaryIO]:
    """The file, or standard input where there is none. RequestError where it can't be read."""
    if path is None:
        yield _standard_input()
        return
    with _opened(path) as file:
        yield file


def _opened(path: Path) -> BinaryIO:
    """The file in UTF-8. PowerShell writes UTF-16; an old encoding is told, as it may be another."""
    try:
        encoding = _other_encoding(path)
        if encoding is None:
            return cast(BinaryIO, open(path, "rb", buffering=0))
        text = path.read_bytes().decode(encoding)
    except OSError as error:
        raise RequestError(f"{path} can't be read ({error.strerror}); name a file of lines.") from None
    except UnicodeDecodeError as error:
        damaged = f"{path} looks like {encoding} but is damaged at byte {error.start}"
        raise CorpusError(f"{damaged}: save it as UTF-8.") from None
    if not encoding.startswith("UTF"):
        click.echo(f"{path} is in an old encoding ({encoding})", err=True)
    return io.BytesIO(text.encode())


def _other_encoding(path: Path) -> str | None:
    """What a file is in that is not UTF-8, where that can be told."""
    if not path.is_file():  # of a pipe nothing can be read twice
        return None
    with path.open("rb") as file:
        wide = wide_encoding(file.read(4))
    return wide or old_encoding(lambda: path.open("rb"))


@contextmanager
def printed_to(path: Path | None, *inputs: Path, overwrite: bool) -> Iterator[None]:
    """Has a file in the place of standard output; without a path nothing changes. RequestError where it is one of the
    `inputs`, or lies in one, and where there is something in it that nobody said to `overwrite`; ResourceError where
    the disk is full or may not be written."""
    check_new_file(path, inputs, option="--out", overwrite=overwrite)
    if path is None:
        yield
        return
    make_folders(path.parent)
    with disk_errors(path), open(path, "w", encoding="utf-8", newline="\n") as file, redirect_stdout(file):
        try:
            yield
        except KeyboardInterrupt:
            file.flush()
            click.echo(f"Broken off: {count(_lines_in(path), 'line')} written; {path} holds what there is.", err=True)
            raise


def _lines_in(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _standard_input() -> BinaryIO:
    """Standard input past Python's own object of it, whose lock the thread that reads would still hold when the process
    ends, and Python aborts over that. RequestError where it is closed."""
    if sys.stdin is None:
        raise RequestError("Standard input is closed; give the lines there, or name their file with --in.")
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
                    f"Line {number} of the input is not UTF-8 (byte {error.start + 1} of the line); convert the input "
                    "to UTF-8. The lines before it are done."
                ) from None
        if lines:
            yield lines
        if isinstance(raw[-1], OSError):
            raise CorpusError(f"The lines can't be read ({raw[-1].strerror}); name a file of them with --in.")


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
    except ValueError:  # it was closed: nobody reads on
        return
    if any(rest):
        waiting.put(b"".join(rest))
    waiting.put(end)
