"""A plan is read whatever its capitals."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skaz.text.plan_words import MOST_WORDS, PlanWords

WORDS = PlanWords.of([("fox", 40), ("old lantern", 7), ("Маша", 5), ("rose", 2), ("Rose", 9), ("will", 3), ("Will", 1)])


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [
        ("Fox", "fox"),
        ("Old LANTERN", "old lantern"),
        ("маша", "Маша"),
        ("rose", "rose"),  # both are there: as typed
        ("Rose", "Rose"),
        ("ROSE", "Rose"),  # the commoner
        ("WILL", "will"),
        ("Zorblax", "Zorblax"),  # nobody's: as typed
        ("  Fox   Zorblax ", "fox Zorblax"),
        ("", ""),
    ],
)
def test_words_have_the_capitals_of_the_plans_that_were_read(typed: str, spelt: str) -> None:
    assert WORDS.spell(typed) == spelt


@given(st.lists(st.tuples(st.text(max_size=12), st.integers(1, 9)), max_size=20))
def test_what_plans_have_stays_and_what_is_saved_is_read_again(items: list[tuple[str, int]]) -> None:
    words = PlanWords.of(items)
    for item, _ in items:
        assert words.spell(item).split() == item.split()
        assert words.spell(words.spell(item.upper())) == words.spell(item.upper())


def test_they_are_kept_as_text_the_commonest_first(tmp_path: Path) -> None:
    WORDS.save(tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_text(encoding="utf-8").splitlines()[:2] == ["fox", "Rose"]
    assert PlanWords.load(tmp_path / "words.txt").words == WORDS.words
    PlanWords().save(tmp_path / "none.txt")
    assert PlanWords.load(tmp_path / "none.txt").words == ()


@pytest.mark.parametrize(
    ("items", "unmet"),
    [
        (["FOX", "foxes", "lanterns", "Маши"], []),  # in other forms
        (["an old ship", "spaceship", "Юпитер"], ["spaceship", "Юпитер"]),
        (["2024", "!", " "], []),  # no words
    ],
)
def test_words_that_no_plan_had_are_found(items: list[str], unmet: list[str]) -> None:
    assert WORDS.unmet(items) == unmet
    assert PlanWords().unmet(items) == []
    assert PlanWords([f"w{number}" for number in range(MOST_WORDS)]).unmet(items) == []  # others may be missing


def test_of_many_the_commonest_are_kept() -> None:
    words = PlanWords.of((f"w{number}", MOST_WORDS + 9 - number) for number in range(MOST_WORDS + 9))
    assert len(words.words) == MOST_WORDS
    assert words.words[0] == "w0"


def test_short_words_of_plans_are_known() -> None:
    known = PlanWords(["кот", "ёж", "уж", "ox"])
    assert known.unmet(["ёж", "уж", "ox", "коты"]) == []
    assert known.unmet(["ас"]) == ["ас"]
