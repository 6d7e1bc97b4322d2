"""Generation: reproducible, independent of its neighbours, and honest about probabilities."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding.constraints import Constraints, required_word
from skaz.decoding.greedy import greedy
from skaz.decoding.numerics import log_softmax
from skaz.decoding.sampling import Job, Request, generate, generate_jobs
from skaz.decoding.settings import SamplingSettings
from skaz.decoding.stopping import Stopping

LETTERS = [*"abcdet", " ", ".", "\n", " ca", "at"]


def request_of(fake: SimpleNamespace, seed: int, constrained: bool = False, **settings: object) -> Request:
    constraints = Constraints()
    if constrained:
        constraints = Constraints((required_word("bad", spell, fake.vocabulary(LETTERS)),), ("cat", "a"))
    return Request((3, 4), SamplingSettings(**settings), Stopping(max_tokens=30), constraints, seed)


def spell(text: str) -> list[int]:
    return [3 + LETTERS.index(character) if character in LETTERS else 0 for character in text]


@given(st.integers(0, 99), st.booleans(), st.integers(1, 4))
@settings(deadline=None, max_examples=10)
def test_a_row_does_not_depend_on_its_neighbours(
    fake: SimpleNamespace, seed: int, constrained: bool, rows: int
) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, seed), fake.vocabulary(LETTERS)
    request = request_of(fake, seed, constrained)
    many = fake.write(engine, vocabulary, [[5]] * rows, request)
    again = fake.write(engine, vocabulary, [[5]] * rows, request)
    assert many == again
    for number, story in enumerate(many):
        alone = list(generate_jobs(engine, vocabulary, [Job((5,), request, number)]))
        assert fake.stories(alone, 1) == [story]


def test_rows_and_seeds_differ(fake: SimpleNamespace) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, 1, end_logit=-9), fake.vocabulary(LETTERS)
    one, two = fake.write(engine, vocabulary, [[5], [5]], request_of(fake, 0))
    assert one != two
    assert fake.write(engine, vocabulary, [[5]], request_of(fake, 1)) != [one]


@given(st.integers(0, 99), st.booleans())
@settings(deadline=None, max_examples=8)
def test_interleaved_generations_equal_separate_ones(fake: SimpleNamespace, seed: int, constrained: bool) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, seed), fake.vocabulary(LETTERS)
    one, two = request_of(fake, seed, constrained), request_of(fake, seed + 1, not constrained)
    separate = [fake.write(engine, vocabulary, [[1], [2]], request) for request in (one, two)]
    running = [generate(engine, vocabulary, [[1], [2]], request) for request in (one, two)]
    steps: list[list] = [[], []]
    while any(running):
        for which, generation in enumerate(running):
            step = next(generation, None) if generation else None
            if step is None:
                running[which] = None
            else:
                steps[which].append(step)
    assert [fake.stories(found, 2) for found in steps] == separate


@given(st.integers(0, 99))
@settings(deadline=None, max_examples=8)
def test_temperature_zero_equals_greedy(fake: SimpleNamespace, seed: int) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, seed), fake.vocabulary(LETTERS)
    request = Request(settings=SamplingSettings(temperature=0.0), stopping=Stopping(max_tokens=20), seed=seed)
    sources = [[1], [2], [3, 4]]
    assert fake.write(engine, vocabulary, sources, request) == greedy(engine, vocabulary, sources, 20)


@pytest.mark.parametrize("constrained", [False, True])
def test_log_probabilities_are_the_models_own(fake: SimpleNamespace, constrained: bool) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, 3), fake.vocabulary(LETTERS)
    request = request_of(fake, 3, constrained, temperature=1.5)
    steps = list(generate(engine, vocabulary, [[5]], request))
    written = [w for step in steps for emitted in step.emitted for w in emitted.tokens]
    state, read = engine.start([[5]]), [vocabulary.start_id, *request.prefix]
    for token in read[:-1]:
        _, state = engine.step(np.array([token]), state)
    last = read[-1]
    for w in written:
        logits_BV, state = engine.step(np.array([last]), state)
        assert w.log_probability == pytest.approx(log_softmax(logits_BV[0].astype(float))[w.token])
        assert w.filtered_log_probability <= 0
        last = w.token
    finished = steps[-1].finished[0]
    if finished.reason == "end":
        logits_BV, _ = engine.step(np.array([last]), state)
        end = log_softmax(logits_BV[0].astype(float))[vocabulary.end_id]
        assert finished.end_log_probability == pytest.approx(end)


def test_special_tokens_are_never_written_and_every_row_finishes_once(fake: SimpleNamespace) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, 4), fake.vocabulary(LETTERS)
    steps = list(
        generate(engine, vocabulary, [[n] for n in range(6)], request_of(fake, 1, temperature=3.0, top_p=None))
    )
    assert min(token for story in fake.stories(steps, 6) for token in story) > vocabulary.end_id
    finished = [f for step in steps for f in step.finished]
    assert sorted(f.row for f in finished) == list(range(6))
    assert {f.reason for f in finished} <= {"end", "length"}
    assert len(steps) <= 2 + 1 + 30


def test_jobs_of_different_requests_share_a_batch(fake: SimpleNamespace) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, 4, end_logit=-9), fake.vocabulary(LETTERS)
    short = Request((3,), stopping=Stopping(max_tokens=5), seed=1)
    long = Request((3, 4, 5, 6), SamplingSettings(temperature=0.0), Stopping(max_tokens=9), seed=2)
    together = fake.stories(list(generate_jobs(engine, vocabulary, [Job((1,), short), Job((2,), long)])), 2)
    assert together == fake.write(engine, vocabulary, [[1]], short) + fake.write(engine, vocabulary, [[2]], long)
    assert [len(story) for story in together] == [5, 9]


def test_the_penalties_see_the_prefix(fake: SimpleNamespace) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, 4), fake.vocabulary(LETTERS)
    everything = tuple(range(3, len(LETTERS) + 3))
    request = Request(everything[:-1], SamplingSettings(no_repeat_ngram=1), Stopping(max_tokens=1))
    story = fake.write(engine, vocabulary, [[1]], request)[0]
    assert set(story) <= {everything[-1]}


def test_no_rows_no_steps(fake: SimpleNamespace) -> None:
    assert list(generate(fake.Engine(5), fake.vocabulary(["a", "b"]), [], Request())) == []
