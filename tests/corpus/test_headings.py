"""Headings in plain text part it: chapters of a book, dates of a diary, titles of poems; and what only looks so does
not."""

from __future__ import annotations

import io

import pytest

from skaz.corpus.headings import is_heading
from skaz.corpus.readers import describe, read_stories
from skaz.corpus.splitting import Splitting, find_splitting, split_as_told, stories_of_lines

PARAGRAPH = " ".join(["The fox went down to the river, and there she found a lantern that nobody had lit."] * 4)
SCENES = f"{PARAGRAPH}\n\n“Whose is it?”\n\n{PARAGRAPH}"


def book(*headings: str, scenes: str = SCENES) -> str:
    return "\n\n\n".join(f"{heading}\n\n{scenes}" for heading in headings)


def read(text: str) -> tuple[Splitting, list[tuple[str | None, str]]]:
    splitting = find_splitting(text, complete=True)
    return splitting, [(story.title, story.text) for story in stories_of_lines(io.StringIO(text), splitting)]


@pytest.mark.parametrize(
    ("headings", "titles"),
    [
        (["Chapter 1", "Chapter 2", "Chapter 3"], [None] * 3),
        (["CHAPTER I.", "CHAPTER II.", "CHAPTER III."], [None] * 3),
        (["Chapter One", "Chapter Twenty-One", "Chapter the Last"], [None] * 3),
        (["CHAPTER I. Down the Hole.", "Chapter 2: The Fox", "Chapter 3 — 1812"], ["Down the Hole", "The Fox", "1812"]),
        (["CHAPTER I.\nDown the Hole", "CHAPTER II.\nTHE FOX AND\nTHE LANTERN", "Chapter 3"],
         ["Down the Hole", "THE FOX AND THE LANTERN", None]),
        (["Глава 1", "Глава 2. Фонарь", "ГЛАВА III"], [None, "Фонарь", None]),
        (["Пролог", "Глава первая", "Глава двадцать вторая", "Эпилог"], ["Пролог", None, None, "Эпилог"]),
        (["Часть первая", "Часть вторая", "Часть третья. Дом"], [None, None, "Дом"]),
        (["I.", "II.", "III.", "IV."], [None] * 4),
        (["1", "2", "3", "5"], [None] * 4),
        (["І", "ІІ", "ІІІ"], [None] * 3),  # in Cyrillic letters
        (["Book the First--Home\n\n\nI. The Fox", "II. The Mail", "Book the Second\n\n\nI. Later", "II. A Sight"],
         ["The Fox", "The Mail", "Later", "A Sight"]),
        (["Часть первая\n\nI", "II", "III", "Часть вторая\n\nI", "II"], [None] * 5),
        (["12 March 2023", "March 13, 2023", "Sunday, 14th of March"],
         ["12 March 2023", "March 13, 2023", "Sunday, 14th of March"]),
        (["3 марта 2023 г.", "2023-01-02", "12.03.2023, вс"], ["3 марта 2023 г", "2023-01-02", "12.03.2023, вс"]),
    ],
)  # fmt: skip
def test_each_heading_has_its_story(headings: list[str], titles: list[str | None]) -> None:
    splitting, stories = read(book(*headings))
    assert splitting.kind == "heading"
    assert stories == [(title, SCENES) for title in titles]


def test_chapters_beat_the_scene_breaks_inside_them() -> None:
    scenes = f"{SCENES}\n\n* * *\n\n{SCENES}"
    rare = book(*(f"Chapter {number}" for number in range(1, 24)))
    rare += "".join(f"\n\n\nChapter {number}\n\n{scenes}" for number in range(24, 31))
    splitting, stories = read(rare)
    assert splitting.reason == "30 headings such as “Chapter 1”: a story under each; tell --split if that's wrong"
    assert len(stories) == 30
    many = book(*(f"Chapter {number}" for number in range(1, 5)), scenes=f"{scenes}\n\n* * *\n\n{scenes}")
    assert [text for _, text in read(many)[1]] == [f"{scenes}\n\n* * *\n\n{scenes}"] * 4


