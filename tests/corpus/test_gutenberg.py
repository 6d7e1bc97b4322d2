"""Of a book of Project Gutenberg the book alone is read, and what is left out is told."""

from __future__ import annotations

import pytest

from skaz.corpus.gutenberg import without_licence
from skaz.corpus.prepare import PrepareOptions, prepare
from skaz.corpus.readers import describe, read_stories
from skaz.corpus.records import Story, Tally

HEAD = "The Project Gutenberg eBook of The Fox\n\nThis eBook is for the use of anyone anywhere.\n***\n***\n\n"
START = "*** START OF THE PROJECT GUTENBERG EBOOK THE FOX ***\n"
END = "*** END OF THE PROJECT GUTENBERG EBOOK THE FOX ***\n"
LICENCE = "\nTHE FULL PROJECT GUTENBERG LICENSE\n\n*** START: FULL LICENSE ***\n\nPlease read this.\n"
BOOK = "\nOnce there was a fox.\n\nShe found a lantern.\n\n"


@pytest.mark.parametrize("name", ["fox.txt", "fox.md"])
@pytest.mark.parametrize("split", [None, "file"])
def test_head_and_licence_are_left_out_and_counted(tmp_path, name: str, split) -> None:
    path = tmp_path / name
    path.write_text(HEAD + START + BOOK + END + LICENCE, encoding="utf-8")
    tally = Tally()
    assert list(read_stories(path, split=split, tally=tally)) == [Story(BOOK.strip())]
    assert tally.licence == len(HEAD + START + END + LICENCE)
    assert describe(path, split).split == "file"  # the markers of the head part nothing


@pytest.mark.parametrize(
    "start",
    [
        "***START OF THIS PROJECT GUTENBERG EBOOK THE FOX***\n",
        "*** START OF THIS PROJECT GUTENBERG EBOOK THE FOX, AND HOW SHE\nFOUND A LANTERN ***\n",
        "*** Start of the Project Gutenberg Etext The Fox\n\n",
        "\\*\\*\\* START OF THE PROJECT GUTENBERG EBOOK THE FOX \\*\\*\\*\n",
    ],
)
def test_the_marks_of_older_books(start: str) -> None:
    text = HEAD + start + BOOK + END.replace(" THE FOX ***", "***") + LICENCE
    assert "".join(without_licence(text.splitlines(keepends=True))).strip() == BOOK.strip()


def test_of_several_books_in_one_file_each_is_read() -> None:
    text = (HEAD + START + BOOK + END + LICENCE) * 3
    assert "".join(without_licence(text.splitlines(keepends=True))) == BOOK * 3


def test_a_mark_may_be_lost() -> None:
    assert "".join(without_licence((HEAD + START + BOOK).splitlines(keepends=True))) == BOOK


def test_what_is_ones_own_beside_a_book_stays() -> None:
    own = "My own foreword.\n" * 20
    assert "".join(without_licence((own + HEAD + START + BOOK).splitlines(keepends=True))) == own + BOOK
    closed = BOOK + END + own  # nothing says that a book of theirs began
    assert "".join(without_licence(closed.splitlines(keepends=True))) == closed


@pytest.mark.parametrize("text", [BOOK, HEAD + BOOK, f"He read: {START}{BOOK}", f"* * *\n{BOOK}*** START\n"])
def test_without_the_marks_all_is_read(text: str) -> None:
    tally = Tally()
    assert "".join(without_licence(text.splitlines(keepends=True), tally)) == text
    assert tally.licence == 0


def test_what_was_left_out_is_told(tmp_path) -> None:
    path = tmp_path / "fox.txt"
    path.write_text(HEAD + START + BOOK * 20 + END + LICENCE, encoding="utf-8")
    told = prepare(path, tmp_path / "out", PrepareOptions(vocabulary_size=300, workers=1)).reading.lines()
    left_out = len(HEAD + START + END + LICENCE)
    assert f"{left_out:,} characters outside Project Gutenberg's START and END lines left out" in told
