"""A tiny engine whose logits are a hash of the source and the last tokens: deterministic, no network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from skaz.decoding.sampling import Request, Step, generate
from skaz.decoding.vocabulary import Vocabulary

PADDING, START, END = 0, 1, 2


@dataclass
class HashEngine:
    """An n-gram model with random weights. The state is an array: (rows, source hash and the last tokens)."""

    vocabulary_size: int
    seed: int = 0
    order: int = 2
    sharpness: float = 2.0
    end_logit: float = 0.0
    steps: int = field(default=0)

    def start(self, sources: Sequence[Sequence[int]]) -> np.ndarray:
        state = np.zeros((len(sources), 1 + self.order), np.int64)
        state[:, 0] = [sum((i + 1) * (token + 7) for i, token in enumerate(source)) for source in sources]
        return state

    def step(self, tokens_B: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert len(tokens_B) == len(state)
        self.steps += 1
        following = np.concatenate([state[:, :1], state[:, 2:], tokens_B[:, None]], axis=1)
        logits_BV = np.stack([self._logits(row) for row in following]).astype(np.float32)
        for frozen in (state, following, logits_BV):
            frozen.setflags(write=False)
        return logits_BV, following

    def attended_step(self, tokens_B: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, None]:
        return (*self.step(tokens_B, state), None)

    def gather(self, state: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return state[rows]

    def join(self, states: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(states)

    def alone(self, state: np.ndarray, row: int, earlier: np.ndarray | None = None) -> np.ndarray:
        return state[row : row + 1]

    def _logits(self, row: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng([self.seed, *row.tolist()])
        logits_V = rng.normal(size=self.vocabulary_size) * self.sharpness
        logits_V[END] += self.end_logit
        return logits_V


def log_probability(engine: HashEngine, source: Sequence[int], tokens: Sequence[int], *, ended: bool) -> float:
    """Of a target, a token at a time."""
    state, total, fed = engine.start([source]), 0.0, START
    for token in (*tokens, *([END] if ended else [])):
        logits_BV, state = engine.step(np.array([fed]), state)
        logits_V = logits_BV[0].astype(np.float64)
        total += logits_V[token] - np.log(np.exp(logits_V).sum())
        fed = token
    return float(total)


def vocabulary_of(texts: Sequence[str]) -> Vocabulary:
    return Vocabulary(("", "", "", *texts), START, END, frozenset({PADDING, START}))


def stories_of(steps: Sequence[Step], rows: int) -> list[list[int]]:
    stories: list[list[int]] = [[] for _ in range(rows)]
    for step in steps:
        for emitted in step.emitted:
            stories[emitted.row].extend(written.token for written in emitted.tokens)
    return stories


def write(
    engine: HashEngine, vocabulary: Vocabulary, sources: Sequence[Sequence[int]], request: Request
) -> list[list[int]]:
    return stories_of(list(generate(engine, vocabulary, sources, request)), len(sources))


@pytest.fixture(scope="session")
def fake() -> SimpleNamespace:
    """All of the above, for tests to take by name."""
    return SimpleNamespace(
        Engine=HashEngine,
        log_probability=log_probability,
        vocabulary=vocabulary_of,
        stories=stories_of,
        write=write,
        end=END,
    )
