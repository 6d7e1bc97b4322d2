"""What all tests share: jaxtyping's shapes are checked, a bundle is trained once, and there is a browser."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jaxtyping import install_import_hook

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Before torch is imported, for these processes and those that they start: the tests' networks are so small that threads
# would mostly wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Shapes in the signatures are checked at every call while tests run: in the modules that have such, and not in what is
# called for each token of each row, where the checks would take most of the tests' time.
_ENGINES = ("ensemble", "interface", "ngram_engine", "onnx_engine", "torch_engine")
_SEARCHES = ("batch", "beam", "beam_steps", "constrained_beam", "greedy", "sampling")
_hook = install_import_hook(
    ["skaz.nn", *(f"skaz.engine.{name}" for name in _ENGINES), *(f"skaz.decoding.{name}" for name in _SEARCHES)],
    "beartype.beartype",
)

TINY = {
    "size": "tiny",
    "text.vocabulary_size": 400,
    "model.embedding_size": 16,
    "model.encoder.hidden_size": 12,
    "model.decoder.hidden_size": 24,
    "training.batch_tokens": 256,
    "training.window": 24,
    "training.validations": 3,
    "training.threads": 1,
}
_UNDROPPED = {"model.dropout": 0, "model.embedding_dropout": 0}
SMALL_PAIRS = {
    "model.embedding_size": 32,
    "model.encoder.hidden_size": 32,
    "model.decoder.hidden_size": 64,
    "training.learning_rate": 1e-2,
    "training.validations": 2,
    "training.threads": 1,
    "training.seed": 3,
}
NAMES = ("Ann", "Bo", "Kit", "Мила", "Tom", "Оля")
THINGS = ("lantern", "kite", "drum", "key", "boat", "bell")
PLACES = ("river", "barn", "wood", "shore", "mill")


def little_story(rng: random.Random) -> str:
    """A story of three sentences that a tiny network can learn."""
    name, thing, place = rng.choice(NAMES), rng.choice(THINGS), rng.choice(PLACES)
    return f"{name} had a {thing}. One day the {thing} was gone. {name} found it at the {place}, and was glad."


@pytest.fixture(scope="session")
def stories_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """160 short stories, one a line."""
    rng = random.Random(5)
    path = tmp_path_factory.mktemp("corpus") / "stories.txt"
    path.write_text("".join(f"{little_story(rng)}\n" for _ in range(160)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, stories_file: Path) -> Path:
    """A bundle trained for a few updates on those stories, which takes titles as well."""
    import skaz

    out = tmp_path_factory.mktemp("bundle") / "teller"
    settings = {**TINY, "text.split": "line", "training.steps": 40, "sources.title": 0.25}
    skaz.train(stories_file, out, settings=settings)
    return out


@dataclass(frozen=True)
class Pairs:
    """Pairs in a table, and a bundle that has learnt them."""

    table: Path
    bundle: Path


@pytest.fixture(scope="session")
def transducer(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Letters to symbols, turned round: abca → A C B A; learnt well enough for most."""
    folder = tmp_path_factory.mktemp("transducer")
    words = ["".join(word) for length in (2, 3, 4) for word in itertools.product("abcd", repeat=length)]
    rows = [f"{word}\t{' '.join(reversed(word.upper()))}\n" for word in words]
    (folder / "pairs.tsv").write_text("".join(rows), encoding="utf-8")
    settings = {"training.batch_tokens": 256, "training.steps": 200, "training.label_smoothing": 0, **_UNDROPPED}
    return _learnt(folder, "transduce", {**SMALL_PAIRS, **settings})


