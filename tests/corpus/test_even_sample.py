"""A sample that is spread evenly over all that came."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from skaz.corpus.even_sample import EvenSample


@given(st.integers(1, 3000), st.integers(1, 50))
def test_it_is_even_and_neither_small_nor_large(count: int, most: int) -> None:
    sample = EvenSample[int](most)
    for number in range(count):
        sample.add(number)
    assert min(count, most) <= len(sample.kept) <= max(1, 2 * most - 1)
    assert len({later - before for before, later in pairwise(sample.kept)}) <= 1
    assert sample.kept[0] == 0
    assert sample.kept[-1] >= count - 1 - count / most


@given(st.lists(st.text(max_size=40), max_size=300), st.integers(1, 500))
def test_items_count_by_their_size(texts: list[str], most: int) -> None:
    sample = EvenSample[str](most, len)
    for text in texts:
        sample.add(text)
    assert sum(map(len, sample.kept)) < 2 * most or len(sample.kept) == 1
    assert sample.kept == texts or sum(map(len, texts)) >= 2 * most
