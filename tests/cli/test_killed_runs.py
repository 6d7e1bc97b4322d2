"""Killed without warning (SIGKILL) and gone on with, a run ends with the very bytes of one never killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")

# Runs skaz, and kills itself just before the n-th move of a file or folder to a certain name.
KILLED_AT = """
import os, signal, sys
name, count = sys.argv.pop(1).split(":")
left, real = int(count), os.replace
def replace(source, target):
    global left
    if name in ("any", os.path.basename(target)):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
os.replace = replace
from skaz.cli import main
main()
"""
SAME = ("model.safetensors", "metrics.jsonl", "tokenizer.json", "recipe.toml")


@pytest.fixture
def flags(tiny_flags: list[str]) -> list[str]:
    """Fifty updates over three epochs, with dropout, and checkpoints all the time."""
    more = {"steps": 50, "checkpoint_s": 0.05, "validations": 6, "patience": 5, "learning_rate": 0.03}
    settings = [part for name, value in more.items() for part in ("--set", f"training.{name}={value}")]
    return [*tiny_flags, *settings, "--set", "model.dropout=0.2"]


def _killed_at(place: str, *words: object) -> int:
    command = [sys.executable, "-c", KILLED_AT, place, *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True).returncode


def _same(one: Path, other: Path) -> bool:
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in SAME)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_killed_twice_and_gone_on_with(command, flags, stories_file: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert command("train", stories_file, "--out", whole, *flags).code == 0
    assert _killed_at("last.safetensors:3", "train", stories_file, "--out", out, *flags) == -signal.SIGKILL
    assert not out.exists()
    assert "go on with --resume" in command("train", stories_file, "--out", out, *flags).sentence()
    # the bundle is made, not in its place
    assert _killed_at("out:1", "train", "--out", out, "--resume") == -signal.SIGKILL
    assert not out.exists()
    assert any(name.startswith(".out.") for name in _names(tmp_path))
    assert command("train", "--out", out, "--resume").code == 0
    assert _same(whole, out)
    assert _names(tmp_path) == ["out", "whole"]
    assert "came to its end" in command("train", "--out", out, "--resume").sentence()


def test_preparing_clears_away_what_a_kill_left(command, stories_file: Path, tmp_path: Path) -> None:
    words = ("prepare", stories_file, "--out", tmp_path / "kept")
    assert _killed_at("kept:1", *words) == -signal.SIGKILL
    assert [name[:6] for name in _names(tmp_path)] == [".kept."]
    assert command(*words).code == 0
    assert _names(tmp_path) == ["kept"]


def test_killed_with_all_its_networks_and_gone_on_with(command, flags, stories_file: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    flags += ["--networks", "2"]
    assert command("train", stories_file, "--out", whole, *flags).code == 0
    assert _killed_at("last.safetensors:3", "train", stories_file, "--out", out, *flags) == -signal.SIGKILL
    assert command("train", "--out", out, "--resume").code == 0
    assert _same(whole, out)
    assert (whole / "model.2.safetensors").read_bytes() == (out / "model.2.safetensors").read_bytes()


@pytest.mark.soak
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_ten_kills_at_random_moments(process, flags, stories_file: Path, tmp_path: Path, precision: str) -> None:
    flags = [*flags, "--set", f"training.precision={precision}", "--set", "training.steps=400"]
    whole, out = tmp_path / "whole", tmp_path / "out"
    begun = time.monotonic()
    assert process("train", stories_file, "--out", whole, *flags).code == 0
    took_s = time.monotonic() - begun
    rng = random.Random()
    kills, runs = 0, 0
    while kills < 10:  # a run may end between two kills; then another is begun
        out = tmp_path / f"out{runs}"
        kills += _run_to_its_end(lambda: rng.uniform(0.1, 0.8) * took_s, 10 - kills, out, stories_file, flags)
        runs += 1
        assert _same(whole, out)
        assert _names(tmp_path) == [*sorted(f"out{number}" for number in range(runs)), "whole"]


def _run_to_its_end(patience_s: Callable[[], float], most: int, out: Path, stories: Path, flags: list[str]) -> int:
    """Trains, killed each time patience is out, at most so often, and gone on with; the number of kills."""
    kills = 0
    while True:
        begun = out.exists() or out.with_name(f"{out.name}.run").exists()
        words = ["train", stories, "--out", out, *flags, *(["--resume"] if begun else [])]
        command = [sys.executable, "-m", "skaz", *map(str, words)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
            try:
                _, err = run.communicate(timeout=patience_s() if kills < most else None)
            except subprocess.TimeoutExpired:
                run.kill()
                kills += 1
                continue
        # killed between the putting away of the run's folder and the end of the process, it is over already
        assert run.returncode == 0 or b"came to its end" in err, err
        return kills


@pytest.mark.soak
def test_killed_before_every_single_move(command, flags, stories_file: Path, tmp_path: Path) -> None:
    """While the settings are written, while preparing, while training, while the bundle is put in its place and
    while the run's folder is put away: each time killed there, gone on with, the same."""
    flags = [*flags, "--set", "training.steps=20", "--set", "training.validations=3"]
    whole = tmp_path / "whole"
    assert command("train", stories_file, "--out", whole, *flags).code == 0
    for point in range(1, 200):
        out = tmp_path / f"out{point}"
        ended = _killed_at(f"any:{point}", "train", stories_file, "--out", out, *flags)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        assert command("train", stories_file, "--out", out, *flags, "--resume").code == 0, point
        assert _same(whole, out), point
        assert [name for name in _names(tmp_path) if name.startswith((".", f"out{point}."))] == [], point
    assert point > 10


def test_killed_between_bundle_and_end_it_is_only_put_away(command, flags, stories_file: Path, tmp_path: Path) -> None:
    import skaz.tasks.training as task

    out = tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "remove_whole", lambda folder: (_ for _ in ()).throw(KeyboardInterrupt))
        assert command("train", stories_file, "--out", out, *flags).code == 130
    made = (out / "model.safetensors").read_bytes()
    assert _names(tmp_path) == ["out", "out.run"]
    done = command("train", "--out", out, "--resume")
    assert done.code == 0
    assert "held out" not in done.err.split("Done:")[0]  # nothing was trained or measured again
    assert (out / "model.safetensors").read_bytes() == made
    assert _names(tmp_path) == ["out"]
