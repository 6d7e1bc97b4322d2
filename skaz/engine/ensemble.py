"""Several models as one: the mean of what they foretell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32, Int

from skaz.engine.interface import Engine


class EnsembleEngine:
    """Runs several engines of one vocabulary side by side; its logits are the logarithm of their mean probabilities."""

    def __init__(self, engines: Sequence[Engine[Any]]) -> None:
        self._engines = tuple(engines)

    @property
    def vocabulary_size(self) -> int:
        return self._engines[0].vocabulary_size

    def start(self, sources: Sequence[Sequence[int]]) -> tuple[Any, ...]:
        """The states after reading each source."""
        return tuple(engine.start(sources) for engine in self._engines)

    def step(
        self, tokens_B: Int[np.ndarray, " B"], state: tuple[Any, ...]
    ) -> tuple[Float32[np.ndarray, "B V"], tuple[Any, ...]]:
        """Feeds one token to each row of each."""
        stepped = [engine.step(tokens_B, each) for engine, each in zip(self._engines, state, strict=True)]
        return _mean([logits_BV for logits_BV, _ in stepped]), tuple(after for _, after in stepped)

    def attended_step(
        self, tokens_B: Int[np.ndarray, " B"], state: tuple[Any, ...]
    ) -> tuple[Float32[np.ndarray, "B V"], tuple[Any, ...], Float32[np.ndarray, "B S"] | None]:
        """A step, and the mean of the shares of attention; None where a model has none."""
        stepped = [engine.attended_step(tokens_B, each) for engine, each in zip(self._engines, state, strict=True)]
        shares = [attention_BS for _, _, attention_BS in stepped if attention_BS is not None]
        attention_BS = np.mean(shares, axis=0) if len(shares) == len(stepped) else None
        return _mean([each[0] for each in stepped]), tuple(each[1] for each in stepped), attention_BS

    def gather(self, state: tuple[Any, ...], rows: Int[np.ndarray, " R"]) -> tuple[Any, ...]:
        """The states of these rows, in this order."""
        return tuple(engine.gather(each, rows) for engine, each in zip(self._engines, state, strict=True))

    def join(self, states: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
        """The rows of all these states as one state, in their order."""
        return tuple(engine.join(each) for engine, each in zip(self._engines, zip(*states, strict=True), strict=True))

    def alone(self, state: tuple[Any, ...], row: int, earlier: tuple[Any, ...] | None = None) -> tuple[Any, ...]:
        """One row as a state by itself."""
        before = earlier or (None,) * len(state)
        return tuple(e.alone(one, row, b) for e, one, b in zip(self._engines, state, before, strict=True))


def together(engines: Sequence[Engine[Any]]) -> Engine[Any]:
    """These engines as one; one is itself."""
    return engines[0] if len(engines) == 1 else EnsembleEngine(engines)


def _mean(logits: Sequence[Float32[np.ndarray, "B V"]]) -> Float32[np.ndarray, "B V"]:
    probabilities_BV = np.zeros(logits[0].shape, dtype=np.float64)
    for logits_BV in logits:
        raised_BV = np.exp(logits_BV - logits_BV.max(axis=1, keepdims=True), dtype=np.float64)
        probabilities_BV += raised_BV / raised_BV.sum(axis=1, keepdims=True)
    return np.log(np.maximum(probabilities_BV / len(logits), np.finfo(np.float32).tiny)).astype(np.float32)
