"""FictionBook 2, as Russian e-books are found, made ready for pandoc: in UTF-8, whatever it came in, and without what
pandoc takes for borders, chapters and text, and what is none."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# Bytes: a large book with its pictures has a fifth of it; in memory a tree of small elements takes 25 times as much.
_LARGEST = 100_000_000
_PACKED_AS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unzipped_fb2(content: bytes) -> bytes:
    """The one book in an archive, as libraries hand them out. ValueError where there is another number of them, and for
    what is no archive, is locked, damaged or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            books = [each for each in archive.infolist() if _is_book(each.filename)]
            if len(books) != 1:
                raise ValueError(f"{len(books)} books are in it, and one is wanted")
            if books[0].compress_type not in _PACKED_AS:
                raise ValueError("it is packed in a way that is not usual")
            with archive.open(books[0]) as book:
                return book.read(_LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ValueError(str(error)) from None


def _is_book(name: str) -> bool:
    """Whether a file in an archive is one; beside each macOS lays notes of its own, whose names begin with a dot."""
    last = name.rpartition("/")[2].lower()
    return last.endswith(".fb2") and not last.startswith(".")


def plain_fb2(content: bytes) -> bytes:
    """The book with its empty lines, which are room on the page, left out; with subtitles as paragraphs, titles within
    poems as verses; and without notes, the bodies with a name that follow the first. ValueError for what is no such
    book, or too large a one."""
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST:,} bytes")
    try:
        root = ElementTree.fromstring(content.lstrip())
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise ValueError(str(error)) from None
    for body in [each for each in root if _kind(each) == "body"][1:]:
        if body.get("name"):
            root.remove(body)
    for parent in root.iter():
        for child in list(parent):
            _make_plain(child, parent)
    plain: bytes = ElementTree.tostring(root, encoding="utf-8")
    return plain


def _make_plain(child: Element, parent: Element) -> None:
    match _kind(parent), _kind(child):
        case "stanza", "title" | "subtitle":
            _become(child, "v", text=_words(child))
        case "poem", "title" | "subtitle":
            lines = [_words(line) for line in child if _kind(line) == "p"] or [_words(child)]
            _become(child, "stanza", verses=lines)
        case _, "subtitle":
            child.tag = _named(child, "p")
        case _, "empty-line":
            if (child.tail or "").strip():  # within a paragraph, where it should not stand
                _become(child, "emphasis")
            else:
                parent.remove(child)
        case _, "a" if child.get("type") == "note":
            _become(child, "emphasis")


def _become(element: Element, kind: str, *, text: str | None = None, verses: Iterable[str] = ()) -> None:
    """Makes another element of it, with this in it, and what follows it as it was."""
    after = element.tail
    element.clear()
    element.tag, element.text, element.tail = _named(element, kind), text, after
    for verse in verses:
        ElementTree.SubElement(element, _named(element, "v")).text = verse


def _words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _kind(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _named(element: Element, kind: str) -> str:
    """The name of another kind of element in the same namespace."""
    space, brace, _ = str(element.tag).rpartition("}")
    return f"{space}{brace}{kind}"
