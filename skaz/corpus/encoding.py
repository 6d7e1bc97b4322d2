"""Stories to ids, by this process or by several."""

from __future__ import annotations

import pickle
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Any

import numpy as np

from skaz.corpus.records import Story
from skaz.corpus.shards import EncodedStory, Ids, encoded_pair
from skaz.errors import ResourceError
from skaz.processes import apart, command_of, environment
from skaz.text.piece_tokens import PieceTokens
from skaz.text.pieces import PieceTable, Rows, starts_of
from skaz.text.plan import inside_story
from skaz.text.plans import PlanExtractor, join_items
from skaz.text.sentences import opening_end
from skaz.text.sides import encode_sides
from skaz.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class PlanExtraction:
    """What is known of the corpus's words, for plans where the stories have none."""

    document_frequency: Mapping[str, int]
    n_documents: int


class StoryEncoder:
    """Turns stories into ids. Without `plan_extraction` only the plans that stories come with are used.
    `source_tokenizer`: of pairs whose sources have tokens that targets have not."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        plan_extraction: PlanExtraction | None = None,
        source_tokenizer: Tokenizer | None = None,
    ) -> None:
        self.tokenizer, self.plan_extraction, self.source_tokenizer = tokenizer, plan_extraction, source_tokenizer
        self._token_bytes = np.array([len(spelt) for spelt in tokenizer.token_bytes], dtype=np.int64)
        self._pieces = _Pieces(tokenizer, plan_extraction)

    def encode(self, stories: Sequence[Story]) -> list[EncodedStory]:
        """The stories' ids, in their order."""
        if stories and stories[0].source is not None:
            return self._encode_pairs(stories)
        if self._pieces.table.is_full:
            self._pieces = _Pieces(self.tokenizer, self.plan_extraction)
        pieces = self._pieces.table.cut([story.text for story in stories])
        targets = self._pieces.tokens.tokens(pieces)
        plans = self._plans(stories, pieces)
        titles = self._encode([story.title or "" for story in stories])
        opening_lengths = self._opening_lengths(stories, targets)
        return [
            EncodedStory(target, plan, title, opening_length, len(story.text))
            for story, target, plan, title, opening_length in zip(
                stories, _apart(targets), _apart(plans), _apart(titles), opening_lengths, strict=True
            )
        ]

    def _encode_pairs(self, pairs: Sequence[Story]) -> list[EncodedStory]:
        targets = encode_sides(self.tokenizer, [pair.text for pair in pairs])
        sources = encode_sides(self.source_tokenizer or self.tokenizer, [pair.source or "" for pair in pairs])
        return [
            encoded_pair(source, target, len(pair.text))
            for pair, target, source in zip(pairs, targets, sources, strict=True)
        ]

    def _encode(self, texts: Sequence[str]) -> Rows:
        return self._pieces.tokens.tokens(self._pieces.table.cut(texts))

    def _plans(self, stories: Sequence[Story], pieces: Rows) -> Rows:
        plans: Sequence[Sequence[str]] = [story.plan for story in stories]
        if self._pieces.planner is not None and not all(plans):
            drawn = self._pieces.planner.plans(pieces)
            plans = [story.plan or plan for story, plan in zip(stories, drawn, strict=True)]
        items = self._encode([inside_story(self.tokenizer, item) for plan in plans for item in plan])
        return join_items(items, plans, self.tokenizer.special("<next>"))

    def _opening_lengths(self, stories: Sequence[Story], targets: Rows) -> list[int]:
        """The number of ids that cover each opening: a token may reach a little over its end."""
        openings = [story.opening or story.text[: opening_end(story.text)] for story in stories]
        n_bytes = np.array([len(opening.encode("utf-8")) for opening in openings])
        bytes_before = starts_of(self._token_bytes[targets.values])
        begins = targets.starts[:-1]
        covering = np.searchsorted(bytes_before, bytes_before[begins] + n_bytes) - begins
        lengths: list[int] = covering.tolist()
        return lengths


