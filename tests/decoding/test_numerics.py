"""The likeliest tokens by blocks are those that sorting finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding.numerics import log_softmax_rows, top_log_probabilities


@given(st.integers(0, 1000), st.integers(1, 900), st.integers(1, 40), st.integers(1, 3))
@settings(deadline=None, max_examples=80)
def test_the_likeliest_are_those_that_sorting_finds(seed: int, vocabulary: int, number: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    logits_NV = (rng.normal(size=(rows, vocabulary)) * 4).astype(np.float32)
    never = rng.choice(vocabulary, size=vocabulary // 5, replace=False).tolist()
    tokens_NJ, logp_NJ = top_log_probabilities(logits_NV, number, never)
    wanted_NV = log_softmax_rows(logits_NV)
    wanted_NV[:, never] = -np.inf
    for row in range(rows):
        real = np.isfinite(logp_NJ[row])
        best = np.sort(wanted_NV[row])[::-1][: real.sum()]
        np.testing.assert_allclose(np.sort(logp_NJ[row][real])[::-1], best, atol=1e-5)
        np.testing.assert_allclose(wanted_NV[row, tokens_NJ[row][real]], logp_NJ[row][real], atol=1e-5)
        assert real.sum() >= min(number, vocabulary - len(never))


@given(st.integers(0, 1000), st.integers(1, 900), st.integers(1, 40))
@settings(deadline=None, max_examples=80)
def test_of_equally_likely_tokens_the_first_are_taken(seed: int, vocabulary: int, number: int) -> None:
    logits_NV = np.random.default_rng(seed).integers(0, 3, size=(2, vocabulary)).astype(np.float32)
    tokens_NJ, logp_NJ = top_log_probabilities(logits_NV, number)
    for row in range(2):
        wanted = np.argsort(-logits_NV[row], kind="stable")[:number]
        assert sorted(tokens_NJ[row][np.isfinite(logp_NJ[row])].tolist()) == sorted(wanted.tolist())


@given(st.integers(0, 1000), st.integers(1, 9), st.integers(1, 700), st.integers(1, 12))
@settings(deadline=None, max_examples=60)
def test_a_row_has_the_same_log_probabilities_beside_any_others(
    seed: int, rows: int, vocabulary: int, number: int
) -> None:
    logits_NV = np.random.default_rng(seed).normal(size=(rows, vocabulary)).astype(np.float32).round(1)
    tokens_NJ, logp_NJ = top_log_probabilities(logits_NV, number, [0])
    for row in range(rows):
        (tokens_J,), (logp_J,) = top_log_probabilities(logits_NV[row : row + 1], number, [0])
        beside = dict(zip(tokens_NJ[row].tolist(), logp_NJ[row].tolist(), strict=True))
        assert dict(zip(tokens_J.tolist(), logp_J.tolist(), strict=True)) == beside


def test_what_is_no_number_is_loud() -> None:
    with pytest.raises(FloatingPointError, match="damaged"):
        top_log_probabilities(np.array([[1.0, np.nan]], dtype=np.float32), 1)
