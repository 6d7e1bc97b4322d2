"""Alignments: every walk writes its target and walks the whole source, and what follows what is found."""

from __future__ import annotations

import itertools
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.corpus.sources import NEXT
from skaz.errors import BundleError, RecipeError
from skaz.text.alignment import Alignment

# 300 gives 400; 301 gives 401 402; 302 is silent; 303 gives 403
GIVES = {300: [400], 301: [401, 402], 302: [], 303: [403]}
IDS = st.lists(st.integers(300, 305), max_size=6)
TARGETS = st.lists(st.integers(400, 405), max_size=6)


def written(source: tuple[int, ...]) -> list[int]:
    return [token for each in source for token in GIVES[each]]


@pytest.fixture(scope="module")
def alignment() -> Alignment:
    sources = [source for length in (1, 2, 3, 4) for source in itertools.product(GIVES, repeat=length)]
    return Alignment.learn([(source, written(source)) for source in sources])


def test_what_each_token_gives_is_found(alignment: Alignment) -> None:
    walk = alignment.walks([((301, 302, 300, 303, 301), [401, 402, 400, 403, 401, 402])])[0]
    assert walk == [401, 402, NEXT, NEXT, 400, NEXT, 403, NEXT, 401, 402]
    assert alignment.explained > 0.8


@given(st.lists(st.tuples(IDS, TARGETS), min_size=1, max_size=5))
@settings(deadline=None, max_examples=40)
def test_a_walk_writes_its_target_and_goes_along_the_whole_source(alignment: Alignment, pairs) -> None:
    for (source, target), walk in zip(pairs, alignment.walks(pairs), strict=True):
        assert [token for token in walk if token != NEXT] == target
        assert walk.count(NEXT) == max(len(source), 1) - 1
    assert alignment.walks(pairs) == [alignment.walks([pair])[0] for pair in pairs]


@given(IDS, TARGETS)
@settings(deadline=None, max_examples=40)
def test_a_beginning_ends_with_its_last_token(alignment: Alignment, source: list[int], target: list[int]) -> None:
    begun = alignment.beginning(source, target)
    assert [token for token in begun if token != NEXT] == target
    assert begun.count(NEXT) < max(len(source), 1)
    assert begun[-1:] == target[-1:]


def test_a_pair_that_does_not_fit_is_walked_as_well_as_can_be(alignment: Alignment) -> None:
    source, target = (300, 301, 303), [400, 401, 403]
    best = alignment.walks([(source, target)])[0]
    assert best == [400, NEXT, 401, NEXT, 403]


def test_strings_that_are_turned_round_are_not_explained() -> None:
    rng = np.random.default_rng(2)
    sources = [tuple(rng.integers(300, 310, 8).tolist()) for _ in range(300)]
    along = Alignment.learn([(source, [token + 100 for token in source]) for source in sources])
    turned = Alignment.learn([(source, [token + 100 for token in source[::-1]]) for source in sources])
    assert along.explained > 0.95
    assert turned.explained < 0.4


def test_a_long_pair_has_a_likelihood(alignment: Alignment) -> None:
    source = [300, 301, 302] * 100
    assert Alignment.learn([(source, written(tuple(source)))]).walks([(source, written(tuple(source)))])[0]


def test_a_saved_alignment_walks_alike(alignment: Alignment, tmp_path: Path) -> None:
    alignment.save(tmp_path / "alignment.safetensors")
    loaded = Alignment.load(tmp_path / "alignment.safetensors")
    pairs = [((300, 303, 301), [400, 401, 402]), ((), [400])]
    assert loaded.walks(pairs) == alignment.walks(pairs)
    assert loaded.explained == alignment.explained
    (tmp_path / "alignment.safetensors").write_bytes(b"no tensors")
    with pytest.raises(BundleError, match="can't be read"):
        Alignment.load(tmp_path / "alignment.safetensors")


def test_too_many_kinds_of_tokens_are_refused() -> None:
    with pytest.raises(RecipeError, match="too many"):
        Alignment.learn([([token], [token]) for token in range(300, 2800)])


def test_very_long_strings_are_not_learnt_from(alignment: Alignment) -> None:
    long = ([300, 301] * 1000, [400, 401, 402] * 1000)
    with pytest.raises(RecipeError, match="too long"):
        Alignment.learn([long])
    with_short = Alignment.learn([long, ([300], [400]), ([301], [401, 402])] * 3)
    assert with_short.walks([([301, 300], [401, 402, 400])]) == [[401, 402, NEXT, 400]]
    assert len(with_short.walks([long])[0]) == len(long[0]) + len(long[1]) - 1


def test_of_equal_walks_always_the_same_is_taken() -> None:
    doubled = [([300 + n, 300 + n, 300], [400 + n, 400]) for n in range(1, 6)]  # one sound from a double letter
    walks = Alignment.learn(doubled).walks(doubled)
    assert walks == [[NEXT, 400 + n, NEXT, 400] for n in range(1, 6)]


def test_pairs_that_match_ill_cost_no_memory_for_their_longest_sides_together(alignment: Alignment) -> None:
    pairs = [([300] * 10, [400] * 10)] * 50 + [([300] * 10, [400] * 400), ([300] * 400, [400] * 10)]
    tracemalloc.start()
    try:
        walks = alignment.walks(pairs)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 100e6  # 52 lattices of 400 by 400 are 200 MB, and more than one such array is needed
    assert walks[-3:] == [alignment.walks([pair])[0] for pair in pairs[-3:]]
