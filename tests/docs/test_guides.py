"""The guides' commands parse, and their Python runs."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

from skaz.cli.root import COMMANDS
from skaz.lab.experiments import NAMES

ROOT = Path(__file__).parents[2]

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/index.md",
    "docs/guide.md",
    "docs/ru/guide.md",
    "docs/studio.md",
    "docs/ru/studio.md",
    "docs/pairs.md",
    "docs/ru/pairs.md",
    "docs/estimators.md",
    "docs/ru/estimators.md",
    "docs/lab.md",
    "docs/ru/lab.md",
)


def shown_commands(text: str) -> list[list[str]]:
    """The words of every `$ skaz …` line of the console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
    return [shlex.split(line)[2:] for block in blocks for line in block.splitlines() if line.startswith("$ skaz ")]


@pytest.mark.parametrize("page", PAGES)
def test_commands_parse(page: str) -> None:
    for name, *arguments in shown_commands((ROOT / page).read_text(encoding="utf-8")):
        assert name in COMMANDS
        command: click.Command = import_module(f"skaz.cli.{name}").command
        words = arguments[: arguments.index("<")] if "<" in arguments else arguments
        command.make_context(name, words)  # raises where an option or a value is not known


def test_guides_show_commands() -> None:
    for page in ("docs/guide.md", "docs/ru/guide.md"):
        shown = {words[0] for words in shown_commands((ROOT / page).read_text(encoding="utf-8"))}
        assert {"demo", "train", "write"} <= shown


@pytest.mark.parametrize("page", ["docs/guide.md", "docs/ru/guide.md"])
def test_python_runs(page: str, stories_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, but for a few updates instead of ten minutes."""
    (tmp_path / "stories.txt").write_text(stories_file.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    quick = {"size": "tiny", "text.vocabulary_size": 400, "training.steps": 5, "training.threads": 1}
    for block in blocks:
        exec(compile(block.replace("minutes=10", f"settings={quick!r}"), page, "exec"), {})
    assert (tmp_path / "teller" / "card.md").is_file()


@pytest.mark.parametrize("page", ["docs/lab.md", "docs/ru/lab.md"])
def test_python_of_the_lab_runs(page: str, capsys) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    exec(compile(block, page, "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("page", ["docs/lab.md", "docs/ru/lab.md"])
def test_the_lab_shows_every_experiment(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.findall(r"\]\(lab/([a-z-]+)\.svg\)", text)
    assert tuple(shown) == NAMES  # in the order of the course
    for name in NAMES:
        assert ["lab", name] in [words[:2] for words in shown_commands(text)]
        assert (ROOT / page).with_name("lab").joinpath(f"{name}.svg").is_file()


def test_python_on_pairs_runs(tmp_path: Path, transducer, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (tmp_path / "pairs.tsv").write_text(transducer.table.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/pairs.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    quick = {"size": "tiny", "training.steps": 5, "training.threads": 1}
    for block in blocks:
        exec(compile(block.replace("minutes=10", f"settings={quick!r}"), "docs/pairs.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize("page", ["docs/estimators.md", "docs/ru/estimators.md"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_python_on_estimators_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, each block after those before it."""
    from matplotlib import pyplot as plt

    plt.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL):
        exec(compile(block, page, "exec"), names)
    plt.close("all")
    assert len(names["forecast"]) == 12  # type: ignore[arg-type]
    assert (tmp_path / "moons" / "estimator.json").is_file()
