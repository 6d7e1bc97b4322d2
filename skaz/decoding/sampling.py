"""Writing stories: one generator of steps, which command, API and page all consume."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skaz.decoding.batch import Batch
from skaz.decoding.request import Job, Request, Written
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
    batch: Batch[int, State] = Batch(engine, vocabulary)
    batch.begin(dict(enumerate(jobs)))
    while batch:
        turns = batch.step()
        yield Step(
            tuple(Emitted(number, turn.tokens) for number, turn in turns.items() if turn.tokens),
            tuple(
                Finished(number, turn.reason, turn.end_log_probability)
                for number, turn in turns.items()
                if turn.reason is not None
            ),
        )
