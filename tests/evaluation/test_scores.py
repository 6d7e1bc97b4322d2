"""Intervals and the worst outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.errors import RequestError
from skaz.evaluation.scores import (
    RESAMPLES,
    Judged,
    check_outputs,
    confidence_interval,
    resampled_sums,
    share_interval,
    worst,
)


def share(sums_K: Sequence[float]) -> float:
    return sums_K[0] / sums_K[1]


def test_a_resample_has_as_many_segments_as_the_test_set() -> None:
    sums_RK = resampled_sums(np.array([[1.0, 0.0, 0.5], [1.0, 1.0, 0.5], [1.0, 0.0, 0.5]]))
    assert sums_RK.shape == (RESAMPLES, 3)
    assert (sums_RK[:, 0] == 3).all()
    assert (sums_RK[:, 2] == 1.5).all()
    assert set(sums_RK[:, 1]) == {0, 1, 2, 3}


def test_the_interval_of_a_share_is_the_binomial_one() -> None:
    """Of a share the bootstrap's spread is known: p ± 1.96 √(p(1 - p)/n)."""
    hits, segments = 300, 1000
    low, high = confidence_interval([(place < hits, 1) for place in range(segments)], share)
    half = 1.96 * (0.3 * 0.7 / segments) ** 0.5
    assert low == pytest.approx(0.3 - half, abs=0.004)
    assert high == pytest.approx(0.3 + half, abs=0.004)


@pytest.mark.parametrize(("hits", "outputs"), [(0, 10), (81, 263), (15, 148), (1, 29), (20, 20)])
def test_the_interval_of_a_share_is_wilsons(hits: int, outputs: int) -> None:
    """Its bounds are the shares from which the measured one is 1.96 of their deviations away."""
    low, high = share_interval(hits, outputs)
    measured = hits / outputs
    for bound in (low, high):
        away = abs(measured - bound)
        assert away == pytest.approx(1.959964 * (bound * (1 - bound) / outputs) ** 0.5, abs=1e-7)
    assert 0 <= low <= measured <= high <= 1
    assert low < high


def test_the_interval_of_a_share_is_the_published_one() -> None:
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3."""
    for hits, outputs, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        assert share_interval(hits, outputs) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=20))
def test_low_is_never_above_high_and_both_lie_among_the_segments(counts: list[tuple[int, int]]) -> None:
    low, high = confidence_interval(counts, share)
    assert low <= high
    assert min(map(share, counts)) - 1e-9 <= low
    assert high <= max(map(share, counts)) + 1e-9
    assert confidence_interval(counts, share) == (low, high)


@settings(deadline=None, max_examples=20)
@given(st.tuples(st.integers(0, 9), st.integers(1, 9)), st.integers(1, 20))
def test_of_equal_segments_the_interval_is_their_value(counts: tuple[int, int], segments: int) -> None:
    low, high = confidence_interval([counts] * segments, share)
    assert low <= share(counts) <= high
    assert low == high


def test_the_worst_come_first_and_ties_in_order() -> None:
    outputs = ["a", "bbb", "cc", "ddd", ""]
    sources = ["1", "2", "3", "4", "5"]
    references = [["x", "y"]] * 5
    judged = worst(sources, outputs, references, lambda output, right: float(len(output) * len(right)), number=3)
    assert judged == [
        Judged("2", "bbb", ("x", "y"), 6.0),
        Judged("4", "ddd", ("x", "y"), 6.0),
        Judged("3", "cc", ("x", "y"), 4.0),
    ]
    assert len(worst(sources, outputs, references, lambda output, right: 0.0)) == 5


def test_what_does_not_pair_up_is_refused() -> None:
    with pytest.raises(RequestError, match="outputs: 2, lists of references: 3"):
        check_outputs(["a", "b"], [["a"]] * 3)
    with pytest.raises(RequestError, match=r"one output at least, .*outputs: 0, lists of references: 0"):
        check_outputs([], [])
    with pytest.raises(RequestError, match=r"Output 2 needs a list of references .* has none"):
        check_outputs(["a", "b"], [["a"], []])
    with pytest.raises(RequestError, match=r"Output 1 needs a list of references .* has one string"):
        check_outputs(["a"], ["abc"])
    with pytest.raises(RequestError, match="sources: 1, outputs: 2"):
        worst(["s"], ["a", "b"], [["a"], ["b"]], lambda output, right: 0.0)
