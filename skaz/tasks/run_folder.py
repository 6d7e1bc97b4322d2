"""The folder beside a bundle to be, where a run keeps its state until it comes to its end.

asked.toml, sources.json   what the person asked for, and the places that are read
stated.json                which settings of asked.toml the person gave: those that no automatic choice may change
names.json                 what files are called that are kept under other names than their own
started_from.json          the bundle that a run started from, where it did
corpus/, corpus.sha256     the prepared stories, unless a prepared folder was named, and what they are known by
recipe.toml                with every automatic choice made
learnt/, alignment.safetensors   the pairs anew, with targets that are written from their ends or, for monotonic
    attention, step along their sources, and what says where they do; for all networks of the run
the loop's own files       checkpoint, best weights, logs
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from skaz.corpus.exercises import EXERCISES
from skaz.engine.bundle import is_bundle
from skaz.errors import BundleError, CorpusError, RequestError
from skaz.files import (
    check_folder_name,
    disk_errors,
    expanded,
    held_alone,
    make_folders,
    remove_file,
    sweep,
    take_back,
    write_text,
)

Kind = TypeVar("Kind")

SOURCES_NAME, NAMES_NAME, FINGERPRINT_NAME = "sources.json", "names.json", "corpus.sha256"
STATED_NAME, ASKED_NAME = "stated.json", "asked.toml"
_ORIGIN_NAME = "started_from.json"


_RUN = ".run"


def run_folder(out: Path) -> Path:
    """Where an unfinished run keeps its state, beside the bundle to be."""
    return out.with_name(out.name + _RUN)


def led_to(out: Path) -> Path:
    """Where the bundle really lies: a link stays one, and what it leads to is made or replaced."""
    return out.resolve() if out.is_symlink() else out


def check_place(out: Path, *, resume: bool, overwrite: bool) -> None:
    """Nothing of the person's is replaced unasked."""
    check_folder_name(out, "a bundle", _RUN)
    take_back(out)
    folder = run_folder(out)
    _check_nobody_at_work(folder, out)
    if overwrite and resume:
        raise RequestError("--resume goes on with a run and --overwrite throws it away; leave one out.")
    if resume:
        if not folder.exists() and is_bundle(out):
            raise RequestError(f"The run of {out} came to its end; train into another --out, or --overwrite it.")
    elif folder.exists() and not overwrite:
        if _has_saved(folder):
            raise RequestError(
                f"{folder} holds an unfinished run; go on with --resume, or begin anew with --overwrite."
            )
        raise RequestError(f"{folder} is left of a run that had saved nothing yet; begin it anew with --overwrite.")
    elif is_bundle(out) and not overwrite:
        raise RequestError(
            f"{out} holds a bundle already; choose another place, or replace it with --overwrite (in Python "
            "overwrite=True)."
        )
    if out.exists() and not is_bundle(out) and (not out.is_dir() or any(out.iterdir())):
        raise BundleError(f"{out} exists and is not a bundle; choose another --out.")


@dataclass(frozen=True)
class Places:
    """Where a run reads: what it trains from, and what it is measured on, without that a part of the rest."""

    sources: tuple[str, ...]
    held_out: tuple[str, ...] = ()


class OtherNetwork(NamedTuple):
    """A network of an ensemble after its first: its number, and the run's folder of the first, which has what all of
    them learn from: the pairs as a network writes them, how attention walks along their sources, what they started
    from."""

    number: int
    first_run: Path


def has_asked(folder: Path) -> bool:
    """Whether the folder has what was asked of its run: then a resume goes on with that."""
    return (folder / ASKED_NAME).exists()


@dataclass(frozen=True)
class Origin:
    """The bundle that a run started from: what it and its texts are called, the texts' fingerprint, and the SHA-256 of
    what was taken of it, by files."""

    called: str
    fingerprint: str
    hashes: dict[str, str]


def named_places(
    paths: Sequence[str | Path],
    held_out: Sequence[str | Path],
    folder: Path,
    *,
    resume: bool,
    check: Callable[[list[str | Path]], object],
) -> Places:
    """The places to read from: those that were named, or on a resume those that the run began with. `check` raises
    CorpusError where there is nothing; RequestError for a resume from other places, BundleError where what was
    kept of them is damaged."""
    named = Places(tuple(map(str, paths)), tuple(map(str, held_out)))
    known = folder / SOURCES_NAME
    if resume and known.is_file():
        before = _kept(known, Places)
        if is_prepared(named.sources):  # wherever it lies by now, it is known by its fingerprints
            before = replace(before, sources=tuple(map(_lasting, named.sources)))
        for now, then in ((named.sources, before.sources), (named.held_out, before.held_out)):
            if now and tuple(map(_lasting, now)) != then:
                raise RequestError(
                    f"The run was begun with other texts ({', '.join(then) or 'a part of its own held out'}); leave "
                    "the paths out to go on with it, or begin anew with --overwrite."
                )
        return before
    if not named.sources:
        raise RequestError("Name the files, folders or data set to train on: skaz train STORIES.txt --out BUNDLE.")
    for each in (named.sources, named.held_out):
        if each and not is_prepared(each):
            check(list(each))
    return named


