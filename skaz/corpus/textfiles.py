"""Text files opened with care: byte order marks are heeded, old encodings found out; what is neither is named."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, cast

from skaz.corpus.encodings import CHUNK_BYTES, as_utf8, chunks, old_encoding, wide_encoding
from skaz.errors import CorpusError

_FIRST_BYTES = 1_024  # of nearly every file they tell that there is something in it
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive (or .docx, .epub, .odt)",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive (its name must end in .gz)",
    b"\xd0\xcf\x11\xe0": "an old Office document (.doc)",
    b"PAR1": "a parquet file (its name must end in .parquet)",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLi": "a database",
    b"{\\rtf": "RTF (of a word processor)",
}
_UTF8 = "UTF-8-SIG"  # with or without a byte order mark
_KEPT = 4_096  # files whose encoding is kept in mind: a corpus is looked at several times


@contextmanager
def open_text(path: Path, newline: str | None = None) -> Iterator[IO[str]]:
    """The file as text, for reading; line ends become \\n unless `newline` is "" (as `csv` wants it).

    UTF-8, with or without a byte order mark, UTF-16 with one, or the old encoding that the bytes tell of. Raises
    CorpusError for an empty file, one that is not text, and one in no encoding that is found, then with the place of
    the first bad byte.
    """
    encoding = _encoding(path)
    try:
        try:
            with _open_bytes(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline=newline) as text:
                yield text
        except UnicodeDecodeError as error:
            raise CorpusError(_wrong_encoding(path, encoding)) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(f"{path} is a damaged gzip file ({error}): unpack or copy it again.") from error


def read_head(path: Path, characters: int) -> tuple[str, bool]:
    """The beginning of a text file, and whether that is all of it."""
    with open_text(path) as text:
        head = text.read(characters + 1)
    return head[:characters], len(head) <= characters


def old_encodings(files: Iterable[str]) -> dict[str, str]:
    """What those of the text files are in that are not in Unicode, such as Windows-1251. CorpusError as `open_text`
    raises at once."""
    found = {file: _encoding(Path(file)) for file in files}
    return {file: encoding for file, encoding in found.items() if not encoding.startswith("UTF")}


def looks_like_markup(line: str) -> bool:
    """Whether a line has what HTML has and a story hasn't."""
    return "<" in line and ("</" in line or "/>" in line)


def is_blank(path: Path) -> bool:
    """Whether there is nothing in a file but white space. Of one that can't be read the reader says why."""
    try:
        with _open_bytes(path) as raw:
            if raw.read(_FIRST_BYTES).removeprefix(codecs.BOM_UTF8).strip():
                return False
            return not any(chunk.strip() for chunk in chunks(raw))
    except (EOFError, OSError, zlib.error):
        return False


def _open_bytes(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def _head(path: Path) -> bytes:
    try:
        with _open_bytes(path) as raw:
            return raw.read(CHUNK_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(f"{path} is not a gzip file or is damaged ({error}).") from error
    except OSError as error:
        raise CorpusError(f"{path} can't be read: {error.strerror}.") from error


def _encoding(path: Path) -> str:
    head = _head(path)
    if not head.strip() and is_blank(path):
        raise CorpusError(f"{path} is empty: give a file with stories in it.")
    if (wide := wide_encoding(head)) is not None:
        return wide
    for signature, what in _ARCHIVES.items():
        if head.startswith(signature):
            raise CorpusError(f"{path} is not text but {what}: give plain text, or export it as text first.")
    if b"\0" in head:
        raise CorpusError(
            f"{path} is not text: it has a zero byte at offset {head.index(0)}. Give plain text in UTF-8; "
            "UTF-16 is read only if the file begins with a byte order mark."
        )
    status = path.stat()
    return _old_encoding(path.absolute(), status.st_mtime_ns, status.st_size) or _UTF8


@lru_cache(maxsize=_KEPT)
def _old_encoding(path: Path, modified_ns: int, size: int) -> str | None:
    try:
        return old_encoding(partial(_open_bytes, path))
    except (EOFError, gzip.BadGzipFile, zlib.error):  # who reads on says so
        return None


def _wrong_encoding(path: Path, encoding: str) -> str:
    offset, line, is_cut = _first_bad_byte(path, "utf-8" if encoding == _UTF8 else encoding)
    if encoding in ("UTF-16", "UTF-32"):
        return f"{path} begins as {encoding} but is damaged at byte {offset}: save it again as UTF-8."
    if is_cut:
        return f"{path} ends inside a character (byte {offset}): it was cut off. Copy it again."
    save_it = "Save it as UTF-8 with the program that made it."
    if encoding != _UTF8:
        return f"{path} looks like {encoding}, but byte {offset} (line {line}) is nothing in that. {save_it}"
    with _open_bytes(path) as raw:
        seen = as_utf8(chunks(raw))
    if seen.is_utf8:
        first = "is wrong" if seen.bad_bytes == 1 else f"is the first of {seen.bad_bytes:,} that are wrong"
        return (
            f"{path} is UTF-8 but damaged: byte {offset} (line {line}) {first}. Mend the text there, or take a copy "
            "that is whole."
        )
    return f"{path} is not UTF-8: byte {offset} (line {line}) is wrong. {save_it}"


def _first_bad_byte(path: Path, encoding: str) -> tuple[int, int, bool]:
    """The offset of the first byte that can't be decoded, its line (from 1), and whether the file ends there, inside a
    character."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset, line = 0, 1
    with _open_bytes(path) as raw:
        for chunk in chunks(raw):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                place = max(error.start - pending, 0)
                return offset + error.start - pending, line + chunk[:place].count(b"\n"), False
            offset += len(chunk)
            line += chunk.count(b"\n")
    return offset, line, True
