"""What needs no gradient needs no PyTorch, and says so where it does; a sample of texts is what was kept."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from skaz.corpus.records import Story
from skaz.inside.texts import SAMPLE_CHARACTERS, keep_sample, kept_sample

_BLOCKED = """
import sys
for name in ("torch", "matplotlib", "onnx"):
    sys.modules[name] = None
from skaz.cli import main
sys.argv = ["skaz", "look", *{words!r}]
main()
"""


@pytest.mark.parametrize(
    "words", [["Ann had a kite.", "--plan", "kite"], ["Ann", "--beam", "2"], ["--stages"], ["--unit", "2", "--texts"]]
)
def test_looking_takes_no_pytorch(bundle: Path, stories_file: Path, words: list[str]) -> None:
    words = [str(bundle), *words, *([str(stories_file)] if words[-1] == "--texts" else [])]
    done = subprocess.run([sys.executable, "-c", _BLOCKED.format(words=words)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout


def test_a_server_starts_without_it() -> None:
    code = "import sys\nsys.modules['torch'] = None\nimport skaz.server.app, skaz.server.inside_shelf"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_gradients_do(bundle: Path) -> None:
    words = [str(bundle), "Ann had a kite.", "--back", "kite"]
    done = subprocess.run([sys.executable, "-c", _BLOCKED.format(words=words)], capture_output=True, check=False)
    assert done.returncode == 2
    assert 'pip install "skaz[train]"' in done.stderr.decode()


def test_a_sample_is_kept_of_the_texts_from_the_first_to_the_last(tmp_path: Path) -> None:
    stories = [Story(f"Story {n}. " + "la " * 3000, plan=(f"plan {n}",)) for n in range(40)]
    keep_sample(tmp_path / "texts", stories)
    kept = kept_sample(tmp_path / "texts")
    assert abs(sum(len(story.text) for story in kept) - SAMPLE_CHARACTERS) < 10_000
    places = [stories.index(story) for story in kept]
    assert places[0] == 0
    assert places[-1] >= 32
    assert max(later - before for before, later in pairwise(places)) <= 8
    keep_sample(tmp_path / "texts", stories[:3] * 2)
    assert kept_sample(tmp_path / "texts") == stories[:3]
    pairs = [Story("ein Hund", source="a dog")]
    keep_sample(tmp_path / "texts", pairs)
    assert kept_sample(tmp_path / "texts") == pairs
    assert kept_sample(tmp_path / "nothing") == []
    (tmp_path / "texts" / "sample.jsonl").write_text("{", encoding="utf-8")
    assert kept_sample(tmp_path / "texts") == []