def test_a_marker_beside_a_heading_goes_with_it() -> None:
    text = "***\n".join(f"Глава {number}\n\n{SCENES}\n\n" for number in range(1, 6))
    assert read(text)[1] == [(None, SCENES)] * 5


def test_chapters_of_single_stories_among_others_part_nothing() -> None:
    of_chapters = book("Глава 1", "Глава 2")
    stories = [SCENES, of_chapters, SCENES, of_chapters, SCENES, of_chapters, *[SCENES] * 9]
    splitting, found = read("\n\n***\n\n".join(stories))
    assert splitting.kind == "marker"
    assert [text for _, text in found] == stories
    assert splitting.reason.endswith("stories lie between; tell --split if that's wrong")


def test_sections_that_each_story_counts_anew_part_nothing() -> None:
    assert read("\n\n***\n\n".join(book("I", "II", "III") for _ in range(4)))[0].kind == "marker"


def test_the_title_page_and_the_contents_are_left_out() -> None:
    headings = [f"CHAPTER {number}. The Fox, Part {number}" for number in range(1, 13)]
    for between in ("\n", "\n\n"):
        contents = f"The Fox\n\nContents\n\n{between.join(headings)}\n\n\n"
        assert [text for _, text in read(contents + book(*headings))[1]] == [SCENES] * 12
    in_a_block = "The Fox\n\nContents\n\n" + "\n".join(headings)
    preface, *chapters = read(f"{in_a_block}\n\n\n{PARAGRAPH}\n\n\n{book(*headings)}")[1]
    assert preface == (None, f"The Fox\n\n{PARAGRAPH}")
    assert len(chapters) == 12


@pytest.mark.parametrize(
    "line",
    ["Chapter 5 was the one that she liked.", "Глава первая была готова.", "Часть пути они шли молча.", "I am.", "Я",
     "12 dogs", "March on", "Part of it", "1984", "Во второй главе", "IIII", "“Chapter 1”", "May 1 have it?"],
)  # fmt: skip
def test_a_sentence_is_no_heading(line: str) -> None:
    assert not is_heading(line)


def test_the_numbers_of_pages_are_no_chapters() -> None:
    pages = "".join(f"{PARAGRAPH}\n\n{PARAGRAPH} and then the\n\n{number}\n\n" for number in range(1, 60))
    assert read(pages)[0].kind == "file"


def test_dates_below_poems_are_no_diary() -> None:
    poem = "Night, and a lantern by the river,\nand nobody to light it,\nand the fox goes by.\n" * 3
    text = "\n".join(f"{poem}\n{number} марта 1916\n\n\n" for number in range(1, 20))
    assert read(text)[0].headings == ()


def test_a_short_entry_of_a_diary_is_one(tmp_path) -> None:
    days = [f"{day} March 2023" for day in range(1, 31)]
    path = tmp_path / "diary.txt"
    path.write_text("\n\n".join(f"{day}\nRain. We stayed at home, and read." for day in days), encoding="utf-8")
    stories = list(read_stories(path))
    assert [story.title for story in stories] == days
    assert {story.text for story in stories} == {"Rain. We stayed at home, and read."}
    assert describe(path).reasons == (
        "30 dates such as “1 March 2023”: a story under each; tell --split if that's wrong",
    )


@pytest.mark.parametrize("heading", ["Глава {}", "{} марта 2023 г."])
def test_a_text_without_empty_lines_has_headings_too(heading: str) -> None:
    lines = [f"{heading.format(number)}\n{PARAGRAPH}\n{PARAGRAPH}" for number in range(1, 12)]
    assert [text for _, text in read("\n".join(lines))[1]] == [f"{PARAGRAPH}\n{PARAGRAPH}"] * 11


STANZAS = "Night, and a lantern by the river,\nAnd nobody has lit the light.\n\nThe fox goes by\nAnd looks."
TITLES = [
    "THE FOX",
    "NIGHT.",
    "WHO GOES THERE?",
    "К НЕЙ",
    "В ЛЕСУ",
    "RIVER, RIVER",
    "1812: A DREAM",
    "ДОМ",
    "THE END OF IT",
]


