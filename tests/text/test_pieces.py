"""Looked up piece by piece, tokens, words and names are those of the whole text."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skaz.text import Tokenizer, pieces
from skaz.text.piece_tokens import PieceTokens
from skaz.text.pieces import FIRST, SPACE_BEFORE_WORD, Numbering, PieceTable, Rows, batches, distinct
from skaz.text.words import PieceWords, names_of, words_of

# What borders are made of, and what is odd in lower case or has a capital of its own.
odd = st.text(st.sampled_from(" \n\t\0\u00a0\u0301.,;'’-—!\"«»1aBcDnNtTлИсйΣσßİǅﬁ𝐀漢"), max_size=40)
texts = st.lists(st.one_of(st.text(max_size=40), odd), max_size=6)
SAMPLE = ["The old fox didn't see Vera, the cat.", "Лиса увидела Веру; и волка!\n\n— Где же он?"] * 20
TOKENIZERS = {kind: Tokenizer.train(SAMPLE, kind, 320) for kind in ("bpe", "unigram", "words", "characters", "bytes")}


def rows_of(rows: Rows) -> list[list[int]]:
    return [rows.values[start:end].tolist() for start, end in pairwise(rows.starts.tolist())]


@pytest.mark.parametrize("kind", [*TOKENIZERS])
@given(texts, texts)
@example(["", " fox", "fox", "  fox  "], ["fox,fox", "Fox!", 'said "fox".'])
@settings(max_examples=100, deadline=None)
def test_tokens_are_those_of_the_texts(kind: str, first: list[str], then: list[str]) -> None:
    tokenizer, table = TOKENIZERS[kind], PieceTable()
    by_pieces = PieceTokens(tokenizer, table)
    for batch in (first, then):
        assert rows_of(by_pieces.tokens(table.cut(batch))) == tokenizer.encode_batch(batch)


@pytest.mark.parametrize("slot_bits", [1, 20])  # with two slots, most pieces are not recognised by their hashes
@given(st.lists(texts, max_size=3))
@example([["\0", "", "a\0 \0a", " a", "a " + "b" * 70], ["a b" + "b" * 69, "\0\0 a\0 ", "\u2003 \u2003 a\ud800 b"]])
@settings(max_examples=200, deadline=None)
def test_pieces_are_what_a_text_is_split_into(slot_bits: int, batched: list[list[str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_SLOT_BITS", slot_bits)
        table = PieceTable()
        cuts = [rows_of(table.cut(batch)) for batch in batched]
    spelt = table.since(0)
    assert len(set(spelt)) == len(spelt)
    for batch, cut in zip(batched, cuts, strict=True):
        split = [SPACE_BEFORE_WORD.split(FIRST + text) for text in batch]
        assert [[spelt[number] for number in row] for row in cut] == split


def test_tokens_of_symbols_too() -> None:
    tokenizer = Tokenizer.train(["AH0, B. AH0,"] * 3, "symbols", 300)
    table = PieceTable()
    assert rows_of(PieceTokens(tokenizer, table).tokens(table.cut(["AH0, B."]))) == [tokenizer.encode("AH0, B.")]


@given(texts, texts)
@example(["Then Vera, Vera's cat. Vera"], ["a,\nVera", "a, Vera", "DON'T didn’t n't", "a 𝐀 a"])
@settings(max_examples=300, deadline=None)
def test_words_and_names_are_those_of_the_texts(first: list[str], then: list[str]) -> None:
    table = PieceTable()
    known = PieceWords(table)
    for batch in (first, then):
        cut = table.cut(batch)
        words, names = rows_of(known.words(cut)), rows_of(known.names(cut))
        spelt = known.spelt.since(0)
        assert [[spelt[number] for number in row] for row in words] == [words_of(text) for text in batch]
        assert [{spelt[number] for number in row} for row in names] == [names_of(text) for text in batch]


def test_a_long_text_is_cut_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "LONGEST_PART", 50)
    text = "Then Vera, the cat,\nVera's cat, saw\r\n\nVera. It was, Vera said, late.\n" * 5
    table = PieceTable()
    known, tokens = PieceWords(table), PieceTokens(TOKENIZERS["bpe"], table)
    cut = table.cut([text, "a Fox"])
    spelt = known.spelt
    assert rows_of(tokens.tokens(cut)) == TOKENIZERS["bpe"].encode_batch([text, "a Fox"])
    assert [len(row) for row in rows_of(known.words(cut))] == [len(words_of(text)), 2]
    assert {spelt.since(0)[number] for number in rows_of(known.names(cut))[0]} == names_of(text)


def test_a_table_is_full_by_the_characters_of_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_MOST_CHARACTERS", 10)
    table = PieceTable()
    table.cut(["fox fox fox fox"])
    assert not table.is_full
    table.cut(["lantern"])
    assert table.is_full


def test_strings_are_numbered_as_they_are_met() -> None:
    numbering = Numbering()
    assert numbering.numbers(["b", "a", "b"]).tolist() == [0, 1, 0]
    assert numbering.since(1) == ["a"]
    assert numbering.since(2) == []


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=1, max_size=5), st.data())
def test_joined_rows(rows: list[list[int]], data: st.DataObject) -> None:
    groups = data.draw(st.lists(st.lists(st.integers(0, len(rows) - 1), max_size=4), max_size=4))
    joined = Rows.of(rows[:1]).followed_by(Rows.of(rows[1:])).joined(Rows.of(groups))
    assert rows_of(joined) == [[number for row in group for number in rows[row]] for group in groups]


@settings(deadline=None)
@given(st.lists(st.text(max_size=5)), st.integers(1, 10))
def test_batches_hold_everything_in_order(some: list[str], characters: int) -> None:
    parted = list(batches(some, characters, len))
    assert [text for batch in parted for text in batch] == some
    assert all(sum(map(len, batch[:-1])) < characters for batch in parted)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5)))
def test_distinct_numbers_in_order(numbers: list[int]) -> None:
    assert distinct(np.array(numbers, dtype=np.int64)).tolist() == sorted(set(numbers))
