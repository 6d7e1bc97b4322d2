"""Dates: each wording is Babel's and names one date; the dates for testing are met nowhere in training."""

import re
from collections import Counter
from datetime import date, timedelta
from functools import cache

import pytest
from babel import Locale
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.corpus.exercises import dates, exercise_pairs

LANGUAGES = ("en", "ru")
MONTHS = {
    "en": "jan feb mar apr may jun jul aug sep oct nov dec",
    "ru": "янв фев мар апр мая июн июл авг сен окт ноя дек",
}
WEEKDAYS = {"en": "mon tue wed thu fri sat sun", "ru": "пн вт ср чт пт сб вс пон вто сре чет пят суб вос"}
_GENITIVES = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
GENITIVES = _GENITIVES.split()
days = st.dates(dates.FIRST, dates.LAST)


@cache
def pairs_of(name: str) -> list[tuple[str, str]]:
    """Train, then the 5,000 of the test part."""
    return [*exercise_pairs(name), *exercise_pairs(name, "test")]


def read_date(text: str, language: str) -> date:
    """The one date that a wording names, read with no help of Babel's."""
    text = text.lower()
    figures = re.findall(r"\d+", text)
    year = next(figure for figure in figures if len(figure) == 4)
    others = [int(figure) for figure in figures if figure != year]
    named = [number for word in re.findall(r"[a-zа-я]+", text) if (number := _month(word, language))]
    if named:
        (month,), (day,) = named, others
    elif figures[0] == year or language == "en":
        month, day = others
    else:
        day, month = others
    return date(int(year), month, day)


def _month(word: str, language: str) -> int:
    """1 to 12, or 0 for another word."""
    months, short = MONTHS[language].split(), "мая" if word == "май" else word[:3]
    return months.index(short) + 1 if short in months else 0


@pytest.mark.parametrize("language", LANGUAGES)
@settings(deadline=None)  # Babel reads a locale at its first use
@given(day=days, number=st.integers(0, 31))
def test_each_wording_names_its_date(language: str, day: date, number: int) -> None:
    text = dates.worder(language)(day, dates.WORDINGS[language][number])
    assert read_date(text, language) == day, text
    assert read_date(dates.in_other_case(text, language), language) == day


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_source_names_its_target(language: str) -> None:
    for source, target in pairs_of(f"dates:{language}"):
        assert read_date(source, language) == date.fromisoformat(target), source


