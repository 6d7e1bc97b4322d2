"""N-grams beside a network: rows stay alone, and what is added is the n-grams' vote."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from skaz.corpus.sources import END, NEXT, START
from skaz.decoding.numerics import log_softmax_rows
from skaz.engine.ngram_engine import NgramEngine
from skaz.text.ngrams import JointNgrams, Walker
from tests.decoding.conftest import HashEngine
from tests.engine.stepping import stepped_through

V = 24
SOURCES = [[10, 11, 12, END], [13, END], [10, 14, 11, 11, END]]
WALKS = [[20, NEXT, 21, NEXT, 22], [23], [20, NEXT, NEXT, 21, NEXT]]
NGRAMS = JointNgrams.learn(SOURCES, WALKS, V)
TOKENS_BT = np.array([[START, 20, NEXT, 21, NEXT], [START, 23, 23, NEXT, 22], [START, NEXT, NEXT, 20, NEXT]])


def engine_of(weight: float) -> NgramEngine:
    return NgramEngine(HashEngine(V), NGRAMS, weight)


def test_the_vote_is_weighed_and_added() -> None:
    plain_BTV, _ = stepped_through(HashEngine(V), HashEngine(V).start(SOURCES), TOKENS_BT)
    engine = engine_of(0.3)
    voted_BTV, _ = stepped_through(engine, engine.start(SOURCES), TOKENS_BT)
    for row, source in enumerate(SOURCES):
        walker = Walker.at_start(source)
        for step, (_, after) in enumerate(pairwise([*TOKENS_BT[row], END])):
            expected_V = plain_BTV[row, step] + 0.3 * NGRAMS.log_probabilities(walker)
            np.testing.assert_allclose(voted_BTV[row, step], expected_V, atol=1e-5)
            walker = walker.after(int(after))
    assert engine.vocabulary_size == V


def test_rows_are_alone_however_they_are_put_together() -> None:
    engine = engine_of(0.5)
    together_BTV, state = stepped_through(engine, engine.start(SOURCES), TOKENS_BT)
    for row, source in enumerate(SOURCES):
        alone_BTV, _ = stepped_through(engine, engine.start([source]), TOKENS_BT[row : row + 1])
        np.testing.assert_array_equal(alone_BTV[0], together_BTV[row])
    turned = engine.gather(state, np.array([2, 0, 0]))
    joined = engine.join([engine.alone(state, 2), engine.alone(state, 0), engine.alone(state, 0, state)])
    tokens_B = np.array([21, NEXT, 22])
    np.testing.assert_array_equal(engine.step(tokens_B, turned)[0], engine.step(tokens_B, joined)[0])


def test_states_are_never_changed() -> None:
    engine = engine_of(0.5)
    state = engine.start(SOURCES)
    first_BV, _ = engine.step(TOKENS_BT[:, 0], state)
    again_BV, _, attention_BS = engine.attended_step(TOKENS_BT[:, 0], state)
    np.testing.assert_array_equal(first_BV, again_BV)
    assert attention_BS is None


def test_a_large_weight_does_what_the_pairs_did() -> None:
    engine = engine_of(50.0)
    state = engine.start(SOURCES[:1])
    token, done = START, []
    while token != END and len(done) < 9:
        logits_BV, state = engine.step(np.array([token]), state)
        token = int(log_softmax_rows(logits_BV)[0].argmax())
        done.append(token)
    assert done == [*WALKS[0], END]