def test_titles_in_capitals_part_poems() -> None:
    splitting, stories = read("\n\n".join(f"{title}\n\n{STANZAS}" for title in TITLES))
    assert stories == [(title.removesuffix("."), STANZAS) for title in TITLES]
    assert splitting.reason.startswith("9 titles in capitals such as “THE FOX”: a story under each")

    numbered = "\n\n".join(f"X. {title}\n\n{SCENES}\n\nII.\n\n{SCENES}" for title in TITLES)
    assert [title for title, _ in read(numbered)[1]] == [f"X. {title.removesuffix('.')}" for title in TITLES]


@pytest.mark.parametrize(
    "shouts",
    [
        TITLES[:7],  # few
        ["ROMEO", "JULIET"] * 10,  # who speaks
        [f"“I KNOW {number},”" for number in range(20)],
        [f"STOP {'O' * number}!" for number in range(20)],
        [f"I KNOW {'O' * number}." for number in range(20)],
    ],
)
def test_shouts_part_nothing(shouts: list[str]) -> None:
    assert read("\n\n".join(f"{SCENES}\n\n{shout}" for shout in shouts))[0].kind == "file"


def test_a_heading_vetoes_empty_lines_as_borders() -> None:
    chapters = [f"{numeral}\n\n" + "\n\n".join([PARAGRAPH] * 20) for numeral in ("I", "IV")]
    assert read("\n\n".join(chapters))[0].kind == "file"
    assert read("\n\n".join(["Глава 1", *[PARAGRAPH] * 20]))[0].kind == "file"
    assert read("\n\n".join([PARAGRAPH] * 20))[0].kind == "blank"


def test_as_told() -> None:
    two = book("Глава 1", "Глава 2. Фонарь")
    told = split_as_told("heading", two)
    assert told.reason == "as told: --split heading"
    assert [story.title for story in stories_of_lines(io.StringIO(two), told)] == [None, "Фонарь"]
    none = split_as_told("heading", SCENES)
    assert none.reason.endswith("heading, but no line is a heading (Chapter 1, a date and the like): one story")
    assert [story.text for story in stories_of_lines(io.StringIO(SCENES), none)] == [SCENES]


def test_headings_of_markdown_are_meant_too(tmp_path) -> None:
    path = tmp_path / "book.md"
    path.write_text(f"# Fox\n\n{PARAGRAPH}\n\n# Owl\n\n{PARAGRAPH}", encoding="utf-8")
    assert [story.title for story in read_stories(path, split="heading")] == ["Fox", "Owl"]
    path.write_text(book("Chapter 1. Fox", "Chapter 2. Owl", "Chapter 3. Hare"), encoding="utf-8")
    assert [story.title for story in read_stories(path)] == ["Fox", "Owl", "Hare"]


def test_a_few_dates_in_stories_part_nothing() -> None:
    letters = "\n\n".join(f"{day} May 1890\n\n{SCENES}" for day in (3, 4))
    stories = [SCENES, f"{SCENES}\n\n{letters}", *[SCENES] * 38]
    splitting, found = read("\n\n***\n\n".join(stories))
    assert splitting.kind == "marker"
    assert [text for _, text in found] == stories
    assert read("\n\n".join([SCENES] * 30 + [letters] + [SCENES] * 30))[0].kind != "heading"


def test_dates_below_poems_are_no_titles() -> None:
    poems = [f"Rain {number} falls on stone\nand the river runs.\n\n{number} May 1913" for number in range(1, 21)]
    assert [text for _, text in read("\n\n***\n\n".join(poems))[1]] == poems
    assert read("\n\n".join(poems))[0].kind != "heading"


def test_titles_above_dates_stay_with_their_text() -> None:
    posts = [f"Post {'abc'[number % 3]}\n\n{number} March 2023\n\n{SCENES}" for number in range(1, 21)]
    assert [text for _, text in read("\n\n***\n\n".join(posts))[1]] == posts


def test_told_of_headings_a_short_text_without_any_is_one_story(tmp_path) -> None:
    path = tmp_path / "short.txt"
    path.write_text("It rained.\n\nThen it stopped.", encoding="utf-8")
    assert [story.text for story in read_stories(path, split="heading")] == ["It rained.\n\nThen it stopped."]
