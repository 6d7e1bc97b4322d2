"""Every experiment runs, in its small form: frames, data, words, pictures; the same seed, the same numbers."""

from __future__ import annotations

import itertools
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from skaz.errors import DependencyError
from skaz.lab.drawing import draw, save
from skaz.lab.experiments import NAMES, Experiment
from skaz.lab.panels import Lines, Series
from skaz.lab.texts import same


@pytest.mark.parametrize("name", NAMES)
def test_frames_lead_to_whole_data(name: str, tiny_parameters) -> None:
    done = [frame.done for frame in Experiment(name).frames(tiny_parameters[name])]
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert all(0 < each <= 1 for each in done)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_data_and_another_gives_others(name: str, tiny_parameters, tiny_report) -> None:
    again = Experiment(name).run(tiny_parameters[name])
    assert again == tiny_report(name)
    if name != "length":  # which draws nothing that counts
        assert Experiment(name).run({**tiny_parameters[name], "seed": 7}).data != again.data


@pytest.mark.parametrize("name", NAMES)
def test_each_frame_may_be_asked_for_by_another_thread(name: str, tiny_parameters, tiny_report) -> None:
    """As a server does, whose threads do other work in between: nothing that holds for a thread is left in one."""
    reports = Experiment(name).reports(tiny_parameters[name])
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        told = []
        for thread in itertools.cycle((one, other)):
            told.append(thread.submit(next, reports, None).result())
            assert one.submit(torch.is_grad_enabled).result()
            if told[-1] is None:
                break
    assert told[-2].data == tiny_report(name).data


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_plain_json(name: str, tiny_report) -> None:
    report = json.loads(json.dumps(tiny_report(name).as_object(), allow_nan=False))
    assert report["done"] == 1
    assert set(report["finding"]) == {"en", "ru"}
    assert {panel["kind"] for panel in report["panels"]} <= {"lines", "plane"}


@pytest.mark.parametrize("name", NAMES)
def test_a_finding_says_something_in_both_languages(name: str, tiny_report) -> None:
    finding = tiny_report(name).finding
    assert finding.en.endswith(".")
    assert finding.ru.endswith(".")
    for text in (finding.en, finding.ru):
        assert "{" not in text
        assert "nan" not in text
    assert any("а" <= letter <= "я" for letter in finding.ru)
    assert not any("а" <= letter <= "я" for letter in finding.en)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_picture_can_be_drawn_also_on_the_way(name: str, language: str, tiny_parameters) -> None:
    reports = list(Experiment(name).reports(tiny_parameters[name]))
    for report in (reports[0], reports[len(reports) // 2], reports[-1]):
        figure = draw(report.panels, language)
        assert len(figure.axes) == len(report.panels)
        titles = [axes.get_title(loc="left") for axes in figure.axes]
        assert all(titles)


def test_a_picture_is_saved_as_its_suffix_says(tmp_path: Path, tiny_report) -> None:
    panels = tiny_report("length").panels
    save(panels, "en", [tmp_path / "a.svg", tmp_path / "a.PNG"])
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert (tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    first = (tmp_path / "a.svg").read_bytes()
    save(panels, "en", [tmp_path / "a.svg"])
    assert (tmp_path / "a.svg").read_bytes() == first


def test_without_pytorch_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "skaz.lab.linear", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    linear = Experiment("linear")
    assert linear.question.en  # its words need no PyTorch
    with pytest.raises(DependencyError, match=r'torch.*pip install "skaz\[train,estimators\]"'):
        linear.reports()


@pytest.mark.filterwarnings("error")
def test_a_line_beyond_the_curves_does_not_spoil_the_picture(tmp_path: Path) -> None:
    report = Experiment("descent").run({"learning_rates": [0.93], "passes": 4})
    save(report.panels, "en", [tmp_path / "slow.png"])
    figure = draw(report.panels, "en")
    assert "the bottom" not in [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize("name", NAMES)
def test_curves_of_one_panel_look_different(name: str, tiny_report) -> None:
    for panel in tiny_report(name).panels:
        if isinstance(panel, Lines):
            styles = [series.style for series in panel.series if series.style >= 0]
            assert len(styles) == len(set(styles))


def test_no_two_ticks_of_losses_that_hardly_differ_read_the_same() -> None:
    losses = Series(same("loss"), (1.0, 2.0), (0.6931478, 0.6931502), 0)
    panel = Lines(same("losses"), same("pass"), same("nats"), (losses,), y_scale="log")
    figure = draw([panel], "en")
    figure.draw_without_rendering()
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == len({*labels}) > 1
