"""How stories lie in a text file: found from its beginning, then followed line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from skaz.corpus.headings import (
    HeadingKind,
    Headings,
    find_headings,
    headings_as_told,
    is_heading,
    under_headings,
    with_headings,
)
from skaz.corpus.markers import MARKERS, has_borders, with_borders
from skaz.corpus.records import Story
from skaz.recipe import Split

SAMPLE_CHARACTERS = 1_000_000
END_OF_TEXT = "<|endoftext|>"
_SPEECH = re.compile(r"[\"'“«„‘—–-]")
_STORY = 200  # characters: shorter blocks are verses, lines of a play, jokes
_PARAGRAPH = 2_000  # seldom is one longer
_LONGEST_HEADING = 80
_TITLE_ABOVE = 100  # characters between a marker and a heading: no more than a title
_NOVEL = 100_000  # what is parted into such pieces is parted by chance
_VERSE = 50  # characters: lines of prose are longer, and those of a play
_FEWEST_POEMS, _POEM = 8, 60  # the latter in characters
OVERRIDE = "tell --split if that's wrong"
_FOR_POEMS = f"if it is several poems, put two empty lines or *** between them (in .md, # titles); {OVERRIDE}"


@dataclass(frozen=True)
class Splitting:
    """How one text file is cut, and why, in words."""

    kind: Split
    reason: str
    blank_lines: int = 1  # for "blank": how many of them, at least, part two stories
    only_end_of_text: bool = False  # for "marker": *** and the like are part of the stories
    headings: tuple[HeadingKind, ...] = ()  # for "heading": which kinds of lines
    width: int | None = None  # the column at which the lines of its paragraphs are broken; they are joined
    of_many: bool = False  # the reason is that of all the files that are cut so


def find_splitting(sample: str, complete: bool) -> Splitting:
    """How the stories lie in a file that begins with `sample` (`complete`: that is all of it).

    A wrong "file" costs little, since the text stays whole; a novel taken for thousands of stories of one
    paragraph is spoilt. So where the signs are mixed the answer is "file".
    """
    lines = sample.split("\n")
    if not complete:
        lines.pop()  # it may be cut
    about = "" if complete else "the first "
    if (ends := sample.count(END_OF_TEXT)) >= 2:
        return Splitting("marker", f"{about}{ends:,} times {END_OF_TEXT}: stories lie between", 1, True)
    markers = sum(is_border for _, is_border in with_borders(lines))
    headings = find_headings(lines, complete)
    if headings is not None and not _part_scenes(headings, lines):
        reason = f"{about}{headings.number:,} {headings.told}: a story under each; {OVERRIDE}"
        return Splitting("heading", reason, headings=headings.kinds)
    if markers >= 2:
        return Splitting("marker", f"{about}{markers:,} marker lines ({MARKERS}): stories lie between; {OVERRIDE}")
    for blank_lines in (2, 1):
        blocks = _blocks(lines, blank_lines)
        if len(blocks) >= 3 and (
            _are_stories(blocks, strict=blank_lines == 1) or (blank_lines == 2 and _are_poems(blocks))
        ):
            apart = "an empty line" if blank_lines == 1 else "two empty lines or more"
            sizes = f"{about}{len(blocks):,} blocks, a median of {_median(blocks):,} characters"
            return Splitting("blank", f"{sizes}, {apart} between: a story each; {OVERRIDE}", blank_lines)
    written = [line for line in lines if line.strip()]
    # An empty line now and then (at the end, say) is no sign.
    few_empty = len(lines) - len(written) <= 1 + len(lines) // 50
    if len(written) >= 3 and few_empty and _are_stories(written, strict=False):
        sizes = f"{about}{len(written):,} lines, a median of {_median(written):,} characters"
        return Splitting("line", f"{sizes}: one story a line; {OVERRIDE}")
    seen = f"only one marker line ({MARKERS})" if markers else "no borders between stories"
    advice = _FOR_POEMS if _is_verse(written) else OVERRIDE
    return Splitting("file", f"{seen} seen: the file is one long text; {advice}")


def _is_verse(written: Sequence[str]) -> bool:
    return bool(written) and median(len(line.strip()) for line in written) <= _VERSE


def _part_scenes(headings: Headings, lines: Sequence[str]) -> bool:
    """Whether headings part single stories, which lie between markers, and not markers the scenes under headings: then
    these say each something else, seldom have a title above them behind a marker, and stand over all of the text or,
    more than the markers, in most of what lies between them."""
    found = _found_between_markers(lines, headings.kinds)
    if len(found) < 2:
        return False
    holding = [places for places in found if places]
    below_titles = sum(0 < places[0] <= _TITLE_ABOVE for places in holding[1:])
    are_many = sum(map(len, found)) > len(found) and len(holding) >= 0.7 * len(found)
    are_over_scenes = below_titles <= 0.5 * len(holding[1:]) and (headings.of_all or are_many)
    return not (headings.sure and headings.distinct and are_over_scenes)


def _found_between_markers(lines: Sequence[str], kinds: Sequence[HeadingKind]) -> list[list[int]]:
    """Of each text between two markers that has something in it, how many characters stand before each heading."""
    found: list[list[int]] = [[]]
    read = 0
    of_headings = with_headings(lines, kinds)
    for (line, is_border), (_, heading) in zip(with_borders(lines), of_headings, strict=True):
        if is_border:
            if read:
                found.append([])
            read = 0
        elif heading is not None:
            found[-1].append(read)
        read += 0 if is_border else len(line.strip())
    return found if read else found[:-1]


def split_as_told(kind: Split, sample: str, complete: bool = True) -> Splitting:
    """The splitting that the user asked for; only which empty lines or markers is found, and told where there are none
    in a file of which the sample is all (`complete`)."""
    reason = f"as told: --split {kind}"
    if kind == "marker" and complete and END_OF_TEXT not in sample and not has_borders(sample):
        reason += f", but no line is a marker ({MARKERS}): one story"
    if kind == "heading":
        kinds = headings_as_told(sample.split("\n"), complete)
        none = "" if kinds or not complete else ", but no line is a heading (Chapter 1, a date and the like): one story"
        return Splitting(kind, reason + none, headings=kinds)
    if kind != "blank":
        return Splitting(kind, reason, only_end_of_text=sample.count(END_OF_TEXT) >= 2)
    wide = _blocks(sample.split("\n"), 2)
    are_wide = len(wide) >= 3 and (_are_stories(wide, strict=False) or _are_poems(wide))
    return Splitting(kind, reason, 2 if are_wide else 1)


def split_lines(lines: Iterable[str], splitting: Splitting) -> Iterator[str]:
    """The texts of the stories of a file, from its lines as read; white space around a story is taken off."""
    match splitting.kind:
        case "file":
            pieces: Iterable[str] = ["".join(lines)]
        case "line":
            pieces = lines
        case "heading":
            pieces = (text for _, text in under_headings(lines, splitting.headings))
        case "marker":
            pieces = _between_markers(lines, splitting.only_end_of_text)
        case "blank":
            pieces = _between_blanks(lines, splitting.blank_lines)
    for piece in pieces:
        # Spaces that begin the first line may be an indent; they go too: a story begins with a letter.
        if story := piece.strip():
            yield story


def stories_of_lines(lines: Iterable[str], splitting: Splitting) -> Iterator[Story]:
    """The stories of a text file, those under headings with these for titles."""
    if splitting.kind == "heading":
        return (Story(text, title) for title, text in under_headings(lines, splitting.headings))
    return map(Story, split_lines(lines, splitting))


def _between_markers(lines: Iterable[str], only_end_of_text: bool) -> Iterator[str]:
    story: list[str] = []
    for line, is_border in with_borders(lines):
        if is_border and not only_end_of_text:
            yield "".join(story)
            story = []
        elif END_OF_TEXT in line:
            *ended, begun = line.split(END_OF_TEXT)
            for piece in ended:
                yield "".join([*story, piece])
                story = []
            story.append(begun)
        else:
            story.append(line)
    yield "".join(story)


def _between_blanks(lines: Iterable[str], blank_lines: int) -> Iterator[str]:
    story: list[str] = []
    run = 0
    for line in lines:
        if line.strip():
            if run >= blank_lines and story:
                yield "".join(story)
                story = []
            run = 0
        else:
            run += 1
        story.append(line)
    yield "".join(story)


def _blocks(lines: Sequence[str], blank_lines: int) -> list[str]:
    pieces = _between_blanks((line + "\n" for line in lines), blank_lines)
    return [block for block in (piece.strip() for piece in pieces) if block]


def _are_stories(blocks: Sequence[str], strict: bool) -> bool:
    """Whether blocks are stories and not the paragraphs or verses of one.

    Among the paragraphs of a novel many are short and many are speech; among stories few are either. Where
    one empty line parts them (`strict`), which is how paragraphs are parted too, they must be longer.
    """
    if any(_is_no_story(block) for block in blocks):
        return False
    sizes = sorted(len(block) for block in blocks)
    if median(sizes) > _PARAGRAPH:
        return median(sizes) <= _NOVEL
    speech = sum(bool(_SPEECH.match(block)) for block in blocks) / len(blocks)
    shortest_tenth = sizes[len(sizes) // 10]
    if strict:
        return median(sizes) >= 1.5 * _STORY and shortest_tenth >= 0.5 * _STORY and speech < 0.2
    return median(sizes) >= _STORY and shortest_tenth >= 0.3 * _STORY and speech < 0.25


def _are_poems(blocks: Sequence[str]) -> bool:
    """Whether blocks that two empty lines part are poems: some have stanzas, which single ones part."""
    lines = [line for block in blocks for line in block.split("\n") if line.strip()]
    with_stanzas = sum("\n\n" in block for block in blocks)
    usual = median(map(len, blocks))
    return (
        len(blocks) >= _FEWEST_POEMS
        and with_stanzas >= len(blocks) / 4
        and _POEM <= usual <= _PARAGRAPH
        and _is_verse(lines)
        and not any(_is_no_story(block) for block in blocks)
    )


def _is_no_story(block: str) -> bool:
    """Whether a block is a heading, or the number of a page or a chapter: what stands so is parted by more than empty
    lines."""
    return len(block) <= _LONGEST_HEADING and (is_heading(block) or (len(block) <= 3 and any(map(str.isalnum, block))))


def _median(blocks: Sequence[str]) -> int:
    return round(median(len(block) for block in blocks))
