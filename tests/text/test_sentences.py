"""The first sentence is found in the scripts and the habits of writing that stories have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skaz.text import opening_end, split_sentences


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("Once upon a time there was a fox. It slept.", "Once upon a time there was a fox."),
        ("Жила-была лиса. Она спала.", "Жила-была лиса."),
        ('"Where are you?" she asked. He hid.', '"Where are you?" she asked.'),
        ("— Кто там? — спросила лиса. — Это я!", "— Кто там? — спросила лиса."),
        ("«Ура!» Все обрадовались.", "«Ура!»"),
        ("Well... maybe it was late. It was.", "Well... maybe it was late."),
        ("What?! No way. Yes.", "What?!"),
        ("Mr. Fox met Dr. Bear. They talked.", "Mr. Fox met Dr. Bear."),
        ("А. С. Пушкин жил в Москве. Потом уехал.", "А. С. Пушкин жил в Москве."),
        ("So did I. Then we left.", "So did I."),
        ("He met Tom. Then he left.", "He met Tom."),
        ("The Fox\n\nOnce upon a time.", "The Fox"),
        ("  Indented. Next.", "  Indented."),
        ("从前有一只狐狸。它睡着了。", "从前有一只狐狸。"),
        ("Նա գնաց տուն։ Հետո նա եկավ։", "Նա գնաց տուն։"),
        ("ቤት ሄደ። ከዚያ መጣ።", "ቤት ሄደ።"),
        ("It cost 3.50 that day. Cheap.", "It cost 3.50 that day."),
        ("no end at all", "no end at all"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_opening(text: str, opening: str) -> None:
    assert text[: opening_end(text)] == opening


def test_a_long_sentence_is_cut_between_words() -> None:
    text = "and the fox went on " * 40
    end = opening_end(text)
    assert 90 < end <= 120
    assert text[end] == " "
    assert text[end - 1] != " "
    assert opening_end("a" * 5_000) == 120


@given(st.text(alphabet=st.sampled_from("аb. !?…\"»—\nЯC'"), max_size=400))
def test_an_opening_is_never_long_and_never_past_the_end(text: str) -> None:
    end = opening_end(text)
    assert 0 <= end <= len(text)
    assert len(text[:end].strip()) <= 200
    assert bool(text[:end].strip()) == bool(text.strip())


@given(st.text(alphabet=st.sampled_from("аb. !?…\"»—\nЯC'"), max_size=300))
def test_sentences_hold_all_that_is_written(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentences)


def test_a_megabyte_is_quick() -> None:
    assert opening_end("лиса " * 300_000) <= 120
    assert len(split_sentences("Лиса спит. " * 20_000)) == 20_000
