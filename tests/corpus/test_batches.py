"""Batches: every token once, little padding, an order that is a pure function."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.corpus.batches import (
    NO_TARGET,
    SOURCE_MULTIPLE,
    Order,
    Step,
    cut,
    epoch_steps,
    make_batch,
    pair_steps,
    plain_steps,
)
from skaz.corpus.records import Story
from skaz.corpus.sources import END, START, Source, nothing
from skaz.evaluation.language_modelling import EncodedStories
from skaz.text.tokenizer import Tokenizer

lengths_lists = st.lists(st.integers(1, 300), min_size=1, max_size=40)
orders = st.builds(
    Order,
    batch_tokens=st.integers(1, 400),
    window=st.integers(1, 80),
    seed=st.integers(0, 5),
    longest_tokens=st.one_of(st.none(), st.integers(1, 120)),
)


def coverage(steps: list[Step], lengths: np.ndarray) -> list[np.ndarray]:
    counts = [np.zeros(length, dtype=int) for length in lengths]
    for step in steps:
        for story, start, stop in zip(step.stories_B, step.starts_B, step.stops_B, strict=True):
            counts[story][start:stop] += 1
    return counts


@settings(deadline=None)
@given(lengths=lengths_lists, order=orders, epoch=st.integers(0, 3))
def test_every_position_comes_exactly_once(lengths: list[int], order: Order, epoch: int) -> None:
    array = np.array(lengths)
    for steps in (list(epoch_steps(array, order, epoch)), list(plain_steps(cut(array, order), order))):
        assert all((count == 1).all() for count in coverage(steps, array))


@settings(deadline=None)
@given(lengths=lengths_lists, order=orders)
def test_a_row_that_is_not_fresh_goes_on_where_that_row_was(lengths: list[int], order: Order) -> None:
    before: Step | None = None
    for step in epoch_steps(np.array(lengths), order, 0):
        for row in np.flatnonzero(~step.fresh_B):
            assert before is not None
            assert before.stories_B[row] == step.stories_B[row]
            assert before.stops_B[row] == step.starts_B[row]
        before = step


@given(lengths=lengths_lists, order=orders, epoch=st.integers(0, 3))
@settings(deadline=None)
def test_a_batch_has_no_more_tokens_than_asked_nor_longer_windows(lengths: list[int], order: Order, epoch: int) -> None:
    for step in epoch_steps(np.array(lengths), order, epoch):
        assert step.width <= order.window
        assert len(step.stories_B) == 1 or step.width * len(step.stories_B) <= order.batch_tokens


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    lengths = np.random.default_rng(0).integers(20, 200, 300)

    def seen(seed: int, epoch: int) -> list[list[int]]:
        return [step.stories_B.tolist() for step in epoch_steps(lengths, Order(512, 64, seed), epoch)]

    assert seen(1, 0) == seen(1, 0)
    assert seen(1, 0) != seen(1, 1)
    assert seen(1, 0) != seen(2, 0)


@pytest.mark.parametrize(
    "lengths",
    [
        np.random.default_rng(0).lognormal(5.1, 0.3, 5000).astype(int) + 2,
        np.minimum(np.random.default_rng(1).lognormal(6.5, 1.3, 1400), 60_000).astype(int) + 2,
        np.array([400_000]),
    ],
    ids=["short stories", "tales of all lengths", "one long text"],
)
def test_little_is_padding_and_few_batches_are_small(lengths: np.ndarray) -> None:
    order = Order(2048, 64, 1, longest_tokens=2048)
    steps = list(epoch_steps(lengths, order, 0))
    cells = sum(step.width * len(step.stories_B) for step in steps)
    assert 1 - sum(step.n_targets for step in steps) / cells < 0.05
    assert sum(step.n_targets for step in steps) / len(steps) > 0.75 * order.batch_tokens


@pytest.fixture(scope="module")
def stories() -> EncodedStories:
    texts = ["A fox ran.", "An owl sat on a very high wall.", "Hm."]
    return EncodedStories([Story(text) for text in texts], Tokenizer.train(texts, "characters", 300))


def test_inputs_and_targets_are_the_story_between_its_marks(stories: EncodedStories) -> None:
    rows: dict[int, list[int]] = {}
    order = Order(16, 7, 0)
    for step in plain_steps(cut(stories.lengths + 1, order), order):
        batch = make_batch(step, stories, nothing)
        for row, story in enumerate(step.stories_B):
            length = int(step.stops_B[row] - step.starts_B[row])
            inputs, targets = batch.inputs_BT[row, :length], batch.targets_BT[row, :length]
            assert (batch.targets_BT[row, length:] == NO_TARGET).all()
            assert inputs[1:].tolist() == targets[:-1].tolist()
            if step.starts_B[row] == 0:
                assert inputs[0] == START
            rows.setdefault(int(story), []).extend(targets.tolist())
    for story, targets in rows.items():
        assert targets == [*stories.target(story).tolist(), END]


def test_what_the_source_gives_away_is_not_learnt(stories: EncodedStories) -> None:
    order = Order(100, 100, 0)
    step = next(iter(plain_steps(cut(stories.lengths[1:2] + 1, order), order)))
    shifted = Step(step.stories_B + 1, step.starts_B, step.stops_B, step.fresh_B)
    batch = make_batch(shifted, stories, lambda part, index: Source(part.target(index)[:5], given_tokens=5))
    assert (batch.targets_BT[0, :5] == NO_TARGET).all()
    assert (batch.targets_BT[0, 5:] != NO_TARGET).all()
    assert batch.n_targets == len(stories.target(1)) + 1 - 5


PAIR_LENGTHS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=200)


@given(PAIR_LENGTHS, st.integers(1, 400), st.sampled_from([None, 0, 1]))
@settings(deadline=None, max_examples=60)
def test_every_pair_comes_once_whole_and_within_the_budget(pairs, batch_tokens: int, epoch: int | None) -> None:
    lengths, sources = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    steps = list(pair_steps(lengths, sources, Order(batch_tokens, 64, seed=3), epoch))
    assert sorted(np.concatenate([step.stories_B for step in steps]).tolist()) == list(range(len(pairs)))
    for step in steps:
        assert (step.starts_B == 0).all()
        assert step.fresh_B.all()
        np.testing.assert_array_equal(step.stops_B, lengths[step.stories_B])
        assert len(step.stories_B) * step.width <= batch_tokens or len(step.stories_B) == 1
        assert len({-(-int(each) // SOURCE_MULTIPLE) for each in sources[step.stories_B]}) == 1


def test_pairs_come_in_another_order_each_epoch_and_the_same_for_the_same_seed() -> None:
    rng = np.random.default_rng(0)
    lengths, sources = rng.integers(1, 40, (2, 500))

    def order(seed: int, epoch: int) -> list[list[int]]:
        return [step.stories_B.tolist() for step in pair_steps(lengths, sources, Order(256, 64, seed), epoch)]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_little_of_a_batch_of_pairs_is_padding() -> None:
    rng = np.random.default_rng(0)
    sources = rng.integers(4, 40, 5_000)
    lengths = np.maximum(1, sources + rng.integers(-4, 5, 5_000))
    steps = list(pair_steps(lengths, sources, Order(2048, 64, 1), 0))
    assert sum(step.n_targets for step in steps) > 0.95 * sum(len(step.stories_B) * step.width for step in steps)
