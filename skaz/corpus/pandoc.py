"""What stands in a document or an e-book, as pandoc reads it: paragraphs, headings, borders.

pandoc is a program of its own, which here can neither write nor reach a network (`--sandbox`), nor take more than some
memory and time. It answers with its syntax tree in JSON (https://hackage.haskell.org/package/pandoc-types,
Text.Pandoc.Definition).
"""

from __future__ import annotations

import json
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from skaz.corpus.fb2 import plain_fb2, unzipped_fb2
from skaz.corpus.markers import is_marker
from skaz.errors import CorpusError, DependencyError

_ZIPPED_FB2 = ".fb2.zip"
FORMATS = {".docx": "docx", ".odt": "odt", ".epub": "epub", ".fb2": "fb2", _ZIPPED_FB2: "fb2"}  # as pandoc calls them
TITLE = 0  # the level of a document's own title
_LIMITS = ("+RTS", "-M3g", "-RTS")  # of memory: a small file may hold much
_MOST_S = 300
_WRONG_OPTION = 6  # pandoc's exit code
_KEPT = 512  # documents: a corpus is looked at several times


class Block(NamedTuple):
    """A paragraph, or a heading with its level, 1 the highest; one that is only a border has no text."""

    text: str
    level: int | None = None
    is_border: bool = False


def ending_of(path: Path) -> str:
    """The ending by which a file is known: the last one, of a zipped book both."""
    return _ZIPPED_FB2 if path.name.lower().endswith(_ZIPPED_FB2) else path.suffix.lower()


def blocks_of(path: Path) -> list[Block]:
    """What stands in a document, in order. CorpusError for what pandoc can't read, DependencyError where it is
    missing."""
    status = path.stat()
    packed = _packed_blocks(path.absolute(), status.st_mtime_ns, status.st_size)
    return msgspec.msgpack.decode(zlib.decompress(packed), type=list[Block])


def can_be_read() -> bool:
    """Whether pandoc is there."""
    try:
        return bool(_pandoc())
    except DependencyError:
        return False


@lru_cache(maxsize=_KEPT)
def _packed_blocks(path: Path, modified_ns: int, size: int) -> bytes:
    ending, content = ending_of(path), path.read_bytes()
    is_fb2 = FORMATS[ending] == "fb2"
    try:
        content = unzipped_fb2(content) if ending == _ZIPPED_FB2 else content
        tree = json.loads(_converted(plain_fb2(content) if is_fb2 else content, path))
        blocks = list(_blocks(tree["blocks"]))
    except RecursionError:
        raise _unreadable(path, "it is nested too deeply") from None
    except ValueError as error:
        raise _unreadable(path, str(error)) from None
    title = "" if is_fb2 else _title(tree["meta"])  # an FB2 book's stands over its text as well
    if title:
        blocks.insert(0, Block(title, level=TITLE))
    return zlib.compress(msgspec.msgpack.encode(blocks), 1)


def _title(meta: dict[str, Any]) -> str:
    """The document's own; of several, as an e-book with a subtitle has, the one that stood first in it."""
    found = meta.get("title")
    while found and found["t"] == "MetaList":
        found = found["c"][-1] if found["c"] else None
    return _text(found["c"]) if found and found["t"] == "MetaInlines" else ""


def _converted(content: bytes, path: Path) -> bytes:
    """pandoc's tree of a document's bytes."""
    kind = FORMATS[ending_of(path)]
    command = [_pandoc(), *_LIMITS, "--sandbox", "--from", kind, "--to", "json"]
    try:
        done = subprocess.run(command, check=False, capture_output=True, input=content, timeout=_MOST_S)
    except subprocess.TimeoutExpired:
        raise _unreadable(path, f"pandoc was not done after {_MOST_S} seconds") from None
    told = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
    if done.returncode == _WRONG_OPTION:
        raise DependencyError(f'The pandoc here is too old ({told}): pip install -U "skaz[documents]".')
    if done.returncode:
        raise _unreadable(path, told or f"pandoc ended with {done.returncode}")
    return bytes(done.stdout)


def _unreadable(path: Path, why: str) -> CorpusError:
    ending = ending_of(path)
    advice = "unpack it, and name the book itself" if ending == _ZIPPED_FB2 else "save it anew, or export it as text"
    return CorpusError(f"{path} can't be read as {ending} ({why}): {advice}.")


def _pandoc() -> str:
    try:
        return str(import_module("pypandoc").get_pandoc_path())
    except (ImportError, OSError) as error:
        endings = ", ".join(FORMATS)
        raise DependencyError(f'Documents ({endings}) are read by pandoc: pip install "skaz[documents]".') from error


def _blocks(tree: Iterable[dict[str, Any]]) -> Iterator[Block]:
    """The blocks of a syntax tree; tables, pictures and what is raw are left out."""
    for node in tree:
        content: Any = node.get("c")
        match node["t"]:
            case "Para" | "Plain":
                text = _text(content)
                yield Block("" if is_marker(text) else text, is_border=is_marker(text))
            case "LineBlock":
                yield Block("\n".join(map(_text, content)))
            case "Header":
                text = _text(content[2])
                yield Block("", is_border=True) if is_marker(text) else Block(text, level=content[0])
            case "HorizontalRule":
                yield Block("", is_border=True)
            case "BlockQuote":
                yield from _blocks(content)
            case "Div":
                yield from _blocks(content[1])
            case "Figure":
                yield from _blocks(content[2])
            case "BulletList" | "OrderedList":
                for item in content if node["t"] == "BulletList" else content[1]:
                    yield from _blocks(item)
            case "DefinitionList":
                for term, meanings in content:
                    yield Block(_text(term))
                    for meaning in meanings:
                        yield from _blocks(meaning)
            case "CodeBlock":
                yield Block(content[1])


def _text(inlines: Iterable[dict[str, Any]]) -> str:
    """The words of a paragraph, without notes and pictures."""
    return "".join(map(_inline, inlines)).strip()


def _inline(node: dict[str, Any]) -> str:
    content: Any = node.get("c")
    match node["t"]:
        case "Str":
            return str(content)
        case "Space" | "SoftBreak":
            return " "
        case "LineBreak":
            return "\n"
        case "Emph" | "Strong" | "Underline" | "Strikeout" | "Superscript" | "Subscript" | "SmallCaps":
            return "".join(map(_inline, content or ()))
        case "Quoted" | "Cite" | "Link" | "Span":
            inside = "".join(map(_inline, content[1]))
            marks = {"DoubleQuote": "“”", "SingleQuote": "‘’"}[content[0]["t"]] if node["t"] == "Quoted" else ("", "")
            return f"{marks[0]}{inside}{marks[1]}"
        case "Code" | "Math":
            return str(content[1])
        case _:
            return ""
