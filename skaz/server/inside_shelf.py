"""What looking inside has opened and read, kept for the next request: bundles, and what took long to make of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from skaz.corpus.records import Story
from skaz.engine.bundle import MANIFEST, Bundle
from skaz.engine.interface import Engine
from skaz.engine.stages import load_stage
from skaz.errors import DependencyError
from skaz.inside.nearest import Sentences, sentences_of
from skaz.inside.scanning import Scan, scan
from skaz.inside.subject import Subject, open_subject
from skaz.inside.texts import SAMPLE_CHARACTERS, built_in, kept_sample, texts_of
from skaz.server.overlap import index_folder, no_training_texts

if TYPE_CHECKING:
    from skaz.inside.looking_back import Lens

T = TypeVar("T")


class Kept:
    """The newest few values by key; each is made once, whoever else asks for it meanwhile waits."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of the key, made now if it isn't there."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return self._values[key]  # type: ignore[no-any-return]
            value = make()
            with self._lock:
                self._values[key] = value
                while len(self._values) > self._most:
                    old, _ = self._values.popitem(last=False)
                    self._making.pop(old, None)
            return value


class Shelf:
    """Opened bundles and what was made of them. A bundle that was trained anew under its name is opened anew."""

    def __init__(self, place_of: Callable[[str], Path], state_folder: Path | None) -> None:
        """`place_of` gives a bundle's folder by its name, and raises where there is none; in `state_folder` lie samples
        of the texts that bundles were trained on."""
        self._place_of, self._state_folder = place_of, state_folder
        self._subjects, self._lenses, self._stages = Kept(8), Kept(4), Kept(16)
        self._scans, self._sentences = Kept(2), Kept(4)

    def subject(self, name: str) -> Subject:
        """The bundle, open."""
        path = self._place_of(name)
        return self._subjects.get(_key(path), lambda: open_subject(path))

    def lens(self, name: str) -> Lens:
        """The bundle with its gradients; DependencyError without PyTorch."""
        subject = self.subject(name)
        try:
            from skaz.inside.looking_back import Lens
        except ImportError:
            raise DependencyError('What a word looked back at needs PyTorch: pip install "skaz[train]".') from None
        return self._lenses.get(_key(subject.bundle.path), lambda: Lens(subject))

    def stage(self, name: str, number: int) -> Engine[Any]:
        """The network at a stage of its training."""
        bundle = self.subject(name).bundle
        return self._stages.get((_key(bundle.path), number), lambda: load_stage(bundle, number))

    def scan(self, name: str) -> Scan:
        """The bundle's texts as it read them."""
        subject = self.subject(name)
        return self._scans.get(_key(subject.bundle.path), lambda: scan(subject, self._stories(subject.bundle)))

    def sentences(self, name: str) -> Sentences:
        """The states after the sentences of the bundle's texts."""
        subject = self.subject(name)
        return self._sentences.get(
            _key(subject.bundle.path), lambda: sentences_of(subject, self._stories(subject.bundle))
        )

    def _stories(self, bundle: Bundle) -> list[Story]:
        """What was kept of its training texts, or some of the built-in ones; ApiError 404 where neither is."""
        if self._state_folder is not None:
            fingerprint = str(bundle.facts.corpus.get("fingerprint", ""))
            sample = kept_sample(index_folder(self._state_folder, fingerprint))
            if sample:
                return sample
        if built_in(bundle):
            return texts_of(bundle, (), SAMPLE_CHARACTERS)
        raise no_training_texts()


def _key(path: Path) -> Hashable:
    """A folder, and when what is in it was made."""
    manifest = path / MANIFEST
    return path, manifest.stat().st_mtime_ns if manifest.is_file() else 0
