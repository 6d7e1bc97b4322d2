"""Which languages texts are in."""

from __future__ import annotations

from skaz.corpus.languages import MOST_CHARACTERS, language_shares

ENGLISH = "One winter night the miller heard somebody singing behind the frozen wheel. "
RUSSIAN = "Однажды зимней ночью мельник услышал, как за замёрзшим колесом кто-то поёт. "


def test_shares_are_of_the_characters_and_the_commonest_comes_first() -> None:
    assert language_shares([ENGLISH, RUSSIAN * 3]) == {"ru": 0.75, "en": 0.25}
    assert language_shares([]) == {}


def test_a_text_is_judged_by_its_beginning_and_one_stray_text_counts_for_nothing() -> None:
    long = ENGLISH * 100
    assert len(long) > MOST_CHARACTERS
    assert language_shares([long + RUSSIAN * 100] * 5 + [RUSSIAN]) == {"en": 0.985}
