"""`skaz lab`: what is printed, what is saved, and what a wrong call is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skaz.cli.lab import LONGEST_DEFAULT

TINY = ("--set", "lengths=1,4", "--set", "words=5", "--set", "units=4")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_finding_is_printed_and_the_picture_saved(command) -> None:
    done = command("lab", "length", *TINY)
    assert done.code == 0, done.err
    assert done.out.startswith("The seq2seq network has ")
    assert Path("length.svg").is_file()
    assert "length.svg" in done.err


def test_in_russian_into_two_pictures(command) -> None:
    done = command("lab", "length", *TINY, "--lang", "ru", "--out", "a.png", "--out", "b.svg")
    assert done.out.startswith("У сети seq2seq ")
    assert sorted(path.name for path in Path().iterdir()) == ["a.png", "b.svg"]


def test_the_data_as_json(command) -> None:
    report = json.loads(command("lab", "length", *TINY, "--json", "--seed", "3").out)
    assert [each["length"] for each in report["data"]["counts"]] == [1, 4]
    assert report["settings"]["seed"] == 3


def test_a_log_tells_which_experiment_has_begun(command, monkeypatch: pytest.MonkeyPatch) -> None:
    from skaz.lab.experiments import Experiment

    report = Experiment("length").run({"lengths": [1, 4], "words": 5, "units": 4})
    monkeypatch.setattr("skaz.cli.lab._run", lambda *_: report)
    done = command("lab", "--all", "--out", "lab", "--lang", "ru")
    assert done.code == 0, done.err
    assert done.err.splitlines()[:2] == ["1/9 Перцептрон", "2/9 Граница"]


def test_a_difference_of_nothing_is_told_in_words(command) -> None:
    done = command("lab", "linear", "--set", "layers=1")
    assert "in 64 bits and in 32 the outputs are the same to the last digit. A network of one layer" in done.out


def test_each_attention_that_may_be_asked_for_has_its_words(command) -> None:
    from skaz.lab.experiments import Experiment
    from skaz.lab.findings.context import _ATTENTION

    (attention,) = (each for each in Experiment("context").parameters if each.name == "attention")
    assert {*attention.range} == {"none", *_ATTENTION}


def test_the_list_and_the_parameters(command) -> None:
    listed = command("lab").out.splitlines()
    assert [line.split()[0] for line in listed][:3] == ["perceptron", "boundary", "descent"]
    assert len(listed) == 9
    shown = command("lab", "forgetting", "--parameters").out
    assert "forget_bias" in shown
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lenght",), 'Did you mean "length"?'),
        (("length", "--set", "word=3"), 'Did you mean "words"?'),
        (("linear", "--set", "layers=2,abc"), "layers (layers of the networks) must be whole numbers."),
        (("linear", "--set", "layers"), "write it as PARAMETER=VALUE, seed=7 say: skaz lab linear --parameters"),
        (("boundary", "--set", "points=(0.6, 0, 0),(0.52, 0.3, 0)"), "write points=[[0.6,0,0],[-1.6,0,1]], say"),
        (("context", "--set", "attention=monotonic"), "it may be none, dot, general, additive, multi-head."),
        (("length", "--out", "a.gif"), "neither .svg nor .png"),
        (("--all",), "--all --out FOLDER"),
        (("length", "--all", "--out", "x"), "leave out NAME"),
        (("--json",), "Name an experiment"),
        (("length", "--seed", "3", "--set", "seed=7"), "--seed 3 and --set seed=7 differ; leave one out"),
        (("length", "--parameters", "--json"), "leave out --set, --seed, --json and --out"),
    ],
)
def test_a_wrong_call_ends_in_a_sentence_and_leaves_nothing(command, arguments: tuple[str, ...], said: str) -> None:
    done = command("lab", *arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert not list(Path().iterdir())


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_number_is_broken_in_two(command, lang: str) -> None:
    from skaz.lab.experiments import NAMES, Experiment
    from skaz.lab.settings import written

    for name in NAMES:
        shown = command("lab", name, "--parameters", "--lang", lang).out
        for each in Experiment(name).parameters:
            line = next(line for line in shown.splitlines() if line.startswith(f"{each.name} "))
            assert f" {written(each.default)} " in line or len(written(each.default)) > LONGEST_DEFAULT
            assert each.kind.startswith("choice") or f" {each.range[0]} … {each.range[1]} " in line


def test_defaults_are_shown_as_they_can_be_given_back(command) -> None:
    shown = command("lab", "boundary", "--parameters").out.splitlines()
    (points,) = (line for line in shown if line.startswith("points=["))
    given = json.loads(command("lab", "boundary", "--set", points, "--set", "passes=1", "--json").out)["settings"]
    assert len(given["points"]) == 36


def test_a_place_is_refused_before_the_work(command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skaz.cli.lab._run", None)
    Path("file").write_text("mine")
    assert "file/a.svg can't be made" in command("lab", "length", "--out", "file/a.svg").sentence()
    assert "file/lab can't be made" in command("lab", "--all", "--out", "file/lab").sentence()


def test_a_page_is_refused_before_the_work_where_it_would_replace_files(command) -> None:
    Path("mine").mkdir()
    Path("mine/index.html").write_text("mine")
    done = command("lab", "--all", "--out", "mine")
    assert done.code == 2
    assert "is something else" in done.err
