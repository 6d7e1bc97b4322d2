"""Beam search: the likeliest target rather than a drawn one, for many sources at once."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np
from jaxtyping import Bool, Float, Int

from skaz.arguments import check, is_number, is_whole
from skaz.decoding.beam_steps import BeamStep, Watcher
from skaz.decoding.numerics import top_log_probabilities
from skaz.engine.interface import Engine, State, paired
from skaz.errors import RequestError

MOST_TOKENS = 256  # of a hypothesis, where nobody says
MOST_BEAMS = 1_000  # each is a row of the network's: many more take all memory, and find nothing better
DIVERSITY = 0.5
_COUNT = "a whole number, 1 or more"
_LEAST_ATTENTION = 1e-4  # a source token that was never looked at: its logarithm stays finite


@dataclass(frozen=True)
class BeamSettings:
    """How widely to search, and what counts as best."""

    beams: int = 5
    """K, hypotheses that are followed side by side, 1,000 at most; 1: greedy."""
    length_penalty: float = 1.0
    """α of Wu et al. 2016, eq. 14: a score is log p / ((5 + length) / 6)^α; 0 leaves short targets ahead."""
    coverage_penalty: float = 0.0
    """β of the same: for a source token that got less than 1 of attention in all, β log of what it got is added."""
    groups: int = 1
    """Groups that share the beams (Vijayakumar et al. 2018): each is kept from what those before it chose."""
    diversity: float = DIVERSITY
    """What a token costs a group, in nats, for each beam of a group before it that takes it at the same place."""
    max_tokens: int | None = None
    """A hypothesis that has not ended by then is cut; None: after as many tokens as the task expects at most."""

    def __post_init__(self) -> None:
        beams = f"a whole number from 1 to {MOST_BEAMS:,}"
        check("beams", self.beams, is_whole(self.beams, 1) and self.beams <= MOST_BEAMS, beams)
        check("groups", self.groups, is_whole(self.groups, 1), _COUNT)
        longest = self.max_tokens
        check("max_tokens", longest, longest is None or is_whole(longest, 1), f"{_COUNT}, or None for the task's own")
        for name, penalty in (
            ("length_penalty", self.length_penalty),
            ("coverage_penalty", self.coverage_penalty),
            ("diversity", self.diversity),
        ):
            check(name, penalty, is_number(penalty, 0, 10), "a number from 0 to 10")
        if self.beams % self.groups:
            raise RequestError(f"{self.beams} beams can't be shared by {self.groups} groups; ask for a multiple.")
        if self.groups == 1 and self.diversity != DIVERSITY:
            raise RequestError(
                f"diversity is {self.diversity}, and one group has no other to be kept from; ask for more groups, or "
                "leave it out."
            )

    def limit(self, expected: int | None = None) -> int:
        """The tokens that a hypothesis may have, where the task expects so many at most."""
        stated = [each for each in (self.max_tokens, expected) if each is not None]
        return min(stated, default=MOST_TOKENS)

    def score(self, log_probability: float, length: int, coverage: float = 0.0) -> float:
        """What hypotheses are ordered by; `length` counts the end, `coverage` is Σ log min(attention, 1)."""
        return float(log_probability / ((5 + length) / 6) ** self.length_penalty) + self.coverage_penalty * coverage


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
    inside: Sequence[int] = (),
    silent: Sequence[int] = (),
    most: Sequence[int] | None = None,
    watch: Watcher | None = None,
    alike: Callable[[Sequence[int]], Hashable] = tuple,
) -> list[list[Hypothesis]]:
    """Up to K hypotheses for each source, the best first. Tokens in `never` are not written; those `inside`, which go
    on with what stands before them, are not the first behind a prefix, `silent` ones, which tell nothing, not counted.
    `most`: where given, the tokens that each source's targets may have, if `max_tokens` does not say fewer; `watch` is
    told what each step weighed, for showing it. Of hypotheses whose tokens are `alike`, for which it gives the same,
    the best counts: groups go on until all together have found K others, or may grow no longer.

    The greedy hypothesis is followed whatever its rank, so the best is never worse than it. A source with K
    hypotheses leaves the batch.
    """
    if not sources:
        return []
    # a row of the search is one group of one source; sources stand group by group
    expected: Sequence[int | None] = [None] * len(sources) if most is None else most
    limits = np.array([settings.limit(longest) for longest in expected])
    search = _Search(engine, sources, settings, start_id, end_id, tuple(never), tuple(prefix), limits)
    search.watch = watch
    if prefix:
        search.inside, search.silent = np.asarray(inside, dtype=np.int64), np.asarray(silent, dtype=np.int64)
    found: list[list[Hypothesis]] = [[] for _ in range(len(sources) * settings.groups)]
    together: list[dict[Hashable, Hypothesis]] = [{} for _ in sources]  # by all groups, each once
    while len(search.rows):
        for row, hypothesis in search.advance():
            found[row].append(hypothesis)
            _add_best(together[row % len(sources)], hypothesis, alike)
        is_short = [settings.groups > 1 and len(each) < settings.beams for each in together]
        search.drop(
            [
                search.settled(place, found[row], is_short=is_short[row % len(sources)])
                for place, row in enumerate(search.rows)
            ]
        )
    return [sorted(each.values(), key=lambda one: -one.score)[: settings.beams] for each in together]


def _add_best(once: dict[Hashable, Hypothesis], found: Hypothesis, alike: Callable[[Sequence[int]], Hashable]) -> None:
    """Adds what was found, unless there is a better one that is alike."""
    key = alike(found.tokens), found.ended
    if key not in once or found.score > once[key].score:
        once[key] = found


class _Search(Generic[State]):
    """The live hypotheses: each of `rows` has K of them (its group's share), side by side in the engine's state."""

    def __init__(
        self,
        engine: Engine[State],
        sources: Sequence[Sequence[int]],
        settings: BeamSettings,
        start_id: int,
        end_id: int,
        never: tuple[int, ...],
        prefix: tuple[int, ...],
        limits: Int[np.ndarray, " sources"],
    ) -> None:
        self._engine, self._settings, self._end, self._never = engine, settings, end_id, never
        self.watch: Watcher | None = None
        self.inside = self.silent = np.zeros(0, dtype=np.int64)  # at once behind the prefix
        self._n_sources = len(sources)
        self._beams = beams = settings.beams // settings.groups
        rows = len(sources) * settings.groups
        self.rows = np.arange(rows)
        self._length = 0
        source_B = self.rows % len(sources)
        self._most_B = limits[source_B]
        lengths_B = np.array([len(source) for source in sources])[source_B]
        self._real_BS = np.arange(lengths_B.max()) < lengths_B[:, None]
        state = engine.gather(engine.start(sources), paired(np.arange(len(sources))))
        looked_NS = np.zeros((len(sources), lengths_B.max()))  # by the prefix
        for token in (start_id, *prefix)[:-1]:
            _, state, attention_NS = self._step(np.full(len(sources), token), state)
            looked_NS[:, : attention_NS.shape[1]] += attention_NS
        self._state = engine.gather(state, paired(source_B))  # once for all K, until the first step has parted them
        self._attention_BKS = np.repeat(looked_NS[source_B, None], beams, axis=1)
        self._fed_BK = np.full((rows, beams), (start_id, *prefix)[-1])
        self._tokens_BKT = np.zeros((rows, beams, limits.max()), dtype=np.int64)
        self._sums_BKT = np.zeros((rows, beams, limits.max()))  # after each token
        self._sums_BK = np.full((rows, beams), -np.inf)
        self._sums_BK[:, 0] = 0.0  # all K begin as one
        # the beam that is greedy; -1 when that one has ended, and in all groups but the first
        self._greedy_B = np.where(self.rows < len(sources), 0, -1)

    def advance(self) -> list[tuple[int, Hypothesis]]:
        """A step: hypotheses that have ended, with their rows."""
        token_BKJ, logp_BKJ = self._likely()
        self._length += 1
        parents_BK = np.zeros_like(self._fed_BK)
        ended: list[tuple[int, Hypothesis]] = []
        group_B = self.rows // self._n_sources
        for group in range(self._settings.groups):
            places = np.flatnonzero(group_B == group)
            if len(places):
                charge_BKJ = self._charge(places, group_B, token_BKJ[places])
                ended += self._grow(places, token_BKJ[places], logp_BKJ[places], charge_BKJ, parents_BK)
        first_B = np.arange(len(self.rows))[:, None]
        whole = first_B * self._beams + parents_BK if self._length > 1 else np.repeat(first_B, self._beams, axis=1)
        self._state = self._engine.gather(self._state, paired(whole.ravel()))
        self._attention_BKS = np.take_along_axis(self._attention_BKS, parents_BK[:, :, None], 1)
        return ended + self._cut()

    def settled(self, place: int, found: Sequence[Hypothesis], *, is_short: bool = False) -> bool:
        """Whether there are K hypotheses and the greedy one, if it is still under way, can't become the best: its
        log-probability only falls, and the longest length is the kindest to it. `is_short`: those of all groups
        together are too few."""
        if not np.isfinite(self._sums_BK[place]).any():
            return True
        if is_short or len(found) < self._beams:
            return False
        greedy = self._greedy_B[place]
        if greedy < 0:
            return True
        kindest = self._settings.score(float(self._sums_BK[place, greedy]), int(self._most_B[place]))
        return max(one.score for one in found) >= kindest

    def drop(self, settled: Sequence[bool]) -> None:
        """Takes rows out of the batch."""
        if not any(settled):
            return
        kept = np.flatnonzero(~np.asarray(settled))
        if len(kept):
            whole = kept[:, None] * self._beams + np.arange(self._beams)
            self._state = self._engine.gather(self._state, paired(whole.ravel()))
        self.rows, self._fed_BK, self._greedy_B = self.rows[kept], self._fed_BK[kept], self._greedy_B[kept]
        self._tokens_BKT, self._sums_BKT = self._tokens_BKT[kept], self._sums_BKT[kept]
        self._sums_BK, self._real_BS, self._most_B = self._sums_BK[kept], self._real_BS[kept], self._most_B[kept]
        self._attention_BKS = self._attention_BKS[kept]

    def _likely(self) -> tuple[Int[np.ndarray, "B K J"], Float[np.ndarray, "B K J"]]:
        """Feeds the last tokens: enough of the likeliest next ones of each beam, the likeliest first, and their
        log-probabilities. 2K, since K of a row's best may be ends, and those that earlier groups may have taken."""
        fed_BK = self._fed_BK if self._length else self._fed_BK[:, :1]  # all K begin as one
        logits_NV, self._state, attention_NS = self._step(fed_BK.ravel(), self._state)
        width = attention_NS.shape[1]
        self._attention_BKS[:, :, :width] += attention_NS.reshape(*fed_BK.shape, width)
        if len(self.inside):
            logits_NV = self._without_inside(logits_NV, fed_BK.shape[1])
        number = 2 * self._beams + (self._settings.beams if self._settings.groups > 1 else 0)
        token_NJ, logp_NJ = top_log_probabilities(logits_NV, number, self._never)
        # equal ones in the order of their ids: no result may depend on what else is in the batch
        order_NJ = np.lexsort((token_NJ, -logp_NJ), axis=1)
        shape = (*self._fed_BK.shape, token_NJ.shape[1])
        token_BKJ, logp_BKJ = (
            np.take_along_axis(each_NJ, order_NJ, 1).reshape(*fed_BK.shape, -1) for each_NJ in (token_NJ, logp_NJ)
        )
        return np.broadcast_to(token_BKJ, shape), np.broadcast_to(logp_BKJ, shape)

    def _without_inside(self, logits_NV: Float[np.ndarray, "N V"], beams: int) -> Float[np.ndarray, "N V"]:
        """Without the tokens `inside`, where nothing but silent ones stands behind the prefix."""
        written_BKT = self._tokens_BKT[:, :beams, : self._length]
        is_first_N = np.isin(written_BKT, self.silent).all(axis=2).ravel()
        barred_NV: np.ndarray = logits_NV.copy()
        barred_NV[np.ix_(is_first_N, self.inside)] = -np.inf
        return barred_NV

    def _step(
        self, tokens_N: Int[np.ndarray, " N"], state: State
    ) -> tuple[Float[np.ndarray, "N V"], State, Float[np.ndarray, "N S"]]:
        """The engine's, and the shares of attention where they count; else those of no source token."""
        rows = len(tokens_N)
        if not self._settings.coverage_penalty:
            logits_NV, state = self._engine.step(paired(tokens_N), state)
            return logits_NV[:rows], state, np.zeros((rows, 0))
        logits_NV, state, attention_NS = self._engine.attended_step(paired(tokens_N), state)
        if attention_NS is None:
            raise RequestError("A coverage penalty needs attention, and this bundle has none; leave it out.")
        return logits_NV[:rows], state, attention_NS[:rows]

    def _charge(
        self, places: Int[np.ndarray, " P"], group_B: Int[np.ndarray, " B"], token_PKJ: Int[np.ndarray, "P K J"]
    ) -> Float[np.ndarray, "P K J"] | float:
        """What tokens cost that earlier groups of the same source have just taken."""
        if not group_B[places[0]]:
            return 0.0
        charge_PKJ = np.zeros(token_PKJ.shape)
        for number, place in enumerate(places):
            before = (self.rows % self._n_sources == self.rows[place] % self._n_sources) & (group_B < group_B[place])
            for taken in self._fed_BK[before].ravel():
                charge_PKJ[number] += self._settings.diversity * (token_PKJ[number] == taken)
        return charge_PKJ

    def _grow(
        self,
        places: Int[np.ndarray, " P"],
        token_PKJ: Int[np.ndarray, "P K J"],
        logp_PKJ: Float[np.ndarray, "P K J"],
        charge_PKJ: Float[np.ndarray, "P K J"] | float,
        parents_BK: Int[np.ndarray, "B K"],
    ) -> list[tuple[int, Hypothesis]]:
        """Chooses the hypotheses that the rows at these places go on with, and writes their parents down; those that
        have ended."""
        rows, beams, likely = token_PKJ.shape
        sums_PKJ = self._sums_BK[places][:, :, None] + logp_PKJ
        ranked = np.argsort((charge_PKJ - sums_PKJ).reshape(rows, -1), axis=1, kind="stable")[:, : 2 * beams]
        greedy_P = self._greedy_B[places]
        # behind the best the greedy one's likeliest token; where that one has ended, any, which counts for nothing
        chosen = np.concatenate((ranked, np.maximum(greedy_P, 0)[:, None] * likely), axis=1)
        beam_PJ, token_PJ = chosen // likely, np.take_along_axis(token_PKJ.reshape(rows, -1), chosen, 1)
        sum_PJ = np.take_along_axis(sums_PKJ.reshape(rows, -1), chosen, 1)
        sum_PJ[greedy_P < 0, -1] = -np.inf
        ends_PJ = self._ends(places, beam_PJ, token_PJ, sum_PJ)
        ended = []
        for number, candidate in np.argwhere(ends_PJ).tolist():
            place, beam = int(places[number]), int(beam_PJ[number, candidate])
            sums_T = np.append(self._sums_BKT[place, beam, : self._length - 1], sum_PJ[number, candidate])
            ended.append((int(self.rows[place]), self._hypothesis(place, beam, sums_T, ended=True)))
        place_PK = self._follow(places, beam_PJ, token_PJ, sum_PJ)
        parents_BK[places] = np.take_along_axis(beam_PJ, place_PK, 1)
        if self.watch is not None:
            self._tell(self.watch, places, (beam_PJ, token_PJ, sum_PJ), ends_PJ, place_PK)
        return ended

    def _ends(
        self,
        places: Int[np.ndarray, " P"],
        beam_PJ: Int[np.ndarray, "P J"],
        token_PJ: Int[np.ndarray, "P J"],
        sum_PJ: Float[np.ndarray, "P J"],
    ) -> Bool[np.ndarray, "P J"]:
        """Which candidates are hypotheses that have ended: those among the K best, and the greedy one, once."""
        ends_PJ: Bool[np.ndarray, "P J"] = (token_PJ == self._end) & np.isfinite(sum_PJ)
        ends_PJ[:, self._beams : -1] = False
        self._greedy_B[places[ends_PJ[:, -1]]] = -1
        ends_PJ[:, -1] &= ~(ends_PJ[:, :-1] & (beam_PJ[:, :-1] == beam_PJ[:, -1:])).any(axis=1)
        return ends_PJ

    def _tell(
        self,
        watch: Watcher,
        places: Int[np.ndarray, " P"],
        candidates: tuple[Int[np.ndarray, "P J"], Int[np.ndarray, "P J"], Float[np.ndarray, "P J"]],
        ends_PJ: Bool[np.ndarray, "P J"],
        place_PK: Int[np.ndarray, "P K"],
    ) -> None:
        """Hands the watcher each row's candidates, and what has become of them."""
        beam_PJ, token_PJ, sum_PJ = candidates
        for number, place in enumerate(places.tolist()):
            slot_J = np.full(beam_PJ.shape[1], -1)
            for slot, candidate in enumerate(place_PK[number].tolist()):
                if np.isfinite(self._sums_BK[place, slot]):
                    slot_J[candidate] = slot
            real = np.isfinite(sum_PJ[number])
            # the greedy candidate may stand twice, among the others and behind them: what was taken stays
            same = (beam_PJ[number] == beam_PJ[number, -1]) & (token_PJ[number] == token_PJ[number, -1])
            twins = np.flatnonzero(same & real)
            if len(twins) > 1:
                real[twins[0] if slot_J[-1] >= 0 or ends_PJ[number, -1] else twins[-1]] = False
            row = int(self.rows[place])
            watch(
                BeamStep(
                    source=row % self._n_sources,
                    group=row // self._n_sources,
                    length=self._length,
                    parents_J=beam_PJ[number, real],
                    tokens_J=token_PJ[number, real],
                    sums_J=sum_PJ[number, real],
                    ended_J=ends_PJ[number, real],
                    beams_J=slot_J[real],
                )
            )

    def _follow(
        self,
        places: Int[np.ndarray, " P"],
        beam_PJ: Int[np.ndarray, "P J"],
        token_PJ: Int[np.ndarray, "P J"],
        sum_PJ: Float[np.ndarray, "P J"],
    ) -> Int[np.ndarray, "P K"]:
        """The K best that go on become the live ones; the greedy one is among them, if need be in the last's place.
        Their places among the candidates."""
        stops_PJ = (token_PJ == self._end) | ~np.isfinite(sum_PJ)
        stops_PJ[:, -1] = True
        place_PK = np.argsort(stops_PJ, axis=1, kind="stable")[:, : self._beams]  # candidates stand by rank
        is_greedy_PJ = (beam_PJ == beam_PJ[:, -1:]) & (token_PJ == token_PJ[:, -1:])
        lives_P = self._greedy_B[places] >= 0
        is_greedy_PK = np.take_along_axis(is_greedy_PJ, place_PK, 1)
        lost_P = lives_P & ~is_greedy_PK.any(axis=1)
        place_PK[lost_P, -1] = beam_PJ.shape[1] - 1
        is_greedy_PK[lost_P, -1] = True
        self._greedy_B[places] = np.where(lives_P, is_greedy_PK.argmax(axis=1), -1)
        parent_PK = np.take_along_axis(beam_PJ, place_PK, 1)
        token_PK = np.take_along_axis(token_PJ, place_PK, 1)
        sum_PK = np.where(token_PK == self._end, -np.inf, np.take_along_axis(sum_PJ, place_PK, 1))
        self._fed_BK[places], self._sums_BK[places] = token_PK, sum_PK
        for kept_BKT, new_PK in ((self._tokens_BKT, token_PK), (self._sums_BKT, sum_PK)):
            moved_PKT = np.take_along_axis(kept_BKT[places], parent_PK[:, :, None], 1)
            moved_PKT[:, :, self._length - 1] = new_PK
            kept_BKT[places] = moved_PKT
        return place_PK

    def _cut(self) -> list[tuple[int, Hypothesis]]:
        """The live hypotheses of rows that may not grow longer, as they stand; then none of those is live."""
        is_full_B = self._most_B == self._length
        cut = [
            (
                int(self.rows[place]),
                self._hypothesis(place, beam, self._sums_BKT[place, beam, : self._length], ended=False),
            )
            for place in np.flatnonzero(is_full_B).tolist()
            for beam in np.flatnonzero(np.isfinite(self._sums_BK[place])).tolist()
        ]
        self._sums_BK[is_full_B] = -np.inf
        return cut

    def _hypothesis(self, place: int, beam: int, sums_T: Float[np.ndarray, " T"], *, ended: bool) -> Hypothesis:
        each = np.diff(sums_T, prepend=0.0)
        tokens = self._tokens_BKT[place, beam, : len(each) - ended]
        score = self._settings.score(float(sums_T[-1]), len(each), self._coverage(place, beam))
        return Hypothesis(tuple(map(int, tokens)), tuple(map(float, each)), score, ended)

    def _coverage(self, place: int, beam: int) -> float:
        """Σ log min(attention, 1) over the real source tokens (Wu et al. 2016, eq. 14); 0 where it does not count."""
        if not self._settings.coverage_penalty:
            return 0.0
        attention_S = self._attention_BKS[place, beam, self._real_BS[place]]
        return float(np.log(attention_S.clip(_LEAST_ATTENTION, 1.0)).sum())
