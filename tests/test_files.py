"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from skaz.errors import RequestError, ResourceError
from skaz.files import (
    held_alone,
    make_folders,
    new_folder,
    remove_whole,
    sweep,
    sweep_abandoned,
    write_text,
    write_whole,
)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_fault_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "старое\n")

    def fails(beside: Path) -> None:
        beside.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ResourceError, match=r"The disk is full .*free some space or write elsewhere"):
        write_whole(path, fails)
    assert path.read_text("utf-8") == "старое\n"
    assert _names(tmp_path) == ["a.txt"]


def test_a_fault_leaves_the_old_folder(tmp_path: Path) -> None:
    path = tmp_path / "b"
    with new_folder(path, "known") as folder:
        (folder / "known").write_text("old")

    def break_off() -> None:
        with new_folder(path, "known") as folder:
            (folder / "known").write_text("new")
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    assert (path / "known").read_text() == "old"
    with new_folder(path, "known") as folder:
        (folder / "known").write_text("new")
    assert (path / "known").read_text() == "new"
    assert _names(tmp_path) == ["b"]


def test_what_skaz_did_not_make_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(ResourceError, match="is something else"), new_folder(tmp_path / "mine", "known"):
        pass
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (Path(), "is no name for a folder"),
        (Path(".."), "is no name for a folder"),
        (Path("ы" * 120), "is too long for a folder"),
        (Path("/proc"), "is where a disk is mounted"),
        (Path("~/teller"), "would lie in a folder that is called ~"),
    ],
)
def test_what_can_be_no_new_folder_is_refused_before_the_work(path: Path, said: str) -> None:
    if path.is_absolute() and not path.is_mount():
        pytest.skip("there is no such place on this system")
    with pytest.raises(RequestError, match=said), new_folder(path, "known"):
        pytest.fail("the work has begun")


def test_a_link_to_a_folder_gives_way_and_leaves_its_goal(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "known").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with new_folder(tmp_path / "link", "known") as folder:
        (folder / "known").write_text("new")
    assert (tmp_path / "link" / "known").read_text() == "new"
    assert _names(tmp_path) == ["link", "real"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOTDIR])
def test_a_forbidden_place_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ResourceError, match=f"a.txt can't be written.*{os.strerror(number)}.*choose another folder"):
        write_text(tmp_path / "a.txt", "x")
    assert _names(tmp_path) == []


def test_sweep_takes_what_a_kill_left_and_nothing_else(tmp_path: Path) -> None:
    for name in (".t.0123abcd.part", ".t.0123abcd.part.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("x")
    (tmp_path / ".t.99999999.part").write_text("x")
    others = ["t", ".t.part", ".tt.0123abcd.part", ".t.mine.part", ".t.0123abcd.txt"]
    for name in others:
        (tmp_path / name).write_text("x")
    sweep(tmp_path / "t")
    assert _names(tmp_path) == sorted(others)


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_what_is_abandoned_is_swept_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    for name in (".t.0123abcd.part", ".t.0123abcd.part.old", ".tt.0123abcd.part"):
        (tmp_path / name).mkdir()
    (tmp_path / ".t.99999999.part").write_text("a file, which nobody holds while it is written")
    (tmp_path / "t").mkdir()
    with new_folder(tmp_path / "t", "known") as folder:
        sweep_abandoned(tmp_path / "t")
        assert _names(tmp_path) == sorted([folder.name, ".tt.0123abcd.part", ".t.99999999.part", "t"])
        (folder / "known").write_text("x")
    assert (tmp_path / "t" / "known").is_file()


def test_a_kill_between_two_changes_of_names_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t"
    with new_folder(path, "known") as folder:
        (folder / "known").write_text("old")
    moved, replace = [], os.replace

    def first_only(source: Path, target: Path) -> None:
        if moved:
            raise KeyboardInterrupt
        moved.append(target)
        replace(source, target)

    def replace_it() -> None:
        with new_folder(path, "known") as folder:
            (folder / "known").write_text("new")

    with monkeypatch.context() as killed:
        killed.setattr(os, "replace", first_only)
        killed.setattr(shutil, "rmtree", lambda *_, **__: None)  # a killed process cleans nothing up
        with pytest.raises(KeyboardInterrupt):
            replace_it()
    assert not path.exists()
    sweep(path)
    assert (path / "known").read_text() == "new"
    assert _names(tmp_path) == ["t"]


def test_what_a_change_of_names_left_over_is_not_taken_back(tmp_path: Path) -> None:
    (tmp_path / ".t.0123abcd.part.old").mkdir()  # half removed, and "t" was removed by hand since
    sweep(tmp_path / "t")
    assert _names(tmp_path) == []


def test_make_folders_tells_what_it_made(tmp_path: Path) -> None:
    assert make_folders(tmp_path / "a" / "b") == [tmp_path / "a", tmp_path / "a" / "b"]
    assert make_folders(tmp_path / "a" / "b") == []
    remove_whole(tmp_path / "a")
    assert _names(tmp_path) == []


def test_only_one_holds_a_folder(tmp_path: Path) -> None:
    with held_alone(tmp_path) as first, held_alone(tmp_path) as second:
        assert (first, second) == (True, False)
    with held_alone(tmp_path) as again:
        assert again


def test_a_drive_that_flushes_no_folders_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_text(tmp_path / "a", "fox")
    with new_folder(tmp_path / "b", known_by="c") as folder:
        (folder / "c").write_text("stork")
    assert ((tmp_path / "a").read_text(), (tmp_path / "b" / "c").read_text()) == ("fox", "stork")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OSError, match="Input/output error"):  # a broken disk is another matter
        write_text(tmp_path / "a", "owl")
    assert (tmp_path / "a").read_text() == "fox"


def test_a_file_that_can_not_be_made_is_named_as_it_was_asked_for(tmp_path: Path) -> None:
    def fail(beside: Path) -> None:
        raise FileNotFoundError(2, "No such file or directory", str(beside))  # what Linux says of a file in /proc

    with pytest.raises(ResourceError, match=r"picture\.png can't be written") as caught:
        write_whole(tmp_path / "picture.png", fail)
    assert ".part" not in str(caught.value)
