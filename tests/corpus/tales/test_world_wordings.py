"""The wordings: complete, in the right cases, and never naming by chance what a plan could name."""

import re

import pytest

from skaz.corpus.tales.world import Language, lexicon
from skaz.corpus.tales.world.beats import Beats
from skaz.corpus.tales.world.english_beats import ENGLISH
from skaz.corpus.tales.world.lexicon import Gender
from skaz.corpus.tales.world.russian_beats import RUSSIAN
from skaz.corpus.tales.world.russian_grammar import adjective, decline_name, noun, phrase, spot
from skaz.corpus.tales.world.vocabulary import vocabulary, words_of

BEATS: dict[Language, Beats] = {"en": ENGLISH, "ru": RUSSIAN}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_key_has_its_wordings(language: Language) -> None:
    beats = BEATS[language]
    for table, keys in (
        (beats.trait_opening, lexicon.TRAITS),
        (beats.echo, lexicon.TRAITS),
        (beats.weather, lexicon.WEATHERS),
        (beats.weather_later, lexicon.WEATHERS),
        (beats.reason_intro, lexicon.REASONS),
        (beats.reason_back, lexicon.REASONS),
        (beats.reason_return, lexicon.REASONS),
        (beats.loss, lexicon.LOSSES),
        (beats.advice, lexicon.LOSSES),
        (beats.search, lexicon.SEARCHES),
        (beats.price_asked, lexicon.PRICES),
        (beats.price_paid, lexicon.PRICES),
        (beats.ending, lexicon.ENDINGS),
        (beats.thing_habit, tuple(lexicon.THINGS)),
        (beats.thing_again, tuple(lexicon.THINGS)),
    ):
        assert set(table) == set(keys)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_wording_names_a_word_of_the_plan_by_chance(language: Language) -> None:
    known = vocabulary(language)
    nouns = {*known.hero_kinds, *known.helpers, *known.things}
    # A thing's own habits may name it.
    own = {"ru": {"корзинку", "чашки"}, "en": set[str]()}[language]
    for wordings in BEATS[language].pools():
        for wording in wordings:
            words = words_of(re.sub(r"\{[^{}]*\}", "", wording))
            assert not {word.lower() for word in words} & nouns - own, wording
            assert not {word for word in words if word in known.names}, wording


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_gender_has_its_form(language: Language) -> None:
    for wordings in BEATS[language].pools():
        for slot in re.findall(r"\{\^?(\w:[^{}]*)\}", " ".join(wordings)):
            assert slot.count("/") == (2 if slot[0] == "t" else 1), slot


@pytest.mark.parametrize(
    ("masculine", "gender", "forms"),
    [
        ("синий", "m", "синий синего синему синий синим синем"),
        ("синий", "f", "синяя синей синей синюю синей синей"),
        ("красный", "n", "красное красного красному красное красным красном"),
        ("маленький", "m", "маленький маленького маленькому маленький маленьким маленьком"),
        ("маленький", "f", "маленькая маленькой маленькой маленькую маленькой маленькой"),
        ("сухой", "f", "сухая сухой сухой сухую сухой сухой"),
        ("городской", "m", "городской городского городскому городской городским городском"),
        ("треснувший", "f", "треснувшая треснувшей треснувшей треснувшую треснувшей треснувшей"),
        ("пустой", "n", "пустое пустого пустому пустое пустым пустом"),
        ("дальний", "n", "дальнее дальнего дальнему дальнее дальним дальнем"),
    ],
)
def test_adjectives(masculine: str, gender: Gender, forms: str) -> None:
    assert adjective(masculine, gender) == tuple(forms.split())


@pytest.mark.parametrize(
    "forms",
    [
        "Рыжка Рыжки Рыжке Рыжку Рыжкой Рыжке",
        "Глаша Глаши Глаше Глашу Глашей Глаше",
        "Зоя Зои Зое Зою Зоей Зое",
        "Аксинья Аксиньи Аксинье Аксинью Аксиньей Аксинье",
        "Агата Агаты Агате Агату Агатой Агате",
        "Степан Степана Степану Степана Степаном Степане",
        "Лёва Лёвы Лёве Лёву Лёвой Лёве",
    ],
)
def test_names(forms: str) -> None:
    assert decline_name(forms.split(maxsplit=1)[0]) == tuple(forms.split())


def test_phrases_and_spots() -> None:
    stork = noun("аист аиста аисту аиста аистом аисте", "m", animate=True)
    assert phrase("старый", stork)[3] == "старого аиста"
    garden = noun("сад сада саду сад садом саде саду", "m")
    assert spot("в", "яблоневый", garden).at == "в яблоневом саду"
    boat = noun("лодка лодки лодке лодку лодкой лодке", "f")
    under = spot("под", "перевёрнутый", boat)
    assert (under.at, under.to, under.off) == (
        "под перевёрнутой лодкой",
        "под перевёрнутую лодку",
        "из-под перевёрнутой лодки",
    )
