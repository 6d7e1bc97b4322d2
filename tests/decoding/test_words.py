"""Words are counted alike at once and as a text grows, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skaz.decoding.words import WordCount, count_words

SPACED = st.text("abé7'—., \n\u3000ек\u093fक")
ANY = st.text("ab_ .,—\n月亮の。ที่မ가e\u0301\ufffd\U00020000")


@given(SPACED)
def test_where_words_have_spaces_it_is_what_stands_between_them(text: str) -> None:
    assert count_words(text) == len(text.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [("月亮，很好。", 4), ("Tom说：“好”。", 3), ("ที่นี่", 2), ("東京タワー 2024", 6), ("我有3个。", 4), ("。 ，", 2)],
)
def test_of_scripts_without_spaces_each_letter_counts(text: str, words: int) -> None:
    assert count_words(text) == words


@given(st.lists(ANY))
def test_a_growing_text_has_at_each_point_the_words_of_the_whole(parts: list[str]) -> None:
    count, text = WordCount(), ""
    for part in parts:
        text = text.rstrip("\ufffd") + part  # bytes that have become a character
        assert count.of(text) == count_words(text)
