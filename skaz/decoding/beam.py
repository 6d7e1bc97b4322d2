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
        self._fed_BK = np.full((rows, beams), (start_id, *prefix)[-1])
        self._tokens_BKT = np.zeros((rows, beams, settings.max_tokens), dtype=np.int64)
        self._sums_BKT = np.zeros((rows, beams, settings.max_tokens))  # after each token
        self._sums_BK = np.full((rows, beams), -np.inf)
        self._sums_BK[:, 0] = 0.0  # all K begin as one
        self._greedy_B = np.zeros(rows, dtype=np.int64)  # the beam that is greedy; -1 when that one has ended

    def advance(self) -> list[tuple[int, Hypothesis]]:
        """A step: hypotheses that have ended, with their sources."""
        rows, beams = self._sums_BK.shape
        logits, self._state = self._engine.step(self._fed_BK.ravel(), self._state)
        logp_NV = log_softmax_rows(logits)
        logp_NV[:, self._never] = -np.inf
        beam_BJ, token_BJ, sum_BJ = self._candidates(logp_NV.reshape(rows, beams, -1))
        self._length += 1
        ended = self._take_ended(beam_BJ, token_BJ, sum_BJ)
        self._follow(beam_BJ, token_BJ, sum_BJ)
        return ended + (self._cut() if self._length == self._settings.max_tokens else [])

    def settled(self, row: int, found: Sequence[Hypothesis]) -> bool:
        """Whether there are K hypotheses and the greedy one, if it is still under way, can't become the best: its
        log-probability only falls, and the longest length is the kindest to it."""
        if not np.isfinite(self._sums_BK[row]).any():
            return True
        if len(found) < self._settings.beams:
            return False
        greedy = self._greedy_B[row]
        if greedy < 0:
            return True
        kindest = self._settings.score(float(self._sums_BK[row, greedy]), self._settings.max_tokens)
        return max(one.score for one in found) >= kindest

    def drop(self, settled: Sequence[bool]) -> None:
        """Takes sources out of the batch."""
        if not any(settled):
            return
        kept = np.flatnonzero(~np.asarray(settled))
        beams = self._settings.beams
        if len(kept):
            self._state = self._engine.gather(self._state, (kept[:, None] * beams + np.arange(beams)).ravel())
        self.sources, self._fed_BK, self._greedy_B = self.sources[kept], self._fed_BK[kept], self._greedy_B[kept]
        self._tokens_BKT, self._sums_BKT = self._tokens_BKT[kept], self._sums_BKT[kept]
        self._sums_BK = self._sums_BK[kept]

    def _candidates(
        self, logp_BKV: Float[np.ndarray, "B K V"]
    ) -> tuple[Int[np.ndarray, "B J"], Int[np.ndarray, "B J"], Float[np.ndarray, "B J"]]:
        """The 2K best continuations of each source, the best first, and behind them the greedy one's: their beams,
        tokens and log-probabilities. 2K, since K of them may be ends. Partitioned, not sorted, over the vocabulary."""
        rows, beams, vocabulary = logp_BKV.shape
        sums = (self._sums_BK[:, :, None] + logp_BKV).reshape(rows, -1)
        number = min(2 * beams, sums.shape[1])
        best = np.argpartition(-sums, number - 1, axis=1)[:, :number]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(sums, best, 1), axis=1, kind="stable"), 1)
        greedy_B = np.maximum(self._greedy_B, 0)  # where it has ended, any: it counts for nothing
        greedy_token_B = logp_BKV[np.arange(rows), greedy_B].argmax(axis=1)
        chosen = np.concatenate((best, (greedy_B * vocabulary + greedy_token_B)[:, None]), axis=1)
        sum_BJ = np.take_along_axis(sums, chosen, 1)
        sum_BJ[self._greedy_B < 0, -1] = -np.inf
        return chosen // vocabulary, chosen % vocabulary, sum_BJ

    def _take_ended(
        self, beam_BJ: Int[np.ndarray, "B J"], token_BJ: Int[np.ndarray, "B J"], sum_BJ: Float[np.ndarray, "B J"]
    ) -> list[tuple[int, Hypothesis]]:
        """Ends among the K best, and the greedy one's."""
        ends_BJ = (token_BJ == self._end) & np.isfinite(sum_BJ)
        ends_BJ[:, self._settings.beams : -1] = False
        repeated_B = (ends_BJ[:, :-1] & (beam_BJ[:, :-1] == beam_BJ[:, -1:])).any(axis=1)
        ended = []
        for row, place in np.argwhere(ends_BJ).tolist():
            if place == ends_BJ.shape[1] - 1 and repeated_B[row]:
                continue
            beam = int(beam_BJ[row, place])
            sums_T = np.append(self._sums_BKT[row, beam, : self._length - 1], sum_BJ[row, place])
            ended.append((int(self.sources[row]), self._hypothesis(row, beam, sums_T, ended=True)))
        self._greedy_B[ends_BJ[:, -1]] = -1
        return ended

    def _follow(
        self, beam_BJ: Int[np.ndarray, "B J"], token_BJ: Int[np.ndarray, "B J"], sum_BJ: Float[np.ndarray, "B J"]
    ) -> None:
        """The K best that go on become the live ones; the greedy one is among them, if need be in the last's place."""
        rows, beams = self._sums_BK.shape
        goes_on_BJ = np.where(token_BJ == self._end, -np.inf, sum_BJ)
        ranked_BJ = goes_on_BJ.copy()
        ranked_BJ[:, -1] = -np.inf
        place_BK = np.argsort(-ranked_BJ, axis=1, kind="stable")[:, :beams]
        is_greedy_BJ = (beam_BJ == beam_BJ[:, -1:]) & (token_BJ == token_BJ[:, -1:])
        lives_B = self._greedy_B >= 0
        is_greedy_BK = np.take_along_axis(is_greedy_BJ, place_BK, 1)
        lost_B = lives_B & ~is_greedy_BK.any(axis=1)
        place_BK[lost_B, -1] = beam_BJ.shape[1] - 1
        is_greedy_BK[lost_B, -1] = True
        self._greedy_B = np.where(lives_B, is_greedy_BK.argmax(axis=1), -1)
        parent_BK = np.take_along_axis(beam_BJ, place_BK, 1)
        self._fed_BK = np.take_along_axis(token_BJ, place_BK, 1)
        self._sums_BK = np.take_along_axis(goes_on_BJ, place_BK, 1)
        for kept_BKT, new_BK in ((self._tokens_BKT, self._fed_BK), (self._sums_BKT, self._sums_BK)):
            kept_BKT[:] = np.take_along_axis(kept_BKT, parent_BK[:, :, None], 1)
            kept_BKT[:, :, self._length - 1] = new_BK
        self._state = self._engine.gather(self._state, (np.arange(rows)[:, None] * beams + parent_BK).ravel())

    def _cut(self) -> list[tuple[int, Hypothesis]]:
        """The live hypotheses as they stand; then none is live."""
        cut = [
            (int(self.sources[row]), self._hypothesis(row, beam, self._sums_BKT[row, beam], ended=False))
            for (row, beam), total in np.ndenumerate(self._sums_BK)
            if np.isfinite(total)
        ]
        self._sums_BK[:] = -np.inf
        return cut

    def _hypothesis(self, row: int, beam: int, sums_T: Float[np.ndarray, " T"], *, ended: bool) -> Hypothesis:
        each = np.diff(sums_T, prepend=0.0)
        tokens = self._tokens_BKT[row, beam, : len(each) - ended]
        score = self._settings.score(float(sums_T[-1]), len(each))
        return Hypothesis(tuple(map(int, tokens)), tuple(map(float, each)), score, ended)
