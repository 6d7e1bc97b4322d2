"""Sides of pairs: to ids and back, whatever the vocabulary."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.text.sides import apart, decode_side, encode_sides
from skaz.text.tokenizer import Tokenizer

TEXTS = ["der kleine Hund", "die Katze läuft", "ein Haus am See"] * 4
PHONES = ["h ʊ n t", "k a t͡s ə", "h aʊ̯ s"] * 4
KINDS = ("bpe", "unigram", "words", "characters", "bytes")


@pytest.mark.parametrize("kind", KINDS)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=40))
@settings(deadline=None, max_examples=30)
def test_what_is_encoded_is_decoded(kind, text: str) -> None:
    tokenizer = Tokenizer.train(TEXTS, kind, 500)
    ids = encode_sides(tokenizer, [text])[0]
    assert decode_side(tokenizer, ids) == text.strip()
    from_the_end = encode_sides(tokenizer, [text], reverse=True)[0]
    assert from_the_end == ids[::-1]
    assert decode_side(tokenizer, iter(from_the_end), reverse=True) == text.strip()


@given(st.lists(st.sampled_from(["a", " ", *"\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"])).map("".join))
@settings(deadline=None, max_examples=50)
def test_a_target_is_one_line_and_one_column(text: str) -> None:
    tokenizer = Tokenizer.train(TEXTS, "bytes", 500)
    decoded = decode_side(tokenizer, tokenizer.encode(text))
    assert len(decoded.splitlines()) <= 1
    assert "\t" not in decoded
    assert decoded.split() == text.split()


@pytest.mark.parametrize("kind", ["bpe", "words", "unigram"])
def test_a_word_is_the_same_tokens_wherever_it_stands(kind) -> None:
    tokenizer = Tokenizer.train([f" {text}" for text in TEXTS], kind, 500)
    alone, after = encode_sides(tokenizer, ["Hund", "der Hund"])
    assert after[-len(alone) :] == alone


@pytest.mark.parametrize("kind", [*KINDS, "symbols", "spelt-symbols"])
def test_of_nothing_there_are_no_tokens(kind) -> None:
    tokenizer = Tokenizer.train([f" {text}" for text in TEXTS], kind, 500)
    assert encode_sides(tokenizer, ["", " \n", "Hund"])[:2] == [[], []]


def test_symbols_are_a_token_each_and_unseen_ones_are_spelt() -> None:
    tokenizer = Tokenizer.train(PHONES, "symbols", 500)
    ids = encode_sides(tokenizer, ["k  a t͡s ə", "h ʊ n ŋ"])
    assert len(ids[0]) == 4
    assert [decode_side(tokenizer, each) for each in ids] == ["k a t͡s ə", "h ʊ n ŋ"]
    assert Tokenizer.from_json(tokenizer.to_json()).cuts_symbols
    assert not Tokenizer.train(TEXTS, "words", 500).cuts_symbols


SYMBOLS = st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=4), max_size=8)


@pytest.mark.parametrize("kind", ["symbols", "spelt-symbols"])
@given(SYMBOLS)
@settings(deadline=None, max_examples=100)
def test_symbols_come_back_in_their_usual_form(kind: str, symbols: list[str]) -> None:
    tokenizer = Tokenizer.train(PHONES, kind, 500)
    text = unicodedata.normalize("NFC", " ".join(symbols))
    ids = encode_sides(tokenizer, [f" {'  '.join(text.split())} "])[0]
    assert decode_side(tokenizer, ids) == text
    assert decode_side(tokenizer, encode_sides(tokenizer, [text], reverse=True)[0], reverse=True) == text


def test_spelt_symbols_have_a_token_for_each_letter_and_mark() -> None:
    tokenizer = Tokenizer.train(map(apart, ["k ā t͡sʰ ə", "h ʊ n t"]), "spelt-symbols", 500)
    ids = encode_sides(tokenizer, ["k ā t͡sʰ"])[0]
    spelt = [tokenizer.token_bytes[token].decode() for token in ids]
    assert spelt == [" k", " a", "\u0304", " t", "\u0361", "s", "ʰ"]
    kept = Tokenizer.from_json(tokenizer.to_json())
    assert kept.cuts_symbols
    assert kept.spells_symbols
    assert not Tokenizer.train(PHONES, "symbols", 500).spells_symbols