def is_prepared(paths: Sequence[str]) -> bool:
    """Whether this is one folder that `skaz prepare` made. What can't be looked at is none: who reads it tells why."""
    return len(paths) == 1 and all(
        os.path.isfile(expanded(paths[0]) / part / "meta.json") for part in ("train", "valid")
    )


@contextmanager
def opened_folder(out: Path, places: Places, *, overwrite: bool) -> Iterator[ExitStack]:
    """Makes the run's folder and holds it alone; the stack that it gives undoes the making, if it was made
    here, unless its callbacks are taken off (`pop_all`). Raises RequestError where another process is at work."""
    folder = run_folder(out)
    made = make_folders(folder)
    with held_alone(folder) as alone:
        if not alone:
            raise _at_work(out)
        with _gone_with_nothing(folder, made), ExitStack() as undo:
            if folder in made:
                for parent in made[:-1]:
                    undo.callback(_remove_empty, parent)
                undo.callback(shutil.rmtree, folder, ignore_errors=True)
            elif overwrite:
                _clear(folder)
            for place in (out, folder, *(folder / name for name in ("corpus", "learnt", SOURCES_NAME))):
                sweep(place)
            lasting = {name: [_lasting(each) for each in named] for name, named in asdict(places).items()}
            write_text(folder / SOURCES_NAME, json.dumps(lasting) + "\n")
            yield undo


def _check_nobody_at_work(folder: Path, out: Path) -> None:
    if folder.is_dir():
        with held_alone(folder) as alone:
            if not alone:
                raise _at_work(out)


def _at_work(out: Path) -> RequestError:
    return RequestError(f"Another skaz train is at work on {out}; wait for its end or choose another --out.")


def _has_saved(folder: Path) -> bool:
    """Whether the run has come to its first checkpoint."""
    from skaz.training.run import CHECKPOINT_NAME  # it loads PyTorch, as who asks has done

    return (folder / CHECKPOINT_NAME).exists()


@contextmanager
def _gone_with_nothing(folder: Path, made: Sequence[Path]) -> Iterator[None]:
    """Where a person breaks off a run before its first checkpoint there is nothing to go on with: the folders that it
    made go."""
    try:
        yield
    except KeyboardInterrupt:
        if folder in made and not _has_saved(folder):
            shutil.rmtree(folder, ignore_errors=True)
            for parent in reversed(made[:-1]):
                _remove_empty(parent)
        raise


def called(folder: Path, names: Mapping[str, str]) -> Mapping[str, str]:
    """What files are called, by their paths; kept, so that a resume that is not told calls them the same."""
    path = folder / NAMES_NAME
    if names:
        write_text(path, json.dumps(dict(names)) + "\n")
        return names
    return _kept(path, dict[str, str]) if path.is_file() else {}


def keep_stated(folder: Path, stated: Collection[str]) -> None:
    """Keeps the names of the settings that the person gave."""
    write_text(folder / STATED_NAME, json.dumps(sorted(stated)) + "\n")


def stated_before(folder: Path) -> frozenset[str]:
    """What `keep_stated` kept; nothing in an older run's folder."""
    path = folder / STATED_NAME
    return frozenset(_kept(path, list[str])) if path.is_file() else frozenset()


def keep_origin(folder: Path, origin: Origin) -> None:
    """Keeps what the run started from."""
    write_text(folder / _ORIGIN_NAME, json.dumps(asdict(origin)) + "\n")


def kept_origin(folder: Path) -> Origin | None:
    """What `keep_origin` kept; None of a run that started from nothing."""
    path = folder / _ORIGIN_NAME
    return _kept(path, Origin) if path.is_file() else None


def _kept(path: Path, kind: type[Kind]) -> Kind:
    """What was written there; BundleError where it is damaged."""
    try:
        # read by json: msgspec takes no lone surrogates, which stand for the bytes of names that are not UTF-8
        return msgspec.convert(json.loads(path.read_bytes()), kind)
    except ValueError:
        raise BundleError(f"{path} is damaged; begin the run anew with --overwrite.") from None


def check_fingerprints(folder: Path, fingerprints: Mapping[str, str]) -> None:
    """The corpus is the one that the run began with, in each of its parts; CorpusError where it was prepared anew
    since."""
    path = folder / FINGERPRINT_NAME
    if not path.exists():
        write_text(path, "".join(f"{each}  {part}\n" for part, each in fingerprints.items()))
        return
    kept = (line.partition("  ") for line in path.read_text(encoding="utf-8").splitlines())
    # an older run kept that of the texts alone, without a name
    if any(fingerprints.get(part or "train") != each for each, _, part in kept):
        raise CorpusError(
            f"The corpus is not the one that the run in {folder} began with; begin anew with --overwrite."
        )


def _lasting(name: str) -> str:
    """A file's absolute path: a run may be resumed from another folder."""
    if name.startswith(("hf:", "tales:")) or name in EXERCISES:
        return name
    return os.path.abspath(expanded(name))


def _clear(folder: Path) -> None:
    with disk_errors(folder):
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                remove_file(path)


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass  # somebody has put something into it
