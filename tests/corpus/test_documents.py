"""Documents and e-books as writers have them: stories under headings, between borders, or one long text."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pypandoc
import pytest

from skaz.corpus import documents
from skaz.corpus.readers import describe, read_stories
from skaz.corpus.records import Story
from skaz.errors import CorpusError, DependencyError

STORIES = """\
# Лис и фонарь

Жил лис. Он нашёл *фонарь*.[^1]

— Чей он? — спросил лис.

* * *

И пошёл дальше,\\
прямо к реке.

[^1]: Сноска не рассказ.

| какая | таблица |
|-------|---------|
| не    | нужна   |

# Second

> A stork stood there.

## A heading within

More.
"""
READ = [
    Story(
        "Жил лис. Он нашёл фонарь.\n\n— Чей он? — спросил лис.\n\n***\n\nИ пошёл дальше,\nпрямо к реке.", "Лис и фонарь"
    ),
    Story("A stork stood there.\n\nA heading within\n\nMore.", "Second"),
]


def made(folder: Path, text: str, ending: str, *more: str) -> Path:
    """A document of Markdown."""
    path = folder / f"a document{ending}"
    command = [pypandoc.get_pandoc_path(), "--standalone", "--from", "markdown", *more, "--output", str(path)]
    subprocess.run(command, input=text.encode(), check=True)
    return path


@pytest.mark.parametrize("ending", documents.FORMATS)
def test_each_heading_begins_a_story_with_that_title(tmp_path: Path, ending: str) -> None:
    path = made(tmp_path, STORIES, ending, "--metadata", "title=My stories", "--metadata", "author=Ann")
    found = list(read_stories(path))
    wanted = READ
    if ending == ".fb2":  # it knows no line ends within a paragraph
        wanted = [Story(story.text.replace(",\n", ", "), story.title) for story in wanted]
    if ending == ".odt":  # pandoc makes a paragraph of a border, and reads none there
        wanted = [Story(story.text.replace("***\n\n", ""), story.title) for story in wanted]
    assert found == wanted
    (reason,) = describe(path).reasons
    assert reason == "2 headings: a story under each, with that title; --split file takes all for one text"


def test_parts_of_one_heading_and_chapters_are_told_apart(tmp_path: Path) -> None:
    """The book's own title stands over all; what lies before the first chapter is a story only where it is long."""
    book = "# The Book\n\n{}\n\n## One\n\nFirst.\n\n## Two\n\nSecond.\n\n## Empty\n"
    short = made(tmp_path, book.format("By Ann."), ".docx")
    assert [(story.title, story.text) for story in read_stories(short)] == [("One", "First."), ("Two", "Second.")]
    preface = "A preface. " * 30
    long = made(tmp_path, book.format(preface), ".docx")
    assert [story.title for story in read_stories(long)] == [None, "One", "Two"]


@pytest.mark.parametrize(
    ("text", "split", "texts"),
    [
        ("One.\n\n---\n\nTwo.\n\n\\* \\* \\*\n\nThree.", None, ["One.", "Two.", "Three."]),
        ("# A title\n\nOne.\n\n---\n\nTwo.", None, ["A title\n\nOne.\n\n***\n\nTwo."]),
        ("One.\n\nTwo.", None, ["One.\n\nTwo."]),
        ("One.\n\nTwo.", "line", ["One.", "Two."]),
        ("One.\n\nTwo.", "marker", ["One.\n\nTwo."]),
        (STORIES, "file", ["\n\n".join([READ[0].title or "", READ[0].text, READ[1].title or "", READ[1].text])]),
    ],
)
def test_without_headings_borders_part_them_and_split_decides_otherwise(
    tmp_path: Path, text: str, split: str | None, texts: list[str]
) -> None:
    path = made(tmp_path, text, ".docx")
    found = list(read_stories(path, split=split))  # type: ignore[arg-type]
    assert [story.text for story in found] == texts
    assert {story.title for story in found} == {None}


def test_what_is_no_document_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "-a [1]*.docx"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(CorpusError, match=r"-a \[1\]\*\.docx can't be read as \.docx \(.+\): save it anew"):
        list(read_stories(path))
    path.write_bytes(made(tmp_path, STORIES, ".docx").read_bytes())
    assert list(read_stories(path)) == READ
    empty = made(tmp_path, "", ".epub")
    with pytest.raises(CorpusError, match="No story at all"):
        list(read_stories(empty))


def test_without_pandoc_documents_among_texts_are_passed_over_and_others_say_what_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path, STORIES, ".epub")
    (tmp_path / "a.txt").write_text("A fox.")
    assert len(list(read_stories(tmp_path))) == 3
    monkeypatch.setattr(documents, "find_spec", lambda _: None)
    monkeypatch.setitem(__import__("sys").modules, "pypandoc", None)
    documents._blocks_of.cache_clear()
    assert [story.text for story in read_stories(tmp_path)] == ["A fox."]
    assert describe(tmp_path).passed_over == (str(path),)
    (tmp_path / "a.txt").unlink()
    for named in (tmp_path, path):
        with pytest.raises(DependencyError, match=r'pip install "skaz\[documents\]"'):
            list(read_stories(named))
