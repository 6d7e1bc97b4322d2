"""Numbers and words: num2words' own, every word met in training, and back again."""

import re
from itertools import islice
from math import isqrt
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from skaz.corpus.exercises import exercise_pairs, numbers

LANGUAGES = ("en", "ru")


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        (0, "zero", "ноль"),
        (21, "twenty-one", "двадцать один"),
        (1203, "one thousand, two hundred and three", "одна тысяча двести три"),
        (2001, "two thousand and one", "две тысячи один"),
        (15_000, "fifteen thousand", "пятнадцать тысяч"),
        (
            999_999,
            "nine hundred and ninety-nine thousand, nine hundred and ninety-nine",
            "девятьсот девяносто девять тысяч девятьсот девяносто девять",
        ),
    ],
)
def test_the_words_are_known(number: int, english: str, russian: str) -> None:
    assert numbers.speller("en")(number) == english
    assert numbers.speller("ru")(number) == russian


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["train", "test"])
def test_the_pairs_are_num2words_own(language: str, part: Literal["train", "test"]) -> None:
    for digits, words in islice(exercise_pairs(f"numbers:{language}", part), 500):
        assert digits == str(int(digits))
        assert words == num2words(int(digits), lang=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_test_part_is_met_in_training(language: str) -> None:
    """All that is below a thousand is for training, and there are thousands there too."""
    spell = numbers.speller(language)
    small = [*range(1000), 1000, 2000, 5000, 21_000, 22_000]
    met = {word for number in small for word in re.findall(r"\w+", spell(number))}
    for _, words in islice(exercise_pairs(f"numbers:{language}", "test"), 2000):
        assert set(re.findall(r"\w+", words)) <= met, words


@settings(deadline=None)
@given(number=st.integers(0, 999_999))
def test_english_words_are_read_back(number: int) -> None:
    assert _read(numbers.speller("en")(number)) == number


_SMALL = "zero one two three four five six seven eight nine ten eleven twelve"
_TEENS = "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {word: value for value, word in enumerate(f"{_SMALL} {_TEENS}".split())}
_VALUES |= {word: 10 * tens for tens, word in enumerate(_TENS.split(), 2)}


def _read(words: str) -> int:
    """The number that English words say."""
    total = 0
    for word in re.findall(r"[a-z]+", words):
        match word:
            case "and":
                pass
            case "thousand":
                total *= 1000
            case "hundred":
                total += 99 * (total % 100)
            case _:
                total += _VALUES[word]
    return total


@settings(max_examples=5, deadline=None)  # each puts a million in order
@given(seed=st.integers(0, 2**40), test_count=st.integers(1, 3000), large_count=st.integers(0, 3000))
def test_any_draw_keeps_the_parts_apart(seed: int, test_count: int, large_count: int) -> None:
    train_count = numbers.SMALL + large_count
    drawn = numbers.draw(np.random.PCG64(seed), train_count, test_count)
    train, test = set(drawn["train"]), set(drawn["test"])
    assert (len(train), len(test)) == (train_count, test_count) == (len(drawn["train"]), len(drawn["test"]))
    assert not train & test
    assert set(range(numbers.SMALL)) <= train
    assert max(train | test) < numbers.LIMIT


def test_the_sample_is_even() -> None:
    test = numbers.draw(np.random.PCG64(1), 40_000, 5_000)["test"]
    counts = np.bincount(np.array(test) // 100_000, minlength=10)
    assert abs(counts - 500).max() < 5 * isqrt(500)
