"""Commands where files that are in use can't be moved or removed, as on Windows: a run comes to its end, and leaves
nothing behind."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from skaz import files
from skaz.cli.options import of_patterns
from skaz.errors import ResourceError
from skaz.files import for_shell
from skaz.text.shared_runs import index_texts, load_index, save_index
from tests.windows import hold_open_files

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what is in use is read from /proc")


@pytest.fixture
def flags(tiny_flags: list[str]) -> list[str]:
    """Four updates, with checkpoints all the time."""
    more = ("steps=4", "checkpoint_s=0.001", "validations=2")
    return [*tiny_flags, *(part for each in more for part in ("--set", f"training.{each}"))]


@pytest.fixture(autouse=True)
def _as_there(monkeypatch: pytest.MonkeyPatch) -> None:
    hold_open_files(monkeypatch)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_rule_holds_here(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "file"
    with file.open("w"):
        for refused in (file.unlink, lambda: file.rename(tmp_path / "other"), lambda: file.parent.rename("other")):
            with pytest.raises(PermissionError):
                refused()
    file.unlink()


def test_stories_are_learnt_stopped_gone_on_with_and_learnt_anew(
    command, flags: list[str], stories_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "made" / "out"
    further = ["--start-from", str(out), "--set", "training.steps=4"]  # with the shape of what it starts from
    for given in (flags, [*flags, "--set", "training.stages=3", "--overwrite"], [*further, "--overwrite"]):
        done = command("train", stories_file, "--out", out, *given)
        assert done.code == 0, done.err
        assert "can't be removed" not in done.err
        assert _names(out.parent) == ["out"]
    assert command("write", out, "--seed", "1", "--out", tmp_path / "story.txt").out == ""
    assert (tmp_path / "story.txt").read_text(encoding="utf-8").strip()
    assert command("export", out).code == 0


def test_a_run_that_was_killed_goes_on(command, flags: list[str], stories_file: Path, tmp_path: Path) -> None:
    """With a budget that is used up already: what was carried is saved once more."""
    out = tmp_path / "out"
    killed = (
        "import os, sys; from skaz import files; real = os.replace; from skaz.tasks import training\n"
        "training.make_bundle = lambda *_: os._exit(9)\n"
        f"sys.argv = {['skaz', 'train', str(stories_file), '--out', str(out), *flags]!r}\n"
        "from skaz.cli import main; main()"
    )
    assert subprocess.run([sys.executable, "-c", killed], check=False, capture_output=True).returncode == 9
    done = command("train", "--out", out, "--resume")
    assert done.code == 0, done.err
    assert _names(tmp_path) == ["out"]


def test_pairs_are_learnt_by_two_networks(command, flags: list[str], tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"{'ab' * n}\t{'BA' * n}\n" for n in range(1, 30)))
    out = tmp_path / "out"
    done = command("train", pairs, "--task", "transduce", "--out", out, "--networks", "2", *_of_pairs(flags))
    assert done.code == 0, done.err
    assert _names(tmp_path) == ["out", "pairs.tsv"]


def _of_pairs(flags: list[str]) -> list[str]:
    pairs = zip(flags[::2], flags[1::2], strict=True)
    return [part for option, value in pairs if not value.startswith("text.") for part in (option, value)]


def test_a_refused_run_leaves_nothing(command, flags: list[str], tmp_path: Path) -> None:
    few = tmp_path / "few.txt"
    few.write_text("A fox.\n")
    command("train", few, "--out", tmp_path / "out", *flags, "--set", "training.window=100000").sentence()
    assert _names(tmp_path) == ["few.txt"]


def test_patterns_are_for_places_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.txt", "a.txt", "[a].txt", "c.md"):
        (tmp_path / name).write_text("x")

    def named(*patterns: str) -> list[str]:
        found = of_patterns(None, None, tuple(str(tmp_path / each) for each in patterns))  # type: ignore[arg-type]
        return [Path(each).name for each in found]

    assert named("*.txt", "c.md") == ["[a].txt", "a.txt", "b.txt", "c.md"]
    assert named("[a].txt") == ["[a].txt"]  # a file's own name
    assert named("[b].txt") == ["b.txt"]
    monkeypatch.setenv("HOME", str(tmp_path))
    assert of_patterns(None, None, ("~/c.*",)) == (str(tmp_path / "c.md"),)  # type: ignore[arg-type]
    assert named("*.csv") == ["*.csv"]  # which is then said to be missing


def test_a_path_in_a_command_is_quoted_as_the_shell_there_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as there:
        there.setattr(sys, "platform", "win32")
        told = [for_shell(path) for path in (r"demo\tales", r"C:\my tales", "a&b", "-x")]
    assert told == [r"demo\tales", r'"C:\my tales"', '"a&b"', "./-x"]


def test_who_holds_a_new_file_for_a_moment_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virus scanner, say."""
    monkeypatch.setattr(files, "_PATIENCE_S", (0.0, 0.0, 0.0))
    real, left = os.replace, iter([True, True, False])

    def replace(source: object, target: object) -> None:
        if next(left):
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        real(source, target)  # type: ignore[type-var]

    monkeypatch.setattr(os, "replace", replace)
    files.write_text(tmp_path / "a", "fox")
    assert (tmp_path / "a").read_text() == "fox"
    left = iter([True] * 4)
    with pytest.raises(ResourceError, match="can't be written"):
        files.write_text(tmp_path / "a", "stork")
    assert _names(tmp_path) == ["a"]


def test_what_can_not_be_put_away_is_told_and_the_bundle_is_there(
    command, flags: list[str], stories_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Access is denied")

    monkeypatch.setattr("skaz.tasks.training.remove_whole", fails)
    done = command("train", stories_file, "--out", tmp_path / "out", *flags)
    assert (done.code, (tmp_path / "out" / "bundle.json").is_file()) == (0, True)
    assert "out.run is no longer needed, and can't be removed (Access is denied): delete it" in done.err


def test_an_index_can_be_replaced_while_it_is_read(tmp_path: Path) -> None:
    index = index_texts(["One day a fox found a lantern by the river."])
    save_index(tmp_path / "index", index)
    loaded = load_index(tmp_path / "index")
    assert loaded is not None
    save_index(tmp_path / "index", index)
    assert len(loaded.words_N) == len(index.words_N)
