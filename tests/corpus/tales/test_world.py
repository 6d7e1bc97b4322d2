"""The tale world: told tales keep to their plans, and broken ones are caught."""

import random
import re
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.corpus.tales.world import (
    Language,
    Tale,
    check,
    invent,
    lexicon,
    plan_of,
    russian_lexicon,
    tales,
    tell,
)
from skaz.corpus.tales.world.vocabulary import vocabulary, words_of

LANGUAGES: tuple[Language, ...] = ("en", "ru")
PLANS: dict[Language, tuple[str, ...]] = {
    "en": ("fox Tansy", "mill pond", "blue lantern", "old heron", "hollow oak"),
    "ru": ("лиса Рыжка", "мельничный пруд", "синий фонарь", "старая цапля", "дупло дуба"),
}
_UNTIDY = re.compile(r"\w[.] +[a-zа-яё]|^[^—\n]*\w[?!] +[а-яё]|\n[a-zа-яё]|\n\n|\n$", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"»]?\s+|\n")


def some_tales(language: Language, count: int, seed: int = 3) -> list[Tale]:
    return list(islice(tales(seed, language=language), count))


@pytest.mark.parametrize("language", LANGUAGES)
@given(seed=st.integers(0, 2**40))
@settings(max_examples=300, deadline=None)
def test_a_told_tale_keeps_to_its_plan(language: Language, seed: int) -> None:
    rng = random.Random(seed)
    tale = tell(invent(rng), language, rng)
    result = check(tale.text, tale.plan, language)
    assert result.consistent, (result, tale.text)
    assert result.planned == result.appeared == 5
    assert "{" not in tale.text
    assert "  " not in tale.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plan_is_met_in_order(language: Language) -> None:
    for tale in some_tales(language, 100):
        ends = [_first_prefix(tale, count) for count in range(1, 5)]
        assert ends == sorted(ends), tale.text


def _first_prefix(tale: Tale, role: int) -> int:
    """The length in sentences of the shortest beginning that has this role's phrase."""
    sentences = _SENTENCE_END.split(tale.text)
    for count in range(1, len(sentences) + 1):
        if tale.plan[role] not in check(". ".join(sentences[:count]), tale.plan, tale.language).missing:
            return count
    raise AssertionError(tale.plan[role])


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_begin_with_capitals_and_stories_are_short(language: Language) -> None:
    told = some_tales(language, 1000)
    for tale in told:
        assert not _UNTIDY.search(tale.text), tale.text
    lengths = sorted(len(tale.text.split()) for tale in told)
    assert lengths[0] > 60
    assert 90 < lengths[500] < 185
    assert lengths[-1] < 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_stream_is_deterministic(language: Language) -> None:
    assert some_tales(language, 20) == some_tales(language, 20)
    assert some_tales(language, 20) != some_tales(language, 20, seed=4)


def test_held_out_worlds_are_about_a_tenth_and_never_mix() -> None:
    rng = random.Random(0)
    assert not any(invent(rng).held_out for _ in range(500))
    assert all(invent(rng, held_out=True).held_out for _ in range(500))


def test_every_word_is_in_both_parts() -> None:
    rng = random.Random(1)
    names = {name for pool in lexicon.NAMES.values() for name in pool}
    for held_out in (False, True):
        worlds = [invent(rng, held_out=held_out) for _ in range(4000)]
        assert {world.kind for world in worlds} == set(lexicon.HERO_KINDS)
        assert {world.name for world in worlds} == names
        assert {world.thing for world in worlds} == set(lexicon.THINGS)
        assert {world.helper for world in worlds} == set(lexicon.HELPERS)
        assert {world.hiding for world in worlds} == set(lexicon.HIDINGS)
        assert {world.place for world in worlds} == set(lexicon.PLACES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_name_is_caught(language: Language) -> None:
    names = vocabulary(language).names
    for tale in some_tales(language, 50):
        own = words_of(tale.plan[0])[-1]
        other = next(name for name, key in names.items() if key != names[own])
        problems = check(tale.text + f" {other}.", tale.plan, language).problems
        assert len(problems) == 1
        assert names[other] in problems[0]
        swapped = " ".join(other if names.get(word) == names[own] else word for word in words_of(tale.text))
        assert tale.plan[0] in check(swapped, tale.plan, language).missing


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["hero_kinds", "helpers", "things"])
def test_another_noun_in_a_role_is_caught(language: Language, role: str) -> None:
    forms: dict[str, str] = dict(getattr(vocabulary(language), role))
    for tale in some_tales(language, 50):
        planned = {forms[word] for phrase in tale.plan for word in words_of(phrase.lower()) if word in forms}
        other = next(form for form, key in forms.items() if key not in planned)
        swapped = _swapped_in_second_half(tale.text, forms, planned, other)
        assert not check(swapped, tale.plan, language).consistent, swapped


