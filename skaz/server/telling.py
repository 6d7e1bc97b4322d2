"""A request's stories on their way to the client: tokens become text, stop strings are cut off, states are kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from skaz.decoding.batch import Turn
from skaz.decoding.numerics import log_softmax
from skaz.decoding.placement import Place
from skaz.decoding.request import Job, Request, Written
from skaz.decoding.vocabulary import Vocabulary
from skaz.server.kept import KeptStates
from skaz.server.library import Opened
from skaz.server.scheduler import Aborted
from skaz.server.stop_text import StopText
from skaz.text.streaming import TextStream

ABORTED: Mapping[str, str] = {
    "deadline": "The story took too long and was broken off; ask for fewer tokens.",
    "shutting_down": "The server is stopping; what is written so far is what there is.",
    "fault": "The server has a fault, which its log tells of; try again.",
}


class Told(NamedTuple):
    """A token on its way: its text, as far as no stop string begins in it, and what is known of it."""

    row: int
    number: int
    text: str
    written: Written
    place: Place[Any] | None


class Ended(NamedTuple):
    """A story that is over. `reason`: end, stopped, length or aborted; `cause`: of one that was aborted."""

    row: int
    reason: str
    text: str
    cause: str | None
    end_log_probability: float


@dataclass(frozen=True)
class Order:
    """What a request comes down to: a story for each job, from a kept place on where there is one."""

    jobs: tuple[Job, ...]
    start: Place[Any] | None
    stop: tuple[str, ...]
    seed: int
    reads_only: bool = False
    """Whether only the state after the opening is wanted."""

    @property
    def request(self) -> Request:
        """What all of its stories are asked for."""
        return self.jobs[0].request


def order_of(source: Sequence[int], request: Request, count: int, **more: Any) -> Order:
    """`count` alternatives of one request; `more`: the fields of Order and Job."""
    job = Job(tuple(source), request, first=more.pop("first", None), keeps=more.pop("keeps", False))
    return Order(tuple(replace(job, number=number) for number in range(count)), seed=request.seed, **more)


@dataclass
class Tellings:
    """The stories of one order. `generation`: the name that their states are kept under; None: they are not."""

    opened: Opened
    order: Order
    kept: KeptStates | None = None
    generation: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        tokenizer = self.opened.bundle.tokenizer
        count = len(self.order.jobs)
        self._streams = [TextStream(tokenizer) for _ in range(count)]
        self._stops: list[StopText[tuple[Written, Place[Any] | None]]] = [
            StopText(self.order.stop) for _ in range(count)
        ]
        self._texts: list[list[str]] = [[] for _ in range(count)]
        self.log_probabilities: list[list[float]] = [[] for _ in range(count)]
        if self.kept is not None:
            prefixes = [job.request.prefix for job in self.order.jobs]
            self.kept.begin(self.generation, self.opened.name, self.opened.hash, prefixes)

    def hear(self, row: int, what: Turn[Any] | Aborted) -> Iterator[Told | Ended]:
        """What is to be told of what came of a story."""
        stop = self._stops[row]
        if isinstance(what, Aborted):
            yield from self._tell(row, stop.finish())
            yield Ended(row, "aborted", "".join(self._texts[row]), what.cause, 0.0)
            return
        if self.order.reads_only:
            if what.places and self.kept is not None:
                self.kept.add(self.generation, row, what.places[0], None)
            if what.reason is not None:
                yield Ended(row, "length", "", None, 0.0)
            return
        places = what.places or (None,) * len(what.tokens)
        for written, place in zip(what.tokens, places, strict=True):
            text = self._streams[row].push(written.token)
            yield from self._tell(row, stop.push((written, place), text))
        if what.reason is not None:
            yield from self._tell(row, stop.finish())
            yield Ended(row, what.reason, "".join(self._texts[row]), None, what.end_log_probability)

    def _tell(self, row: int, certain: Sequence[tuple[tuple[Written, Place[Any] | None], str]]) -> Iterator[Told]:
        for (written, place), text in certain:
            if self.kept is not None and place is not None:
                self.kept.add(self.generation, row, place, written.token)
            self._texts[row].append(text)
            self.log_probabilities[row].append(written.log_probability)
            yield Told(row, len(self._texts[row]) - 1, text, written, place)


def likeliest(scores_V: np.ndarray, vocabulary: Vocabulary, count: int) -> list[dict[str, Any]]:
    """The likeliest tokens of scores (minus infinity: none), as JSON has them, the best first."""
    logs_V = log_softmax(scores_V)
    count = min(count, int(np.isfinite(logs_V).sum()))
    best = np.argpartition(-logs_V, count - 1)[:count] if count < len(logs_V) else np.arange(len(logs_V))
    best = best[np.argsort(-logs_V[best], kind="stable")]
    return [entry(int(token), float(logs_V[token]), vocabulary) for token in best]


def entry(token: int, log_probability: float, vocabulary: Vocabulary) -> dict[str, Any]:
    """A token as JSON has it."""
    text = "" if token == vocabulary.end_id else vocabulary.pieces[token]
    return {"token": token, "text": text, "log_probability": log_probability}
