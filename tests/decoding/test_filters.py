"""Each filter on vectors of four with known answers, and against a slow obvious definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skaz.decoding import filters
from skaz.decoding.filters import Dry
from skaz.decoding.numerics import draw, log_softmax, softmax

FOUR_V = np.log(np.array([0.5, 0.3, 0.15, 0.05]))

scores_of = st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=12).map(lambda x: np.array(x, float))
many_scores_of = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).normal(size=400) * 3)
contexts = st.lists(st.integers(0, 3), max_size=14)
shares = st.floats(0.01, 0.99)


def kept(scores_V: np.ndarray) -> list[int]:
    return np.flatnonzero(np.isfinite(scores_V)).tolist()


def smallest_set(order: list[float], probabilities: list[float], mass: float) -> tuple[set[int], float]:
    chosen: set[int] = set()
    total = 0.0
    for token in sorted(range(len(order)), key=lambda token: (order[token], token)):
        if chosen and total >= mass:
            break
        chosen.add(token)
        total += probabilities[token]
    return chosen, total


def test_known_answers_on_four() -> None:
    assert kept(filters.top_k(FOUR_V, 2)) == [0, 1]
    assert kept(filters.top_p(FOUR_V, 0.79)) == [0, 1]
    assert kept(filters.top_p(FOUR_V, 0.81)) == [0, 1, 2]
    assert kept(filters.min_p(FOUR_V, 0.25)) == [0, 1, 2]
    assert kept(filters.min_p(FOUR_V, 1.0)) == [0]
    # H = 1.14 nats; surprises 0.69, 1.20, 1.90, 3.00: the second is the most typical, then the first.
    assert kept(filters.typical(FOUR_V, 0.2)) == [1]
    assert kept(filters.typical(FOUR_V, 0.7)) == [0, 1]
    assert kept(filters.temperature(FOUR_V, 0.0)) == [0]
    assert kept(filters.temperature(FOUR_V, 1e-310)) == [0]
    np.testing.assert_allclose(
        softmax(filters.temperature(FOUR_V, 0.5)), [0.25, 0.09, 0.0225, 0.0025] / np.float64(0.365)
    )


def test_repetition_penalty_always_lowers() -> None:
    logits_V = np.array([2.0, -2.0, 1.0, 0.0])
    np.testing.assert_allclose(filters.repetition_penalty(logits_V, [0, 1, 1], 2.0, None), [1.0, -4.0, 1.0, 0.0])
    np.testing.assert_allclose(filters.repetition_penalty(logits_V, [0, 1, 1], 2.0, 2), [2.0, -4.0, 1.0, 0.0])


def test_no_repeat_ngram_and_ban() -> None:
    assert kept(filters.no_repeat_ngram(FOUR_V, [1, 2, 3, 1, 2], 3)) == [0, 1, 2]
    assert kept(filters.no_repeat_ngram(FOUR_V, [1, 2], 1)) == [0, 3]
    assert kept(filters.ban(FOUR_V, [3, 1], [(1, 0), (2, 1), (3,)])) == [1, 2]
    assert kept(filters.ban(FOUR_V, [], [(0,), (1,), (2,), (3,)])) == [0]


def test_dry_grows_with_the_length_of_the_repeat() -> None:
    settings = Dry(multiplier=1.0, base=2.0, allowed_length=2, breakers=())
    penalty_V = FOUR_V - filters.dry(FOUR_V, [0, 1, 2, 3, 0, 1, 2], settings, frozenset())
    np.testing.assert_allclose(penalty_V, [0, 0, 0, 2.0])  # "0 1 2" before 3: 2 ** (3 - 2)
    np.testing.assert_allclose(filters.dry(FOUR_V, [0, 1, 2, 3, 0, 1, 2], settings, frozenset({1})), FOUR_V)
    np.testing.assert_allclose(filters.dry(FOUR_V, [2, 3, 2], settings, frozenset()), FOUR_V)


@given(scores_of | many_scores_of, st.integers(1, 500))
def test_top_k_keeps_k_of_the_highest(scores_V: np.ndarray, k: int) -> None:
    wanted = sorted(range(len(scores_V)), key=lambda token: (-scores_V[token], token))[:k]
    assert kept(filters.top_k(scores_V, k)) == sorted(wanted)


@given(scores_of | many_scores_of, shares)
def test_top_p_is_the_smallest_nucleus(scores_V: np.ndarray, mass: float) -> None:
    probabilities_V = softmax(scores_V)
    found = kept(filters.top_p(scores_V, mass))
    wanted, total = smallest_set((-probabilities_V).tolist(), probabilities_V.tolist(), mass)
    if abs(total - mass) > 1e-9:
        assert set(found) == wanted
    without_least = probabilities_V[found].sum() - probabilities_V[found].min()
    assert probabilities_V[found].sum() >= mass - 1e-9
    assert len(found) == 1 or without_least < mass + 1e-9


@given(scores_of | many_scores_of, shares)
def test_typical_is_the_smallest_typical_set(scores_V: np.ndarray, mass: float) -> None:
    probabilities_V = softmax(scores_V)
    entropy = -sum(p * math.log(p) for p in probabilities_V.tolist())
    distance = [abs(-math.log(p) - entropy) for p in probabilities_V.tolist()]
    found = kept(filters.typical(scores_V, mass))
    farthest = max(distance[token] for token in found)
    left_out = [distance[token] for token in range(len(distance)) if token not in found]
    assert probabilities_V[found].sum() >= mass - 1e-9
    assert all(other >= farthest - 1e-6 for other in left_out)
    nearer = [token for token in found if distance[token] < farthest - 1e-6]
    assert not nearer or probabilities_V[nearer].sum() < mass + 1e-9


@given(scores_of, st.floats(0, 1))
def test_min_p_is_relative_to_the_best(scores_V: np.ndarray, share: float) -> None:
    probabilities_V = softmax(scores_V)
    found = kept(filters.min_p(scores_V, share))
    assert int(scores_V.argmax()) in found
    for token, probability in enumerate(probabilities_V.tolist()):
        threshold = share * probabilities_V.max()
        if abs(probability - threshold) > 1e-12:
            assert (token in found) == (probability >= threshold)


@given(scores_of.filter(lambda x: len(x) >= 4), contexts, st.integers(1, 4))
def test_no_repeat_ngram_equals_trying_each(scores_V: np.ndarray, context: list[int], n: int) -> None:
    met = {tuple(context[i : i + n]) for i in range(len(context) - n + 1)}
    allowed = [t for t in range(len(scores_V)) if (*context, t)[-n:] not in met or len(context) + 1 < n]
    assert kept(filters.no_repeat_ngram(scores_V, context, n)) == (allowed or [int(scores_V.argmax())])


@given(contexts, st.frozensets(st.integers(0, 3), max_size=2))
def test_dry_equals_trying_each(context: list[int], breakers: frozenset[int]) -> None:
    settings = Dry(multiplier=0.5, base=1.5, allowed_length=1)
    penalty_V = np.zeros(4)
    for token in range(4):
        lengths = [
            n
            for n in range(1, len(context))
            for i in range(len(context) - n)
            if context[i : i + n] == context[-n:] and context[i + n] == token
            if token not in breakers and not breakers & set(context[-n:])
        ]
        penalty_V[token] = 0.5 * 1.5 ** (max(lengths) - 1) if lengths else 0
    np.testing.assert_allclose(FOUR_V - filters.dry(FOUR_V, context, settings, breakers), penalty_V, atol=1e-12)


FILTERS = {
    "temperature": lambda x, context: filters.temperature(x, 0.7),
    "greedy": lambda x, context: filters.temperature(x, 0.0),
    "top_k": lambda x, context: filters.top_k(x, 2),
    "top_p": lambda x, context: filters.top_p(x, 0.6),
    "min_p": lambda x, context: filters.min_p(x, 0.3),
    "typical": lambda x, context: filters.typical(x, 0.6),
    "repetition_penalty": lambda x, context: filters.repetition_penalty(x, context, 1.5, 5),
    "no_repeat_ngram": lambda x, context: filters.no_repeat_ngram(x, context, 1),
    "dry": lambda x, context: filters.dry(x, context, Dry(allowed_length=1), frozenset()),
    "ban": lambda x, context: filters.ban(x, context, [(0,), (1,), (2, 3), (3,)]),
}


@pytest.mark.parametrize("name", FILTERS)
@given(
    st.lists(st.floats(-8, 8) | st.just(-np.inf), min_size=4, max_size=4).filter(lambda x: max(x) > -np.inf),
    contexts,
)
def test_no_filter_empties_revives_or_changes_its_argument(name: str, scores: list[float], context: list[int]) -> None:
    scores_V = np.array(scores)
    scores_V.setflags(write=False)
    filtered_V = FILTERS[name](scores_V, context)
    assert np.isfinite(filtered_V).any()
    assert not np.isfinite(filtered_V[~np.isfinite(scores_V)]).any()
    assert not np.isnan(filtered_V).any()
    assert abs(softmax(filtered_V).sum() - 1) < 1e-9


def test_draws_follow_the_probabilities() -> None:
    rng = np.random.default_rng(0)
    counts = np.bincount([draw(FOUR_V, rng) for _ in range(20_000)], minlength=4)
    np.testing.assert_allclose(counts / 20_000, np.exp(FOUR_V), atol=0.01)
    assert {draw(filters.top_k(FOUR_V, 1), rng) for _ in range(50)} == {0}


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_broken_model_is_loud(broken: float) -> None:
    with pytest.raises(FloatingPointError, match="bundle is damaged"):
        log_softmax(np.array([0.0, broken]))
