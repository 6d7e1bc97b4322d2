"""Stories that are written side by side, and join and leave at any step.

A story's past is one row of a state, so rows of different requests step together, whatever each has read and however
far it is. What a row writes depends on its job alone.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Float

from skaz.decoding.nucleus import Drawn, draw_plainly, weigh
from skaz.decoding.placement import Place
from skaz.decoding.request import Job, Written
from skaz.decoding.row import Row
from skaz.decoding.stopping import FinishReason
from skaz.decoding.vocabulary import Vocabulary
from skaz.engine.interface import Engine, State

Key = TypeVar("Key", bound=Hashable)


def _nothing() -> None:
    """What is done around the model's part of a step where the caller has nothing else to do."""


@dataclass(frozen=True, eq=False)
class Turn(Generic[State]):
    """What a step brought of one story: tokens that are settled, which are never taken back, and, where it is over,
    why. `places`: of a story that keeps them, the model before each of the tokens, alone."""

    tokens: tuple[Written, ...]
    places: tuple[Place[State], ...]
    reason: FinishReason | None
    end_log_probability: float
    """Of the end token, where `reason` is "end"; else 0."""


class Batch(Generic[Key, State]):
    """The stories in the making, each under a key of the caller's."""

    def __init__(self, engine: Engine[State], vocabulary: Vocabulary) -> None:
        self._engine = engine
        self._vocabulary = vocabulary
        self._rows: dict[Key, Row[State]] = {}
        self._last_kept: dict[Key, Place[State]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def begin(self, jobs: dict[Key, Job]) -> None:
        """These stories join, from their sources on."""
        if not jobs:
            return
        sources = [job.source for job in jobs.values()]
        width = _filled(len(sources))
        state = self._engine.join([self._engine.start(sources + sources[-1:] * (width - len(sources)))])
        nothing_yet = np.zeros(self._vocabulary.size)
        for index, (key, job) in enumerate(jobs.items()):
            place = Place(state, index, width, nothing_yet)
            self._rows[key] = Row(job, self._vocabulary, place)

    def go_on(self, key: Key, job: Job, place: Place[State]) -> None:
        """A story joins at a place where the model has read all of the job's prefix already; its source is not read."""
        exact = Place(place.state, place.index, place.width, place.logits_V.astype(np.float64))
        self._rows[key] = Row(job, self._vocabulary, exact, has_read=True)

    def leave(self, key: Key) -> Row[State] | None:
        """Takes a story out; it may come back with `come_back`. None where it is not, or no longer, here."""
        row = self._rows.pop(key, None)
        self._last_kept.pop(key, None)
        if row is not None:
            row.leave_others(self._engine)
        return row

    def come_back(self, key: Key, row: Row[State]) -> None:
        """A story that left goes on as if it had stayed."""
        self._rows[key] = row

    def step(
        self, before: Callable[[], object] = _nothing, after: Callable[[], object] = _nothing
    ) -> dict[Key, Turn[State]]:
        """Each story reads or writes a token, and those that are over leave. Who has nothing to tell is left out.
        `before` is called when all is ready for the model to compute, `after` once it has, before tokens are drawn."""
        ordered, weights_BV = _advance(self._engine, [row for row in self._rows.values() if row.awaits_model], before)
        after()
        drawn = _draw(ordered, weights_BV, self._vocabulary)
        turns: dict[Key, Turn[State]] = {}
        for key, row in list(self._rows.items()):
            row.take_turn(self._engine, drawn.get(id(row)))
            tokens, places = row.take_new()
            if tokens or row.reason is not None:
                turns[key] = Turn(tokens, self._alone(key, places), row.reason, row.end_log_probability)
            if row.reason is not None:
                del self._rows[key]
                self._last_kept.pop(key, None)
        return turns

    def _alone(self, key: Key, places: Sequence[Place[State]]) -> tuple[Place[State], ...]:
        kept = []
        for place in places:
            self._last_kept[key] = place.alone(self._engine, self._last_kept.get(key))
            kept.append(self._last_kept[key])
        return tuple(kept)


def _advance(
    engine: Engine[State], rows: Sequence[Row[State]], before: Callable[[], object]
) -> tuple[list[Row[State]], Float[np.ndarray, "B V"]]:
    """Feeds each row its token, all in one step; the rows in the order of the state, and their logits' weights."""
    if not rows:
        before()
        return [], np.zeros((0, engine.vocabulary_size))
    state, ordered = _together(engine, rows)
    width = _filled(len(ordered))
    tokens_B = np.array([row.feed for row in ordered] + [ordered[-1].feed] * (width - len(ordered)))
    before()
    logits_BV, state = engine.step(tokens_B, state)
    exact_BV = logits_BV[: len(ordered)].astype(np.float64)
    weights_BV, normalisers_B = weigh(exact_BV)
    for index, (row, normaliser) in enumerate(zip(ordered, normalisers_B.tolist(), strict=True)):
        row.receive(Place(state, index, width, exact_BV[index], normaliser))
    return ordered, weights_BV


def _draw(
    rows: Sequence[Row[State]], weights_BV: Float[np.ndarray, "B V"], vocabulary: Vocabulary
) -> dict[int, Drawn | None]:
    """What is drawn for those rows that have no more to it than that, by the rows' identities."""
    wishes = [row.wish() for row in rows]
    plain = [index for index, wish in enumerate(wishes) if wish is not None]
    if not plain:
        return {}
    chosen_BV = weights_BV if len(plain) == len(rows) else weights_BV[plain]
    drawn = draw_plainly(chosen_BV, vocabulary.never, [wish for wish in wishes if wish is not None])
    return {id(rows[index]): each for index, each in zip(plain, drawn, strict=True)}


def _together(engine: Engine[State], rows: Iterable[Row[State]]) -> tuple[State, list[Row[State]]]:
    """The rows' states as one, filled up, and the rows in its order. Rows that share a state stay together in it."""
    groups: dict[int, list[Row[State]]] = {}
    for row in rows:
        groups.setdefault(id(row.place.state), []).append(row)
    ordered = [row for group in groups.values() for row in group]
    indices = [[row.place.index for row in group] for group in groups.values()]
    first = ordered[0].place
    if len(groups) == 1 and indices[0] == list(range(len(ordered))) and first.width == _filled(len(ordered)):
        return first.state, ordered
    indices[-1] += [indices[-1][-1]] * (_filled(len(ordered)) - len(ordered))
    states = [
        engine.gather(group[0].place.state, np.array(each))
        for group, each in zip(groups.values(), indices, strict=True)
    ]
    return states[0] if len(states) == 1 else engine.join(states), ordered


def _filled(rows: int) -> int:
    """The width of a state for so many rows: an odd row is there twice, or the engine, which computes in pairs, would
    copy all of them at each step."""
    return rows + rows % 2
