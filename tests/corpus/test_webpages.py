"""Web pages, as stories are saved from the web."""

from __future__ import annotations

from pathlib import Path

import pytest

from skaz.corpus.readers import describe, read_stories
from skaz.corpus.webpages import plain_page
from skaz.errors import CorpusError

PAGE = """<!DOCTYPE html><html><head>{meta}<title>Лиса и волк</title><style>p {{ color: red }}</style></head><body>
<nav>Главная <a href="/">вход</a></nav>
<h2>Лиса</h2><p>Жила-была <b>старая</b> лиса, и было у неё<br>три лисёнка.</p><hr>
<h2>Волк</h2><pre>
  Жил волк.
  И всё.
</pre><p>Конец.</p><FOOTER class="low">Все права\nзащищены</FOOTER><script>var fox = "red";</script></body></html>"""
STORIES = [("Лиса", "Жила-была старая лиса, и было у неё\nтри лисёнка."), ("Волк", "  Жил волк.\n  И всё.\n\nКонец.")]


@pytest.mark.parametrize("ending", [".html", ".HTM"])
@pytest.mark.parametrize(
    ("meta", "encoding"),
    [
        ('<meta charset="utf-8">', "utf-8"),
        ('<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=windows-1251">', "windows-1251"),
        ("<meta charset=koi8-r>", "koi8-r"),
        ('<meta charset="windows-1251">', "utf-8"),  # as a browser saves it, whatever it says
        ('<meta charset="utf-8">', "windows-1251"),
        ('<meta charset="no-such">', "windows-1251"),
        ("", "koi8-r"),
        ("", "utf-16"),
        ("", "utf-8-sig"),
    ],
)
def test_a_page_is_read_in_its_encoding_a_story_under_each_heading(tmp_path, ending: str, meta: str, encoding) -> None:
    path = tmp_path / f"tales{ending}"
    path.write_bytes(PAGE.format(meta=meta).encode(encoding))
    assert [(story.title, story.text) for story in read_stories([path])] == STORIES
    assert "2 headings" in describe([path]).lines()[1]


def test_who_declares_latin_1_means_what_windows_makes_of_it() -> None:
    page = '<meta charset="iso-8859-1"><p>“Où ça ?”</p>'
    assert plain_page(page.encode("windows-1252")).decode() == page


def test_a_page_in_no_encoding_that_can_be_told_is_named(tmp_path) -> None:
    path: Path = tmp_path / "a.html"
    path.write_bytes(b"<p>\x98\xfe</p>")
    with pytest.raises(CorpusError, match=r"a.html can't be read as .html \(its bytes are in no encoding that it decl"):
        list(read_stories([path]))
