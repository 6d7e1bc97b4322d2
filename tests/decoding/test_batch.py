"""Stories that join, leave and come back write what they would alone; the quick way of drawing is the slow one."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding.batch import Batch
from skaz.decoding.constraints import Constraints
from skaz.decoding.filters import Dry
from skaz.decoding.nucleus import Wish, draw_plainly, is_plain, weigh
from skaz.decoding.numerics import draw, log_softmax
from skaz.decoding.request import Job, Request
from skaz.decoding.settings import SamplingSettings, compose
from skaz.decoding.stopping import Stopping

LETTERS = [*"abcdet", " ", ".", "\n", " ca", "at"]
CHOICES = ({}, {"top_p": None}, {"top_k": 4}, {"temperature": 0.0}, {"frequency_penalty": 0.7}, {"min_p": 0.1})


def jobs_of(seed: int, count: int) -> list[Job]:
    rng = np.random.default_rng(seed)
    jobs = []
    for number in range(count):
        prefix = tuple(rng.integers(3, 3 + len(LETTERS), rng.integers(0, 4)).tolist())
        ban = ("cat", "a") if number % 3 == 0 else ()
        request = Request(
            prefix,
            SamplingSettings(**CHOICES[number % len(CHOICES)]),
            Stopping(max_tokens=int(rng.integers(1, 25))),
            Constraints(ban=ban),
            seed=seed + number,
        )
        jobs.append(Job((int(rng.integers(3, 9)),), request, number, keeps=number % 2 == 0))
    return jobs


def alone(fake: SimpleNamespace, engine: object, job: Job) -> list[object]:
    batch = Batch(engine, fake.vocabulary(LETTERS))
    batch.begin({"only": job})
    written: list[object] = []
    while batch:
        for turn in batch.step().values():
            written += [*turn.tokens, *([turn.reason] if turn.reason else [])]
    return written


@given(st.integers(0, 10_000), st.data())
@settings(deadline=None, max_examples=30)
def test_what_is_written_is_the_same_whenever_a_story_joins_and_leaves(
    fake: SimpleNamespace, seed: int, data: st.DataObject
) -> None:
    engine = fake.Engine(len(LETTERS) + 3, seed)
    jobs = jobs_of(seed, 5)
    batch: Batch = Batch(engine, fake.vocabulary(LETTERS))
    written: list[list[object]] = [[] for _ in jobs]
    waiting, parked = list(range(len(jobs))), {}
    while waiting or parked or batch:
        if waiting and (not batch or data.draw(st.booleans())):
            number = waiting.pop()
            batch.begin({number: jobs[number]})
        for number in list(parked):
            if data.draw(st.booleans()):
                batch.come_back(number, parked.pop(number))
        leaving = data.draw(st.sampled_from([None, *range(len(jobs))]))
        row = batch.leave(leaving) if leaving is not None else None
        if row is not None:
            parked[leaving] = row
        for number, turn in batch.step().items():
            written[number] += [*turn.tokens, *([turn.reason] if turn.reason else [])]
            assert len(turn.places) == (len(turn.tokens) if jobs[number].keeps else 0)
    assert written == [alone(fake, engine, job) for job in jobs]


@given(st.integers(0, 1000), st.integers(0, 8))
@settings(deadline=None, max_examples=20)
def test_a_story_goes_on_from_a_kept_place_without_reading_anything(fake: SimpleNamespace, seed: int, at: int) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, seed, end_logit=-9), fake.vocabulary(LETTERS)
    greedy = Request((3, 4), SamplingSettings(temperature=0.0), Stopping(max_tokens=12))
    batch: Batch = Batch(engine, vocabulary)
    batch.begin({0: Job((5,), greedy, keeps=True)})
    tokens, places = [], []
    while batch:
        for turn in batch.step().values():
            tokens += [written.token for written in turn.tokens]
            places += turn.places
    steps = engine.steps
    rest = Request((3, 4, *tokens[:at]), SamplingSettings(temperature=0.0), Stopping(max_tokens=12 - at))
    batch.go_on(1, Job((), rest), places[at])
    again = []
    while batch:
        again += [written.token for turn in batch.step().values() for written in turn.tokens]
    assert again == tokens[at:]
    assert engine.steps - steps == len(again) - 1  # the first word costs no step at all


def test_another_word_may_be_taken_at_a_kept_place(fake: SimpleNamespace) -> None:
    engine, vocabulary = fake.Engine(len(LETTERS) + 3, 1), fake.vocabulary(LETTERS)
    batch: Batch = Batch(engine, vocabulary)
    request = Request((), SamplingSettings(temperature=0.0), Stopping(max_tokens=3))
    for first in (4, 7):
        batch.begin({first: Job((5,), request, first=first)})
    stories: dict[int, list[int]] = {4: [], 7: []}
    while batch:
        for key, turn in batch.step().items():
            stories[key] += [written.token for written in turn.tokens]
    assert [story[0] for story in stories.values()] == [4, 7]
    batch.begin({0: Job((5,), request, first=fake.end)})
    assert [turn.reason for turn in batch.step().values()] == ["end"]


@given(
    st.integers(0, 10_000),
    st.sampled_from([None, 0.3, 0.9, 0.99]),
    st.sampled_from([None, 0.02, 0.5]),
    st.sampled_from([0.2, 0.8, 2.0]),
    st.sampled_from([0.2, 3.0]),
    st.sampled_from([1, 12]),
)
@settings(deadline=None, max_examples=80)
def test_drawing_from_the_nucleus_is_the_filters_and_a_draw(
    seed: int, top_p: float | None, min_p: float | None, temperature: float, sharpness: float, decimals: int
) -> None:
    chosen = SamplingSettings(temperature=temperature, top_p=top_p, min_p=min_p)
    if not is_plain(chosen):
        return
    rng = np.random.default_rng(seed)
    logits_BV = np.round(rng.normal(size=(3, 300)) * sharpness, decimals)  # of one decimal, many are equal
    barred = [[], [5, 250], [7]]
    wishes = [Wish(chosen, more, np.random.default_rng(seed + row).random()) for row, more in enumerate(barred)]
    found = draw_plainly(weigh(logits_BV)[0], np.arange(3), wishes)
    for row, (logits_V, wish, drawn) in enumerate(zip(logits_BV, wishes, found, strict=True)):
        scores_V = logits_V.copy()
        scores_V[[0, 1, 2, *wish.barred]] = -np.inf
        scores_V = compose(chosen)(scores_V, [])
        assert drawn is not None
        assert drawn.token == draw(scores_V, np.random.default_rng(seed + row))
        assert drawn.filtered_log_probability == pytest.approx(log_softmax(scores_V)[drawn.token], abs=1e-9)


def test_where_all_is_barred_nothing_is_drawn() -> None:
    weights_BV, _ = weigh(np.zeros((1, 4)))
    assert draw_plainly(weights_BV, np.arange(2), [Wish(SamplingSettings(), [2, 3], 0.5)]) == [None]


def test_where_all_but_what_is_barred_is_next_to_impossible_it_is_drawn() -> None:
    weights_BV, _ = weigh(np.array([[0.0, -720.0, -725.0]]))
    (drawn,) = draw_plainly(weights_BV, np.array([], dtype=np.int64), [Wish(SamplingSettings(top_p=0.9), [0], 0.5)])
    assert drawn is not None
    assert drawn.token == 1


@pytest.mark.parametrize(
    "stated", [{"top_p": None}, {"temperature": 0.0}, {"top_k": 3}, {"dry": Dry()}, {"bias": ((3, 1.0),)}]
)
def test_settings_that_need_more_take_the_slow_way(stated: dict[str, object]) -> None:
    assert not is_plain(SamplingSettings(**stated))


def test_a_broken_model_is_loud() -> None:
    with pytest.raises(FloatingPointError, match="damaged"):
        weigh(np.array([[np.nan, 1.0]]))
