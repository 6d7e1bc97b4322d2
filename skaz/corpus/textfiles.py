"""Text files opened with care: byte order marks are heeded; what is not UTF-8 is named and explained."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from skaz.errors import CorpusError
from skaz.files import for_shell

CONVERT_IT = "convert it with: "  # what follows is a command, to the end of the message
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
_CYRILLIC_ENCODINGS = ("windows-1251", "koi8-r", "cp866", "mac-cyrillic")  # as Python and iconv call them
_NOT_ASCII, _BAD_BYTES, _OF_WORDS = map(re.compile, ("[^\x00-\x7f]", "[\udc80-\udcff]", "[\x80-\u07ff]{3,}"))
_COMMON_CYRILLIC = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё")
_LEAST_COMMON = 0.65  # of what is not ASCII: 0.96 of Russian prose is so, and up to 0.6 of Chinese read as Cyrillic


@contextmanager
def open_text(path: Path, newline: str | None = None) -> Iterator[IO[str]]:
    """The file as text, for reading; line ends become \\n unless `newline` is "" (as `csv` wants it).

    UTF-8, with or without a byte order mark, and UTF-16 with one. Raises CorpusError for an empty file, one
    that is not text, and one in another encoding, then with the place of the first bad byte.
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


def looks_like_markup(line: str) -> bool:
    """Whether a line has what HTML has and a story hasn't."""
    return "<" in line and ("</" in line or "/>" in line)


def is_blank(path: Path) -> bool:
    """Whether there is nothing in a file but white space. Of one that can't be read the reader says why."""
    try:
        with _open_bytes(path) as raw:
            if raw.read(_FIRST_BYTES).removeprefix(codecs.BOM_UTF8).strip():
                return False
            return not any(chunk.strip() for chunk in iter(lambda: raw.read(_HEAD_BYTES), b""))
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
    return "utf-8-sig"


def _wrong_encoding(path: Path, encoding: str) -> str:
    offset, line, around = _first_bad_byte(path, "utf-8" if encoding == "utf-8-sig" else encoding)
    if encoding in ("utf-16", "utf-32"):
        return f"{path} begins as {encoding.upper()} but is damaged at byte {offset}: save it again as UTF-8."
    if not around:
        return f"{path} ends inside a character (byte {offset}): it was cut off. Copy it again."
    seen = _as_utf8(path)
    if seen.is_utf8:
        first = "is wrong" if seen.bad_bytes == 1 else f"is the first of {seen.bad_bytes:,} that are wrong"
        return (
            f"{path} is UTF-8 but damaged: byte {offset} (line {line}) {first}. Mend the text there, or take a copy "
            "that is whole."
        )
    guess = guess_encoding(around)
    wrong = f"{path} is not UTF-8: byte {offset} (line {line}) is wrong."
    if guess is None:
        return f"{wrong} Save it as UTF-8 with the program that made it."
    if sys.platform == "win32":  # there is no iconv
        return f"{wrong} It looks like {guess}; open it in an editor that reads that, and save it as UTF-8."
    return f"{wrong} It looks like {guess}; {CONVERT_IT}{_conversion(path, guess)}"


def _conversion(path: Path, encoding: str) -> str:
    """The command that puts the file in UTF-8 in the place of the old one: a copy beside it would be read as well where
    a folder is named. Step by step, since a pipe ends well though its first part failed."""
    packed = path.suffix.lower() == ".gz"
    plain = path.with_suffix("") if packed else path
    old, new = for_shell(plain), for_shell(f"{plain}.utf8")
    convert = f"iconv -f {encoding} -t utf-8 {old} > {new} && mv {new} {old}"
    return f"gunzip {for_shell(path)} && {convert} && gzip {old}" if packed else convert


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


def _as_utf8(path: Path) -> _AsUtf8:
    seen = _AsUtf8()
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")  # a half of a surrogate for each bad byte
    with _open_bytes(path) as raw:
        for chunk in iter(lambda: raw.read(_HEAD_BYTES), b""):
            text = decoder.decode(chunk)
            bad = len(_BAD_BYTES.findall(text))
            seen.bad_bytes += bad
            seen.characters += len(_NOT_ASCII.findall(text)) - bad
            seen.in_words += sum(map(len, _OF_WORDS.findall(text)))
    return seen


def _first_bad_byte(path: Path, encoding: str) -> tuple[int, int, bytes]:
    """The offset of the first byte that can't be decoded, its line (from 1), and some of the bytes from there on.

    No bytes: the file ends inside a character.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    offset, line = 0, 1
    with _open_bytes(path) as raw:
        for chunk in iter(lambda: raw.read(_HEAD_BYTES), b""):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                place = max(error.start - pending, 0)
                return (
                    offset + error.start - pending,
                    line + chunk[:place].count(b"\n"),
                    chunk[place:] + raw.read(_HEAD_BYTES),
                )
            offset += len(chunk)
            line += chunk.count(b"\n")
    return offset, line, b""


def guess_encoding(sample: bytes) -> str | None:
    """The likeliest old eight-bit encoding of some text that is not UTF-8; None where it makes a text of none."""
    high = sum(byte >= 0x80 for byte in sample)
    letters = sum(chr(byte).isalpha() for byte in sample if byte < 0x80)
    if high < letters / 2:  # accents here and there: a western language
        return "windows-1252"
    common = {
        name: sum(letter in _COMMON_CYRILLIC for letter in sample.decode(name, errors="replace"))
        for name in _CYRILLIC_ENCODINGS
    }
    likeliest = max(common, key=lambda name: common[name])
    return likeliest if common[likeliest] > _LEAST_COMMON * high else None
