"""What a corpus is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

_MOST_NAMED = 5
LONGEST_SIDE = 2_000  # characters of a pair's side: longer ones are most often misaligned, and each slows its batch
UNREAD_TEXTS = (".doc", ".rtf", ".pdf", ".pages", ".djvu", ".mobi", ".html", ".htm")  # a person's, in forms not read
SAVED_ELSE = "save {} as .docx or .txt"


@dataclass(frozen=True)
class Story:
    """A text, and what may be told of it beforehand. The opening, where given, is how the text begins; `source`, of a
    pair, is what the text is made from."""

    text: str
    title: str | None = None
    plan: tuple[str, ...] = ()
    opening: str | None = None
    source: str | None = None


class Place(NamedTuple):
    """Where something stands: a file, '' where that needs no saying, and a line of it or a row."""

    file: str
    unit: Literal["line", "row"]
    number: int

    def __str__(self) -> str:
        return in_words([self])


@dataclass
class Tally:
    """Counts what a reader met on its way; one is handed to `read_stories` by whoever wants to know."""

    stories: int = 0
    without_text: int = 0  # rows skipped because they have no text
    odd_rows: int = 0  # rows with more or fewer cells than the header
    odd: list[Place] = field(default_factory=list)  # where the first of those rows stand
    repaired: int = 0  # texts with half a character (a lone surrogate), replaced by U+FFFD
    markup: int = 0  # lines of text files that look like HTML
    licence: int = 0  # characters left out that stand outside a Project Gutenberg book's START and END lines
    one_sided: int = 0  # pairs skipped because a side is empty
    too_long: int = 0  # pairs skipped because a side is longer than the limit
    skipped: list[Place] = field(default_factory=list)  # where the first of those pairs stand

    def note(self, places: list[Place], place: Place) -> None:
        """Adds one to the first places of a kind, of which some are named."""
        if len(places) < _MOST_NAMED:
            places.append(place)


@dataclass(frozen=True)
class Reading:
    """What was found in the user's files and how it is read, for saying so."""

    files: tuple[str, ...]
    split: str | None = None  # how text files are cut into stories; None where there are none, or "mixed"
    reasons: tuple[str, ...] = ()  # why so, in words
    columns: tuple[str, ...] = ()  # the columns used of tables
    other_columns: tuple[str, ...] = ()  # those of tables of pairs that are not read
    first_pair: str | None = None  # of a table that is taken to have no header
    passed_over: tuple[str, ...] = ()  # files in the folders that are of no kind that is read
    broken_links: tuple[str, ...] = ()  # links in the folders that lead to nothing
    encodings: Mapping[str, str] = field(default_factory=dict)  # of the files that are not in Unicode
    stories: int | None = None  # None: not read to the end yet
    without_text: int = 0
    odd_rows: int = 0
    odd: Sequence[Place] = ()
    repaired: int = 0
    markup: int = 0
    licence: int = 0
    one_sided: int = 0
    too_long: int = 0
    skipped: Sequence[Place] = ()
    pairs: bool = False
    words: tuple[int, int, int] | None = None  # of the shortest story, the median and the longest
    also_trained_on: int = 0  # held-out stories, or sources of pairs, that are among those to train on

    def lines(self) -> list[str]:
        """The reading in words, a fact a line."""
        said = [f"{count(len(self.files), 'file')}: {first_of(self.files)}"]
        said.extend(_passed_over(self.passed_over))
        if self.broken_links:
            said.append(f"{count(len(self.broken_links), 'link')} to nothing not read: {first_of(self.broken_links)}")
        if self.encodings:
            named = [f"{name} ({encoding})" for name, encoding in self.encodings.items()]
            said.append(f"{count(len(named), 'file')} in an old encoding: {first_of(named)}")
        said.extend(self.reasons)
        if self.licence:
            said.append(f"{self.licence:,} characters outside Project Gutenberg's START and END lines left out")
        if self.columns:
            said.append(f"columns used: {', '.join(self.columns)}")
        if self.other_columns:
            said.append(f"columns not read: {', '.join(self.other_columns)}")
        if self.first_pair is not None:
            said.append(f"first pair: {self.first_pair}")
        if self.stories is not None:
            said.append(count(self.stories, "pair") if self.pairs else count(self.stories, "story", "stories"))
        if self.words is not None:
            shortest, middle, longest = (f"{each:,}" for each in self.words)
            said.append(
                f"words in a story: {shortest} in the shortest, {middle} in the median, {longest} in the longest"
            )
        if self.without_text:
            said.append(f"{count(self.without_text, 'row')} without text skipped")
        if self.one_sided:
            said.append(f"{count(self.one_sided, 'pair')} with an empty side skipped")
        if self.too_long:
            said.append(f"{count(self.too_long, 'pair')} longer than {LONGEST_SIDE:,} characters skipped")
        if self.skipped:
            said.append(f"skipped first: {in_words(self.skipped)}")
        if self.odd_rows:
            row = "first row" if self.pairs else "header"
            said.append(
                f"{count(self.odd_rows, 'row')} with more or fewer cells than the {row}, first {in_words(self.odd)}: "
                "cells beyond are not read, missing ones are empty"
            )
        if self.repaired:
            said.append(f"{count(self.repaired, 'text')} with half a character, replaced by U+FFFD")
        if self.markup:
            looks = count(self.markup, "line looks", "lines look")
            said.append(f"{looks} like markup and would be learnt with it; give plain text")
        if self.also_trained_on:
            held_out = count(self.also_trained_on, *(("pair",) if self.pairs else ("story", "stories")))
            what = "held out, their source trained on" if self.pairs else "held out and trained on"
            said.append(f"{what} as well: {held_out}, so that what is measured is too good")
        return said


