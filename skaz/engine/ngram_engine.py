"""A network and joint n-grams that vote on each step of a walk along the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Int

from skaz.corpus.sources import START
from skaz.engine.bundle import NGRAMS, Bundle, checked_path
from skaz.engine.interface import Engine
from skaz.text.ngrams import JointNgrams, Walker


class _State(NamedTuple):
    """The network's, and where each row is along its source."""

    network: Any
    walkers: tuple[Walker, ...]


class NgramEngine:
    """Runs an engine whose targets walk along their sources; to its logits are added the n-grams' log-probabilities,
    times a weight (shallow fusion, Gulcehre et al. 2015, section 4.1)."""

    def __init__(self, engine: Engine[Any], ngrams: JointNgrams, weight: float) -> None:
        self._engine, self._ngrams, self._weight = engine, ngrams, weight

    @property
    def vocabulary_size(self) -> int:
        return self._engine.vocabulary_size

    def start(self, sources: Sequence[Sequence[int]]) -> _State:
        """The states after reading each source."""
        return _State(self._engine.start(sources), tuple(map(Walker.at_start, sources)))

    def step(self, tokens_B: Int[np.ndarray, " B"], state: _State) -> tuple[Float32[np.ndarray, "B V"], _State]:
        """Feeds one token to each row."""
        logits_BV, network = self._engine.step(tokens_B, state.network)
        walkers = _walked(tokens_B, state.walkers)
        return self._voted(logits_BV, walkers), _State(network, walkers)

    def attended_step(
        self, tokens_B: Int[np.ndarray, " B"], state: _State
    ) -> tuple[Float32[np.ndarray, "B V"], _State, Float32[np.ndarray, "B S"] | None]:
        """A step, and the network's shares of attention."""
        logits_BV, network, attention_BS = self._engine.attended_step(tokens_B, state.network)
        walkers = _walked(tokens_B, state.walkers)
        return self._voted(logits_BV, walkers), _State(network, walkers), attention_BS

    def gather(self, state: _State, rows: Int[np.ndarray, " R"]) -> _State:
        """The states of these rows, in this order."""
        return _State(self._engine.gather(state.network, rows), tuple(state.walkers[row] for row in rows))

    def join(self, states: Sequence[_State]) -> _State:
        """The rows of all these states as one state, in their order."""
        walkers = tuple(walker for state in states for walker in state.walkers)
        return _State(self._engine.join([state.network for state in states]), walkers)

    def alone(self, state: _State, row: int, earlier: _State | None = None) -> _State:
        """One row as a state by itself."""
        network = self._engine.alone(state.network, row, None if earlier is None else earlier.network)
        return _State(network, (state.walkers[row],))

    def _voted(self, logits_BV: Float32[np.ndarray, "B V"], walkers: Sequence[Walker]) -> Float32[np.ndarray, "B V"]:
        logs_BV = np.stack([self._ngrams.log_probabilities(walker) for walker in walkers])
        return (logits_BV + self._weight * logs_BV).astype(np.float32)


def _walked(tokens_B: Int[np.ndarray, " B"], walkers: Sequence[Walker]) -> tuple[Walker, ...]:
    """Each walker after its token; <start> is fed before the first step."""
    steps = zip(walkers, tokens_B.tolist(), strict=True)
    return tuple(walker if token == START else walker.after(token) for walker, token in steps)


def with_ngrams(engine: Engine[Any], bundles: Sequence[Bundle]) -> Engine[Any]:
    """The engine of these bundles, and beside it the n-grams of the first that has some: bundles that vote together
    learnt from the same pairs. BundleError where they are missing or damaged."""
    for bundle in bundles:
        if weight := bundle.recipe.model.ngram_weight:
            path = checked_path(bundle, NGRAMS, "copy the bundle again")
            return NgramEngine(engine, JointNgrams.load(path), weight)
    return engine
