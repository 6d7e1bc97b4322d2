"""A document as an e-book."""

from __future__ import annotations

import html
import re
import tempfile
from pathlib import Path

import mkepub

from skaz.server.documents import Head
from skaz.server.exports import paragraphs

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def epub(head: Head) -> bytes:
    """EPUB 3 of one chapter: the text's paragraphs under its title."""
    title = _NOT_IN_XML.sub("", " ".join(head.title.split())) or "Story"
    language = head.language if head.language and _LANGUAGE.match(head.language) else "en"
    text = [html.escape(_NOT_IN_XML.sub("", part)) for part in paragraphs(head.text)]
    book = mkepub.Book(title, lang=language)
    body = "\n".join(f"<p>{part}</p>" for part in text)
    book.add_page(title, f"<h1>{html.escape(title)}</h1>\n{body}")
    with tempfile.TemporaryDirectory(prefix="skaz.", ignore_cleanup_errors=True) as made:
        path = Path(made) / "story.epub"
        book.save(path)
        book.tempdir.cleanup()  # else it is done by chance, with a warning
        return path.read_bytes()
