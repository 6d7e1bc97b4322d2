"""Updates on pairs with the choices that only pairs have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from skaz.corpus.batches import NO_TARGET, Batch
from skaz.corpus.sources import END, PAD, START
from skaz.nn.dropout import Noise
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Recipe
from skaz.training import update as updates
from skaz.training.averaging import MovingAverage
from skaz.training.checkpoint import Position, load_checkpoint, save_checkpoint
from skaz.training.optimiser import Optimiser
from skaz.training.update import Own, batch_loss, update

V = 40
CHOICES = {
    "copy": {"model.copy": True},
    "copy, smoothed": {"model.copy": True, "training.label_smoothing": 0.1},
    "feeding": {"model.input_feeding": True},
    "coverage": {"model.coverage": True, "training.coverage_loss": 0.5},
    "all": {"model.copy": True, "model.input_feeding": True, "model.coverage": True, "training.coverage_loss": 1.0},
}


@pytest.fixture(params=CHOICES)
def recipe(request: pytest.FixtureRequest, pair_recipe) -> Recipe:
    return pair_recipe({"training.label_smoothing": 0.0, **CHOICES[request.param]})


@pytest.fixture
def model(recipe: Recipe) -> Seq2Seq:
    return Seq2Seq(recipe.model, V, torch.Generator().manual_seed(1))


def copies(seed: int = 0) -> Batch:
    """Targets that are their sources, of two lengths."""
    rng = np.random.default_rng(seed)
    words = rng.integers(8, V, (12, 7))
    ends = np.full((12, 1), END)
    sources = np.concatenate((words, ends), axis=1)
    inputs = np.concatenate((np.full((12, 1), START), words), axis=1)
    targets = sources.copy()
    sources[6:, 4], sources[6:, 5:] = END, PAD
    inputs[6:, 5:], targets[6:, 4], targets[6:, 5:] = PAD, END, NO_TARGET
    lengths = np.where(np.arange(12) < 6, 8, 5)
    return Batch(sources, lengths, inputs, targets, np.ones(12, dtype=np.bool_))


def one_update(model: Seq2Seq, optimiser: Optimiser, batch: Batch, recipe: Recipe) -> float:
    done = update(model, optimiser, batch, None, noise=None, training=recipe.training)
    return float(done.nats) / done.n_targets


def test_one_update_lowers_the_loss_on_its_batch(model: Seq2Seq, recipe: Recipe) -> None:
    batch = copies()
    before = one_update(model, Optimiser(model, recipe.training), batch, recipe)
    after = float(batch_loss(model, batch, None).nats.detach()) / batch.n_targets
    assert after < 0.99 * before


def test_padding_and_the_other_rows_change_nothing(model: Seq2Seq) -> None:
    whole = copies()
    parts = [
        Batch(*(each[rows, :width] if each.ndim > 1 else each[rows] for each in vars(whole).values()))
        for rows, width in ((slice(0, 6), 8), (slice(6, 12), 5))
    ]
    together = batch_loss(model, whole, None)
    apart = [batch_loss(model, part, None) for part in parts]
    torch.testing.assert_close(together.loss, sum(part.loss for part in apart), rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(together.nats, sum(part.nats for part in apart), rtol=1e-5, atol=1e-4)


def test_the_nats_are_those_of_the_scores(model: Seq2Seq, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = copies()
    monkeypatch.setattr(updates, "chunk_logits", lambda device: 5 * 8 * V)  # five rows at a time
    sources, lengths, inputs, targets = map(
        torch.from_numpy, (batch.sources_BS, batch.source_lengths_B, batch.inputs_BT, batch.targets_BT)
    )
    with torch.no_grad():
        summed = batch_loss(model, batch, None)
        encoded = model.encode(sources, lengths)
        scores_BTV = model.scores(model.decode(inputs, encoded.state, encoded.memory)[0])
    wanted = torch.nn.functional.cross_entropy(scores_BTV.mT, targets, ignore_index=NO_TARGET, reduction="sum")
    torch.testing.assert_close(summed.nats, wanted, rtol=1e-5, atol=1e-4)
    assert int(summed.right) == int((scores_BTV.argmax(-1) == targets).sum())


def test_dropout_and_own_guesses_are_repeated_with_their_generators(model: Seq2Seq) -> None:
    def nats(seed: int) -> float:
        noise, own = (torch.Generator().manual_seed(seed) for _ in range(2))
        summed = batch_loss(model, copies(), None, noise=Noise(0.3, noise, variational=True), own=Own(0.5, own))
        return float(summed.nats.detach())

    assert nats(1) == nats(1) != nats(2)


def test_every_weight_learns(model: Seq2Seq, recipe: Recipe) -> None:
    one_update(model, Optimiser(model, recipe.training), copies(), recipe)
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("recipe", ["coverage", "all"], indirect=True)
@torch.no_grad()
def test_the_coverage_loss_counts_as_its_weight(model: Seq2Seq) -> None:
    none, one, two = (float(batch_loss(model, copies(), None, coverage_weight=each).loss) for each in (0.0, 1.0, 2.0))
    assert one > none
    assert two - none == pytest.approx(2 * (one - none), rel=1e-3)


def test_a_checkpoint_gives_the_run_back(model: Seq2Seq, recipe: Recipe, tmp_path: Path) -> None:
    optimiser, average = Optimiser(model, recipe.training), MovingAverage(model, 0.9)
    done = update(model, optimiser, copies(), None, noise=None, training=recipe.training)
    save_checkpoint(tmp_path / "last", model, optimiser, average, done.state, Position(step=1))
    other = Seq2Seq(recipe.model, V, torch.Generator().manual_seed(9))
    others = Optimiser(other, recipe.training)
    position, carried = load_checkpoint(tmp_path / "last", other, others, MovingAverage(other, 0.9))
    assert position == Position(step=1)
    assert carried is not None
    assert all(torch.equal(one, two) for one, two in zip(done.state, carried, strict=True))
    assert one_update(model, optimiser, copies(1), recipe) == one_update(other, others, copies(1), recipe)
    assert all(torch.equal(one, two) for one, two in zip(model.parameters(), other.parameters(), strict=True))
