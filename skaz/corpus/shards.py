"""Stories as token ids in a folder, mapped into memory: a reader costs what it reads, not what there is.

meta.json             format number, counts, type of the ids, the tokenizer's and the corpus's SHA-256
targets.bin .idx      the ids of all stories end to end, and where each begins (uint64, one more than stories)
plans.bin .idx        the items of the plan with <next> between them
titles.bin .idx
sources.bin .idx      of pairs, in the ids of their own vocabulary where they have one
opening_lengths.bin   how many ids of the target the opening takes (uint16)
characters.bin        Unicode characters of the text (uint32), what bits per character are counted by
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from skaz import files
from skaz.corpus.sources import END
from skaz.errors import CorpusError
from skaz.files import new_folder
from skaz.text.tokenizer import Tokenizer

FORMAT = 2
LONGEST_OPENING_TOKENS = 2**16 - 1
_COLUMNS = ("targets", "plans", "titles", "sources")
COUNTED_TOKENS = 50_000_000  # enough for any token's frequency
_COUNTED_AT_ONCE = 4_000_000
_TOKENS_AT_ONCE, _STORIES_AT_ONCE = 200_000, 5_000  # that a writer gathers: many small writes are slow

Ids = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class EncodedStory:
    """A story ready to be stored; <start> and <end> are for the batches to add."""

    target: Ids | Sequence[int]
    plan: Ids | Sequence[int]
    title: Ids | Sequence[int]
    opening_length: int  # ids of the target
    characters: int  # of the text
    source: Ids | Sequence[int] = ()  # of a pair


def encoded_pair(source: Ids | Sequence[int], target: Ids | Sequence[int], characters: int) -> EncodedStory:
    """A pair ready to be stored: it has neither plan nor title nor opening. `characters`: of the target's text."""
    return EncodedStory(target=target, plan=(), title=(), opening_length=0, characters=characters, source=source)


class _Column:
    """Sequences of ids, end to end, and where they begin."""

    def __init__(self, folder: Path, name: str, ids: np.ndarray, offsets: np.ndarray) -> None:
        if not len(offsets) or int(offsets[-1]) != len(ids):
            raise CorpusError(f"{folder / name}.bin is damaged: prepare the corpus again.")
        self.ids, self.offsets = ids, offsets

    def __getitem__(self, index: int) -> Ids:
        return self.ids[self.offsets[index] : self.offsets[index + 1]]


class Shards:
    """A prepared part of a corpus. What it hands out are views into the files: read-only, no copies."""

    def __init__(self, path: Path, meta: dict[str, Any]) -> None:
        """Use `open`."""
        self.path = path
        self.n_tokens: int = meta["tokens"]
        self.n_characters: int = meta["characters"]
        self.tokenizer_fingerprint: str = meta["tokenizer"]
        self.fingerprint: str = meta["fingerprint"]
        ids_type = np.dtype(meta["dtype"])
        self._targets, self._plans, self._titles, self._sources = (
            _Column(path, name, _mapped(path / f"{name}.bin", ids_type), _mapped(path / f"{name}.idx", "<u8"))
            for name in _COLUMNS
        )
        self._opening_lengths = _mapped(path / "opening_lengths.bin", "<u2")
        self._characters = _mapped(path / "characters.bin", "<u4")
        self._n_stories: int = meta["stories"]
        counts = {len(self._opening_lengths), len(self._characters), len(self._targets.offsets) - 1}
        if counts != {self._n_stories} or len(self._targets.ids) != self.n_tokens:
            raise CorpusError(f"{path} is damaged, its files are of different lengths: prepare the corpus again.")

    @classmethod
    def open(cls, path: str | Path) -> Shards:
        """The part in a folder; CorpusError where there is none, or it is damaged or of another version."""
        path = Path(path)
        try:
            meta = json.loads((path / "meta.json").read_text(encoding="utf-8"))
        except OSError as error:
            raise CorpusError(f"There is no prepared corpus at {path}: run skaz prepare first.") from error
        except ValueError as error:
            raise CorpusError(f"{path / 'meta.json'} is damaged: prepare the corpus again.") from error
        if meta.get("format") != FORMAT:
            raise CorpusError(
                f"{path} has format {meta.get('format')}, this skaz reads {FORMAT}: prepare the corpus again."
            )
        return cls(path, meta)

    def __len__(self) -> int:
        return self._n_stories

    @property
    def has_plans(self) -> bool:
        """Whether any story has a plan."""
        return len(self._plans.ids) > 0

    @property
    def has_titles(self) -> bool:
        """Whether any story has a title."""
        return len(self._titles.ids) > 0

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of target ids of every story."""
        return np.diff(self._targets.offsets).astype(np.int64)

    @property
    def source_lengths(self) -> NDArray[np.int64]:
        """The number of source ids of every pair; 0 for stories."""
        return np.diff(self._sources.offsets).astype(np.int64)

    @property
    def source_kinds(self) -> NDArray[np.int64]:
        """Each id that is met in sources, of the first COUNTED_TOKENS."""
        ids = self._sources.ids[:COUNTED_TOKENS]
        parts = (ids[start : start + _COUNTED_AT_ONCE] for start in range(0, len(ids), _COUNTED_AT_ONCE))
        return np.unique(np.concatenate([np.unique(part) for part in parts] or [ids])).astype(np.int64)

    def token_counts(self, vocabulary_size: int) -> NDArray[np.int64]:
        """How often each token of the vocabulary is met in the first stories, at most COUNTED_TOKENS of them;
        <end> counts once a story."""
        counted = min(COUNTED_TOKENS, self.n_tokens)
        counts = np.zeros(vocabulary_size, dtype=np.int64)
        for start in range(0, counted, _COUNTED_AT_ONCE):
            part = self._targets.ids[start : min(start + _COUNTED_AT_ONCE, counted)]
            counts += np.bincount(part, minlength=vocabulary_size)
        counts[END] += np.searchsorted(self._targets.offsets, counted, side="right") - 1
        return counts

    def target(self, index: int) -> Ids:
        """The ids of a story, without <start> and <end>."""
        return self._targets[index]

    def plan(self, index: int) -> Ids:
        """The ids of the plan's items with <next> between them; empty where there is no plan."""
        return self._plans[index]

    def title(self, index: int) -> Ids:
        """The ids of the title; empty where there is none."""
        return self._titles[index]

    def source(self, index: int) -> Ids:
        """The ids of a pair's source; empty for a story."""
        return self._sources[index]

    def opening_length(self, index: int) -> int:
        """How many ids of the target the opening takes."""
        return int(self._opening_lengths[index])

    def characters(self, index: int) -> int:
        """The Unicode characters of the text."""
        return int(self._characters[index])


