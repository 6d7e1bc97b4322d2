"""A document as an e-book."""

from __future__ import annotations

import html
import re
import tempfile
from pathlib import Path

import mkepub
from markupsafe import escape

from skaz.corpus.languages import language_shares
from skaz.server.documents import Head, beginning_of
from skaz.server.stanzas import blocks_of

_TELLING = 100  # characters: of so many the language can be told
_LATIN_END = "\u0250"  # behind the Latin letters
# languages that are not written in Latin letters, of those that py3langid tells
# fmt: off
_OF_OTHER_LETTERS = frozenset({
    "am", "ar", "as", "be", "bg", "bn", "dz", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "kk",
    "km", "kn", "ko", "ky", "lo", "mk", "ml", "mn", "mr", "ne", "or", "pa", "ps", "ru", "si", "sr",
    "ta", "te", "th", "ug", "uk", "ur", "zh"
})
# fmt: on
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def epub(head: Head) -> bytes:
    """EPUB 3 of one chapter: the text's paragraphs and stanzas under its title. A text without one goes by its first
    words."""
    heading = _plain(" ".join(head.title.split()))
    # mkepub escapes a title in one of its templates alone; what is escaped already it leaves so there as well.
    title = escape(heading or _plain(beginning_of(head.text)) or "Story")
    language = language_of(head)
    book = mkepub.Book(title, lang=language)
    told = [f"<h1>{title}</h1>"] if heading else []
    for lines in blocks_of(head.text):
        verses = "<br/>\n".join(html.escape(_plain(line)) for line in lines)
        told.append(f"<p>{verses}</p>")
    body = "\n".join(told)
    book.add_page(title, f'<section lang="{language}" xml:lang="{language}">\n{body}\n</section>')
    with tempfile.TemporaryDirectory(prefix="skaz.", ignore_cleanup_errors=True) as made:
        path = Path(made) / "story.epub"
        book.save(path)
        book.tempdir.cleanup()  # else it is done by chance, with a warning
        return path.read_bytes()


def language_of(head: Head) -> str:
    """That of the model the text was written with, if it can be written in the text's letters; else the text's own, as
    far as it can be told."""
    stated = head.language if head.language and _LANGUAGE.match(head.language) else None
    if stated is not None:
        may_be = (stated.split("-")[0].lower() in _OF_OTHER_LETTERS) != _is_in_latin(head.text)
        if may_be or len(head.text) < _TELLING:
            return stated
    return next(iter(language_shares([head.text])), "en")


def _is_in_latin(text: str) -> bool:
    """Whether at least half of the letters are; so is a text without letters."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter < _LATIN_END for letter in letters) * 2 >= len(letters)


def _plain(text: str) -> str:
    return _NOT_IN_XML.sub("", text)
