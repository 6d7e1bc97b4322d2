"""Beam search: greedy at one beam, never worse, exact when wide, and each source by itself."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding.beam import BeamSettings, Hypothesis, beam_search
from skaz.errors import RequestError

V, START, END = 6, 1, 2
SOURCES = [[3], [4, 5], [5, 5, 3], [4]]


def _search(engine, sources, *, never=(0, START), **said) -> list[list[Hypothesis]]:
    return beam_search(engine, sources, BeamSettings(**said), start_id=START, end_id=END, never=never)


def _greedy(engine, source, max_tokens: int) -> tuple[list[int], bool]:
    state, fed, tokens = engine.start([source]), START, []
    while len(tokens) < max_tokens:
        logits_BV, state = engine.step(np.array([fed]), state)
        scores_V = logits_BV[0].copy()
        scores_V[[0, START]] = -np.inf
        fed = int(scores_V.argmax())
        if fed == END:
            return tokens, True
        tokens.append(fed)
    return tokens, False


@given(st.integers(0, 500), st.floats(-2, 2), st.floats(0, 2))
@settings(deadline=None, max_examples=40)
def test_one_beam_is_greedy(fake, seed: int, end_logit: float, penalty: float) -> None:
    engine = fake.Engine(V, seed=seed, end_logit=end_logit)
    for source, found in zip(
        SOURCES, _search(engine, SOURCES, beams=1, max_tokens=12, length_penalty=penalty), strict=True
    ):
        tokens, ended = _greedy(engine, source, 12)
        assert (list(found[0].tokens), found[0].ended) == (tokens, ended)


@given(st.integers(0, 500), st.integers(1, 4), st.floats(-2, 2), st.floats(0, 2))
@settings(deadline=None, max_examples=60)
def test_the_best_is_never_worse_than_greedy_and_scores_are_what_they_say(
    fake, seed: int, beams: int, end_logit: float, penalty: float
) -> None:
    engine = fake.Engine(V, seed=seed, end_logit=end_logit)
    said = BeamSettings(beams=beams, max_tokens=8, length_penalty=penalty)
    for source, found in zip(
        SOURCES, _search(engine, SOURCES, beams=beams, max_tokens=8, length_penalty=penalty), strict=True
    ):
        tokens, ended = _greedy(engine, source, 8)
        greedy = fake.log_probability(engine, source, tokens, ended=ended)
        assert found[0].score >= said.score(greedy, len(tokens) + ended) - 1e-6
        assert 1 <= len(found) <= beams
        assert len({(one.tokens, one.ended) for one in found}) == len(found)
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        for one in found:
            total = fake.log_probability(engine, source, one.tokens, ended=one.ended)
            assert one.log_probability == pytest.approx(total, abs=1e-6)
            assert one.score == pytest.approx(said.score(total, len(one.tokens) + one.ended), abs=1e-6)
            assert one.ended or len(one.tokens) == 8


@given(st.integers(0, 200), st.sampled_from([0.0, 1.0]))
@settings(deadline=None, max_examples=15)
def test_a_wide_beam_finds_what_trying_everything_finds(fake, seed: int, penalty: float) -> None:
    engine, longest = fake.Engine(5, seed=seed), 4
    said = BeamSettings(beams=200, max_tokens=longest, length_penalty=penalty)
    every = []
    for length in range(longest + 1):
        for tokens in itertools.product((3, 4), repeat=length):
            ended = [True, False] if length == longest else [True]
            if length == longest:  # no room for an end
                ended = [False]
            for end in ended:
                total = fake.log_probability(engine, [3], tokens, ended=end)
                every.append((said.score(total, length + end), tokens, end))
    best = sorted(every, reverse=True)
    found = _search(engine, [[3]], beams=200, max_tokens=longest, length_penalty=penalty)[0]
    assert [(one.tokens, one.ended) for one in found] == [(tokens, end) for _, tokens, end in best]
    np.testing.assert_allclose([one.score for one in found], [score for score, _, _ in best], atol=1e-6)


@given(st.integers(0, 200), st.integers(1, 4), st.permutations(range(4)))
@settings(deadline=None, max_examples=30)
def test_a_source_is_alone_in_its_batch(fake, seed: int, beams: int, order: list[int]) -> None:
    engine = fake.Engine(V, seed=seed)
    together = _search(engine, [SOURCES[index] for index in order], beams=beams, max_tokens=9)
    for place, index in enumerate(order):
        assert together[place] == _search(engine, [SOURCES[index]], beams=beams, max_tokens=9)[0]


@given(st.integers(0, 200), st.integers(1, 4), st.lists(st.integers(1, 9), min_size=4, max_size=4))
@settings(deadline=None, max_examples=30)
def test_each_source_has_its_own_limit(fake, seed: int, beams: int, most: list[int]) -> None:
    engine, search = fake.Engine(V, seed=seed, end_logit=-3.0), BeamSettings(beams)
    together = beam_search(engine, SOURCES, search, start_id=START, end_id=END, never=(0, START), most=most)
    for source, longest, found in zip(SOURCES, most, together, strict=True):
        assert found == _search(engine, [source], beams=beams, max_tokens=longest)[0]


def test_of_a_limit_and_what_is_stated_the_smaller_holds(fake) -> None:
    engine = fake.Engine(V, end_logit=-9.0)
    for stated, expected, longest in ((3, 7, 3), (7, 3, 3), (None, 4, 4), (None, 300, 300)):
        search = BeamSettings(1, max_tokens=stated)
        ((found,),) = beam_search(engine, [[3]], search, start_id=START, end_id=END, never=(0, 1, 2), most=[expected])
        assert (len(found.tokens), found.ended) == (longest, False)


def test_a_prefix_is_gone_on_from_and_does_not_count(fake) -> None:
    engine = fake.Engine(V, seed=4)
    found = beam_search(
        engine, SOURCES, BeamSettings(3, max_tokens=6), start_id=START, end_id=END, never=(0, START), prefix=(5, 3)
    )
    for source, each in zip(SOURCES, found, strict=True):
        for one in each:
            whole = fake.log_probability(engine, source, (5, 3, *one.tokens), ended=one.ended)
            begun = fake.log_probability(engine, source, (5, 3), ended=False)
            assert one.log_probability == pytest.approx(whole - begun, abs=1e-6)
            assert len(one.log_probabilities) == len(one.tokens) + one.ended


def test_settled_sources_leave_the_batch(fake) -> None:
    class Counting(fake.Engine):
        rows = 0

        def step(self, tokens_B, state):
            Counting.rows += len(tokens_B)
            return super().step(tokens_B, state)

    _search(Counting(V, end_logit=8.0), SOURCES, beams=2, max_tokens=50)
    assert Counting.rows < 4 * 2 * 10


def test_what_makes_no_sense_is_refused(fake) -> None:
    for said in ({"beams": 0}, {"max_tokens": 0}, {"length_penalty": -1.0}):
        with pytest.raises(RequestError, match=next(iter(said))):
            BeamSettings(**said)
    assert beam_search(fake.Engine(V), [], BeamSettings(), start_id=START, end_id=END) == []


@given(st.integers(0, 200), st.sampled_from([0.0, 0.5]))
@settings(deadline=None, max_examples=20)
def test_the_first_of_several_groups_is_a_search_by_itself(fake, seed: int, diversity: float) -> None:
    engine = fake.Engine(V, seed=seed)
    alone = _search(engine, SOURCES, beams=2, max_tokens=8)
    together = _search(engine, SOURCES, beams=6, groups=3, diversity=diversity, max_tokens=8)
    for one, several in zip(alone, together, strict=True):
        assert several[0].score >= one[0].score - 1e-9
        assert len({(each.tokens, each.ended) for each in several}) == len(several) <= 6


def test_groups_are_kept_apart(fake) -> None:
    engine = fake.Engine(12, seed=3, sharpness=0.5, end_logit=-4.0)
    found = _search(engine, [[3]], beams=4, groups=4, diversity=10.0, max_tokens=1)[0]
    assert len({one.tokens for one in found}) == 4  # each group takes another first token


def test_a_group_does_not_depend_on_its_batch(fake) -> None:
    engine = fake.Engine(V, seed=8)
    together = _search(engine, SOURCES, beams=4, groups=2, max_tokens=9)
    assert together == [_search(engine, [source], beams=4, groups=2, max_tokens=9)[0] for source in SOURCES]


def test_coverage_prefers_what_looked_at_the_whole_source(fake) -> None:
    """Token 3 looks at the first source token, token 4 at the second: without the penalty 3 3 wins, with it 3 4."""

    class Attending(fake.Engine):
        def step(self, tokens_B, state):
            _, after = super().step(tokens_B, state)
            written_B = (after[:, 1:] > END).sum(axis=1)
            logits_BV = np.full((len(tokens_B), V), -9.0, dtype=np.float32)
            logits_BV[:, 3], logits_BV[:, 4] = 1.0, 0.9
            logits_BV[written_B == 2, END] = 9.0
            return logits_BV, after

        def attended_step(self, tokens_B, state):
            looked_BS = np.zeros((len(tokens_B), 2), dtype=np.float32)
            looked_BS[tokens_B == 3, 0] = looked_BS[tokens_B == 4, 1] = 1.0
            return (*self.step(tokens_B, state), looked_BS)

    for penalty, wanted in ((0.0, (3, 3)), (1.0, (3, 4))):
        found = _search(Attending(V), [[5, 5]], beams=4, coverage_penalty=penalty, max_tokens=4)[0]
        assert found[0].tokens == wanted
    # a prefix looks as well: behind 3 4 nothing is left to look at
    (found,) = beam_search(
        Attending(V), [[5, 5]], BeamSettings(4, coverage_penalty=1.0), start_id=START, end_id=END, prefix=(3, 4)
    )
    assert found[0].tokens == ()
    with pytest.raises(RequestError, match="needs attention"):
        _search(fake.Engine(V), [[3]], coverage_penalty=0.5)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("beams", "3", "a whole number from 1 to 1,000"),
        ("beams", 2.5, "a whole number from 1 to 1,000"),
        ("beams", True, "a whole number from 1 to 1,000"),
        ("beams", 1001, "a whole number from 1 to 1,000"),
        ("groups", None, "a whole number, 1 or more"),
        ("max_tokens", 9.0, "a whole number, 1 or more, or None for the task's own"),
        ("length_penalty", "1", "a number from 0 to 10"),
    ],
)
def test_what_is_no_number_is_named(name: str, value: object, wanted: str) -> None:
    # Made in another way than by its own, where the tests' checker of types would be the first to say so.
    made = SimpleNamespace(**{**asdict(BeamSettings()), name: value})
    with pytest.raises(RequestError, match=rf"^{name} is {value!r}; it must be {wanted}\.$"):
        BeamSettings.__post_init__(made)  # type: ignore[arg-type]


def test_groups_must_share_the_beams_evenly() -> None:
    with pytest.raises(RequestError, match="ask for a multiple"):
        BeamSettings(beams=5, groups=2)


def test_diversity_without_groups_is_refused() -> None:
    with pytest.raises(RequestError, match="ask for more groups"):
        BeamSettings(beams=4, diversity=2.0)
