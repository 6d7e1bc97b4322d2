"""Exact match, symbol error rate, word error rate."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.errors import DependencyError, RequestError
from skaz.evaluation.scores import worst
from skaz.evaluation.transduction import transduction_badness, transduction_scores

ABC = st.text("abв", max_size=6)


def values(outputs: list[str], references: list[list[str]], *, symbols: bool) -> list[float]:
    return [score.value for score in transduction_scores(outputs, references, symbols=symbols)]


def slow_distance(given: str, right: str) -> int:
    """Levenshtein's distance by its recursion."""
    if not given or not right:
        return len(given) + len(right)
    changed = slow_distance(given[1:], right[1:]) + (given[0] != right[0])
    return min(changed, slow_distance(given[1:], right) + 1, slow_distance(given, right[1:]) + 1)


def test_rates_counted_by_hand() -> None:
    outputs = ["K AE T", "D AO G", "F IH SH IH", "B ER D"]
    references = [["K AE T"], ["D AA G"], ["F IH SH"], ["B ER D Z"]]
    # A substitution, an insertion and a deletion, over 3 + 3 + 3 + 4 phones.
    assert values(outputs, references, symbols=True) == pytest.approx([25, 100 * 3 / 13, 75])
    scores = transduction_scores(outputs, references, symbols=True)
    assert [score.name for score in scores] == ["exact match", "symbol error rate", "word error rate"]
    assert [score.unit for score in scores] == ["%", "%", "%"]
    assert [score.higher_is_better for score in scores] == [True, False, False]
    assert scores[0].low == pytest.approx(100 - scores[2].high)


def test_a_phone_is_one_symbol_and_spacing_none() -> None:
    # "IH" for "IY" is one edit of one symbol, though one letter of two.
    assert values(["IH"], [["IY"]], symbols=True) == [0, 100, 100]
    assert values(["IH"], [["IY"]], symbols=False) == [0, 50, 100]
    assert values(["  K  AE T "], [["K AE T"]], symbols=True) == [100, 0, 0]
    assert values(["ёж"], [["еж"]], symbols=False) == [0, 50, 100]


def test_the_nearest_reference_counts_with_its_length() -> None:
    references = [["K AE T S IH Z", "K AE T", "K AH T"]]
    assert values(["K AE D"], references, symbols=True) == pytest.approx([0, 100 / 3, 100])
    assert values(["K AH T"], references, symbols=True) == [100, 0, 0]


def test_rates_may_exceed_a_hundred_and_empty_texts_have_one() -> None:
    assert values(["abcd"], [["x"]], symbols=False) == [0, 400, 100]
    assert values([""], [["ab"]], symbols=False) == [0, 100, 100]
    assert values([""], [[""]], symbols=False) == [100, 0, 0]
    assert values(["ab"], [[""]], symbols=False) == [0, 100, 100]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(ABC, st.lists(ABC, min_size=1, max_size=3)), min_size=1, max_size=8), st.randoms())
def test_against_the_slow_form_in_any_order(pairs: list[tuple[str, list[str]]], rng: object) -> None:
    counted = [
        min(((slow_distance(output, right), len(right)) for right in references), key=lambda counts: counts[0])
        for output, references in pairs
    ]
    edits, length = map(sum, zip(*counted, strict=True))
    expected = [
        100 * sum(output in references for output, references in pairs) / len(pairs),
        100 * edits / length if length else 100 * (edits > 0),
        100 * sum(output not in references for output, references in pairs) / len(pairs),
    ]
    rng.shuffle(pairs)  # type: ignore[attr-defined]
    scores = transduction_scores(*map(list, zip(*pairs, strict=True)), symbols=False)
    assert [score.value for score in scores] == expected
    assert all(score.low <= score.high for score in scores)


@settings(deadline=None, max_examples=10)
@given(st.lists(ABC, min_size=1, max_size=8))
def test_what_is_all_right_is_so_certain_as_the_test_is_large(texts: list[str]) -> None:
    exact, symbols, words = transduction_scores(texts, [[text] for text in texts], symbols=False)
    doubt = 100 * 1.96**2 / (len(texts) + 1.96**2)  # what Wilson's interval leaves at the edge
    assert (exact.low, exact.value, exact.high) == (pytest.approx(100 - doubt, abs=0.01), 100, 100)
    assert (words.low, words.value, words.high) == (0, 0, pytest.approx(doubt, abs=0.01))
    assert (symbols.low, symbols.value, symbols.high) == (0, 0, 0)


def test_the_worst_transductions() -> None:
    outputs, references = ["K AE T", "D AO", "IH"], [["K AE T"], ["D AA G"], ["IY", "AY"]]
    judged = worst(["cat", "dog", "I"], outputs, references, transduction_badness(symbols=True))
    assert [(each.source, each.score) for each in judged] == [("I", 100), ("dog", pytest.approx(200 / 3)), ("cat", 0)]


def test_bad_input_and_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestError, match="outputs: 2, lists of references: 1"):
        transduction_scores(["a", "b"], [["a"]], symbols=False)
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
    with pytest.raises(DependencyError, match=r'needs rapidfuzz: pip install "skaz\[train\]"'):
        transduction_scores(["a"], [["a"]], symbols=False)