def _apart(rows: Rows) -> list[Ids]:
    """Each row by itself: views, of half the bytes, since workers send them."""
    ids = rows.values.astype(np.uint32)
    return [ids[start:end] for start, end in pairwise(rows.starts.tolist())]


class _Pieces:
    """What is known of the pieces that were met so far."""

    def __init__(self, tokenizer: Tokenizer, plan_extraction: PlanExtraction | None) -> None:
        self.table = PieceTable()
        self.tokens = PieceTokens(tokenizer, self.table)
        self.planner = None
        if plan_extraction is not None:
            known = plan_extraction
            self.planner = PlanExtractor(self.table, known.document_frequency, known.n_documents)


def encode_here(
    encoder: StoryEncoder, batches: Iterable[list[Story]]
) -> Iterator[tuple[list[Story], list[EncodedStory]]]:
    """Each batch with its ids, in this process."""
    for batch in batches:
        yield batch, encoder.encode(batch)


def encode_by_workers(
    encoder: StoryEncoder, batches: Iterable[list[Story]], workers: int
) -> Iterator[tuple[list[Story], list[EncodedStory]]]:
    """Each batch with its ids, in order, by other processes; each has one batch at a time.

    They run `python -m skaz.corpus.worker`. `multiprocessing` would run the user's script again in each of
    them, which breaks where the script trains without a `__main__` guard.
    """
    processes = [_start_worker() for _ in range(workers)]
    try:
        for process in processes:
            _send(process, (encoder.tokenizer.to_json(), encoder.plan_extraction, _json_of(encoder.source_tokenizer)))
        idle, busy = deque(processes), deque[tuple[subprocess.Popen[bytes], list[Story]]]()
        for batch in batches:
            if not idle:
                process, sent = busy.popleft()
                yield sent, _receive(process)
                idle.append(process)
            process = idle.popleft()
            _send(process, batch)
            busy.append((process, batch))
        for process, sent in busy:
            yield sent, _receive(process)
    finally:
        for process in processes:
            _end(process)


def work(requests: IO[bytes], answers: IO[bytes]) -> None:
    """A worker's life: what it needs to know, then batch after batch until there are no more."""
    messages = _messages(requests)
    needed = next(messages, None)
    if needed is None:
        return
    tokenizer_json, plan_extraction, source_json = needed
    source_tokenizer = Tokenizer.from_json(source_json) if source_json else None
    encoder = StoryEncoder(Tokenizer.from_json(tokenizer_json), plan_extraction, source_tokenizer)
    for batch in messages:
        pickle.dump(encoder.encode(batch), answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _messages(requests: IO[bytes]) -> Iterator[Any]:
    """What the parent sends, until it sends no more: where it was killed, perhaps in the middle."""
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            yield pickle.load(requests)


def _json_of(tokenizer: Tokenizer | None) -> str | None:
    return tokenizer.to_json() if tokenizer else None


def _start_worker() -> subprocess.Popen[bytes]:
    one_core = {"TOKENIZERS_PARALLELISM": "false"}
    return subprocess.Popen(
        command_of("skaz.corpus.worker"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**environment(), **one_core},
        **apart(),  # Ctrl-C in the terminal is for the parent, which ends them
    )


def _send(process: subprocess.Popen[bytes], message: Any) -> None:
    assert process.stdin is not None
    try:
        pickle.dump(message, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        process.stdin.flush()
    except OSError as error:  # a broken pipe, which Windows calls an invalid argument
        raise ResourceError(_DIED) from error


def _receive(process: subprocess.Popen[bytes]) -> list[EncodedStory]:
    assert process.stdout is not None
    try:
        encoded: list[EncodedStory] = pickle.load(process.stdout)
    except (EOFError, pickle.UnpicklingError) as error:
        raise ResourceError(_DIED) from error
    return encoded


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                pass  # it was killed with something still to read
    process.wait()


_DIED = "A process that encodes stories has died, for want of memory perhaps: try again with --workers 1."
