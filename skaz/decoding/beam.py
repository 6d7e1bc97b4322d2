"""Beam search: the likeliest target rather than a drawn one, for many sources at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np
from jaxtyping import Float, Int

from skaz.decoding.numerics import log_softmax_rows
from skaz.engine.interface import Engine, State
from skaz.errors import RequestError


@dataclass(frozen=True)
class BeamSettings:
    """How widely to search, and what counts as best."""

    beams: int = 5
    """K, hypotheses that are followed side by side; 1: greedy."""
    length_penalty: float = 1.0
    """α of Wu et al. 2016, eq. 14: a score is log p / ((5 + length) / 6)^α; 0 leaves short targets ahead."""
    max_tokens: int = 256
    """A hypothesis that has not ended by then is cut."""

    def __post_init__(self) -> None:
        for name, value, least in (("beams", self.beams, 1), ("max_tokens", self.max_tokens, 1)):
            if value < least:
                raise RequestError(f"{name} is {value}; it must be {least} or more.")
        if not 0 <= self.length_penalty <= 10:
            raise RequestError(f"length_penalty is {self.length_penalty}; it must be from 0 to 10.")

    def score(self, log_probability: float, length: int) -> float:
        """What hypotheses are ordered by; `length` counts the end."""
        return float(log_probability / ((5 + length) / 6) ** self.length_penalty)


@dataclass(frozen=True)
class Hypothesis:
    """A target that was found: its tokens behind the prefix and without the end, and the log-probabilities, in nats,
    of each and, where it `ended`, of the end."""

    tokens: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    score: float
    ended: bool

    @property
    def log_probability(self) -> float:
        """Of the whole."""
        return sum(self.log_probabilities)


def beam_search(
    engine: Engine[State],
    sources: Sequence[Sequence[int]],
    settings: BeamSettings,
    *,
    start_id: int,
    end_id: int,
    never: Sequence[int] = (),
    prefix: Sequence[int] = (),
) -> list[list[Hypothesis]]:
    """Up to K hypotheses for each source, the best first. Tokens in `never` are not written.

    The greedy hypothesis is followed whatever its rank, so the best is never worse than it. A source with K
    hypotheses leaves the batch.
    """
    found: list[list[Hypothesis]] = [[] for _ in sources]
    if not sources:
        return found
    search = _Search(engine, sources, settings, start_id, end_id, tuple(never), tuple(prefix))
    while len(search.sources):
        for source, hypothesis in search.advance():
            found[source].append(hypothesis)
        search.drop([search.settled(row, found[source]) for row, source in enumerate(search.sources)])
    return [sorted(each, key=lambda one: -one.score)[: settings.beams] for each in found]


class _Search(Generic[State]):
    """The live hypotheses: row r of `sources` has K of them, side by side in the engine's state."""

    def __init__(
        self,
        engine: Engine[State],
        sources: Sequence[Sequence[int]],
        settings: BeamSettings,
        start_id: int,
        end_id: int,
        never: tuple[int, ...],
        prefix: tuple[int, ...],
    ) -> None:
        self._engine, self._settings, self._end = engine, settings, end_id
        self._never = list(never)
        rows, beams = len(sources), settings.beams
        self.sources = np.arange(rows)
        self._length = 0
        state = engine.start(sources)
        for token in (start_id, *prefix)[:-1]:
            _, state = engine.step(np.full(rows, token), state)
        self._state = engine.gather(state, np.repeat(np.arange(rows), beams))
        self._fed_RK = np.full((rows, beams), (start_id, *prefix)[-1])
        self._tokens_RKT = np.zeros((rows, beams, settings.max_tokens), dtype=np.int64)
        self._sums_RKT = np.zeros((rows, beams, settings.max_tokens))  # after each token
        self._sums_RK = np.full((rows, beams), -np.inf)
        self._sums_RK[:, 0] = 0.0  # all K begin as one
        self._greedy_R = np.zeros(rows, dtype=np.int64)  # the beam that is greedy; -1 when that one has ended

    def advance(self) -> list[tuple[int, Hypothesis]]:
        """A step: hypotheses that have ended, with their sources."""
        rows, beams = self._sums_RK.shape
        logits, self._state = self._engine.step(self._fed_RK.ravel(), self._state)
        logp_PV = log_softmax_rows(logits)
        logp_PV[:, self._never] = -np.inf
        beam_RC, token_RC, sum_RC = self._candidates(logp_PV.reshape(rows, beams, -1))
        self._length += 1
        ended = self._take_ended(beam_RC, token_RC, sum_RC)
        self._follow(beam_RC, token_RC, sum_RC)
        return ended + (self._cut() if self._length == self._settings.max_tokens else [])

    def settled(self, row: int, found: Sequence[Hypothesis]) -> bool:
        """Whether there are K hypotheses and the greedy one, if it is still under way, can't become the best: its
        log-probability only falls, and the longest length is the kindest to it."""
        if not np.isfinite(self._sums_RK[row]).any():
            return True
        if len(found) < self._settings.beams:
            return False
        greedy = self._greedy_R[row]
        if greedy < 0:
            return True
        kindest = self._settings.score(float(self._sums_RK[row, greedy]), self._settings.max_tokens)
        return max(one.score for one in found) >= kindest

    def drop(self, settled: Sequence[bool]) -> None:
        """Takes sources out of the batch."""
        if not any(settled):
            return
        kept = np.flatnonzero(~np.asarray(settled))
        beams = self._settings.beams
        if len(kept):
            self._state = self._engine.gather(self._state, (kept[:, None] * beams + np.arange(beams)).ravel())
        self.sources, self._fed_RK, self._greedy_R = self.sources[kept], self._fed_RK[kept], self._greedy_R[kept]
        self._tokens_RKT, self._sums_RKT = self._tokens_RKT[kept], self._sums_RKT[kept]
        self._sums_RK = self._sums_RK[kept]

    def _candidates(
        self, logp_RKV: Float[np.ndarray, "R K V"]
    ) -> tuple[Int[np.ndarray, "R C"], Int[np.ndarray, "R C"], Float[np.ndarray, "R C"]]:
        """The 2K best continuations of each source, the best first, and behind them the greedy one's: their beams,
        tokens and log-probabilities. 2K, since K of them may be ends. Partitioned, not sorted, over the vocabulary."""
        rows, beams, vocabulary = logp_RKV.shape
        sums = (self._sums_RK[:, :, None] + logp_RKV).reshape(rows, -1)
        number = min(2 * beams, sums.shape[1])
        best = np.argpartition(-sums, number - 1, axis=1)[:, :number]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(sums, best, 1), axis=1, kind="stable"), 1)
        each = np.arange(rows)
        greedy_token = logp_RKV[each, self._greedy_R].argmax(axis=1)
        chosen = np.concatenate((best, (self._greedy_R * vocabulary + greedy_token)[:, None]), axis=1)
        chosen[self._greedy_R < 0, -1] = -1
        sum_RC = np.take_along_axis(sums, np.maximum(chosen, 0), 1)
        sum_RC[chosen < 0] = -np.inf
        return np.maximum(chosen, 0) // vocabulary, np.maximum(chosen, 0) % vocabulary, sum_RC

    def _take_ended(
        self, beam_RC: Int[np.ndarray, "R C"], token_RC: Int[np.ndarray, "R C"], sum_RC: Float[np.ndarray, "R C"]
    ) -> list[tuple[int, Hypothesis]]:
        """Ends among the K best, and the greedy one's."""
        ends_RC = (token_RC == self._end) & np.isfinite(sum_RC)
        ends_RC[:, self._settings.beams : -1] = False
        repeated_R = (ends_RC[:, :-1] & (beam_RC[:, :-1] == beam_RC[:, -1:])).any(axis=1)
        ended = []
        for row, place in np.argwhere(ends_RC).tolist():
            if place == ends_RC.shape[1] - 1 and repeated_R[row]:
                continue
            beam = int(beam_RC[row, place])
            sums_T = np.append(self._sums_RKT[row, beam, : self._length - 1], sum_RC[row, place])
            ended.append((int(self.sources[row]), self._hypothesis(row, beam, sums_T, ended=True)))
        self._greedy_R[ends_RC[:, -1]] = -1
        return ended

    def _follow(
        self, beam_RC: Int[np.ndarray, "R C"], token_RC: Int[np.ndarray, "R C"], sum_RC: Float[np.ndarray, "R C"]
    ) -> None:
        """The K best that go on become the live ones; the greedy one is among them, if need be in the last's place."""
        rows, beams = self._sums_RK.shape
        goes_on_RC = np.where(token_RC == self._end, -np.inf, sum_RC)
        goes_on_RC[:, -1] = -np.inf
        place_RK = np.argsort(-goes_on_RC, axis=1, kind="stable")[:, :beams]
        is_greedy_RC = (beam_RC == beam_RC[:, -1:]) & (token_RC == token_RC[:, -1:])
        lives_R = self._greedy_R >= 0
        is_greedy_RK = np.take_along_axis(is_greedy_RC, place_RK, 1)
        lost_R = lives_R & ~is_greedy_RK.any(axis=1)
        place_RK[lost_R, -1] = beam_RC.shape[1] - 1
        is_greedy_RK[lost_R, -1] = True
        self._greedy_R = np.where(lives_R, is_greedy_RK.argmax(axis=1), -1)
        parent_RK = np.take_along_axis(beam_RC, place_RK, 1)
        self._fed_RK = np.take_along_axis(token_RC, place_RK, 1)
        on_RC = np.where(token_RC == self._end, -np.inf, sum_RC)
        self._sums_RK = np.take_along_axis(on_RC, place_RK, 1)
        for kept_RKT, new_RK in ((self._tokens_RKT, self._fed_RK), (self._sums_RKT, self._sums_RK)):
            kept_RKT[:] = np.take_along_axis(kept_RKT, parent_RK[:, :, None], 1)
            kept_RKT[:, :, self._length - 1] = new_RK
        self._state = self._engine.gather(self._state, (np.arange(rows)[:, None] * beams + parent_RK).ravel())

    def _cut(self) -> list[tuple[int, Hypothesis]]:
        """The live hypotheses as they stand; then none is live."""
        cut = [
            (int(self.sources[row]), self._hypothesis(row, beam, self._sums_RKT[row, beam], ended=False))
            for (row, beam), total in np.ndenumerate(self._sums_RK)
            if np.isfinite(total)
        ]
        self._sums_RK[:] = -np.inf
        return cut

    def _hypothesis(self, row: int, beam: int, sums_T: Float[np.ndarray, " T"], *, ended: bool) -> Hypothesis:
        each = np.diff(sums_T, prepend=0.0)
        tokens = self._tokens_RKT[row, beam, : len(each) - ended]
        score = self._settings.score(float(sums_T[-1]), len(each))
        return Hypothesis(tuple(map(int, tokens)), tuple(map(float, each)), score, ended)
