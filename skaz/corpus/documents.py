"""Documents of word processors and e-books, as pandoc reads them: paragraphs, headings, and what parts stories.

pandoc is a program of its own, which here can neither write nor reach a network (`--sandbox`). It answers with its
syntax tree in JSON (https://hackage.haskell.org/package/pandoc-types, Text.Pandoc.Definition).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from skaz.corpus.records import Story
from skaz.corpus.splitting import Splitting, is_marker
from skaz.errors import CorpusError, DependencyError
from skaz.recipe import Split

FORMATS = {".docx": "docx", ".odt": "odt", ".epub": "epub", ".fb2": "fb2"}  # as pandoc calls them
_BETWEEN = "\n\n"  # paragraphs
_OVERRIDE = "--split file takes all for one text"
_TITLE_PAGE = 200  # characters: before the first heading so little is no story
_SOME = 2  # headings, or markers: one stands over a text, more stand between texts


class Block(NamedTuple):
    """A paragraph, or a heading with its level, 1 the highest; one that is only a border has no text."""

    text: str
    level: int | None = None
    is_border: bool = False


def read_document(path: Path, splitting: Splitting) -> Iterator[Story]:
    """The stories of a document, those under headings with these for titles. CorpusError for what pandoc can't read,
    DependencyError where it is missing."""
    blocks = blocks_of(path)
    match splitting.kind:
        case "line":
            yield from (Story(block.text) for block in blocks if block.text)
        case "marker":
            level = _parting_level(blocks)
            yield from _between_borders(blocks) if level is None else _under_headings(blocks, level)
        case _:
            yield from _stories([(None, blocks)])


def find_document_splitting(path: Path) -> Splitting:
    """How the stories lie in a document."""
    blocks = blocks_of(path)
    level = _parting_level(blocks)
    if level is not None:
        headings = sum(block.level == level for block in blocks)
        return Splitting("marker", f"{headings:,} headings: a story under each, with that title; {_OVERRIDE}")
    borders = sum(block.is_border for block in blocks)
    if borders >= _SOME:
        return Splitting("marker", f"{borders:,} borders (***, a line and the like): stories lie between; {_OVERRIDE}")
    return Splitting("file", "no headings: the document is one long text; tell --split if that's wrong")


def document_split_as_told(kind: Split) -> Splitting:
    """The splitting that the user asked for: "marker" by headings, or by borders where there are none, "line" a
    paragraph each, else the whole."""
    return Splitting(kind, f"as told: --split {kind}")


def blocks_of(path: Path) -> tuple[Block, ...]:
    """What stands in a document, in order."""
    status = path.stat()
    return _blocks_of(path.absolute(), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)  # a corpus is looked at before it is read
def _blocks_of(path: Path, modified_ns: int, size: int) -> tuple[Block, ...]:
    command = [_pandoc(), "--sandbox", "--from", FORMATS[path.suffix.lower()], "--to", "json", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        why = " ".join(done.stderr.decode("utf-8", "replace").split())[:200] or f"pandoc ended with {done.returncode}"
        raise CorpusError(f"{path} can't be read as {path.suffix} ({why}): save it anew, or export it as text.")
    return tuple(_blocks(json.loads(done.stdout)["blocks"]))


def can_be_read() -> bool:
    """Whether pandoc is there."""
    return find_spec("pypandoc") is not None


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
                yield Block(_text(content[2]), level=content[0])
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


def _parting_level(blocks: Sequence[Block]) -> int | None:
    """The highest level of which there are several headings with something under them."""
    filled: dict[int, int] = {}
    over: dict[int, bool] = {}  # the headings that nothing stands under yet, by their levels
    for block in blocks:
        if block.level is not None and block.text:
            over = {level: True for level in over if level < block.level}
            over[block.level] = True
        elif block.text:
            for level in over:
                filled[level] = filled.get(level, 0) + 1
            over = {}
    return min((level for level, count in filled.items() if count >= _SOME), default=None)


def _under_headings(blocks: Sequence[Block], level: int) -> Iterator[Story]:
    parts: list[tuple[str | None, list[Block]]] = [(None, [])]
    for block in blocks:
        if block.level == level and block.text:
            parts.append((" ".join(block.text.split()), []))
        else:
            parts[-1][1].append(block)
    before = sum(len(block.text) for block in parts[0][1])
    return _stories(parts[1:] if before < _TITLE_PAGE else parts)


def _between_borders(blocks: Sequence[Block]) -> Iterator[Story]:
    parts: list[tuple[None, list[Block]]] = [(None, [])]
    for block in blocks:
        if block.is_border:
            parts.append((None, []))
        else:
            parts[-1][1].append(block)
    return _stories(parts)


def _stories(parts: Iterable[tuple[str | None, Sequence[Block]]]) -> Iterator[Story]:
    """Those in which something stands. A border inside one parts its scenes."""
    for title, blocks in parts:
        kept = ("***" if block.is_border else block.text for block in blocks)
        text = _BETWEEN.join(filter(None, kept))
        if text.strip("*\n"):
            yield Story(text.strip(), title=title)
