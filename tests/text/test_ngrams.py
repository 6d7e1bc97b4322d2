"""Joint n-grams: what they foretell is what the plain formula says, of every step."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.corpus.sources import END, NEXT
from skaz.errors import BundleError
from skaz.text import ngrams
from skaz.text.ngrams import JointNgrams, Walker

V = 24
SOURCE = st.lists(st.integers(10, 14), max_size=9).map(lambda ids: [*ids, END])
WALK = st.lists(st.sampled_from([NEXT, NEXT, 20, 21, 22]), max_size=14)
PAIRS = st.lists(st.tuples(SOURCE, WALK), min_size=1, max_size=6)


def contexts(source: list[int], walk: list[int]) -> list[tuple]:
    """What the next step is taken after: nothing; what was written here; and the token here, and those around."""
    place = min(walk.count(NEXT), len(source) - 1)
    here = tuple(walk[len(walk) - walk[::-1].index(NEXT) :] if NEXT in walk else walk)[-3:]
    around = {at - place: token for at, token in enumerate(source)}
    reach = [around.get(offset, 0) for distance in range(7) for offset in sorted({distance, -distance}, reverse=True)]
    return [(), (here,), *((here, *reach[: count + 1]) for count in range(len(reach)))]


def learnt(pairs: list[tuple[list[int], list[int]]]) -> JointNgrams:
    return JointNgrams.learn([source for source, _ in pairs], [walk for _, walk in pairs], V)


def walked(source: list[int], walk: list[int]) -> Walker:
    walker = Walker.at_start(source)
    for token in walk:
        walker = walker.after(token)
    return walker


@given(PAIRS, SOURCE, WALK)
@settings(deadline=None, max_examples=100)
def test_a_step_is_foretold_as_the_formula_has_it(pairs, source: list[int], walk: list[int]) -> None:
    counts: dict[tuple, Counter[int]] = defaultdict(Counter)
    for learnt_source, learnt_walk in pairs:
        for place, token in enumerate([*learnt_walk, END]):
            for context in contexts(learnt_source, learnt_walk[:place]):
                counts[context][token] += 1
    expected_V = np.full(V, 1 / V)
    for context in contexts(source, walk):
        if not (seen := counts[context]):
            break
        expected_V = np.array([seen[token] + len(seen) * expected_V[token] for token in range(V)])
        expected_V /= seen.total() + len(seen)
    found_V = np.exp(learnt(pairs).log_probabilities(walked(source, walk)))
    np.testing.assert_allclose(found_V, expected_V, rtol=1e-9)
    assert found_V.sum() == pytest.approx(1)


@given(PAIRS)
@settings(deadline=None, max_examples=20)
def test_saved_n_grams_foretell_alike(tmp_path_factory: pytest.TempPathFactory, pairs) -> None:
    path = tmp_path_factory.mktemp("saved") / "ngrams.safetensors"
    before = learnt(pairs)
    before.save(path)
    loaded = JointNgrams.load(path)
    for source, walk in pairs:
        walker = walked(source, walk)
        assert np.array_equal(before.log_probabilities(walker), loaded.log_probabilities(walker))


def test_what_was_seen_is_likelier_the_more_of_it_is_alike() -> None:
    known = learnt([([10, 11, 12, END], [20, NEXT, 21, NEXT, 22])])
    source, walk = [10, 11, 12, END], [20, NEXT]
    alike, less, other = (
        known.log_probabilities(walked(read, walk))[21] for read in (source, [14, 11, 14, END], [14, 14, 14, END])
    )
    assert alike > less > other


def test_of_very_many_pairs_some_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngrams, "_MOST_STEPS", 10)
    pairs = [([token, END], [token + 10]) for token in (10, 11, 12, 13) for _ in range(4)]  # of two steps each
    known = learnt(pairs)
    for token in (10, 11, 12, 13):
        assert known.log_probabilities(Walker.at_start([token, END])).argmax() == token + 10


def test_ids_beyond_two_bytes_are_taken() -> None:
    known = JointNgrams.learn([[70_000, END]], [[80_000]], 80_001)
    assert known.log_probabilities(Walker.at_start([70_000, END])).argmax() == 80_000
    assert known.log_probabilities(walked([70_000, END], [80_000])).argmax() == END


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ngrams.safetensors"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(BundleError, match=r"can't be read .*; copy the bundle again"):
        JointNgrams.load(path)
