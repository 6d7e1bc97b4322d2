"""Sentences in two languages: numbers and plurals as each writes them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skaz.lab.texts import Text, counted, joined, listed, times, told

PASSES = (("pass", "passes"), ("проход", "прохода", "проходов"))


def test_a_number_is_written_as_its_language_does() -> None:
    text = told("{share:.1%} of {n:,}", "{share:.1%} из {n:,}", share=0.985, n=12345)
    assert text.en.replace("\u202f", " ") == "98.5 % of 12,345"
    assert text.ru.replace("\u202f", " ").replace("\u00a0", " ") == "98,5 % из 12 345"


def test_powers_of_ten_are_raised_and_minus_is_a_minus() -> None:
    assert told("{x:.1e}", "{x:.1e}", x=-1.25e-7) == Text("−1.2·10⁻⁷", "−1,2·10⁻⁷")


@pytest.mark.parametrize(("value", "shown"), [(math.inf, "∞"), (-math.inf, "–∞"), (math.nan, "–")])
def test_what_is_no_number_has_a_sign(value: float, shown: str) -> None:
    assert told("{x:.2f}", "{x:.2f}", x=value) == Text(shown, shown)


@pytest.mark.parametrize(
    ("n", "noun"),
    [(1, "проход"), (2, "прохода"), (4, "прохода"), (5, "проходов"), (11, "проходов"), (12, "проходов"), (21, "проход"),
     (111, "проходов"), (122, "прохода"), (0, "проходов")],
)  # fmt: skip
def test_russian_plurals(n: int, noun: str) -> None:
    assert counted(n, *PASSES).ru == f"{n}\u00a0{noun}"


@given(st.integers(0, 10**9))
def test_a_counted_noun_keeps_its_number(n: int) -> None:
    text = counted(n, *PASSES)
    assert text.en == f"{n:,}\u00a0{'pass' if n == 1 else 'passes'}"
    assert text.ru.rpartition("\u00a0")[0].replace("\u00a0", "") == str(n)


@pytest.mark.parametrize(
    ("value", "spec", "en", "ru"),
    [(1, ".3g", "1 time", "1 раз"), (4.0, ".3g", "4 times", "4 раза"), (12.44, ".3g", "12.4 times", "12,4 раза"),
     (1.58e9, ".3g", "1.58·10⁹ times", "1,58·10⁹ раз"), (2022.0, ",.0f", "2,022 times", "2 022 раза"),
     (math.inf, ".3g", "∞ times", "∞ раз")],
)  # fmt: skip
def test_times(value: float, spec: str, en: str, ru: str) -> None:
    text = times(value, spec)
    assert (text.en.replace("\u00a0", " "), text.ru.replace("\u00a0", " ")) == (en, ru)


def test_lists_and_sentences() -> None:
    a, b, c = (Text(each, each) for each in "abc")
    assert listed([a]) == a
    assert listed([a, b, c]) == Text("a, b and c", "a, b и c")
    assert joined([a, b]) == Text("a b", "a b")
    assert told("{inner}!", "{inner}!", inner=Text("en", "ru")) == Text("en!", "ru!")
