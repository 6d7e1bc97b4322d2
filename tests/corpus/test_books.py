"""Documents and e-books as writers have them: stories under headings, between borders, or one long text."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pypandoc
import pytest

from skaz.corpus import fb2, pandoc
from skaz.corpus.pairs import Columns, describe_pairs
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


def zipped(*books: Path) -> Path:
    """An archive of them beside the first."""
    path = books[0].with_name(f"{books[0].name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for book in books:
            archive.write(book, book.name)
    return path


def made(folder: Path, text: str, ending: str, *more: str) -> Path:
    """A document of Markdown."""
    if ending == ".fb2.zip":
        return zipped(made(folder, text, ".fb2", *more))
    path = folder / f"a document{ending}"
    command = [pypandoc.get_pandoc_path(), "--standalone", "--from", "markdown", *more, "--output", str(path)]
    subprocess.run(command, input=text.encode(), check=True)
    return path


@pytest.mark.parametrize("ending", pandoc.FORMATS)
def test_each_heading_begins_a_story_with_that_title(tmp_path: Path, ending: str) -> None:
    path = made(tmp_path, STORIES, ending, "--metadata", "title=My stories", "--metadata", "author=Ann")
    found = list(read_stories(path))
    wanted = READ
    if ending in (".fb2", ".fb2.zip"):  # it knows no line ends within a paragraph
        wanted = [Story(story.text.replace(",\n", ", "), story.title) for story in wanted]
    if ending in (".odt", ".fb2", ".fb2.zip"):  # pandoc writes a ruled line as something else there
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
        ("# A title\n\nOne.\n\n---\n\nTwo.", None, ["One.\n\n***\n\nTwo."]),
        ("One.\n\nTwo.", None, ["One.\n\nTwo."]),
        ("One.\n\nTwo.", "line", ["One.", "Two."]),
        ("One.\n\nTwo.", "marker", ["One.\n\nTwo."]),
        ("---\n\nOne.\n\n---\n\nTwo.\n\n---", "file", ["One.\n\n***\n\nTwo."]),
        ("One.\n\n---\n\nTwo.", "blank", ["One.", "Two."]),
        (STORIES, "file", ["\n\n".join([READ[0].title or "", READ[0].text, READ[1].title or "", READ[1].text])]),
    ],
)
def test_without_headings_borders_part_them_and_split_decides_otherwise(
    tmp_path: Path, text: str, split: str | None, texts: list[str]
) -> None:
    path = made(tmp_path, text, ".docx")
    found = list(read_stories(path, split=split))  # type: ignore[arg-type]
    assert [story.text for story in found] == texts
    assert {story.title for story in found} == {"A title" if text.startswith("# A title") else None}


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
    monkeypatch.setitem(sys.modules, "pypandoc", None)
    pandoc._packed_blocks.cache_clear()
    assert [story.text for story in read_stories(tmp_path)] == ["A fox."]
    assert describe(tmp_path).passed_over == (str(path),)
    told = f'1 document not read, as pandoc is missing: {path}; pip install "skaz[documents]"'
    assert told in describe(tmp_path).lines()
    (tmp_path / "a.txt").unlink()
    for named in (tmp_path, path):
        with pytest.raises(DependencyError, match=r'pip install "skaz\[documents\]"'):
            list(read_stories(named))


def test_one_title_over_all_is_the_titles_whether_a_heading_or_a_style(tmp_path: Path) -> None:
    for text, more in (("# The Fox\n\nOnce.", ()), ("Once.", ("--metadata", "title=The Fox"))):
        path = made(tmp_path, text, ".docx", *more)
        assert list(read_stories(path)) == [Story("Once.", "The Fox")]
        assert describe(path).reasons == ("no headings that part stories: the document is one long text",)


BOOK = """<?xml version="1.0" encoding="windows-1251"?>
<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0" xmlns:l="http://www.w3.org/1999/xlink">
<description><title-info><book-title>Книга</book-title></title-info></description>
<body><title><p>Книга</p></title>
<section><title><p>Глава 1</p></title><p>Жил ёж.<a l:href="#n" type="note">[1]</a> И ел.</p><empty-line/>
<subtitle>* * *</subtitle><p>Спал.</p>
<poem><title><p>Стих</p></title><stanza><v>Раз,</v><v>два.</v></stanza></poem></section>
<section><title><p>Глава 2</p></title><p>Проснулся.</p><empty-line/><p>И всё.</p></section></body>
<body name="notes"><section id="n"><title><p>1</p></title><p>Сноска.</p></section></body>
<body name="comments"><title><p>Пояснения</p></title><section><p>Лишнее.</p></section></body>
</FictionBook>"""


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r", "utf-8", "utf-16"])
def test_fb2_as_it_is_found(tmp_path: Path, encoding: str) -> None:
    """In any encoding that it declares; what stands for room, a scene, a verse or a note is no chapter."""
    path = tmp_path / "book.fb2"
    path.write_bytes(BOOK.replace("windows-1251", encoding).encode(encoding))
    assert list(read_stories(path)) == [
        Story("Жил ёж. И ел.\n\n***\n\nСпал.\n\nСтих\n\nРаз,\nдва.", "Глава 1"),
        Story("Проснулся.\n\nИ всё.", "Глава 2"),
    ]


@pytest.mark.parametrize(
    ("inside", "texts"),
    [
        (
            "<poem><title><p>Сонет</p></title><subtitle>Другу</subtitle>"
            "<stanza><title><p>I</p></title><v>раз</v></stanza>"
            "<stanza><subtitle>II</subtitle><v>два</v></stanza></poem>",
            "Сонет\n\nДругу\n\nI\nраз\n\nII\nдва",
        ),
        ("<p>Один<empty-line/> два.</p><empty-line/><p>Три.</p>", "Один два.\n\nТри."),
    ],
)
@pytest.mark.parametrize("name", ["", ' name="main"'])
def test_nothing_of_an_fb2_book_is_lost(tmp_path: Path, inside: str, texts: str, name: str) -> None:
    path = tmp_path / "book.fb2"
    sections = "".join(f"<section><title><p>{title}</p></title>{inside}</section>" for title in ("A", "B"))
    book = (
        f'<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"><body{name}>{sections}</body></FictionBook>'
    )
    path.write_text(f'\n<?xml version="1.0"?>{book}', "utf-8")
    assert list(read_stories(path)) == [Story(texts, "A"), Story(texts, "B")]


def test_an_archive_has_one_book_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one.FB2", tmp_path / "other.fb2"
    for book in (one, other):
        book.write_bytes(BOOK.encode("cp1251"))
    (tmp_path / "cover.jpg").write_bytes(b"a picture")
    (tmp_path / "._one.fb2").write_bytes(b"of macOS")
    archive = zipped(one, tmp_path / "cover.jpg", tmp_path / "._one.fb2")
    assert [story.title for story in read_stories(archive)] == ["Глава 1", "Глава 2"]
    cut = tmp_path / "cut.fb2.zip"
    cut.write_bytes(archive.read_bytes()[:-50])
    with pytest.raises(
        CorpusError, match=r"cut\.fb2\.zip can't be read as \.fb2\.zip \(File is not a zip file\): unpack it"
    ):
        list(read_stories(cut))
    wrong = {"2 books are in it": [one, other], "0 books are in it": [tmp_path / "cover.jpg"]}
    for told, inside in wrong.items():
        with pytest.raises(CorpusError, match=rf"can't be read as \.fb2\.zip \({told}"):
            list(read_stories(zipped(*inside).replace(tmp_path / "wrong.fb2.zip")))
    odd = tmp_path / "odd.fb2.zip"
    with zipfile.ZipFile(odd, "w", zipfile.ZIP_LZMA) as packed:
        packed.write(other, other.name)
    with pytest.raises(CorpusError, match="packed in a way"):
        list(read_stories(odd))
    monkeypatch.setattr(fb2, "_LARGEST", 100)
    for book in (zipped(other), other):
        with pytest.raises(CorpusError, match="it has more than 100 bytes"):
            list(read_stories(book))


@pytest.mark.parametrize("encoding", ["win-1251", "gbk"])
def test_an_encoding_that_nobody_knows_is_told(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "book.fb2"
    path.write_bytes(BOOK.replace("windows-1251", encoding).encode("cp1251"))
    with pytest.raises(CorpusError, match=r"book\.fb2 can't be read as \.fb2 \(.+encoding"):
        list(read_stories(path))


def test_what_is_too_much_or_too_deep_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "deep.fb2"
    inside = "<section>" * 900 + "<p>x</p>" + "</section>" * 900
    deep.write_text(
        f'<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"><body>{inside}</body></FictionBook>'
    )
    broken = tmp_path / "broken.fb2"
    broken.write_text("<FictionBook><body>")
    for path, told in ((deep, "nested too deeply"), (broken, "no element found")):
        with pytest.raises(CorpusError, match=told):
            list(read_stories(path))
    monkeypatch.setattr(pandoc, "_LIMITS", ("+RTS", "-M10m", "-RTS"))
    with pytest.raises(CorpusError, match="Heap exhausted"):
        list(read_stories(made(tmp_path, "word " * 100_000, ".docx")))
    monkeypatch.setattr(pandoc, "_LIMITS", ("--an-option-of-later",))
    with pytest.raises(DependencyError, match="too old"):
        list(read_stories(made(tmp_path, STORIES, ".docx")))


def test_many_documents_keep_their_headings_and_words_notes_are_passed_by(tmp_path: Path) -> None:
    book = made(tmp_path, STORIES, ".docx").read_bytes()
    for number in range(9):
        (tmp_path / f"{number}.docx").write_bytes(book)
    (tmp_path / "~$0.docx").write_bytes(b"Ann")
    found = list(read_stories(tmp_path))
    assert found == READ * 10
    assert describe(tmp_path).passed_over == ()


def test_documents_are_no_pairs(tmp_path: Path) -> None:
    path = made(tmp_path, STORIES, ".fb2")
    with pytest.raises(CorpusError, match="documents are read as stories, not as pairs"):
        describe_pairs([path, path], Columns())
