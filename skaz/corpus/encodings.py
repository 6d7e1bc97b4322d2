"""The old encoding of a text that is not in Unicode, told by its bytes: of Russian and its neighbours, and of English,
French, German and the like. Others are not guessed: a wrong letter in each word is worse than a refusal."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO

CHUNK_BYTES = 65_536
_ASCII = bytes(range(128))
_MARKS = "«»„“”‘’‚–—…•№§©®™°€£×·¿¡\xa0\xad"
# Of what is not ASCII, so much may be neither a letter nor one of the marks, in the whole and in a piece with enough of
# it; read in a wrong encoding a tenth and more is, and of lines of UTF-8 half.
_MOST_STRANGE, _MOST_STRANGE_IN_PIECE, _ENOUGH = 0.005, 0.02, 200

_CYRILLIC_ENCODINGS = ("Windows-1251", "KOI8-R", "KOI8-U", "IBM866", "ISO-8859-5")
_SMALL = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўјљњћђџѓќѕ"
_CYRILLIC = _SMALL + _SMALL.upper()
_CYRILLIC_WORDS = re.compile(f"[{_CYRILLIC}]{{2,}}")
# A capital behind a small letter: the Mac's я is Я in Windows-1251, where its other small letters are the same. The
# Mac's encoding itself is not among these: quotation marks of Windows are capitals in it.
_MIXED_CASE, _MOST_MIXED = re.compile(f"[{_SMALL}][{_SMALL.upper()}]"), 0.005
# They are two thirds of Russian's letters, of Ukrainian's and Belarusian's with their і. In a wrong encoding a third of
# Greek and of Hebrew is so, and of Russian in capitals; Russian in small letters is then in capitals.
_COMMON, _LEAST_COMMON, _LEAST_LETTERS = "оеаинтсрвлі", 0.5, 24
_COMMON_IN_CAPITALS = _COMMON + _COMMON.upper()

_WESTERN_ENCODING = "Windows-1252"
# Without what it makes of other languages, of UTF-8 and of the Mac's quotation marks: ã, ð, þ, š, ý, Ã, Ò, Ó, Ô, Õ
_WESTERN = "àáâäåæçèéêëìíîïñòóôöøùúûüßœÀÁÂÄÅÆÇÈÉÊËÍÎÏÑÖØÙÚÛÜŒ"
_LEAST_PLAIN = 10  # letters of ASCII beside them
_WESTERN_RUNS = re.compile(f"[{_WESTERN}]{{2,}}")
# What is no mark and no capital where it stands, but a letter or a dash of DOS or of the Mac
_OUT_OF_PLACE = re.compile("[a-z][„‚À-ÖØ-Þ]|[a-z][“”‘•§©®™°€£×¿¡][a-z]|\\sÑ\\s")

_NOT_ASCII, _BAD_BYTES, _OF_WORDS = map(re.compile, ("[^\x00-\x7f]", "[\udc80-\udcff]", "[\x80-\u07ff]{3,}"))


@dataclass
class AsUtf8:
    """What bytes hold, read as UTF-8: characters of several bytes, those of them that stand together as the letters of
    a word do, and bytes that belong to no character."""

    characters: int = 0
    in_words: int = 0
    bad_bytes: int = 0

    @property
    def is_utf8(self) -> bool:
        """Whether it is, be it damaged."""
        # In cp866 three letters are a character by chance as often as once in seven bad bytes, in koi8-r an ё is with
        # the letter before it; three characters of two bytes in a row are so in no old encoding of an alphabet.
        return self.characters > self.bad_bytes / 3 or self.in_words > self.bad_bytes / 20


def as_utf8(parts: Iterable[bytes], *, is_all: bool = True) -> AsUtf8:
    """The bytes of the parts, one after the other. Unless they are all there are, they may end inside a character."""
    seen = AsUtf8()
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")  # a half of a surrogate for each bad byte
    for part in itertools.chain(parts, [b""]):
        text = decoder.decode(part, final=is_all and not part)
        bad = len(_BAD_BYTES.findall(text))
        seen.bad_bytes += bad
        seen.characters += len(_NOT_ASCII.findall(text)) - bad
        seen.in_words += sum(map(len, _OF_WORDS.findall(text)))
    return seen


def chunks(raw: IO[bytes]) -> Iterator[bytes]:
    """What is left of a file, piece by piece."""
    return iter(lambda: raw.read(CHUNK_BYTES), b"")


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32, where a text begins with the byte order mark of one; else None."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):  # before UTF-16, whose mark one of them begins with
        return "UTF-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    return None


def old_encoding(opened: Callable[[], IO[bytes]]) -> str | None:
    """The encoding, such as Windows-1251, of a text that `opened` opens; None where it is in UTF-8, be that damaged,
    and where its bytes don't tell: of few letters, of texts in capitals, of lines in two encodings."""
    with opened() as raw:
        sample = next((chunk for chunk in chunks(raw) if not chunk.isascii()), b"") + raw.read(CHUNK_BYTES)
        is_all = not raw.read(1)
    seen = as_utf8([sample], is_all=is_all)
    if not seen.bad_bytes or seen.is_utf8 or sample.startswith(codecs.BOM_UTF8):
        return None
    return next((encoding for encoding in _likely(sample) if _is_usual(opened, encoding)), None)


