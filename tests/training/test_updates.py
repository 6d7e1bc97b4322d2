"""One update, and what a few of them learn."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from skaz.corpus.batches import NO_TARGET, Batch, Order, epoch_steps, make_batch
from skaz.corpus.sources import END, START, compose_source, drawn_source, nothing
from skaz.nn.dropout import Noise
from skaz.training.measuring import measured_part
from skaz.training.optimiser import Optimiser
from skaz.training.order import train_order, training_source, training_steps
from skaz.training.update import batch_loss, update
from skaz.training.validation import hold_out, measure


def _first_batch(corpus, recipe) -> Batch:
    source_of = partial(drawn_source, recipe=recipe.sources, seed=1, epoch=0)
    step = next(iter(epoch_steps(corpus.train.lengths + 1, train_order(recipe), 0)))
    return make_batch(step, corpus.train, source_of)


def _update(model, optimiser, batch, recipe, carried=None, noise=None):
    training = msgspec.structs.replace(recipe.training, precision="fp32")
    return update(model, optimiser, batch, carried, noise=noise, training=training)


DEEP = {
    "model__residual": True,
    "model__layer_norm": True,
    "model__encoder__layers": 2,
    "model__decoder__layers": 3,
    "training__learning_rate": 0.007,
}


@pytest.mark.parametrize("settings", [{}, {"training__label_smoothing": 0.1}, DEEP])
def test_one_update_lowers_the_loss_on_its_batch(corpus, recipe_of, settings: dict[str, object]) -> None:
    recipe = recipe_of(**{"training__learning_rate": 0.03, **settings})
    model, batch = corpus.model(recipe), _first_batch(corpus, recipe)
    done = _update(model, Optimiser(model, recipe.training), batch, recipe)
    after = float(batch_loss(model, batch, None).nats.detach())
    assert done.n_targets == batch.n_targets == int((batch.targets_BT != NO_TARGET).sum())
    assert float(done.nats) / done.n_targets == pytest.approx(math.log(model.vocabulary_size), rel=0.1)
    assert after < 0.995 * float(done.nats)


def test_a_batch_is_learnt_by_heart(corpus, recipe_of) -> None:
    recipe = recipe_of(training__learning_rate=0.03)
    model, batch = corpus.model(recipe), _first_batch(corpus, recipe)
    optimiser = Optimiser(model, recipe.training)
    first = float(_update(model, optimiser, batch, recipe).nats)
    for _ in range(120):
        last = float(_update(model, optimiser, batch, recipe).nats)
    assert last < 0.15 * first


@pytest.mark.parametrize("where", ["weights", "state"])
def test_what_is_not_a_number_changes_nothing(corpus, recipe_of, where: str) -> None:
    recipe = recipe_of()
    model, batch = corpus.model(recipe), _first_batch(corpus, recipe)
    optimiser = Optimiser(model, recipe.training)
    state = _update(model, optimiser, batch, recipe).state
    if where == "weights":
        with torch.no_grad():
            model.bias_V[3] = torch.nan
    else:
        state = replace_h(state)
    batch = replace(batch, fresh_B=np.zeros_like(batch.fresh_B))
    before = {name: tensor.detach().clone() for name, tensor in model.named_parameters()}
    moments = {name: tensor.clone() for name, tensor in optimiser.tensors().items()}
    done = _update(model, optimiser, batch, recipe, carried=state)
    assert not math.isfinite(done.gradient_norm)
    for name, tensor in model.named_parameters():
        assert torch.equal(tensor.nan_to_num(), before[name].nan_to_num())
    assert all(torch.equal(tensor, moments[n]) for n, tensor in optimiser.tensors().items())


def replace_h(state):
    return state._replace(h_LBH=torch.full_like(state.h_LBH, torch.inf))


def test_the_gradient_is_clipped(corpus, recipe_of) -> None:
    recipe = recipe_of(training__clip_norm=1e-3)
    model, batch = corpus.model(recipe), _first_batch(corpus, recipe)
    done = _update(model, Optimiser(model, recipe.training), batch, recipe)
    assert done.gradient_norm > 1e-3
    clipped = torch.cat([parameter.grad.flatten() for parameter in model.parameters()]).norm()
    assert float(clipped) == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "mingru", "minlstm"])
def test_windows_with_their_state_carried_are_one_window(corpus, recipe_of, cell: str) -> None:
    recipe = recipe_of(model__decoder__cell=cell)
    model = corpus.model(recipe)
    nats, counts = [], []
    for window in (7, 24, 10_000):
        order = Order(batch_tokens=200, window=window, seed=1)
        total, n_targets, carried, steps = 0.0, 0, None, 0
        with torch.no_grad():
            for step in epoch_steps(corpus.valid.lengths + 1, order, 0):
                summed = batch_loss(model, make_batch(step, corpus.valid, nothing), carried)
                carried, total, n_targets = summed.state, total + float(summed.nats), n_targets + summed.n_targets
                steps += 1
        nats.append(total)
        counts.append(n_targets)
    assert counts == [int(corpus.valid.lengths.sum()) + len(corpus.valid)] * 3
    assert nats[0] == pytest.approx(nats[2], rel=1e-5)
    assert nats[1] == pytest.approx(nats[2], rel=1e-5)


def test_summed_parts_are_the_whole_batch(corpus, recipe_of) -> None:
    recipe = recipe_of()
    model, batch = corpus.model(recipe), _first_batch(corpus, recipe)

    def rows(part: slice) -> Batch:
        names = ("sources_BS", "source_lengths_B", "inputs_BT", "targets_BT", "fresh_B")
        return Batch(**{name: getattr(batch, name)[part] for name in names})

    def gradient(*parts: Batch) -> torch.Tensor:
        model.zero_grad()
        for part in parts:
            batch_loss(model, part, None).loss.backward()
        return torch.cat([parameter.grad.flatten() for parameter in model.parameters()])

    whole, summed = gradient(batch), gradient(rows(slice(0, 3)), rows(slice(3, None)))
    torch.testing.assert_close(summed, whole, rtol=1e-4, atol=1e-4)


def test_noise_depends_on_its_generator_alone(corpus, recipe_of) -> None:
    recipe = recipe_of()
    model, batch = corpus.model(recipe), _first_batch(corpus, recipe)

    def nats(seed: int) -> float:
        torch.rand(1)  # nobody's business
        with torch.no_grad():
            return float(batch_loss(model, batch, None, noise=Noise(0.5, torch.Generator().manual_seed(seed))).nats)

    assert nats(1) == nats(1) != nats(2)


def test_the_optimiser_goes_on_as_if_it_had_not_stopped(corpus, recipe_of) -> None:
    recipe = recipe_of()
    batch = _first_batch(corpus, recipe)
    model = corpus.model(recipe)
    optimiser = Optimiser(model, recipe.training)
    other = corpus.model(recipe)
    _update(model, optimiser, batch, recipe)
    other.load_state_dict(model.state_dict())
    restored = Optimiser(other, recipe.training)
    restored.restore({k: v.clone() for k, v in optimiser.tensors().items()})
    for each, its in ((model, optimiser), (other, restored)):
        _update(each, its, batch, recipe)
    for (name, one), two in zip(model.named_parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two), name


@torch.no_grad()
def test_a_measure_counts_every_token_of_every_story(corpus, recipe_of) -> None:
    recipe = recipe_of()
    model = corpus.model(recipe)
    held_out = hold_out(corpus.valid, most_characters=None, longest_tokens=None)
    measured = measure(model, held_out, nothing, "fp32")
    singly = 0.0
    for index in range(len(corpus.valid)):
        target = corpus.valid.target(index).astype(np.int64)
        encoded = model.encode(torch.from_numpy(compose_source()[None]), torch.tensor([1]))
        inputs = torch.from_numpy(np.concatenate(([START], target)))[None]
        decoded, _ = model.decode(inputs, encoded.state, encoded.memory)
        wanted = torch.from_numpy(np.concatenate((target, [END])))
        singly += float(torch.nn.functional.cross_entropy(model.scores(decoded)[0], wanted, reduction="sum"))
    assert measured.nats == pytest.approx(singly, rel=1e-5)
    assert measured.tokens == int(corpus.valid.lengths.sum()) + len(corpus.valid)
    assert measured.characters == sum(corpus.valid.characters(index) for index in range(len(corpus.valid)))
    assert measured.bits_per_character == pytest.approx(singly / math.log(2) / measured.characters, rel=1e-5)


def test_a_measure_during_the_run_is_bounded_but_never_empty(corpus) -> None:
    each = {corpus.valid.characters(index) for index in range(len(corpus.valid))}
    assert hold_out(corpus.valid, most_characters=1, longest_tokens=None).characters in each
    some = hold_out(corpus.valid, most_characters=250, longest_tokens=None)
    assert max(each) < some.characters <= 250


def test_where_nothing_reads_openings_are_learnt_as_well(corpus, recipe_of) -> None:
    recipe = recipe_of(model__encoder__layers=0, model__attention="none", sources__opening=1.0)
    for step in training_steps(recipe, corpus.train, 0):
        assert make_batch(step, corpus.train, training_source(recipe, 0)).n_targets == step.n_targets


class LongTexts:
    """As much of a corpus of long texts as a measure's choice looks at."""

    lengths = np.array([5000, 30, 20_000])

    def __len__(self) -> int:
        return 3

    def characters(self, index: int) -> int:
        return 3 * int(self.lengths[index]) + 3


def test_of_long_texts_pieces_from_all_over_are_measured() -> None:
    held_out = hold_out(LongTexts(), most_characters=12_000, longest_tokens=500)
    assert 10_000 < held_out.characters <= 12_000
    starts = {(int(story), int(start) // 500) for step in held_out.steps for story, start in _rows(step)}
    assert {story for story, _ in starts} == {0, 2}
    assert max(piece for story, piece in starts if story == 2) > 20
    positions = sum(step.n_targets for step in held_out.steps)
    assert held_out.characters == pytest.approx(3 * positions, abs=1)
    whole = hold_out(LongTexts(), most_characters=None, longest_tokens=500)
    assert whole.characters == 3 * (5000 + 30 + 20_000) + 9


@pytest.mark.parametrize("window", [8, 512])
def test_what_is_measured_does_not_depend_on_the_window(recipe_of, window: int) -> None:
    texts: Any = LongTexts()
    usual, other = (measured_part(texts, recipe_of(training__window=each)) for each in (64, window))
    assert [list(_rows(step)) for step in usual.steps] == [list(_rows(step)) for step in other.steps]


def _rows(step):
    return zip(step.stories_B, step.starts_B, strict=True)
