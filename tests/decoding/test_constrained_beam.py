"""Terms that must be there are there, the scores are the model's own, and the best of all is found when wide."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding.beam import BeamSettings, beam_search
from skaz.decoding.constrained_beam import constrained_search
from skaz.errors import RequestError

V, START, END = 7, 1, 2
TERMS = st.lists(st.lists(st.integers(3, 6), min_size=1, max_size=3), min_size=1, max_size=2)


def _search(engine, terms, **said):
    return constrained_search(engine, [4, 5], terms, BeamSettings(**said), start_id=START, end_id=END, never=(0, START))


def _contains(tokens, term) -> bool:
    return any(list(tokens[at : at + len(term)]) == list(term) for at in range(len(tokens)))


@given(st.integers(0, 300), TERMS, st.integers(1, 5), st.floats(-2, 3))
@settings(deadline=None, max_examples=60)
def test_every_term_is_written(fake, seed: int, terms, beams: int, end_logit: float) -> None:
    engine = fake.Engine(V, seed=seed, end_logit=end_logit)
    found = _search(engine, terms, beams=beams, max_tokens=9)
    assert 1 <= len(found) <= beams
    for one in found:
        assert all(_contains(one.tokens, term) for term in terms)
        assert one.log_probability == pytest.approx(
            fake.log_probability(engine, [4, 5], one.tokens, ended=one.ended), abs=1e-6
        )


@given(st.integers(0, 300), st.integers(3, 6), st.lists(st.integers(3, 6), min_size=2, max_size=3), st.integers(1, 5))
@settings(deadline=None, max_examples=60)
def test_terms_that_begin_alike_fit_as_tightly_as_others(fake, seed: int, first: int, ends, beams: int) -> None:
    terms = [[first, first, last] for last in ends]
    found = _search(fake.Engine(V, seed=seed, sharpness=4.0), terms, beams=beams, max_tokens=sum(map(len, terms)))
    assert found
    for one in found:
        assert all(_contains(one.tokens, term) for term in terms)


def test_a_term_may_begin_in_the_prefix(fake) -> None:
    def search(prefix, term, **said):
        return constrained_search(
            fake.Engine(V, seed=5), [4], [term], BeamSettings(1, **said), start_id=START, end_id=END, prefix=prefix
        )[0]

    free = search((), [], max_tokens=6)
    assert search((3, 4), [3, 4], max_tokens=6) == search((3, 4), [], max_tokens=6) != free
    assert search((3, 4), [4, 5], max_tokens=1).tokens == (5,)


def test_hypotheses_without_the_terms_do_not_keep_others_from_ending(fake) -> None:
    """Token 3 goes on for ever and is always likelier than token 4, the term, behind which the end is likely."""

    class Looping(fake.Engine):
        def step(self, tokens_B, state):
            _, after = super().step(tokens_B, state)
            logits_BV = np.full((len(tokens_B), V), -9.0, dtype=np.float32)
            logits_BV[:, 3], logits_BV[:, 5], logits_BV[:, 6], logits_BV[:, 4] = 6.0, 5.0, 4.0, 1.0
            logits_BV[tokens_B == 4, 3:] = -9.0
            logits_BV[tokens_B == 4, END] = 0.0
            return logits_BV, after

    found = _search(Looping(V), [[4]], beams=4, max_tokens=12, length_penalty=0.0)
    assert (found[0].tokens, found[0].ended) == ((4,), True)


@given(st.integers(0, 100))
@settings(deadline=None, max_examples=10)
def test_a_wide_beam_finds_the_best_of_all(fake, seed: int) -> None:
    engine, term, longest = fake.Engine(5, seed=seed), [4, 3], 4
    every = [
        (fake.log_probability(engine, [4, 5], tokens, ended=length < longest), tokens)
        for length in range(longest + 1)
        for tokens in itertools.product((3, 4), repeat=length)
        if _contains(tokens, term)
    ]
    found = _search(engine, [term], beams=200, max_tokens=longest, length_penalty=0.0)
    assert found[0].tokens == max(every)[1]


def test_without_terms_it_is_the_plain_search(fake) -> None:
    engine = fake.Engine(V, seed=3)
    plain = beam_search(engine, [[4, 5]], BeamSettings(1, max_tokens=9), start_id=START, end_id=END, never=(0, START))[
        0
    ]
    assert _search(engine, [], beams=1, max_tokens=9)[0].tokens == plain[0].tokens


def test_terms_longer_than_a_target_are_refused(fake) -> None:
    with pytest.raises(RequestError, match="longer than a target"):
        _search(fake.Engine(V), [[3] * 5], beams=2, max_tokens=4)


@pytest.mark.parametrize(("said", "unheard"), [({"groups": 2}, "groups"), ({"coverage_penalty": 0.5}, "coverage")])
def test_what_a_search_for_terms_has_not_is_refused(fake, said, unheard: str) -> None:
    with pytest.raises(RequestError, match=f"knows no {unheard}"):
        _search(fake.Engine(V), [[3]], beams=2, max_tokens=4, **said)
