"""The page: whole in itself, in either language, and it replaces no folder of a user's."""

from __future__ import annotations

import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest

from skaz.errors import ResourceError
from skaz.lab.experiments import Experiment
from skaz.lab.page import DATA, command_of, write_page
from skaz.recipe_reading import parse_overrides

SVG_NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")


class Reader(HTMLParser):
    """What the page names: its ids, what it refers to, its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            elif name in ("href", "src", "xlink:href"):
                self.references.append(str(value))
            elif name in ("clip-path", "style"):
                self.references += re.findall(r"url\(([^)]*)\)", str(value))

    handle_startendtag = handle_starttag


@pytest.fixture
def reports(tiny_report):
    return [tiny_report(name) for name in ("perceptron", "forgetting", "length")]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_needs_nothing_from_anywhere(language: str, tiny_page) -> None:
    text = tiny_page(language)
    reader = Reader()
    reader.feed(text)
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert {each for each in reader.references if not each.startswith("#")} == set()
    assert {each[1:] for each in reader.references} <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))
    assert set(re.findall(r"https?://[^\s\"<>]+", text)) == set(SVG_NAMESPACES)
    assert f'<html lang="{language}">' in text
    assert reader.tags.count("svg") == 3


def test_every_experiment_is_there_with_its_words_and_its_command(reports, tiny_page) -> None:
    text = tiny_page("ru")
    for report in reports:
        assert f'<section id="{report.experiment}">' in text
        assert Experiment(report.experiment).title.ru in text
    assert "--lang ru" in text


def test_the_command_repeats_the_report() -> None:
    report = Experiment("length").run({"lengths": [1, 3], "words": 4, "units": 2, "seed": 5})
    assert command_of(report, "en") == ("skaz lab length --set seed=5 --set lengths=1,3 --set words=4 --set units=2")
    plain = Experiment("linear").run()
    assert command_of(plain, "en") == "skaz lab linear"


def test_the_command_of_changed_points_and_of_no_layers_can_be_run() -> None:
    asked = {"points": [[0, 0, 0], [1, 1, 1]], "hidden_layers": [], "passes": 2}
    report = Experiment("boundary").run(asked)
    words = shlex.split(command_of(report, "en"))
    given = parse_overrides([word for word in words if "=" in word])
    assert Experiment("boundary").run(given).settings == report.settings


def test_an_earlier_page_is_replaced_and_another_folder_is_not(tmp_path: Path, reports) -> None:
    made = write_page(tmp_path / "lab", reports[:1], "en")
    assert [each["experiment"] for each in json.loads((tmp_path / "lab" / DATA).read_text())] == ["perceptron"]
    first = made.read_bytes()
    assert write_page(tmp_path / "lab", reports[:1], "en").read_bytes() == first
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("my own page")
    with pytest.raises(ResourceError, match="choose another name"):
        write_page(tmp_path / "mine", reports[:1], "en")
    assert (tmp_path / "mine" / "index.html").read_text() == "my own page"
