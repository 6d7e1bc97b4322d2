"""Dates of two centuries, worded as people write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Literal
from zlib import crc32

import numpy as np

from skaz.errors import DependencyError

FIRST = date(1900, 1, 1)
LAST = date(2099, 12, 31)

# CLDR's patterns: E weekday, d day, M month (MMMM in the genitive where the language has one, LLLL in the nominative),
# y year. {th} is the English ordinal's ending. A language has one order of day and month in figures, so that each
# source names one date. The first of each are CLDR's own: its formats and skeletons with a year of four digits.
WORDINGS: dict[str, tuple[str, ...]] = {
    "en": (
        "EEEE, MMMM d, y",
        "MMMM d, y",
        "MMM d, y",
        "E, MMM d, y",
        "M/d/y",
        "E, M/d/y",
        "MM/dd/y",
        "EEEE, MM/dd/y",
        "M-d-y",
        "y-MM-dd",
        "y/MM/dd",
        "y MMMM d",
        "MMMM d y",
        "MMM dd y",
        "EEEE, MMM d, y",
        "EEEE MMMM d y",
        "d MMMM y",
        "d MMM y",
        "dd MMM y",
        "d-MMM-y",
        "E, d MMM y",
        "EEEE, d MMMM y",
        "EEEE d MMMM y",
        "MMMM d'{th}', y",
        "MMM d'{th}' y",
        "MMMM 'the' d'{th}', y",
        "EEEE, MMMM d'{th}', y",
        "d'{th}' MMMM y",
        "d'{th}' 'of' MMMM, y",
        "'the' d'{th}' 'of' MMMM y",
        "EEEE, d'{th}' MMMM y",
        "EEEE 'the' d'{th}' 'of' MMMM, y",
    ),
    "ru": (
        "EEEE, d MMMM y 'г'.",
        "d MMMM y 'г'.",
        "d MMM y 'г'.",
        "E, d MMM y 'г'.",
        "dd.MM.y",
        "ccc, dd.MM.y 'г'.",
        "d.M.y",
        "d.MM.y",
        "dd.MM.y 'г'.",
        "dd.MM.y 'года'",
        "dd/MM/y",
        "dd-MM-y",
        "y-MM-dd",
        "y.MM.dd",
        "EEEE, dd.MM.y",
        "dd.MM.y, EEEE",
        "dd.MM.y (E)",
        "d MMMM y",
        "d MMM y",
        "d MMMM y 'года'",
        "E, d MMMM y",
        "E, d MMM y",
        "EEEE, d MMMM y",
        "EEEE, d MMMM y 'года'",
        "EEEE d MMMM y",
        "d MMMM y, EEEE",
        "d MMMM y 'г'. (EEEE)",
        "d-'го' MMMM y 'года'",
        "«dd» MMMM y 'г'.",
        "y 'год', d MMMM",
        "y, LLLL, d",
        "LLLL y 'года', d 'число'",
    ),
}
_NARROW_SPACE = "\u202f"  # CLDR's, before the Russian г.; nobody types it and nobody sees it, so it is made a plain one
_OTHER_CASE_ONE_IN = 4
_HELD_OUT_ONE_IN = 10


def held_out(day: date) -> bool:
    """Whether the date is for testing only, in every exercise: about one in ten is."""
    return crc32(day.isoformat().encode()) % _HELD_OUT_ONE_IN == 0


def draw(stream: np.random.PCG64, train_count: int, test_count: int) -> dict[Literal["train", "test"], list[date]]:
    """The dates of either part, each once, in random order."""
    ordinals = np.arange(FIRST.toordinal(), LAST.toordinal() + 1)
    order = ordinals[stream.random_raw(len(ordinals)).argsort(kind="stable")].tolist()
    parts: dict[bool, list[date]] = {False: [], True: []}
    for day in map(date.fromordinal, order):
        parts[held_out(day)].append(day)
    return {"train": parts[False][:train_count], "test": parts[True][:test_count]}


def worded(days: Sequence[date], language: str, stream: np.random.PCG64) -> Iterator[str]:
    """Each date in one of the language's wordings, all equally likely; one in four in the other case.
    Raises DependencyError, before the first, without Babel."""
    patterns, word = WORDINGS[language], worder(language)
    chosen = (stream.random_raw(len(days)) % len(patterns)).tolist()
    other_case = (stream.random_raw(len(days)) % _OTHER_CASE_ONE_IN == 0).tolist()
    texts = (word(day, patterns[number]) for day, number in zip(days, chosen, strict=True))
    return (in_other_case(text, language) if other else text for text, other in zip(texts, other_case, strict=True))


def writer(language: str) -> Callable[[date], str]:
    """From a date to CLDR's long form in the language, or to ISO's 2026-11-25 where the language is ""."""
    if not language:
        return date.isoformat
    word = worder(language)
    return lambda day: word(day, "long")


def worder(language: str) -> Callable[[date, str], str]:
    """From a date and a pattern of WORDINGS, or a name of Babel's ("long"), to the text.
    Raises DependencyError without Babel."""
    try:
        from babel import Locale
        from babel.dates import format_date
    except ImportError as error:
        raise DependencyError('Exercises with dates need Babel: pip install "skaz[train]".') from error
    locale = Locale.parse(language)

    def word(day: date, pattern: str) -> str:
        text = format_date(day, pattern, locale=locale).replace("{th}", ordinal_ending(day.day))
        return text.replace(_NARROW_SPACE, " ")

    return word


def in_other_case(text: str, language: str) -> str:
    """English in lower case, as people type. Russian with a capital at the beginning, since it writes months and
    weekdays in lower case anyway."""
    return text.lower() if language == "en" else text[:1].upper() + text[1:]


def ordinal_ending(number: int) -> str:
    """st, nd, rd or th."""
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
