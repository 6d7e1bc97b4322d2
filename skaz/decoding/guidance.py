"""Guidance: the source counts for more than the network gives it."""

from collections.abc import Sequence
from typing import Generic, NamedTuple

import numpy as np
from jaxtyping import Float32, Int

from skaz.engine.interface import Engine, State


class GuidedState(NamedTuple, Generic[State]):
    """The state of twice so many rows: those that read their source, and behind them the same without it."""

    pairs: State
    width: int


class GuidedEngine(Generic[State]):
    """An engine whose logits are l + strength · (l − l₀), where l₀ are the logits of the same text without the source:
    classifier-free guidance (Sanchez et al. 2023, "Stay on topic with classifier-free guidance", eq. 7). A step costs
    as much as one of twice so many rows."""

    def __init__(self, engine: Engine[State], strength: float, without: Sequence[int]) -> None:
        """`without`: the source that says nothing."""
        self._engine = engine
        self._strength = np.float32(strength)
        self._without = tuple(without)

    @property
    def vocabulary_size(self) -> int:
        return self._engine.vocabulary_size

    def start(self, sources: Sequence[Sequence[int]]) -> GuidedState[State]:
        """The state after reading each source; a row per source."""
        return GuidedState(self._engine.start([*sources, *[self._without] * len(sources)]), len(sources))

    def step(
        self, tokens_B: Int[np.ndarray, " B"], state: GuidedState[State]
    ) -> tuple[Float32[np.ndarray, "B V"], GuidedState[State]]:
        """Feeds one token to each row: the guided logits of the token after it, and the new state."""
        logits_PV, pairs = self._engine.step(np.concatenate((tokens_B, tokens_B)), state.pairs)
        heard_BV, unheard_BV = logits_PV[: state.width], logits_PV[state.width :]
        return heard_BV + self._strength * (heard_BV - unheard_BV), GuidedState(pairs, state.width)

    def gather(self, state: GuidedState[State], rows: Int[np.ndarray, " R"]) -> GuidedState[State]:
        """The state of these rows, in this order; a row may come more than once or not at all."""
        rows = np.asarray(rows)
        return GuidedState(self._engine.gather(state.pairs, np.concatenate((rows, rows + state.width))), len(rows))
