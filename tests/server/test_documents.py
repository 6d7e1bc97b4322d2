"""Documents: revisions, exports, and names that are no paths."""

from __future__ import annotations

import io
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from skaz.files import write_text
from skaz.server import documents
from skaz.server.epub import epub, language_of
from skaz.server.exports import markdown
from skaz.server.stanzas import blocks_of
from skaz.text.words import number_of_words

DOCUMENT = {"title": "Лиса & *фонарь*", "text": "Первый <абзац>.\n\nВторой.", "language": "ru", "tree": {"nodes": [1]}}


def test_a_document_lives(live: Any) -> None:
    made = live.client.post("/api/documents", json={"document": DOCUMENT})
    assert made.status_code == 201
    path = f"/api/documents/{made.json()['id']}"
    assert live.client.get(path).json()["document"] == DOCUMENT
    assert live.client.put(path, json={"revision": 1, "document": {**DOCUMENT, "title": "x"}}).json() == {"revision": 2}
    late = live.client.put(path, json={"revision": 1, "document": DOCUMENT})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "conflict")
    listed = live.client.get("/api/documents").json()["documents"]
    assert [(each["title"], each["words"], each["revision"]) for each in listed] == [("x", 3, 2)]
    assert listed[0]["beginning"] == "Первый <абзац>. Второй."
    assert live.client.delete(path).status_code == 204
    assert live.client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("«Кто там?» — спросила лиса 3 раза.", 6),  # studio/tests/splice.test.ts has the same
        ("*** Жил-был кот – вот и всё… ***", 5),
        (" \n ", 0),
    ],
)
def test_what_has_no_letter_is_no_word(text: str, count: int) -> None:
    assert number_of_words(text) == count


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        (" — Кто там?\nВолк.", "— Кто там? Волк."),
        ("Жил-был волк, и " + "жил " * 20, "Жил-был волк, и жил жил жил жил жил…"),
        ("а" * 50, "а" * 40 + "…"),
        ("", ""),
    ],
)
def test_a_list_tells_how_a_story_begins(live: Any, text: str, beginning: str) -> None:
    name = live.client.post("/api/documents", json={"document": {"text": text}}).json()["id"]
    assert live.client.get("/api/documents").json()["documents"][0]["beginning"] == beginning
    live.client.delete(f"/api/documents/{name}")


def test_of_two_who_change_a_document_at_once_one_is_told(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_slowly(path: Path, text: str) -> None:
        time.sleep(0.02)
        write_text(path, text)

    monkeypatch.setattr(documents, "write_text", write_slowly)
    name = live.client.post("/api/documents", json={"document": DOCUMENT}).json()["id"]

    def change(_: int) -> int:
        answer = live.client.put(f"/api/documents/{name}", json={"revision": 1, "document": DOCUMENT})
        assert live.client.get("/api/documents").status_code == 200
        return int(answer.status_code)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(change, range(8))) == [200] + [409] * 7
    live.client.delete(f"/api/documents/{name}")


@pytest.mark.parametrize(
    "extra",
    [b'{"score": NaN}', b"1e999", b'"\\ud800"', b'{"\\ud800": 1}', b"[" * 400 + b"]" * 400],
    ids=["NaN", "infinite", "half a character", "a key of half a character", "deep"],
)
def test_what_could_not_be_read_again_is_not_kept(live: Any, extra: bytes) -> None:
    name = live.client.post("/api/documents", json={"document": DOCUMENT}).json()["id"]
    path = f"/api/documents/{name}"
    new = b'{"title": "x", "text": "y", "tree": ' + extra + b"}"
    headers = {"Content-Type": "application/json"}
    for answer in (
        live.client.put(path, content=b'{"revision": 1, "document": ' + new + b"}", headers=headers),
        live.client.post("/api/documents", content=b'{"document": ' + new + b"}", headers=headers),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_body")
    assert live.client.get(path).json() == {"id": name, "revision": 1, "document": DOCUMENT}
    assert len(live.client.get("/api/documents").json()["documents"]) == 1
    live.client.delete(path)


@pytest.mark.parametrize(
    "content",
    [
        b"{ half",
        b'{"revision": 1, "changed": "", "document": {"title": 5}}',
        b"",
        b'{"revision": 1, "changed": "", "document": {"title": "x", "text": "\xff"}}',
    ],
)
def test_a_damaged_document_hides_no_others(live: Any, content: bytes) -> None:
    name = live.client.post("/api/documents", json={"document": DOCUMENT}).json()["id"]
    damaged = live.service.settings.state_folder / "documents" / f"{'0' * 16}.json"
    damaged.write_bytes(content)
    listed = {each["id"]: each["title"] for each in live.client.get("/api/documents").json()["documents"]}
    assert listed == {name: DOCUMENT["title"], damaged.stem: damaged.name}
    if b"5" not in content:
        answer = live.client.get(f"/api/documents/{damaged.stem}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "damaged")
    for each in listed:
        assert live.client.delete(f"/api/documents/{each}").status_code == 204


def test_a_folder_in_a_document_s_place_hides_no_others(live: Any) -> None:
    name = live.client.post("/api/documents", json={"document": DOCUMENT}).json()["id"]
    damaged = live.service.settings.state_folder / "documents" / f"{'0' * 16}.json"
    damaged.mkdir()
    listed = {each["id"]: each["title"] for each in live.client.get("/api/documents").json()["documents"]}
    assert listed == {name: DOCUMENT["title"], damaged.stem: damaged.name}
    for answer in (live.client.get(f"/api/documents/{damaged.stem}"), live.client.delete(f"/api/documents/{'0' * 16}")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "damaged")
    damaged.rmdir()
    live.client.delete(f"/api/documents/{name}")


def test_exports(live: Any) -> None:
    name = live.client.post("/api/documents", json={"document": DOCUMENT}).json()["id"]
    path = f"/api/documents/{name}/export"
    assert live.client.get(path, params={"format": "txt"}).text == DOCUMENT["text"]
    markdown = live.client.get(path, params={"format": "md"})
    assert markdown.text.startswith("# Лиса & \\*фонарь\\*\n\nПервый \\<абзац\\>.")
    assert "attachment" in markdown.headers["content-disposition"]
    assert live.client.get(path, params={"format": "json"}).json() == DOCUMENT
    with zipfile.ZipFile(io.BytesIO(live.client.get(path, params={"format": "epub"}).content)) as book:
        assert book.read("mimetype") == b"application/epub+zip"
        pages = "".join(book.read(each).decode() for each in book.namelist() if each.endswith(".xhtml"))
        for each in book.namelist():
            if each.endswith((".xhtml", ".opf", ".ncx")):
                ElementTree.fromstring(book.read(each))
    assert "<p>Первый &lt;абзац&gt;.</p>" in pages
    assert "<h1>Лиса &amp; *фонарь*</h1>" in pages
    assert live.client.get(path, params={"format": "exe"}).status_code == 422
    live.client.delete(f"/api/documents/{name}")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Мой ёжик", "Мой ёжик"),
        ("Мои\u0306 е\u0308жик", "Мой ёжик"),  # as a Mac's files are named
        ("हिन्दी कहानी", "हिन्दी कहानी"),
        ("นิทาน / 1: ", "นิทาน 1"),
        ("../..", "Первый абзац . Второй"),  # its first words, as of what has no title
    ],
)
def test_a_file_is_named_as_its_title_is_written(live: Any, title: str, name: str) -> None:
    made = live.client.post("/api/documents", json={"document": {**DOCUMENT, "title": title}}).json()["id"]
    answer = live.client.get(f"/api/documents/{made}/export", params={"format": "txt"})
    assert unquote(answer.headers["content-disposition"].rpartition("UTF-8''")[2]) == f"{name}.txt"
    live.client.delete(f"/api/documents/{made}")


