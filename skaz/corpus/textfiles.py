"""Text files opened with care: byte order marks are heeded, old encodings found out; what is neither is named."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, cast

from skaz.errors import CorpusError

_HEAD_BYTES = 65_536
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
_NOT_ASCII, _BAD_BYTES, _OF_WORDS = map(re.compile, ("[^\x00-\x7f]", "[\udc80-\udcff]", "[\x80-\u07ff]{3,}"))
_LEAST_CONFIDENCE = 0.05  # of chardet: a sentence of Russian has 0.1 to 0.4, two letters by themselves 0.02 at most


@contextmanager
def open_text(path: Path, newline: str | None = None) -> Iterator[IO[str]]:
    """The file as text, for reading; line ends become \\n unless `newline` is "" (as `csv` wants it).

    UTF-8, with or without a byte order mark, UTF-16 with one, or the old encoding that the bytes tell of. Raises
    CorpusError for an empty file, one that is not text, and one in no encoding that is found, then with the place of
    the first bad byte.
    """
    head = _head(path)
    encoding = _encoding(path, head)
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
    found = {file: _encoding(Path(file), _head(Path(file))) for file in files}
    return {file: encoding for file, encoding in found.items() if not encoding.startswith("utf")}


def old_encoding(opened: Callable[[], IO[bytes]]) -> str | None:
    """The encoding that the bytes of a text tell of, such as Windows-1251; None where they are UTF-8, be it damaged, or
    tell of nothing. Where lines are in two encodings, one of them UTF-8, the whole is damaged. `opened`: opens it."""
    with opened() as raw:
        beyond_ascii = next((chunk for chunk in _chunks(raw) if not chunk.isascii()), b"")
        sample = beyond_ascii + raw.read(_HEAD_BYTES)
    if not _as_utf8([sample]).bad_bytes:
        return None
    with opened() as raw:
        if _as_utf8(_chunks(raw)).is_utf8:
            return None
    import chardet  # takes a moment, and most files are in UTF-8

    # lines of ASCII alone tell of nothing, and many of them would be taken for English with a few odd letters
    telling = b"\n".join(line for line in sample.splitlines() if not line.isascii())
    era = chardet.EncodingEra.ALL & ~chardet.EncodingEra.MAINFRAME
    found = chardet.detect(telling, encoding_era=era, prefer_superset=True, no_match_encoding="utf-8")
    encoding = found["encoding"] if found["confidence"] >= _LEAST_CONFIDENCE else None
    return None if encoding is None or encoding.lower().startswith("utf") else encoding


def looks_like_markup(line: str) -> bool:
    """Whether a line has what HTML has and a story hasn't."""
    return "<" in line and ("</" in line or "/>" in line)


def is_blank(path: Path) -> bool:
    """Whether there is nothing in a file but white space. Of one that can't be read the reader says why."""
    try:
        with _open_bytes(path) as raw:
            if raw.read(_FIRST_BYTES).removeprefix(codecs.BOM_UTF8).strip():
                return False
            return not any(chunk.strip() for chunk in _chunks(raw))
    except (EOFError, OSError, zlib.error):
        return False


def _open_bytes(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def _head(path: Path) -> bytes:
    try:
        with _open_bytes(path) as raw:
            return raw.read(_HEAD_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(f"{path} is not a gzip file or is damaged ({error}).") from error
    except OSError as error:
        raise CorpusError(f"{path} can't be read: {error.strerror}.") from error


def _encoding(path: Path, head: bytes) -> str:
    if not head.strip() and is_blank(path):
        raise CorpusError(f"{path} is empty: give a file with stories in it.")
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for signature, what in _ARCHIVES.items():
        if head.startswith(signature):
            raise CorpusError(f"{path} is not text but {what}: give plain text, or export it as text first.")
    if b"\0" in head:
        raise CorpusError(
            f"{path} is not text: it has a zero byte at offset {head.index(0)}. Give plain text in UTF-8; "
            "UTF-16 is read only if the file begins with a byte order mark."
        )
    return old_encoding(partial(_open_bytes, path)) or "utf-8-sig"


def _chunks(raw: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: raw.read(_HEAD_BYTES), b"")


def _wrong_encoding(path: Path, encoding: str) -> str:
    offset, line, is_cut = _first_bad_byte(path, "utf-8" if encoding == "utf-8-sig" else encoding)
    if encoding in ("utf-16", "utf-32"):
        return f"{path} begins as {encoding.upper()} but is damaged at byte {offset}: save it again as UTF-8."
    if is_cut:
        return f"{path} ends inside a character (byte {offset}): it was cut off. Copy it again."
    save_it = "Save it as UTF-8 with the program that made it."
    if encoding != "utf-8-sig":
        return f"{path} looks like {encoding}, but byte {offset} (line {line}) is nothing in that. {save_it}"
    with _open_bytes(path) as raw:
        seen = _as_utf8(_chunks(raw))
    if seen.is_utf8:
        first = "is wrong" if seen.bad_bytes == 1 else f"is the first of {seen.bad_bytes:,} that are wrong"
        return (
            f"{path} is UTF-8 but damaged: byte {offset} (line {line}) {first}. Mend the text there, or take a copy "
            "that is whole."
        )
    return f"{path} is not UTF-8: byte {offset} (line {line}) is wrong. {save_it}"


@dataclass
class _AsUtf8:
    """What all of a file holds, read as UTF-8: characters of several bytes, those of them that stand together as the
    letters of a word do, and bytes that belong to no character."""

    characters: int = 0
    in_words: int = 0
    bad_bytes: int = 0

    @property
    def is_utf8(self) -> bool:
        # In cp866 three letters are a character by chance as often as once in seven bad bytes, in koi8-r an ё is with
        # the letter before it; three characters of two bytes in a row are so in none of the old encodings.
        return self.characters > self.bad_bytes / 3 or self.in_words > self.bad_bytes / 20


def _as_utf8(chunks: Iterable[bytes]) -> _AsUtf8:
    seen = _AsUtf8()
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")  # a half of a surrogate for each bad byte
    for chunk in chunks:
        text = decoder.decode(chunk)
        bad = len(_BAD_BYTES.findall(text))
        seen.bad_bytes += bad
        seen.characters += len(_NOT_ASCII.findall(text)) - bad
        seen.in_words += sum(map(len, _OF_WORDS.findall(text)))
    return seen


def _first_bad_byte(path: Path, encoding: str) -> tuple[int, int, bool]:
    """The offset of the first byte that can't be decoded, its line (from 1), and whether the file ends there, inside a
    character."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset, line = 0, 1
    with _open_bytes(path) as raw:
        for chunk in _chunks(raw):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                place = max(error.start - pending, 0)
                return offset + error.start - pending, line + chunk[:place].count(b"\n"), False
            offset += len(chunk)
            line += chunk.count(b"\n")
    return offset, line, True
