"""Files and folders that are whole or not there: written beside, flushed to the disk, renamed."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import shlex
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from skaz.arguments import check_path
from skaz.errors import RequestError, ResourceError

if sys.platform != "win32":
    import fcntl

# Windows neither moves nor removes a file that somebody has open or mapped, nor a folder with such a file in it. And
# who looks at each new file, a virus scanner say, has it open for a moment.
HOLDS_OPEN_FILES = sys.platform == "win32"
_PATIENCE_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
_OUT_OF_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EBUSY}
_NOT_FLUSHED = {errno.EINVAL, errno.ENOTSUP}  # what some network drives say to who would flush a folder
_LONGEST_NAME, _ADDED = 255, len("..01234567.part.old")  # bytes; what is written goes by longer names at first


def expanded(path: str | Path) -> Path:
    """The path, with a person's home in place of a "~" that stands for one. RequestError for what is none."""
    check_path("The path", path)
    return Path(os.path.expanduser(path))


def for_shell(path: str | Path) -> str:
    """A path as it stands in a command that is told: quoted where a shell would read it otherwise, and no option."""
    written = str(path)
    written = f"./{written}" if written.startswith("-") else written
    if sys.platform == "win32":  # where a name has no double quotes
        return f'"{written}"' if set(written) & set(" &()^;,='") else written
    return shlex.quote(written)


def move(source: Path, target: Path) -> None:
    """`os.replace`, as soon as nobody holds either for a moment."""
    _patiently(lambda: os.replace(source, target))


def remove_file(path: Path, *, missing_ok: bool = False) -> None:
    """`Path.unlink`, as soon as nobody holds the file for a moment."""
    _patiently(lambda: path.unlink(missing_ok=missing_ok))


def _patiently(act: Callable[[], None]) -> None:
    for pause_s in _PATIENCE_S if HOLDS_OPEN_FILES else ():
        with suppress(PermissionError):
            return act()
        time.sleep(pause_s)
    return act()


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Has `write` fill a file beside `path`, then puts it in its place in one move; a fault leaves the old
    file as it was and nothing beside it. Raises ResourceError where the disk is full or may not be written."""
    write_together({path: write})


def write_together(writes: Mapping[Path, Callable[[Path], None]]) -> None:
    """`write_whole` for several files: all are filled beside their paths first, and then moved in quickly, in their
    order."""
    beside = {path: _beside(path) for path in writes}
    try:
        for path, write in writes.items():
            with disk_errors(path, beside[path]):
                path.parent.mkdir(parents=True, exist_ok=True)
                write(beside[path])
                _flush(beside[path])
        for path, filled in beside.items():
            with disk_errors(path):
                move(filled, path)
        for folder in {path.parent for path in writes}:
            with disk_errors(folder):
                _flush(folder)
    finally:
        for filled in beside.values():
            remove_file(filled, missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """`write_whole` for text: UTF-8, plain line ends."""
    write_whole(path, partial(put_text, text))


def put_text(text: str, path: Path) -> None:
    """Writes a text where nobody looks yet."""
    path.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def new_folder(path: Path, known_by: str) -> Iterator[Path]:
    """A folder beside `path` to write into, which takes its place at the end.

    What is there before is replaced only if it has the file `known_by` in it, or nothing: a user's other
    files are never lost to a wrong name (ResourceError).

    Where the block fails the folder is removed, and what was at `path` stays. Files are flushed to the disk
    before the change of names. Raises ResourceError where the disk is full or may not be written to.
    """
    check_new_folder(path, known_by)
    beside = _beside(path)
    try:
        with disk_errors(path):
            beside.mkdir(parents=True)
            with held_alone(beside):  # so that `sweep_abandoned` leaves it
                yield beside
                for file in beside.rglob("*"):
                    _flush(file)
                _flush(beside)
                _replace(beside, path)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def check_new_folder(path: Path, known_by: str) -> None:
    """Before the work: RequestError where `new_folder` can put nothing under that name, ResourceError where it would
    refuse to replace what is there."""
    check_folder_name(path, "a folder")
    if path.exists() and not (path / known_by).is_file() and not _is_empty_folder(path):
        raise ResourceError(f"{path} exists and is something else: choose another name.")


def check_folder_name(path: Path, kind: str, added: str = "") -> None:
    """RequestError where no folder can be moved to that place; `kind`: what it shall be, `added`: what stands behind
    its name at first."""
    if path.name in ("", ".."):
        raise RequestError(f"{path} is no name for {kind}; give one that is not there yet, --out teller say.")
    if path.parts[0] == "~":
        raise RequestError(f"{path} would lie in a folder that is called ~; write your home folder's name out.")
    if len(os.fsencode(path.name + added)) + _ADDED > _LONGEST_NAME:
        raise RequestError(f"The name {path.name[:40]}… is too long for {kind}; give a shorter --out.")
    if os.path.ismount(path):  # Path.is_mount raises on Windows before Python 3.12
        raise RequestError(f"{path} is where a disk is mounted and can't be replaced; name a folder in it.")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_folders(path: Path) -> list[Path]:
    """Makes the folder and those above it that are missing; returns those that it made, the outermost first.
    Raises ResourceError where that can't be done."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()][::-1]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(f"The folder {path} can't be made ({error.strerror}): choose another place.") from error
    return missing


