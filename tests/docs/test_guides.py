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
    "docs/inside.md",
    "docs/ru/inside.md",
    "docs/estimators.md",
    "docs/ru/estimators.md",
    "docs/lab.md",
    "docs/ru/lab.md",
)


def shown_commands(text: str) -> list[list[str]]:
    """The words of every `$ skaz …` line of the console blocks, and of every `skaz …` line of the shell ones."""
    blocks = re.findall(r"```(console|sh)\n(.*?)```", text, flags=re.DOTALL)
    lines = [line.removeprefix("$ ") for _, block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("skaz ")]


@pytest.mark.parametrize("page", PAGES)
def test_commands_parse(page: str) -> None:
    for name, *arguments in shown_commands((ROOT / page).read_text(encoding="utf-8")):
        assert name in COMMANDS
        command: click.Command = import_module(f"skaz.cli.{name}").command
        words = arguments[: arguments.index("<")] if "<" in arguments else arguments
        command.make_context(name, words)  # raises where an option or a value is not known


@pytest.mark.parametrize("page", PAGES)
def test_no_command_of_a_page_writes_over_another(page: str) -> None:
    """Nor a snippet: who copies a page from above to below is refused nothing."""
    text = (ROOT / page).read_text(encoding="utf-8")
    fresh = [words for words in shown_commands(text) if not {"--resume", "--overwrite"} & {*words}]
    made = [words[words.index("--out") + 1] for words in fresh if words[0] in ("train", "prepare") and "--out" in words]
    made += re.findall(r'skaz\.train\(.*?, "([^"]+)"', text)
    assert len(made) == len({*made})


def test_guides_show_commands() -> None:
    for page in ("docs/guide.md", "docs/ru/guide.md"):
        shown = {words[0] for words in shown_commands((ROOT / page).read_text(encoding="utf-8"))}
        assert {"demo", "train", "write"} <= shown


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md", "docs/ru/guide.md"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_python_runs(page: str, stories_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, but for a few updates instead of ten minutes."""
    from matplotlib import pyplot as plt

    plt.switch_backend("agg")
    stories = "\n***\n".join(stories_file.read_text(encoding="utf-8").splitlines())
    (tmp_path / "stories.txt").write_text(stories, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    quick = {"size": "tiny", "text.vocabulary_size": 400, "training.steps": 5, "training.threads": 1}
    for block in blocks:
        exec(compile(block.replace("minutes=10", f"settings={quick!r}"), page, "exec"), {})
    plt.close("all")
    assert (tmp_path / "from_python" / "card.md").is_file()


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


@pytest.mark.parametrize("page", ["docs/pairs.md", "docs/ru/pairs.md"])
def test_python_on_pairs_runs(page: str, tmp_path: Path, transducer, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (tmp_path / "pairs.tsv").write_text(transducer.table.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    quick = {"size": "tiny", "training.steps": 5, "training.threads": 1}
    for block in blocks:
        exec(compile(block.replace("minutes=10", f"settings={quick!r}"), page, "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 6


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
