"""Prose broken at a column is joined into paragraphs, and verse never."""

from __future__ import annotations

import random
import textwrap

import pytest

from skaz.corpus.readers import describe, read_stories
from skaz.corpus.wrapping import joined, wrapping_width

DICE = random.Random(5)
ENGLISH = "the fox and a lantern went slowly down to river where nobody had ever been before"
RUSSIAN = "лиса и её фонарь медленно шли вниз по реке туда, где никто до сих пор ещё не бывал"


def paragraph(language: str = ENGLISH) -> str:
    sentences = []
    for _ in range(DICE.randint(2, 7)):
        words = [DICE.choice(language.split()) for _ in range(DICE.randint(5, 20))]
        sentences.append(" ".join(words).rstrip(",").capitalize() + ".")
    return " ".join(sentences)


PROSE = [paragraph() for _ in range(40)]


def wrapped(texts: list[str], width: int = 72) -> str:
    return "\n\n".join("\n".join(textwrap.wrap(text, width)) for text in texts)


def verse(*, capitals: bool = True, longest: int = 9) -> str:
    lines = [" ".join(DICE.choice(ENGLISH.split()) for _ in range(DICE.randint(5, longest))) for _ in range(12)]
    return "\n".join(line.capitalize() if capitals else line for line in lines)


def again(text: str, width: int) -> str:
    return "".join(joined(text.splitlines(keepends=True), width))


@pytest.mark.parametrize("texts", [PROSE, [paragraph(RUSSIAN) for _ in range(40)]], ids=["en", "ru"])
@pytest.mark.parametrize("width", [55, 65, 72, 80])
def test_broken_prose_is_read_in_paragraphs(texts: list[str], width: int) -> None:
    text = wrapped(texts, width)
    found = wrapping_width(text)
    assert found is not None
    assert width - 5 <= found <= width
    assert again(text, found) == "\n\n".join(texts)


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(PROSE),
        "\n".join(PROSE),
        "\n\n".join(verse() for _ in range(30)),
        "\n\n".join(verse(capitals=False) for _ in range(30)),
        "\n\n".join(verse(longest=13) for _ in range(30)),
        "\n".join(verse(longest=13) for _ in range(30)),
        "\n\n".join(verse(capitals=False, longest=15) for _ in range(30)),
        wrapped(PROSE[:2]),
        "",
    ],
)
def test_verse_and_whole_paragraphs_are_left_as_they_are(text: str) -> None:
    assert wrapping_width(text) is None


@pytest.mark.parametrize(
    "kept",
    [
        verse(),
        verse(longest=13),
        textwrap.indent(verse(), "    "),
        verse(capitals=False, longest=8),
        "CHAPTER I.\nDown the Hole",
        "“Whose is it?” she said.\n“Mine,” he said.",
        "- a lantern\n- a fox",
        "```\n" + "\n".join(["the fox went down to the river and there she found a lantern"] * 3) + "\n```",
        "# The fox went down to the river and there she found a lantern, and\nmore",
        "the fox went down to the river and there she found a lantern, and  \nmore",
        "the fox went down to the river and there she found a lantern, and\n* * *\nmore",
        "— It is the lantern of the fox who went down to the river, and there she.\n— No.",
    ],
)
def test_what_ends_its_lines_in_broken_prose_keeps_them(kept: str) -> None:
    before, behind = PROSE[:2]
    text = "\n\n".join((wrapped([before]), kept, wrapped([behind])))
    assert again(text, 72) == f"{before}\n\n{kept}\n\n{behind}"


def test_a_dash_or_a_hyphen_at_a_break_gets_no_space() -> None:
    full = "the fox went down to the river and there she found, as it was, a"
    lines = f"{full} looking-\nglass and {full}--\nand she went on and {full} —\nand on."
    assert again(lines, 72) == f"{full} looking-glass and {full}--and she went on and {full} — and on."


@pytest.mark.parametrize(("name", "split"), [("fox.txt", None), ("fox.txt", "file"), ("fox.md", None)])
def test_that_lines_are_joined_is_told(tmp_path, name: str, split) -> None:
    texts = [f"“{text}”" for text in PROSE]
    (tmp_path / name).write_text(wrapped(texts), encoding="utf-8")
    assert [story.text for story in read_stories(tmp_path, split=split)] == ["\n\n".join(texts)]
    width = wrapping_width(wrapped(texts))
    told = f"{name}: lines broken at some {width} characters are joined into paragraphs"
    assert describe(tmp_path, split).reasons[1:] == (told,)


def test_a_line_a_story_as_told_joins_nothing(tmp_path) -> None:
    text = wrapped(PROSE)
    (tmp_path / "fox.txt").write_text(text, encoding="utf-8")
    assert [story.text for story in read_stories(tmp_path, split="line")] == text.replace("\n\n", "\n").split("\n")


def test_of_many_files_those_that_are_broken_are_joined(tmp_path) -> None:
    texts = [PROSE[number : number + 25] for number in range(9)]
    for number, story in enumerate(texts):
        whole = "\n\n".join(story) if number < 5 else wrapped(story)
        (tmp_path / f"{number}.txt").write_text(whole, encoding="utf-8")
    assert [story.text for story in read_stories(tmp_path)] == ["\n\n".join(story) for story in texts]
    cut, told = describe(tmp_path).reasons
    assert cut.startswith("9 files, a median of")
    assert told.startswith("5.txt and 3 more files: lines broken at some 7")
