"""Markdown gives the stories that stand under its headings, without pandoc."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import pytest

from skaz.corpus.markdown import blocks_in, without_front_matter
from skaz.corpus.pandoc import Block
from skaz.corpus.readers import describe, read_stories
from skaz.corpus.records import Story

FRONT_MATTER = """\
---
title: Сборник
tags:
  - сказки
# для себя
дата: 1998
---

"""
BOOK = """\
# Сборник сказок

Предисловие автора.[^1]

## **Лиса и фонарь** ##

Лиса нашла фонарь.
— Чей он?

***

И пошла дальше.

```
## не заголовок

в ней
```

## Ёж

#ёж шёл по лесу.
***

## Пусто
"""
STORIES = [
    Story(
        "Лиса нашла фонарь.\n— Чей он?\n\n***\n\nИ пошла дальше.\n\n```\n## не заголовок\n\nв ней\n```", "Лиса и фонарь"
    ),
    Story("#ёж шёл по лесу.", "Ёж"),
]


def written(folder: Path, text: str, name: str = "сборник.md") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("text", [BOOK, FRONT_MATTER + BOOK, "\ufeff" + (FRONT_MATTER + BOOK).replace("\n", "\r\n")])
@pytest.mark.parametrize("name", ["сборник.md", "СБОРНИК.MD.gz"])
@pytest.mark.parametrize("split", [None, "marker"])
def test_a_story_under_each_heading_with_that_title(tmp_path, monkeypatch, text: str, name: str, split) -> None:
    monkeypatch.setitem(sys.modules, "pypandoc", None)
    path = written(tmp_path, text, name)
    assert list(read_stories(path, split=split)) == STORIES
    reading = describe(path, split)
    told = "as told: --split marker" if split else "3 headings: a story under each, with that title; --split file"
    assert reading.reasons[0].startswith(told)
    assert reading.split == "marker"


@pytest.mark.parametrize(
    ("text", "split", "stories"),
    [
        ("# Лиса\n\nЖила.\n\n\n\nБыла.\n", None, [Story("Жила.\n\nБыла.", "Лиса")]),
        ("# Лиса\n\nЖила.\n\n# Ёж\n\nБыл.\n", "file", [Story("Лиса\n\nЖила.\n\nЁж\n\nБыл.")]),
        ("Лиса.\n\n***\n\nЁж.\n\n---\n\nВорона.", None, [Story("Лиса."), Story("Ёж."), Story("Ворона.")]),
        ("Лиса.\n***\nЁж.", "marker", [Story("Лиса."), Story("Ёж.")]),
        ("a<|endoftext|>b\n***\nc<|endoftext|>d", None, [Story("a"), Story("b\n***\nc"), Story("d")]),
        ("Лиса.\nЁж.", "line", [Story("Лиса."), Story("Ёж.")]),
        ("Лиса\n====\n\nЖила.\n\nЁж\n====\n\nБыл.", None, [Story("Жила.", "Лиса"), Story("Был.", "Ёж")]),
    ],
)
@pytest.mark.parametrize("front_matter", ["", FRONT_MATTER])
def test_without_headings_it_is_cut_as_plain_text(tmp_path, text: str, split, stories, front_matter: str) -> None:
    assert list(read_stories(written(tmp_path, front_matter + text), split=split)) == stories


@pytest.mark.parametrize(
    "text",
    ["---\nЖила-была лиса.\n---\nЁж.\n", "---\n\n---\nЁж.\n", "---\ntitle: Сборник\n", "\n---\na: b\n---\n", "a"],
)
def test_what_is_no_front_matter_stays(text: str) -> None:
    assert "".join(without_front_matter(text.splitlines(keepends=True))) == text


def test_a_text_file_keeps_what_only_markdown_knows(tmp_path) -> None:
    assert [story.title for story in read_stories(written(tmp_path, BOOK, "a.txt"))] == [None] * 3


def test_headings_and_borders() -> None:
    lines = ["## Лиса", "жила", "    # код", "####### семь", "#", "## ***", "* * *", "   # Ёж #1 ", "# Нота C#", "# #"]
    assert list(blocks_in(lines)) == [
        Block("Лиса", 2),
        Block("жила\n    # код\n####### семь\n#"),
        Block("", is_border=True),
        Block("", is_border=True),
        Block("Ёж #1", 1),
        Block("Нота C#", 1),
        Block("", is_border=True),
    ]


def test_underlined_headings_are_headings_of_two_levels() -> None:
    blocks = list(blocks_in(io.StringIO("Book\n====\n\nTale\n----\n\nOnce.\n\n---\n\nMore.\n")))
    assert [(block.text, block.level) for block in blocks if block.level] == [("Book", 1), ("Tale", 2)]
    assert [block.is_border for block in blocks] == [False, False, False, True, False]


def test_nothing_in_a_fence_is_a_heading() -> None:
    assert not any(block.level for block in blocks_in(io.StringIO("~~~\n# not\n~~~\n")))


@pytest.mark.parametrize("split", [None, "file", "blank"])
def test_marks_of_quotes_and_emphasised_lines_and_breaks_are_no_text(tmp_path, split) -> None:
    text = "> *Кто не ищет,*  \n> тот не **найдёт**.\n>\n> > Лиса\n\n_Ночь_\n\n***Фонарь***\n\n```\n> a\n*b*\n```\n"
    expected = "Кто не ищет,\nтот не **найдёт**.\n\nЛиса\n\nНочь\n\nФонарь\n\n```\n> a\n*b*\n```"
    found = "\n\n".join(story.text for story in read_stories(written(tmp_path, text), split=split))
    assert found == expected


@pytest.mark.parametrize("line", ["* a *", "*a* и *b*", "_", "**", "*a", "2 > 1", "a_b_", "* _a", "__a_b__"])
def test_other_marks_stay(tmp_path, line: str) -> None:
    assert [story.text for story in read_stories(written(tmp_path, f"Лиса.\n{line}\nЁж."))] == [f"Лиса.\n{line}\nЁж."]