def _likely(sample: bytes) -> list[str]:
    """Encodings in which a sample reads like a language that is written in them; several only where they have the same
    letters."""
    texts = {encoding: sample.decode(encoding, "replace") for encoding in _CYRILLIC_ENCODINGS}
    # of a text in capitals small letters of another encoding may look right, but fewer than the right one's capitals
    in_any_case = {encoding: sum(map(text.count, _COMMON_IN_CAPITALS)) for encoding, text in texts.items()}
    most = max(in_any_case.values())
    found = [each for each, text in texts.items() if in_any_case[each] == most and _is_cyrillic(text)]
    if not found and _is_western(sample.decode(_WESTERN_ENCODING, "replace")):
        return [_WESTERN_ENCODING]
    return found


def _is_cyrillic(text: str) -> bool:
    """Whether most of what is not ASCII stands in words, which are not in small letters and capitals at once, and half
    of it is small letters that are common in Russian."""
    beyond = len(_NOT_ASCII.findall(text))
    in_words = sum(map(len, _CYRILLIC_WORDS.findall(text)))
    are_words = in_words >= max(beyond / 2, _LEAST_LETTERS)
    return (
        are_words
        and len(_MIXED_CASE.findall(text)) <= _MOST_MIXED * in_words
        and sum(map(text.count, _COMMON)) >= _LEAST_COMMON * beyond
    )


def _is_western(text: str) -> bool:
    """Whether letters with accents, and marks, stand here and there among letters of ASCII."""
    beyond = len(_NOT_ASCII.findall(text))
    accented, together = sum(map(text.count, _WESTERN)), sum(map(len, _WESTERN_RUNS.findall(text)))
    plain = sum(character.isalpha() for character in text) - accented
    return max(2 * beyond, _LEAST_PLAIN) <= plain and 2 * together <= accented and not _OUT_OF_PLACE.search(text)


def _is_usual(opened: Callable[[], IO[bytes]], encoding: str) -> bool:
    """Whether nearly all of the file that is not ASCII is what texts in the encoding have, and each piece that has
    enough of it reads like one: files of several encodings may have been put together."""
    reads_like_one = _is_western if encoding == _WESTERN_ENCODING else _is_cyrillic
    letters = _WESTERN if encoding == _WESTERN_ENCODING else _CYRILLIC
    usual = (letters + _MARKS).encode(encoding, "ignore")
    beyond = strange = 0
    with opened() as raw:
        for chunk in chunks(raw):
            high = chunk.translate(None, _ASCII)
            odd = len(high.translate(None, usual))
            beyond, strange = beyond + len(high), strange + odd
            if len(high) >= _ENOUGH and (
                odd > _MOST_STRANGE_IN_PIECE * len(high) or not reads_like_one(chunk.decode(encoding, "replace"))
            ):
                return False
    return strange <= _MOST_STRANGE * beyond
