"""Symbols are seen by their look, and spelt where marks tell them apart and each is seldom met."""

from __future__ import annotations

import pytest

from skaz.text.symbols import ENOUGH_USES, has_symbols, want_spelling

PHONES = ["a", "aː", "e", "eː", "t", "tʰ", "k", "kʰ"]  # four letters and two marks
BY_LETTERS = ["AA", "AE", "AH", "EH", "AY", "EY"]


def _texts(symbols: list[str], uses: int) -> list[str]:
    return [" ".join(symbols)] * uses


@pytest.mark.parametrize(
    ("texts", "seen"),
    [
        (["K AE T", "D AO G"], True),
        (["k æ t", "d ɔ g"], True),
        (["twelve", "one hundred and forty"], False),
        (["two hundred and one", "one hundred and two"] * 40, True),
        (["kat", "dog"], False),
        ([], False),
        (["K AE1 T", "AH0 B AW1 T"] * 40, True),
        (["t͡ʃ a n", "t͡ʃʰ aː ŋ"] * 40, True),
        (["m a 55", "m a 214", "m a 35"] * 40, True),
        (["ma55 ma35", "ma214 ni3"] * 40, True),
        ([f"{digit} {digit}" for digit in range(10)], True),
        (["3 am", "10 am", "11 pm", "4 pm"] * 125, False),
        ([f"Jan {day} {year}" for day in range(1, 32) for year in range(2000, 2016)], False),
        ([f"{number} km" for number in range(1, 500)], False),
        ([f"{number / 10} g" for number in range(1, 100)] * 5, False),
        (
            [f"{one}{other} {other}{one}" for one in "abcdefghijklmnopqrstuvwxyz" for other in "abcdefghijklmnopqrst"],
            False,
        ),
    ],
)
def test_symbols_are_short_or_of_a_closed_set_and_no_numbers(texts: list[str], seen: bool) -> None:
    assert has_symbols(texts) is seen


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (_texts(PHONES, 10), True),
        (_texts(PHONES, ENOUGH_USES - 1), True),
        (_texts(PHONES, ENOUGH_USES), False),
        (_texts(BY_LETTERS, 10), False),
        (_texts(["a", "aː", "tʰ"], 10), False),  # as many letters and marks as symbols
        (_texts([*PHONES, "ā", "ē"], 10), True),
        (_texts([*PHONES, "a\u0304"], 10), False),  # taken apart already: they would come back as others
        ([], False),
    ],
)
def test_symbols_are_spelt_where_marks_tell_them_apart_and_each_is_rare(texts: list[str], wanted: bool) -> None:
    assert want_spelling(texts) is wanted