def _swapped_in_second_half(text: str, forms: dict[str, str], planned: set[str], other: str) -> str:
    """The second half with the planned noun replaced; at least one is, for one is added if there is none."""
    half = len(text) // 2
    changed = re.sub(r"\w+", lambda word: other if forms.get(_plain(word[0])) in planned else word[0], text[half:])
    return text[:half] + changed + (f" {other}." if changed == text[half:] else "")


def _plain(word: str) -> str:
    return word.lower().replace("ё", "е")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hero_of_another_kind_is_caught(language: Language) -> None:
    tale = some_tales(language, 1)[0]
    told = {"en": " Tansy the owl came home.", "ru": " Сова Рыжка пришла домой."}[language]
    assert len(check(tale.text + told, tale.plan, language).problems) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_place_or_hiding_place_is_caught(language: Language) -> None:
    told = {"en": "in the hollow oak by the mill pond", "ru": "в дупле дуба у мельничного пруда"}[language]
    for tale in some_tales(language, 50):
        if tale.world.place != "mill pond" and tale.world.hiding != "hollow oak":
            assert len(check(f"{tale.text} {told}", tale.plan, language).problems) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_colour_is_caught(language: Language) -> None:
    text = {"en": "The red lantern.", "ru": "С красным фонарём."}[language]
    problems = check(text, PLANS[language], language).problems
    assert any("blue" in problem and "red" in problem for problem in problems)


def test_an_adjective_of_the_sentence_before_is_not_the_helper_s() -> None:
    problems = check("Сказка вышла добрая. Цапля ушла.", PLANS["ru"], "ru").problems
    assert not any("kind" in problem for problem in problems)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dropped_thing_is_missing(language: Language) -> None:
    for tale in some_tales(language, 40):
        for phrase in tale.plan:
            dropped = {form for word in words_of(phrase) for form in _forms_like(word, language)}
            text = " ".join(word for word in words_of(tale.text) if word.lower() not in dropped)
            assert phrase in check(text, tale.plan, language).missing


def _forms_like(word: str, language: Language) -> set[str]:
    """Everything that could be a form of the word: all that begins alike."""
    known = vocabulary(language)
    stem = word.lower()[: 4 if len(word) > 5 else 2]
    forms = [known.names, known.hero_kinds, known.helpers, known.things, known.thing_adjectives]
    spots = [form for phrases in (known.places, known.hidings) for phrase in phrases for form in phrase]
    return {form.lower() for mapping in forms for form in mapping if form.lower().startswith(stem)} | {
        form for form in spots if form.startswith(stem)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_text_has_nothing(language: Language) -> None:
    tale = some_tales(language, 1)[0]
    result = check("", tale.plan, language)
    assert result.missing == tale.plan
    assert result.appeared == 0
    assert result.problems


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_story_cut_off_before_the_finding_is_caught(language: Language) -> None:
    for tale in some_tales(language, 100):
        paragraphs = tale.text.split("\n")
        finding = max(number for number, text in enumerate(paragraphs[:-1]) if _names_thing(text, tale))
        for end in range(finding):
            cut = "\n".join(paragraphs[: end + 1])
            assert not check(cut, tale.plan, language).consistent, cut


def _names_thing(text: str, tale: Tale) -> bool:
    """Whether this paragraph already tells the finding: thing and hiding place in one."""
    missing = check(text, tale.plan, tale.language).missing
    things = vocabulary(tale.language).things
    named = any(_plain(word) in things for word in words_of(text))
    return named and tale.plan[4] not in missing


def test_a_plan_that_a_person_typed_is_read_by_stems() -> None:
    plan = ("дракон Гаврила", "ледяная пещера", "алмазная корона", "гном", "сундук")
    text = "Дракон Гаврила сидел в ледяной пещере без алмазной короны. Гном помог. В сундуке он нашёл корону."
    assert check(text, plan, "ru").consistent
    assert check(text.replace("Гном помог. ", ""), plan, "ru").missing == ("гном",)


def test_languages_share_the_world() -> None:
    world = invent(random.Random(5))
    assert len(plan_of(world, "en")) == len(plan_of(world, "ru")) == 5
    for english, russian in (
        (lexicon.THINGS, russian_lexicon.THINGS),
        (lexicon.PLACES, russian_lexicon.PLACES),
        (lexicon.HIDINGS, russian_lexicon.HIDINGS),
        (lexicon.HERO_KINDS | lexicon.HELPERS, russian_lexicon.KINDS),
    ):
        assert set(english) == set(russian)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_classes_are_disjoint(language: Language) -> None:
    known = vocabulary(language)
    classes = [set(forms) for forms in (known.hero_kinds, known.helpers, known.things)]
    classes.append({word for phrase in (*known.places, *known.hidings) for word in phrase})
    for number, one in enumerate(classes):
        for other in classes[number + 1 :]:
            assert not one & other
    assert not set(known.places) & set(known.hidings)