def _passed_over(files: Sequence[str]) -> Iterator[str]:
    """The files that are not read, in words: first those that hold texts, and what to do about them."""
    from skaz.corpus.pandoc import FORMATS, ending_of

    texts = [file for file in files if ending_of(Path(file)) in UNREAD_TEXTS]
    documents = [file for file in files if ending_of(Path(file)) in FORMATS]
    others = [file for file in files if file not in {*texts, *documents}]
    if texts:
        advice = SAVED_ELSE.format("it" if len(texts) == 1 else "them")
        yield f"{count(len(texts), 'text')} not read: {_named_or_counted(texts)}; {advice}"
    if documents:
        why = f"{count(len(documents), 'document')} not read, as pandoc is missing"
        yield f'{why}: {_named_or_counted(documents)}; pip install "skaz[documents]"'
    if others:
        yield f"{count(len(others), 'file')} of other kinds not read: {first_of(others)}"


def _named_or_counted(files: Sequence[str]) -> str:
    """Some files, of many how many of each ending."""
    if len(files) <= _MOST_NAMED:
        return ", ".join(files)
    endings = Counter(Path(file).suffix.lower() for file in files)
    return ", ".join(f"{number:,} {ending}" for ending, number in endings.most_common())


def in_words(places: Sequence[Place]) -> str:
    """Some places, each file once: "odd.tsv, lines 3, 4 and 7"."""
    of_file: dict[tuple[str, str], list[str]] = {}
    for file, unit, number in places:
        of_file.setdefault((file, unit), []).append(str(number))
    return "; ".join(
        f"{file}{', ' if file else ''}{unit} {last}"
        if not others
        else f"{file}{', ' if file else ''}{unit}s {', '.join(others)} and {last}"
        for (file, unit), (*others, last) in of_file.items()
    )


def first_of(names: Sequence[str]) -> str:
    """The first of some names, or all where they are few."""
    return ", ".join(names if len(names) <= 3 else (*names[:2], "…"))


def count(number: int, one: str, many: str | None = None) -> str:
    """So many of something, in words."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