@pytest.fixture(scope="session")
def from_the_end(transducer: Pairs, tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """The same pairs, whose sources are read from their ends, and hardly learnt."""
    folder = tmp_path_factory.mktemp("from_the_end")
    (folder / "pairs.tsv").write_bytes(transducer.table.read_bytes())
    settings = {"training.batch_tokens": 256, "training.steps": 3, "text.reverse_sources": True}
    return _learnt(folder, "transduce", {**SMALL_PAIRS, **settings})


@pytest.fixture(scope="session")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Letters to symbols in their order, b to two and d to none: abdc → A B1 B2 C; attention comes out monotonic."""
    folder = tmp_path_factory.mktemp("in_order")
    gives = {"a": ["A"], "b": ["B1", "B2"], "c": ["C"], "d": []}
    words = ["".join(word) for length in (2, 3, 4) for word in itertools.product("abcd", repeat=length)]
    rows = [f"{word}\t{' '.join(symbol for letter in word for symbol in gives[letter])}\n" for word in words]
    rows = [row for row in rows if not row.endswith("\t\n")]
    (folder / "pairs.tsv").write_text("".join(rows), encoding="utf-8")
    settings = {"training.batch_tokens": 256, "training.steps": 120, "training.label_smoothing": 0, **_UNDROPPED}
    return _learnt(folder, "transduce", {**SMALL_PAIRS, **settings})


@pytest.fixture(scope="session")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Letters to phones with and without marks: abh → ā tʰ k; the phones come out spelt."""
    folder = tmp_path_factory.mktemp("marked")
    gives = dict(zip("abcdefgh", ["ā", "tʰ", "kʰ", "a", "ē", "e", "t", "k"], strict=True))
    words = ["".join(word) for length in (2, 3) for word in itertools.product(gives, repeat=length)]
    rows = [f"{word}\t{' '.join(gives[letter] for letter in word)}\n" for word in words]
    (folder / "pairs.tsv").write_text("".join(rows), encoding="utf-8")
    settings = {"training.batch_tokens": 256, "training.steps": 120, "training.label_smoothing": 0, **_UNDROPPED}
    return _learnt(folder, "transduce", {**SMALL_PAIRS, **settings})


@pytest.fixture(scope="session")
def written_from_the_end(in_order: Pairs, tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """The same pairs, read and written from their ends."""
    folder = tmp_path_factory.mktemp("written_from_the_end")
    (folder / "pairs.tsv").write_bytes(in_order.table.read_bytes())
    ends = {"text.reverse_sources": True, "text.reverse_targets": True}
    settings = {"training.batch_tokens": 256, "training.steps": 120, "training.label_smoothing": 0, **_UNDROPPED}
    return _learnt(folder, "transduce", {**SMALL_PAIRS, **settings, **ends})


@pytest.fixture(scope="session")
def in_characters(in_order: Pairs, tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """The same pairs, whose targets are written character by character, with the spaces between symbols."""
    folder = tmp_path_factory.mktemp("in_characters")
    (folder / "pairs.tsv").write_bytes(in_order.table.read_bytes())
    settings = {"training.batch_tokens": 256, "training.steps": 120, "training.label_smoothing": 0, **_UNDROPPED}
    return _learnt(folder, "transduce", {**SMALL_PAIRS, **settings, "text.tokenizer": "characters"})


@pytest.fixture(scope="session")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """German to English, a hundred sentences of a few words each, learnt for a few updates."""
    folder = tmp_path_factory.mktemp("translator")
    german, english = ("der hund", "die katze", "das haus", "ein mann"), ("the dog", "the cat", "the house", "a man")
    verbs = {"schläft": "sleeps", "läuft": "runs", "sieht den ball": "sees the ball", "wartet": "waits"}
    whens = {"heute": "today", "oft": "often", "nie": "never", "im regen": "in the rain", "": ""}
    rows = [
        f"{de} {verb} {when}".strip() + "\t" + f"{en} {verbs[verb]} {whens[when]}".strip() + "\n"
        for de, en in zip(german, english, strict=True)
        for verb in verbs
        for when in whens
    ]
    (folder / "pairs.tsv").write_text("de\ten\n" + "".join(rows), encoding="utf-8")
    columns = {"text.source_column": "de", "text.target_column": "en", "text.vocabulary_size": 400}
    return _learnt(folder, "translate", {**SMALL_PAIRS, **columns, "training.batch_tokens": 200, "training.steps": 60})


def _learnt(folder: Path, task: str, settings: dict[str, object]) -> Pairs:
    from skaz.recipe_reading import read_recipe, stated_settings
    from skaz.tasks.training import TrainRequest, train_bundle

    settings = {"task": task, **settings}
    recipe = read_recipe(overrides=settings)
    train_bundle(TrainRequest([folder / "pairs.tsv"], folder / "bundle", recipe, stated_settings(settings, None)))
    return Pairs(folder / "pairs.tsv", folder / "bundle")


# As root Chromium has no sandbox; the rest keeps it from asking the network for anything of its own.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file. While it is there this thread has an event loop: so not for the session."""
    from playwright.sync_api import sync_playwright  # tests without a browser do without it

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium; .ci/run installs it")
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    def sentence(self) -> str:
        """The one line of an expected error; fails where there is more, or a traceback."""
        assert self.code == 2, (self.code, self.err)
        assert self.out == ""
        assert "Traceback" not in self.err
        lines = [line for line in self.err.splitlines() if line.strip()]
        told = [line for line in lines if line.startswith("skaz: ")]
        assert len(told) == 1
        assert lines[-1] == told[0]
        return told[0].removeprefix("skaz: ")


@pytest.fixture(scope="session")
def tiny() -> dict[str, object]:
    """Settings of the smallest run: a second."""
    return {**TINY, "text.split": "line"}


@pytest.fixture(scope="session")
def tiny_flags(tiny: dict[str, object]) -> list[str]:
    """The same for the command line."""
    return [part for name, value in tiny.items() for part in ("--set", f"{name}={value}")]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """`skaz …` in this process: quick, as PyTorch is loaded."""

    def run(*words: object) -> Outcome:
        from skaz.cli import main

        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["skaz", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def process() -> Callable[..., Outcome]:
    """`skaz …` in a process of its own, as a person calls it."""

    def run(*words: object, **more: object) -> Outcome:
        done = subprocess.run(words_of(*words), check=False, capture_output=True, timeout=120, **more)
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture(scope="session")
def started() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`skaz …` as a process that runs on; what is left at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*words: object, **more: Any) -> subprocess.Popen[bytes]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(words_of(*words), **{**pipes, **more}))
        return running[-1]

    yield start
    for each in running:
        if each.poll() is None:
            each.kill()
        each.communicate()


def words_of(*words: object) -> list[str]:
    """The command's words: this Python's skaz."""
    return [sys.executable, "-m", "skaz", *map(str, words)]


@pytest.fixture
def listed(tmp_path: Path) -> Callable[[], list[str]]:
    """All that is below the test's folder, hidden files too: to be compared before and after."""
    return lambda: sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
