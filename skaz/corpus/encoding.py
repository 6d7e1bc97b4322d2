"""Stories to ids, by this process or by several."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np

from skaz.corpus.records import Story
from skaz.corpus.shards import EncodedStory, encoded_pair
from skaz.errors import ResourceError
from skaz.text.plan import encode_plans, extract_plan
from skaz.text.sentences import opening_end
from skaz.text.sides import encode_sides
from skaz.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class PlanExtraction:
    """What is known of the corpus's words, for plans where the stories have none."""

    document_frequency: Mapping[str, int]
    n_documents: int


@dataclass(frozen=True)
class StoryEncoder:
    """Turns stories into ids. Without `plan_extraction` only the plans that stories come with are used.
    `source_tokenizer`: of pairs whose sources have tokens that targets have not."""

    tokenizer: Tokenizer
    plan_extraction: PlanExtraction | None = None
    source_tokenizer: Tokenizer | None = None
    _token_bytes: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lengths = np.array([len(spelt) for spelt in self.tokenizer.token_bytes], dtype=np.int64)
        object.__setattr__(self, "_token_bytes", lengths)

    def encode(self, stories: Sequence[Story]) -> list[EncodedStory]:
        """The stories' ids, in their order."""
        if stories and stories[0].source is not None:
            return self._encode_pairs(stories)
        targets = self.tokenizer.encode_batch([story.text for story in stories])
        titles = self.tokenizer.encode_batch([story.title or "" for story in stories])
        plans = encode_plans(self.tokenizer, [self._plan(story) for story in stories])
        return [self._encoded(*each) for each in zip(stories, targets, plans, titles, strict=True)]

    def _encode_pairs(self, pairs: Sequence[Story]) -> list[EncodedStory]:
        targets = encode_sides(self.tokenizer, [pair.text for pair in pairs])
        sources = encode_sides(self.source_tokenizer or self.tokenizer, [pair.source or "" for pair in pairs])
        return [
            encoded_pair(source, target, len(pair.text))
            for pair, target, source in zip(pairs, targets, sources, strict=True)
        ]

    def _encoded(self, story: Story, target: list[int], plan: list[int], title: list[int]) -> EncodedStory:
        ids = np.array(target, dtype=np.uint32)
        return EncodedStory(
            target=ids,
            plan=np.array(plan, dtype=np.uint32),
            title=np.array(title, dtype=np.uint32),
            opening_length=self._opening_length(story, ids),
            characters=len(story.text),
        )

    def _plan(self, story: Story) -> Sequence[str]:
        if story.plan or self.plan_extraction is None:
            return story.plan
        known = self.plan_extraction
        return extract_plan(story.text, known.document_frequency, known.n_documents)

    def _opening_length(self, story: Story, ids: np.ndarray) -> int:
        """The number of ids that cover the opening: a token may reach a little over its end."""
        opening = story.opening or story.text[: opening_end(story.text)]
        n_bytes = len(opening.encode("utf-8"))
        covered = np.cumsum(self._token_bytes[ids[: n_bytes + 1]])  # a token is a byte at least
        return int(np.searchsorted(covered, n_bytes)) + 1 if n_bytes else 0


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
    tokenizer_json, plan_extraction, source_json = pickle.load(requests)
    source_tokenizer = Tokenizer.from_json(source_json) if source_json else None
    encoder = StoryEncoder(Tokenizer.from_json(tokenizer_json), plan_extraction, source_tokenizer)
    while True:
        try:
            batch = pickle.load(requests)
        except EOFError:
            return
        pickle.dump(encoder.encode(batch), answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _json_of(tokenizer: Tokenizer | None) -> str | None:
    return tokenizer.to_json() if tokenizer else None


def _start_worker() -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path) or os.getcwd(),
        "TOKENIZERS_PARALLELISM": "false",  # a worker is one core's work
    }
    command = [sys.executable, "-m", "skaz.corpus.worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)


def _send(process: subprocess.Popen[bytes], message: Any) -> None:
    assert process.stdin is not None
    try:
        pickle.dump(message, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        process.stdin.flush()
    except BrokenPipeError as error:
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
            except BrokenPipeError:
                pass  # it was killed with something still to read
    process.wait()


_DIED = "A process that encodes stories has died, for want of memory perhaps: try again with --workers 1."