class ShardWriter(AbstractContextManager["ShardWriter"]):
    """Writes a part story by story. The folder appears, whole, when the `with` block ends well."""

    def __init__(self, path: str | Path, tokenizer: Tokenizer, source_vocabulary_size: int = 0) -> None:
        self._path = Path(path)
        self._tokenizer = tokenizer
        largest = max(tokenizer.vocabulary_size, source_vocabulary_size)
        self._dtype = np.dtype("<u2" if largest < 2**16 else "<u4")
        self._ends = dict.fromkeys(_COLUMNS, np.uint64(0))
        self._waiting: list[EncodedStory] = []
        self._waiting_tokens = 0
        self._corpus = hashlib.sha256()
        # written so far:
        self.stories = 0
        self.tokens = 0  # of targets
        self.characters = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = stack.enter_context(new_folder(self._path, known_by="meta.json"))
            names = [f"{name}.{end}" for name in self._ends for end in ("bin", "idx")]
            self._files: dict[str, IO[bytes]] = {
                name: stack.enter_context((self._folder / name).open("wb"))
                for name in (*names, "opening_lengths.bin", "characters.bin")
            }
            for name in self._ends:
                self._append(f"{name}.idx", [0], "<u8")
            self._stack = stack.pop_all()
        return self

    def write(self, story: EncodedStory, text: bytes) -> None:
        """Adds a story; `text` in UTF-8 goes into the fingerprint."""
        self._waiting.append(story)
        self._waiting_tokens += len(story.target) + len(story.source)
        self._corpus.update(len(text).to_bytes(8, "little") + text)
        self.stories += 1
        self.tokens += len(story.target)
        self.characters += story.characters
        if self._waiting_tokens > _TOKENS_AT_ONCE or len(self._waiting) > _STORIES_AT_ONCE:
            self._write_waiting()

    def _write_waiting(self) -> None:
        stories, self._waiting, self._waiting_tokens = self._waiting, [], 0
        if not stories:
            return
        for name, column in zip(_COLUMNS, zip(*map(_columns, stories), strict=True), strict=True):
            self._append(f"{name}.bin", np.concatenate(column), self._dtype)
            ends = self._ends[name] + np.cumsum([len(ids) for ids in column], dtype=np.uint64)
            self._append(f"{name}.idx", ends, "<u8")
            self._ends[name] = ends[-1]
        openings = [min(story.opening_length, LONGEST_OPENING_TOKENS) for story in stories]
        self._append("opening_lengths.bin", openings, "<u2")
        self._append("characters.bin", [story.characters for story in stories], "<u4")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            self._write_waiting()
            meta = {
                "format": FORMAT,
                "stories": self.stories,
                "tokens": self.tokens,
                "characters": self.characters,
                "dtype": self._dtype.str,
                "vocabulary_size": self._tokenizer.vocabulary_size,
                "tokenizer": self._tokenizer.fingerprint,
                "fingerprint": self._corpus.hexdigest(),
            }
            (self._folder / "meta.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")

    def _append(self, name: str, values: Ids | Sequence[int], dtype: str | np.dtype[Any]) -> None:
        self._files[name].write(np.asarray(values, dtype=dtype).tobytes())


def _columns(story: EncodedStory) -> tuple[Ids | Sequence[int], ...]:
    return story.target, story.plan, story.title, story.source


def _mapped(path: Path, dtype: str | np.dtype[Any]) -> np.ndarray:
    if not path.is_file():
        raise CorpusError(f"{path} is missing: prepare the corpus again.")
    if not path.stat().st_size:  # nothing can't be mapped
        return np.zeros(0, dtype=dtype)
    try:
        if files.HOLDS_OPEN_FILES:  # a run's own corpus is put away while its arrays are still there
            return np.frombuffer(path.read_bytes(), dtype=dtype)
        return np.memmap(path, dtype=dtype, mode="r").view(np.ndarray)
    except ValueError as error:
        raise CorpusError(f"{path} is damaged: prepare the corpus again.") from error
