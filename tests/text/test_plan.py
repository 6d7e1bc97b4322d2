"""A plan has the words that tell one story from another, in the story's order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.text import DocumentFrequency, Tokenizer, extract_plan, parse_plan
from skaz.text.plan import decode_plan, encode_plan

FILLER = [f"One day the child saw that it was very good and then the child went home {n}." for n in range(40)]
FOX = (
    "One day the child saw a lantern by the river. The lantern was lit. A fox named Vera sat there. "
    "Then Vera took the lantern, and the child followed the fox over the river to a castle."
)


def frequency(*texts: str) -> DocumentFrequency:
    counted = DocumentFrequency()
    counted.update(texts)
    return counted


def test_the_words_that_tell_most_in_the_order_of_the_story() -> None:
    known = frequency(FOX, *FILLER)
    plan = extract_plan(FOX, known, known.n_documents)
    assert {"lantern", "river", "Vera"} <= set(plan)
    assert not {"child", "the", "then", "saw"} & set(plan)
    places = [FOX.lower().index(word.lower()) for word in plan]
    assert places == sorted(places)
    assert len(plan) == 5


def test_names_keep_their_capital_and_sentence_beginnings_lose_it() -> None:
    text = "Lantern light fell on Vera. Lantern light, said Vera, is warm."
    plan = extract_plan(text, frequency(text, *FILLER), 41, items=3)
    assert "Vera" in plan
    assert "lantern" in plan


def test_a_name_seen_inside_sentences_elsewhere_is_a_name_at_the_beginning_of_one() -> None:
    known = frequency("Then Vera ran.", "And so Vera slept.", *FILLER)
    assert "Vera" in extract_plan("Vera found a lantern. Vera smiled.", known, known.n_documents)


def test_forms_of_one_word_come_once() -> None:
    text = "Лиса нашла фонарь. Лису звали Алиса. Лисой гордился волк. Мы видели лису у фонаря."
    plan = extract_plan(text, frequency(text, *FILLER), 41)
    assert sum(word.lower().startswith("лис") for word in plan) == 1
    assert sum(word.startswith("фонар") for word in plan) == 1


@given(st.text(max_size=300), st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_any_text_gives_a_plan_of_its_own_words(text: str, items: int) -> None:
    plan = extract_plan(text, {}, 0, items=items)
    assert len(plan) <= items
    assert all(word.lower() in text.lower() for word in plan)


def test_a_megabyte_without_spaces_is_quick() -> None:
    assert len(extract_plan("а" * 1_000_000 + "-" * 1_000, {}, 0)) == 1


def test_memory_is_bounded() -> None:
    counted = DocumentFrequency(most_entries=100)
    for number in range(300):
        counted.add(f"common w{'abcdefghij'[number % 10]}{chr(0x430 + number % 30)}{chr(0x4E00 + number)}")
    assert len(counted) <= 101
    assert counted["common"] == counted.n_documents == 300


def test_what_extraction_needs_is_what_occurs_twice() -> None:
    assert frequency("fox river", "fox lantern").commonest(10) == {"fox": 2}


@pytest.mark.parametrize(
    "written",
    [
        "fox, lantern, river",
        "fox;lantern ;river",
        "fox\nlantern\n\nriver\n",
        "fox -> lantern -> river,,",
        "fox，lantern、river；",
        "fox، lantern؛ river",
        "fox → lantern → river",
    ],
)
def test_a_person_writes_a_plan_in_many_ways(written: str) -> None:
    assert parse_plan(written) == ["fox", "lantern", "river"]


def test_phrases_and_hyphens_are_kept() -> None:
    assert parse_plan("the old fox, lantern-light") == ["the old fox", "lantern-light"]
    assert parse_plan("  ") == []


@pytest.mark.parametrize("kind", ["bpe", "characters"])
def test_a_plan_is_spelt_as_in_a_story_and_comes_back(kind) -> None:
    tokenizer = Tokenizer.train([FOX] * 20, kind, 400)
    ids = encode_plan(tokenizer, ["lantern", "Vera"])
    assert decode_plan(tokenizer, ids) == ["lantern", "Vera"]
    assert ids.count(tokenizer.special("<next>")) == 1
    assert encode_plan(tokenizer, []) == []
    assert encode_plan(tokenizer, ["", "lantern", "  ", "Vera"]) == ids
    if kind == "bpe":
        assert ids[0] == tokenizer.encode("a lantern")[-1]