def test_nothing_in_markdown_is_a_mark() -> None:
    text = "- Hello, said he.\n1. One\n+ plus\n~~~\nAT&amp;T &lt;b>\n2) *x*\n---\nTom & Ann, 1.5 - 2"
    assert markdown(documents.Head(text=text)).split("\\\n") == [
        "\\- Hello, said he.",
        "1\\. One",
        "\\+ plus",
        "\\~\\~\\~",
        "AT\\&amp;T \\&lt;b\\>",
        "2\\) \\*x\\*",
        "\\---",
        "Tom & Ann, 1.5 - 2\n",
    ]


PROSE = "Тучка ночевала на груди утёса-великана, а утром умчалась в путь, по лазури весело играя, и с ней ушёл сон."
VERSE = "Ночевала тучка золотая\n  На груди утёса-великана;\n\nУтром в путь она умчалась рано,\nПо лазури весело играя;"


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        (
            f"{PROSE}\n — Кто там?\n{PROSE} И",
            [[PROSE], ["— Кто там?"], [f"{PROSE} И"]],
        ),  # a line a paragraph, as before
        (f"{PROSE}\n\n \n{PROSE}", [[PROSE], [PROSE]]),
        (VERSE, [VERSE.replace("  ", "\u00a0\u00a0").split("\n")[:2], VERSE.split("\n")[3:]]),
        ("Рано,\r\n\tиграя", [["Рано,", "\u00a0" * 4 + "играя"]]),
        (f"{PROSE[:-1]},\n{PROSE}", [[f"{PROSE[:-1]},", PROSE]]),  # lines may be long in verse as well
        ("\n \n", []),
    ],
)
def test_paragraphs_and_stanzas_are_told_apart(text: str, blocks: list[list[str]]) -> None:
    assert blocks_of(text) == blocks


def test_verse_is_exported_with_its_lines() -> None:
    head = documents.Head(text=VERSE)
    assert markdown(head).startswith("Ночевала тучка золотая\\\n\u00a0\u00a0На груди утёса-великана;\n\nУтром в путь")
    with zipfile.ZipFile(io.BytesIO(epub(head))) as book:
        pages = "".join(book.read(each).decode() for each in book.namelist() if each.endswith((".xhtml", ".opf")))
    assert "<p>Ночевала тучка золотая<br/>\n\u00a0\u00a0На груди утёса-великана;</p>" in pages
    assert "Ночевала тучка золотая На груди…</dc:title>" in pages  # it has no title
    assert "<dc:language>ru</dc:language>" in pages
    assert '<section lang="ru" xml:lang="ru">\n<p>' in pages


@pytest.mark.parametrize(
    ("text", "stated", "language"),
    [
        (VERSE, "en", "ru"),  # written with an English model
        ("Once upon a time", "uk", "uk"),
        (VERSE, "ru-RU", "ru-RU"),
        ("Once upon a time there was a fox", "no language", "en"),
        ("", None, "en"),
    ],
)
def test_a_book_is_in_its_texts_language(text: str, stated: str | None, language: str) -> None:
    assert language_of(documents.Head(text=text, language=stated)) == language


def test_ids_are_no_paths(live: Any) -> None:
    for name in ("..%2f..%2fbundle", "0" * 15, "g" * 16):
        assert live.client.get(f"/api/documents/{name}").status_code in (404, 422)