@pytest.mark.parametrize(("source_language", "target_language"), [("en", "ru"), ("ru", "en")])
def test_the_other_language_names_the_same_date(source_language: str, target_language: str) -> None:
    for source, target in pairs_of(f"dates:{source_language}-{target_language}")[::10]:
        day = read_date(source, source_language)
        assert target == format_date(day, "long", locale=target_language).replace("\u202f", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_source_is_one_of_the_wordings_by_babel(language: str) -> None:
    for source, target in pairs_of(f"dates:{language}")[::50]:
        day = date.fromisoformat(target)
        ending = dates.ordinal_ending(day.day)
        patterns = [pattern.replace("{th}", ending) for pattern in dates.WORDINGS[language]]
        known = {format_date(day, pattern, locale=language) for pattern in patterns}
        assert source in known | {text.lower() for text in known} | {text[0].upper() + text[1:] for text in known}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_cldr_s_patterns_with_a_whole_year_are_there(language: str) -> None:
    locale = Locale.parse(language)
    skeletons = [
        pattern for skeleton, pattern in locale.datetime_skeletons.items() if set("yMd") <= set(skeleton) <= set("yMdE")
    ]
    patterns = {str(each.pattern).replace("\u202f", " ") for each in (*locale.date_formats.values(), *skeletons)}
    whole = {pattern for pattern in patterns if "yy" not in pattern}
    assert len(whole) == 6
    assert whole <= set(dates.WORDINGS[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_wordings_are_many_and_equally_likely(language: str) -> None:
    patterns = dates.WORDINGS[language]
    assert len(set(patterns)) == len(patterns) == 32
    word = dates.worder(language)
    met = dict.fromkeys(patterns, 0.0)
    pairs = pairs_of(f"dates:{language}")[::20]
    for source, target in pairs:
        texts = [word(date.fromisoformat(target), pattern).lower() for pattern in patterns]
        # Two wordings may be one text, as those of May in full and cut short: each has its share of it.
        for pattern, text in zip(patterns, texts, strict=True):
            if text == source.lower():
                met[pattern] += 1 / texts.count(text)
    expected = len(pairs) / len(patterns)
    assert all(0.5 * expected < count < 1.6 * expected for count in met.values()), met


@pytest.mark.parametrize("name", ["dates:en", "dates:ru", "dates:en-ru", "dates:ru-en"])
def test_the_dates_of_the_test_part_are_in_no_exercise_s_training(name: str) -> None:
    language = name.removeprefix("dates:")[:2]
    held_out = [dates.held_out(read_date(source, language)) for source, _ in pairs_of(name)]
    assert all(held_out[-5000:])
    assert not any(held_out[:-5000])


def test_about_a_tenth_of_each_kind_of_date_is_held_out() -> None:
    every_day = [dates.FIRST + timedelta(number) for number in range((dates.LAST - dates.FIRST).days + 1)]
    assert len(every_day) == 73_049
    for kind in (date.weekday, lambda day: day.month, lambda day: day.day, lambda day: day.year // 50):
        every, kept = Counter(map(kind, every_day)), Counter(kind(day) for day in every_day if dates.held_out(day))
        assert all(0.07 < kept[one] / every[one] < 0.13 for one in every), kept


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_weekday_is_the_date_s_own(language: str) -> None:
    named = 0
    for source, target in pairs_of(f"dates:{language}"):
        for word in re.findall(r"[a-zа-я]+", source.lower()):
            weekday = _weekday(word, language)
            named += weekday is not None
            assert weekday in (None, date.fromisoformat(target).weekday()), source
    assert named > 10_000


def _weekday(word: str, language: str) -> int | None:
    """0 for Monday to 6, or None for another word."""
    weekdays = WEEKDAYS[language].split()
    return weekdays.index(word[:3]) % 7 if word[:3] in weekdays else None


@settings(deadline=None)  # Babel reads a locale at its first use
@given(day=days)
def test_russian_months_after_a_day_are_in_the_genitive(day: date) -> None:
    word = dates.worder("ru")
    assert word(day, "d MMMM y 'года'") == f"{day.day} {GENITIVES[day.month - 1]} {day.year} года"
    assert word(day, "long") == f"{day.day} {GENITIVES[day.month - 1]} {day.year} г."
    assert GENITIVES[day.month - 1] not in word(day, "y, LLLL, d")


@pytest.mark.parametrize("name", ["dates:ru", "dates:en-ru"])
def test_every_genitive_is_met(name: str) -> None:
    text = " ".join(part for pair in pairs_of(name) for part in pair)
    assert set(GENITIVES) <= set(text.split())


def test_english_is_sometimes_in_lower_case_and_russian_sometimes_begins_with_a_capital() -> None:
    english = [source for source, _ in pairs_of("dates:en") if re.search("[A-Za-z]{3}", source)]
    lower = sum(source == source.lower() for source in english)
    assert 0.22 < lower / len(english) < 0.32
    russian = [source for source, _ in pairs_of("dates:ru") if source[0].isalpha()]
    assert 0.2 < sum(source[0].isupper() for source in russian) / len(russian) < 0.3


def test_ordinals() -> None:
    endings = {number: dates.ordinal_ending(number) for number in range(1, 32)}
    assert {number for number, ending in endings.items() if ending == "st"} == {1, 21, 31}
    assert {number for number, ending in endings.items() if ending == "nd"} == {2, 22}
    assert {number for number, ending in endings.items() if ending == "rd"} == {3, 23}
    assert dates.worder("en")(date(2024, 3, 3), "'the' d'{th}' 'of' MMMM y") == "the 3rd of March 2024"
