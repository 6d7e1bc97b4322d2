"""Which languages texts are in."""

from __future__ import annotations

from itertools import pairwise

from skaz.corpus.languages import MOST_CHARACTERS, MOST_TEXTS, Beginnings, language_shares

ENGLISH = "One winter night the miller heard somebody singing behind the frozen wheel. "
RUSSIAN = "Однажды зимней ночью мельник услышал, как за замёрзшим колесом кто-то поёт. "


def test_shares_are_of_the_characters_and_the_commonest_comes_first() -> None:
    assert language_shares([ENGLISH, RUSSIAN * 3]) == {"ru": 0.75, "en": 0.25}
    assert language_shares([]) == {}


def test_a_text_is_judged_by_its_beginning_and_one_stray_text_counts_for_nothing() -> None:
    long = ENGLISH * 100
    assert len(long) > MOST_CHARACTERS
    assert language_shares([long + RUSSIAN * 100] * 5 + [RUSSIAN]) == {"en": 0.985}


def test_of_texts_that_come_one_by_one_some_of_the_whole_are_kept() -> None:
    for count in (1, 399, 400, 10_000):
        beginnings = Beginnings()
        for number in range(count):
            beginnings.add(f"{number} " + "x" * 2 * MOST_CHARACTERS)
        numbers = [int(text.split()[0]) for text in beginnings.kept]
        assert min(count, MOST_TEXTS) <= len(numbers) < 2 * MOST_TEXTS
        assert len({later - before for before, later in pairwise(numbers)}) <= 1
        assert numbers[-1] >= count - 1 - count / MOST_TEXTS
        assert all(len(text) == MOST_CHARACTERS for text in beginnings.kept)