def remove_whole(folder: Path) -> None:
    """Removes a folder so that a kill leaves all of it or nothing under its name."""
    aside = _beside(folder)
    move(folder, aside)
    _flush(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)


def take_back(path: Path) -> None:
    """Puts into its place a folder whose maker was killed when the old one had stepped aside: it is whole by then."""
    if path.exists():
        return
    for old in _left_beside(path, ".old"):
        whole = old.with_suffix("")
        if whole.is_dir():  # else the old one was left of a change that was made
            move(whole, path)
            _flush(path.parent)
            return


def sweep(path: Path) -> None:
    """Removes what a killed process left beside `path`, once what is whole there is taken back. Only for one who knows
    that no other is at work there."""
    take_back(path)
    for left in _left_beside(path, "*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            remove_file(left, missing_ok=True)


def sweep_abandoned(path: Path) -> None:
    """`sweep` for one who does not know: removes the folders beside `path` that no `new_folder` is at work on, as far
    as there are locks to tell by."""
    take_back(path)
    for left in filter(Path.is_dir, _left_beside(path, "*")):
        with suppress(OSError), _locked(left) as alone:  # it may be another user's, or swept by another by now
            if alone:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def held_alone(folder: Path) -> Iterator[bool]:
    """Holds the folder against other processes; False where another holds it. The system lets go of it when
    this process ends, however it ends. Where there are no such locks (Windows): always True."""
    with _locked(folder) as alone:
        yield alone is not False


@contextmanager
def _locked(folder: Path) -> Iterator[bool | None]:
    """`held_alone`, with None where there are no such locks."""
    if sys.platform == "win32":
        yield None
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        alone: bool | None = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            alone = False
        except OSError:  # a network drive without locks
            alone = None
        yield alone
    finally:
        os.close(descriptor)


def _left_beside(path: Path, ending: str) -> list[Path]:
    return list(path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}.part{ending}"))


def _beside(path: Path) -> Path:
    return path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.part"


@contextmanager
def disk_errors(path: Path, beside: Path | None = None) -> Iterator[None]:
    """Turns a full or a forbidden disk into a sentence that names the place; other faults pass as they are, but for
    those of a file `beside` it, which nobody has asked for."""
    try:
        yield
    except OSError as error:
        if error.errno in _OUT_OF_SPACE:
            raise ResourceError(f"The disk is full ({path}): free some space or write elsewhere.") from error
        if error.errno in _FORBIDDEN or (beside is not None and error.filename == str(beside)):
            raise ResourceError(f"{path} can't be written ({error.strerror}): choose another folder.") from error
        raise


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _replace(beside: Path, path: Path) -> None:
    # no move puts a folder over one with files in it, so the old one steps aside first.
    old = path.parent / f"{beside.name}.old"
    if path.exists():
        move(path, old)
    try:
        move(beside, path)
    except BaseException:
        if old.exists():
            move(old, path)
        raise
    _flush(path.parent)
    if old.is_symlink():
        old.unlink()
    elif old.is_dir():
        shutil.rmtree(old, ignore_errors=True)


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # a folder can't be opened there
        return
    is_folder = path.is_dir()
    descriptor = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not (is_folder and error.errno in _NOT_FLUSHED):
            raise
    finally:
        os.close(descriptor)
