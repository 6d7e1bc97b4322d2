"""The disk is full: one sentence, nothing half-written, and what was saved goes on when there is space."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skaz.errors import ResourceError
from skaz.training.log import Log

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limit on a file's size there")


@contextmanager
def no_file_above(n_bytes: int) -> Iterator[None]:
    """The system itself refuses to write more (EFBIG), as it does on a full disk (ENOSPC)."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _half_written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if ".part" in path.name]


@pytest.mark.parametrize("n_bytes", [500, 3_000])
def test_while_preparing(command, listed, tiny_flags, stories_file: Path, tmp_path: Path, n_bytes: int) -> None:
    before = listed()
    with no_file_above(n_bytes):
        train = command("train", stories_file, "--out", tmp_path / "out", *tiny_flags)
        prepare = command("prepare", stories_file, "--out", tmp_path / "prepared", "--split", "line")
    for done in (train, prepare):
        assert "The disk is full" in done.sentence()
        assert "free some space or write elsewhere" in done.sentence()
    assert listed() == before


def test_while_a_checkpoint_is_written(command, tiny_flags, stories_file: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    flags = [*tiny_flags, "--set", "training.steps=9", "--set", "training.checkpoint_s=1e-9"]
    assert command("train", stories_file, "--out", whole, *flags).code == 0
    weights = (whole / "model.safetensors").stat().st_size
    with no_file_above(2 * weights):  # the weights go in, the checkpoint of three times their size does not
        assert "The disk is full" in command("train", stories_file, "--out", out, *flags).sentence()
    assert not out.exists()
    assert _half_written(tmp_path) == []
    assert command("train", "--out", out, "--resume").code == 0
    assert (out / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_while_the_best_weights_are_written(command, tiny_flags, stories_file: Path, tmp_path: Path) -> None:
    flags = [*tiny_flags, "--set", "training.steps=9", "--set", "model.decoder.hidden_size=96"]
    with no_file_above(60_000):
        assert "The disk is full" in command("train", stories_file, "--out", tmp_path / "out", *flags).sentence()
    assert _half_written(tmp_path) == []


def test_while_a_page_is_written(command, listed, bundle: Path, tmp_path: Path) -> None:
    before = listed()
    with no_file_above(1_000_000):
        told = command("export", bundle, "--to", "web", "--out", tmp_path / "page").sentence()
    assert "The disk is full" in told
    assert listed() == before


@pytest.mark.parametrize("broken", ["copyfile", "rename"])
def test_while_the_bundle_is_written(
    command, tiny_flags, bundle: Path, stories_file: Path, tmp_path: Path, broken: str
) -> None:
    out = tmp_path / "out"
    shutil.copytree(bundle, out)
    flags = [*tiny_flags, "--set", "training.steps=3"]
    rename, failed = os.replace, []

    def no_space(*words: object) -> None:
        if broken == "copyfile" or (Path(str(words[1])) == out and not failed):
            failed.append(words)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rename(*words)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*((shutil, "copyfile") if broken == "copyfile" else (os, "replace")), no_space)
        done = command("train", stories_file, "--out", out, *flags, "--overwrite")
    assert f"The disk is full ({out})" in done.sentence()
    assert (out / "model.safetensors").read_bytes() == (bundle / "model.safetensors").read_bytes()  # the old one
    assert _half_written(tmp_path) == []
    assert command("train", "--out", out, "--resume").code == 0
    assert (out / "model.safetensors").read_bytes() != (bundle / "model.safetensors").read_bytes()


def test_while_a_log_is_written(tmp_path: Path) -> None:
    with no_file_above(10):
        for flushed in (True, False):  # else it is written when the log is closed
            with pytest.raises(ResourceError, match="The disk is full"):
                _log_a_line(tmp_path / "log", flushed)


def _log_a_line(path: Path, flushed: bool) -> None:
    with Log(path) as log:
        log.write({"step": 12345})
        if flushed:
            log.flushed_length()


def test_measures_are_told_though_the_outputs_find_no_room(command, transducer, tmp_path: Path) -> None:
    with no_file_above(20):
        done = command("evaluate", transducer.bundle, transducer.table, "--outputs", tmp_path / "out.txt")
    assert done.code == 2
    assert "The disk is full" in done.err
    assert "exact match" in done.out
    assert list(tmp_path.iterdir()) == []
