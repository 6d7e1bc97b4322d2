"""Guidance is arithmetic over an engine, and an engine itself."""

from __future__ import annotations

import numpy as np
import pytest

from skaz.decoding.guidance import GuidedEngine
from skaz.engine.interface import Engine

V, NOTHING = 11, (9,)
SOURCES = [[3, 4], [5], [6, 7, 8]]


def test_logits_are_led_away_from_those_without_the_source(fake) -> None:
    inner = fake.Engine(V)
    tokens_B = np.array([1, 1, 4])
    heard_BV, after = inner.step(tokens_B, inner.start(SOURCES))
    unheard_BV, _ = inner.step(tokens_B, inner.start([NOTHING] * 3))
    guided = GuidedEngine(inner, 0.5, NOTHING)
    logits_BV, state = guided.step(tokens_B, guided.start(SOURCES))
    np.testing.assert_allclose(logits_BV, 1.5 * heard_BV - 0.5 * unheard_BV, rtol=1e-5)
    again_BV, _ = guided.step(tokens_B, state)
    np.testing.assert_allclose(
        again_BV, 1.5 * inner.step(tokens_B, after)[0] - 0.5 * unheard(inner, tokens_B), rtol=1e-5
    )


def unheard(inner, tokens_B: np.ndarray) -> np.ndarray:
    _, state = inner.step(tokens_B, inner.start([NOTHING] * 3))
    return inner.step(tokens_B, state)[0]


@pytest.mark.parametrize("strength", [0.0, 0.7])
def test_rows_are_chosen_with_their_pairs(fake, strength: float) -> None:
    guided: Engine = GuidedEngine(fake.Engine(V), strength, NOTHING)
    tokens_B = np.array([1, 2, 3])
    first_BV, state = guided.step(tokens_B, guided.start(SOURCES))
    rows = np.array([2, 0, 2, 2])
    chosen_BV, _ = guided.step(tokens_B[rows], guided.gather(state, rows))
    all_BV, _ = guided.step(tokens_B, state)
    np.testing.assert_array_equal(chosen_BV, all_BV[rows])
    assert guided.vocabulary_size == V == first_BV.shape[1]
