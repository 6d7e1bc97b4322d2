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

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TELLING = 100  # characters: the language of so long a text is known better from it than from its model


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
    """The text's own language, or that of the model it was written with where it is short."""
    stated = head.language if head.language and _LANGUAGE.match(head.language) else None
    if stated is not None and len(head.text) < _TELLING:
        return stated
    read = next(iter(language_shares([head.text])), "en")
    return stated if stated is not None and stated.split("-")[0].lower() == read else read


def _plain(text: str) -> str:
    return _NOT_IN_XML.sub("", text)
