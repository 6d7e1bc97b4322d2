"""What a person is told of as one is a symbol, however many tokens it is spelt with."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.corpus.sources import END
from skaz.text.sides import encode_sides
from skaz.text.tokenizer import Tokenizer
from skaz.text.units import unit_starts, unit_texts

PHONES = ["h ʊ n tʰ", "kʰ ā t͡sʼ ə", "h aʊ̯ s"] * 4
SYMBOL = st.lists(st.sampled_from([*"hʊntkās", "t͡sʼ", "ʼ", "ŋ", "ɡ̊", "ǭ"]), min_size=1, max_size=3).map("".join)


@given(st.lists(SYMBOL, max_size=6))
@settings(deadline=None, max_examples=60)
def test_spelt_symbols_are_units_as_they_are_written(symbols: list[str]) -> None:
    tokenizer = Tokenizer.train(PHONES, "spelt-symbols", 500)
    ids = [*encode_sides(tokenizer, [" ".join(symbols)])[0], END]
    texts = unit_texts(tokenizer, ids, unit_starts(tokenizer, ids))
    assert [text.strip() for text in texts] == [*symbols, "<end>"]


@pytest.mark.parametrize("kind", ["bpe", "characters", "symbols", "bytes"])
def test_else_each_token_is_one(kind: str) -> None:
    tokenizer = Tokenizer.train(PHONES, kind, 500)
    ids = [*encode_sides(tokenizer, ["h ʊ n ŋ"])[0], END]
    starts = unit_starts(tokenizer, ids)
    assert all(end - first == 1 for first, end in pairwise([*starts, len(ids)]))
    assert "".join(unit_texts(tokenizer, ids, starts)).strip() == "h ʊ n ŋ<end>"


def test_half_a_character_is_told_at_the_end() -> None:
    tokenizer = Tokenizer.train(PHONES, "symbols", 500)
    ids = encode_sides(tokenizer, ["h ŋ"])[0][:-1]
    assert unit_texts(tokenizer, ids, unit_starts(tokenizer, ids))[-1] == "\ufffd"
