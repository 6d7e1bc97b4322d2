"""The stories of documents, e-books and Markdown: under headings, between borders, or one long text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from skaz.corpus.pandoc import TITLE, Block, blocks_of
from skaz.corpus.records import Story
from skaz.corpus.splitting import Splitting
from skaz.recipe import Split

_BETWEEN = "\n\n"  # paragraphs
_AS_ONE = "--split file takes all for one text"
_TITLE_PAGE = 200  # characters: before the first heading so little is no story
_SOME = 2  # headings, or borders: one stands over a text, more stand between texts


def read_document(path: Path, splitting: Splitting) -> Iterator[Story]:
    """The stories of a document, those under headings with these for titles. CorpusError for what can't be read,
    DependencyError where pandoc is missing."""
    return stories_in(blocks_of(path), splitting)


def stories_in(blocks: Sequence[Block], splitting: Splitting) -> Iterator[Story]:
    """The stories of what stands in a document."""
    match splitting.kind:
        case "line":
            yield from (Story(block.text) for block in blocks if block.text and block.level != TITLE)
        case "marker" | "heading" | "blank":
            level = _parting_level(blocks)
            yield from _between_borders(blocks) if level is None else _under_headings(blocks, level)
        case "file":
            yield from _stories([_under_its_title(blocks)])


def find_document_splitting(path: Path) -> Splitting:
    """How the stories lie in a document."""
    blocks = blocks_of(path)
    by_headings = headings_splitting(blocks)
    if by_headings is not None:
        return by_headings
    borders = sum(block.is_border for block in blocks)
    if borders >= _SOME:
        return Splitting("marker", f"{borders:,} borders (***, a line and the like): stories lie between; {_AS_ONE}")
    return Splitting("file", "no headings that part stories: the document is one long text")


def headings_splitting(blocks: Sequence[Block]) -> Splitting | None:
    """How headings part the stories, if they do."""
    level = _parting_level(blocks)
    if level is None:
        return None
    headings = sum(block.level == level for block in blocks)
    return Splitting("marker", f"{headings:,} headings: a story under each, with that title; {_AS_ONE}")


def document_split_as_told(kind: Split, path: Path) -> Splitting:
    """The splitting that the user asked for: "marker", "heading" or "blank" by headings, or by borders where there are
    none, "line" a paragraph each, "file" the whole."""
    reason = f"as told: --split {kind}"
    if kind in ("marker", "heading", "blank"):
        blocks = blocks_of(path)
        if headings_splitting(blocks) is None and not any(block.is_border for block in blocks):
            reason += ", but no headings and no borders part stories: one story"
    return Splitting(kind, reason)


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
            parts.append((_in_a_line(block.text), []))
        else:
            parts[-1][1].append(block)
    before = sum(len(block.text) for block in parts[0][1])
    return _stories(parts[1:] if before < _TITLE_PAGE else parts)


def _under_its_title(blocks: Sequence[Block]) -> tuple[str | None, Sequence[Block]]:
    """A whole document, with the heading that stands over all of it for the title, if there is one."""
    first = next((place for place, block in enumerate(blocks) if block.text), None)
    if first is None or (level := blocks[first].level) is None:
        return None, blocks
    rest = blocks[first + 1 :]
    if any(block.level is not None and block.level <= level for block in rest):
        return None, blocks
    return _in_a_line(blocks[first].text), rest


def _in_a_line(text: str) -> str:
    return " ".join(text.split())


def _between_borders(blocks: Sequence[Block]) -> Iterator[Story]:
    parts: list[tuple[None, list[Block]]] = [(None, [])]
    for block in blocks:
        if block.is_border:
            parts.append((None, []))
        else:
            parts[-1][1].append(block)
    return _stories(parts)


def _stories(parts: Iterable[tuple[str | None, Sequence[Block]]]) -> Iterator[Story]:
    """Those in which something stands. A border inside one parts its scenes, one at either end is an ornament."""
    for title, blocks in parts:
        written = [place for place, block in enumerate(blocks) if block.text]
        if written:
            kept = ("***" if block.is_border else block.text for block in blocks[written[0] : written[-1] + 1])
            yield Story(_BETWEEN.join(filter(None, kept)), title=title)
