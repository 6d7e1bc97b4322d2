"""Writing stories: one generator of steps, which command, API and page all consume."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skaz.decoding.placement import Place
from skaz.decoding.request import Job, Request, Written
from skaz.decoding.row import Row
from skaz.decoding.stopping import FinishReason
from skaz.decoding.vocabulary import Vocabulary
from skaz.engine.interface import Engine, State

__all__ = ["Emitted", "Finished", "Job", "Request", "Step", "Written", "generate", "generate_jobs"]


@dataclass(frozen=True)
class Emitted:
    """Tokens of one row that are settled: they are never taken back."""

    row: int
    tokens: tuple[Written, ...]


@dataclass(frozen=True)
class Finished:
    """A row that is over, and why."""

    row: int
    reason: FinishReason
    end_log_probability: float
    """Of the end token, where `reason` is "end"; else 0."""


@dataclass(frozen=True)
class Step:
    """What one step of the engine brought; nothing from a row that reads its prefix or holds tokens back."""

    emitted: tuple[Emitted, ...]
    finished: tuple[Finished, ...]


def generate(
    engine: Engine[State], vocabulary: Vocabulary, sources: Sequence[Sequence[int]], request: Request
) -> Iterator[Step]:
    """A story for each source, side by side. For n alternatives give the same source n times.

    Row i depends on its source, the request and i alone, however many rows there are.
    """
    jobs = [Job(tuple(source), request, number) for number, source in enumerate(sources)]
    return generate_jobs(engine, vocabulary, jobs)


def generate_jobs(engine: Engine[State], vocabulary: Vocabulary, jobs: Sequence[Job]) -> Iterator[Step]:
    """Stories of different requests in one batch. `Step` numbers rows as `jobs` does."""
    if not jobs:
        return
    state = engine.start([job.source for job in jobs])
    nothing_yet = np.zeros(vocabulary.size)
    rows = [Row(job, vocabulary, Place(state, index, len(jobs), nothing_yet)) for index, job in enumerate(jobs)]
    live = dict(enumerate(rows))
    while live:
        _advance(engine, list(live.values()))
        for row in live.values():
            row.take_turn(engine)
        new = {number: row.take_new() for number, row in live.items()}
        yield Step(
            tuple(Emitted(number, tokens) for number, tokens in new.items() if tokens),
            tuple(
                Finished(number, row.reason, row.end_log_probability)
                for number, row in live.items()
                if row.reason is not None
            ),
        )
        live = {number: row for number, row in live.items() if row.reason is None}


def _advance(engine: Engine[State], rows: Sequence[Row[State]]) -> None:
    """Feeds each row its token. Rows that share a state step together; one that went back, by itself."""
    groups: dict[int, list[Row[State]]] = {}
    for row in rows:
        groups.setdefault(id(row.place.state), []).append(row)
    for group in groups.values():
        state = group[0].place.state
        indices = [row.place.index for row in group]
        if indices != list(range(group[0].place.width)):
            state = engine.gather(state, np.array(indices))
        logits_BV, state = engine.step(np.array([row.feed for row in group]), state)
        for index, row in enumerate(group):
            row.receive(Place(state, index, len(group), logits_BV[index].astype(np.float64)))
