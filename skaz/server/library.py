"""The bundles of a server, by their folders' names; each is opened when it is first asked for."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from skaz.corpus.records import first_of
from skaz.engine.bundle import MANIFEST, Bundle, is_bundle, open_bundle
from skaz.engine.interface import Engine
from skaz.engine.loading import load_engine
from skaz.engine.ngram_engine import with_ngrams
from skaz.errors import BundleError, did_you_mean
from skaz.files import sha256_of
from skaz.server.computing import PatientEngine
from skaz.server.errors import ApiError
from skaz.server.scheduler import Scheduler
from skaz.server.settings import ServerSettings
from skaz.tasks.translating import Translator
from skaz.tasks.writing import Storyteller

_NEARLY_ALL = 0.9  # of the texts


@dataclass(frozen=True)
class Opened:
    """A bundle that is ready. `hash`: of its manifest, which holds the hashes of all its files."""

    name: str
    hash: str
    bundle: Bundle
    engine: Engine[Any]
    storyteller: Storyteller | None
    translator: Translator | None
    scheduler: Scheduler | None


class Library:
    """Finds, opens and closes bundles. Names come from the file system alone: what a request names is looked up among
    them and never becomes a path."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._facts: dict[tuple[str, int], dict[str, Any]] = {}
        self._lock = threading.Lock()

    def paths(self) -> dict[str, Path]:
        """The bundles that are there now."""
        found = {path.resolve().name: path for path in self._settings.bundles}
        folder = self._settings.folder
        if folder is not None and folder.is_dir():
            for path in sorted(folder.iterdir()):
                if not path.name.startswith(".") and is_bundle(path):
                    found.setdefault(path.name, path)
        return found

    def path(self, name: str) -> Path:
        """Of a bundle by its name; ApiError 404 where there is none."""
        paths = self.paths()
        if name not in paths:
            raise ApiError(404, "no_bundle", f"There is no bundle of this name{_instead(name, paths)}")
        return paths[name]

    def open(self, name: str) -> Opened:
        """The bundle, ready; opened anew where it was trained anew. Takes a moment the first time. Raises BundleError
        where it is damaged, ApiError 404 where there is none."""
        path = self.path(name)
        with self._lock:
            fingerprint = _hash_of(path)
            opened = self._opened.get(name)
            if opened is not None and opened.hash == fingerprint:
                self._opened.move_to_end(name)
                return opened
            opened = self._open(name, path, fingerprint)
            former = self._opened.pop(name, None)
            self._opened[name] = opened
            closed = [former] if former is not None else []
            while len(self._opened) > self._settings.limits.open_bundles:
                closed.append(self._opened.popitem(last=False)[1])
        for each in closed:
            if each.scheduler is not None:
                each.scheduler.stop(math.inf)  # what it writes it may finish, each by its request's deadline
        return opened

    def opened(self) -> list[Opened]:
        """Those that are ready."""
        with self._lock:
            return list(self._opened.values())

    def _open(self, name: str, path: Path, fingerprint: str) -> Opened:
        bundle = open_bundle(path)
        engine = load_engine(bundle, threads=self._settings.threads)
        if bundle.recipe.task != "write":
            voting = PatientEngine(with_ngrams(engine, [bundle]))
            return Opened(name, fingerprint, bundle, engine, None, Translator(bundle, voting), None)
        teller = Storyteller(bundle, PatientEngine(engine))
        limits = self._settings.limits
        scheduler = Scheduler(engine, teller.vocabulary, rows=limits.rows, waiting=limits.waiting)
        return Opened(name, fingerprint, bundle, engine, teller, None, scheduler)

    def describe(self, name: str, path: Path) -> dict[str, Any]:
        """What a person wants to know of a bundle before it is opened. Raises BundleError where it is damaged."""
        with _readable(path):
            stamp = (path / MANIFEST).stat().st_mtime_ns
        facts = self._facts.get((name, stamp))
        if facts is None:
            facts = self._facts[name, stamp] = _facts_of(name, path, stamp)
        return facts

    def task(self, name: str, path: Path) -> tuple[str | None, int]:
        """What a bundle does (None: it can't be used), and when it was made, in seconds since 1970."""
        try:
            facts = self.describe(name, path)
        except BundleError:
            return None, 0
        return facts["task"], int(datetime.fromisoformat(facts["trained"]).timestamp())

    def close(self, grace_s: float) -> None:
        """No bundle writes on after so many seconds."""
        for each in self.opened():
            if each.scheduler is not None:
                each.scheduler.stop(grace_s)


def _instead(name: str, there: Collection[str]) -> str:
    """Behind a name that is none: what was meant, or what there is."""
    if hint := did_you_mean(name[:80], there):
        return f".{hint}"
    return f"; there are: {first_of(sorted(there))}." if there else ", and no other."


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """BundleError where the files of a bundle are gone, or can't be read."""
    try:
        yield
    except OSError as error:
        raise BundleError(f"{path.name} can't be read ({error.strerror}); copy the bundle again.") from None


def _hash_of(path: Path) -> str:
    with _readable(path):
        return sha256_of(path / MANIFEST)


def _facts_of(name: str, path: Path, stamp: int) -> dict[str, Any]:
    bundle = open_bundle(path)
    recipe, facts = bundle.recipe, bundle.facts
    reads = recipe.task == "write" and recipe.model.encoder.layers > 0
    return {
        "name": name,
        "hash": _hash_of(path),
        "task": recipe.task,
        "size": facts.run.get("parameters"),
        "language": _language(facts.corpus),
        "cell": recipe.model.decoder.cell,
        "attention": recipe.model.attention,
        "trained": datetime.fromtimestamp(stamp / 1e9, UTC).isoformat(timespec="seconds"),
        "vocabulary_size": bundle.tokenizer.vocabulary_size,
        "stories": facts.corpus.get("stories"),
        "can": {
            "plan": reads and recipe.sources.plan > 0,
            "title": reads and recipe.sources.title > 0,
            "opening": recipe.task == "write",
            "look_inside": True,
        },
    }


def _language(corpus: Mapping[str, Any]) -> str | None:
    """The one that nearly all of the texts are in; None where there are several, or it was not found out."""
    language, share = next(iter(corpus.get("languages", {}).items()), (None, 0.0))
    return language if share >= _NEARLY_ALL else None
