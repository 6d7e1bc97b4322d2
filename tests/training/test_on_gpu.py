"""Training on a GPU: what a processor computes, in the type that was asked for. Skipped where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import skaz
from skaz.corpus.batches import Batch
from skaz.corpus.sources import END, START
from skaz.engine.bundle import open_bundle
from skaz.engine.torch_engine import TorchEngine, load_model
from skaz.nn.cells import RecurrentStack, State, recurrent_layer, run_layer
from skaz.nn.dropout import Noise
from skaz.nn.scan import scan_by_doubling, scan_in_blocks
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Recipe
from skaz.recipe_reading import read_recipe
from skaz.tasks.training import TrainRequest, train_bundle
from skaz.training import loop, muon
from skaz.training.events import Finished, Validated
from skaz.training.optimiser import Optimiser
from skaz.training.tokens import Tokens
from skaz.training.update import batch_loss, update, updates_to_repeat

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

V = 40
RECIPES = {
    "lstm": {},
    "adamw": {"training.optimiser": "adamw"},
    "gru": {"model.encoder.cell": "gru", "model.decoder.cell": "gru"},
    "rnn": {"model.encoder.cell": "rnn", "model.decoder.cell": "rnn"},
    "mingru": {"model.decoder.cell": "mingru", "model.decoder.layers": 2},
    "minlstm": {"model.decoder.cell": "minlstm", "model.residual": True, "model.decoder.layers": 2},
    "monotonic": {"task": "transduce", "model.attention": "monotonic"},
    "multi-head": {"model.attention": "multi-head"},
    "copy": {"model.copy": True, "training.label_smoothing": 0.1},
    "all of pairs": {"model.copy": True, "model.input_feeding": True, "model.coverage": True},
}


@pytest.fixture
def recipe_for(pair_recipe) -> Callable[..., Recipe]:
    """A recipe by its name in RECIPES."""
    return lambda name, precision="fp32": pair_recipe({"training.precision": precision, **RECIPES[name]})


def _batch(seed: int = 3, words: int = 7) -> Batch:
    ids = np.random.default_rng(seed).integers(8, V, (12, words))
    sources = np.concatenate((ids, np.full((12, 1), END)), axis=1)
    inputs = np.concatenate((np.full((12, 1), START), ids), axis=1)
    return Batch(sources, np.full(12, words + 1), inputs, sources.copy(), np.ones(12, dtype=np.bool_))


def _model(recipe: Recipe, device: str) -> Seq2Seq:
    return Seq2Seq(recipe.model, V, torch.Generator().manual_seed(1)).to(device)


@pytest.mark.parametrize("name", RECIPES)
def test_losses_and_gradients_are_a_processors(recipe_for, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    recipe = recipe_for(name)
    losses, gradients = [], []
    for device in ("cpu", "cuda"):
        model = _model(recipe, device)
        summed = batch_loss(model, _batch(), None, coverage_weight=recipe.training.coverage_loss)
        summed.loss.backward()
        losses.append(float(summed.loss.detach()))
        gradients.append({k: p.grad.cpu() for k, p in model.named_parameters() if p.grad is not None})
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert gradients[0].keys() == gradients[1].keys()
    for key, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][key], gradient, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_batch_is_learnt(recipe_for, name: str, precision: str) -> None:
    recipe = recipe_for(name, precision)
    model = _model(recipe, "cuda")
    optimiser = Optimiser(model, recipe.training)
    nats = [update(model, optimiser, _batch(), None, noise=None, training=recipe.training).nats for _ in range(12)]
    assert nats[-1] < 0.9 * nats[0]
    assert np.isfinite(nats).all()


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_updates_that_are_played_are_the_updates(recipe_for, name: str, dropout: float) -> None:
    recipe = recipe_for(name)
    batches = [_batch(seed, words=7 - 3 * (seed % 2)) for seed in range(10)]  # two shapes in turn
    found = []
    for plays in (False, True):
        model = _model(recipe, "cuda")
        optimiser = Optimiser(model, recipe.training)
        repeated = updates_to_repeat(model, recipe) if plays else None
        numbers = []
        for step, batch in enumerate(batches):
            noise = Noise(dropout, torch.Generator(device="cuda").manual_seed(step), embedding_rate=dropout)
            done = update(model, optimiser, batch, None, noise=noise, training=recipe.training, repeated=repeated)
            numbers.append((done.nats, done.gradient_norm))
        assert repeated is None or repeated.recorded == 2
        found.append(numbers)
    np.testing.assert_allclose(found[1], found[0], rtol=2e-2)


ROWS = 12


def _windows(steps: int) -> list[Batch]:
    """Windows of rows that go on, some of which begin anew; each third is shorter and has the first rows alone."""
    rng = np.random.default_rng(9)
    batches = []
    for step in range(steps):
        rows, width = (8, 4) if step % 3 == 2 else (ROWS, 6)
        ids = rng.integers(8, V, (rows, width + 1))
        fresh = np.ones(rows, bool) if step == 0 else rng.random(rows) < 0.3
        sources = np.full((rows, 8), END)
        batches.append(Batch(sources, np.full(rows, 1), ids[:, :-1], ids[:, 1:], fresh))
    return batches


@pytest.mark.parametrize("cell", ["lstm", "gru", "mingru"])
def test_states_are_carried_from_one_played_update_to_the_next(cell: str) -> None:
    settings = {"model.decoder.cell": cell, "model.decoder.hidden_size": 24, "model.embedding_size": 16}
    recipe = read_recipe(overrides={**settings, "training.precision": "fp32", "training.batch_tokens": 64})
    found = []
    for plays in (False, True):
        model = _model(recipe, "cuda")
        optimiser = Optimiser(model, recipe.training)
        repeated = updates_to_repeat(model, recipe) if plays else None
        carried, numbers = None, []
        for batch in _windows(15):
            done = update(model, optimiser, batch, carried, noise=None, training=recipe.training, repeated=repeated)
            numbers.append((done.nats, float(done.state.h_LBH.norm())))
            if len(batch.fresh_B) == ROWS:  # what is recorded may be written over in the next update
                carried = State(*(part.clone() for part in done.state))
        assert repeated is None or repeated.recorded >= 2
        found.append(numbers)
    np.testing.assert_allclose(found[1], found[0], rtol=2e-3)


def test_what_is_not_a_number_changes_nothing_when_it_is_played(recipe_for) -> None:
    recipe = recipe_for("lstm")
    model = _model(recipe, "cuda")
    optimiser, repeated = Optimiser(model, recipe.training), updates_to_repeat(model, recipe)

    def step(seed: int) -> float:
        batch = _batch(seed)
        return update(
            model, optimiser, batch, None, noise=None, training=recipe.training, repeated=repeated
        ).gradient_norm

    assert all(np.isfinite(step(seed)) for seed in range(4))
    kept = model.bias_V.detach().clone()
    with torch.no_grad():
        model.bias_V[3] = torch.nan
    before = [parameter.detach().clone() for parameter in model.parameters()]
    moments = {name: tensor.clone() for name, tensor in optimiser.tensors().items()}
    assert not np.isfinite(step(4))
    for parameter, old in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter.nan_to_num(), old.nan_to_num())
    assert all(torch.equal(tensor, moments[name]) for name, tensor in optimiser.tensors().items())
    with torch.no_grad():
        model.bias_V.copy_(kept)
    assert np.isfinite(step(5))


def test_without_memory_for_recordings_it_goes_on_as_usual(recipe_for) -> None:
    recipe = recipe_for("lstm")
    model = _model(recipe, "cuda")
    repeated = updates_to_repeat(model, recipe)
    calls = [0]

    def work(*words: object) -> int:
        calls[0] += 1
        if calls[0] == 1:
            raise torch.OutOfMemoryError
        return calls[0]

    assert [repeated(work, _batch(), None, None) for _ in range(3)] == [2, 3, 4]
    assert repeated.recorded == 0


def test_what_can_not_be_recorded_is_done_as_usual(recipe_for) -> None:
    recipe = recipe_for("lstm")
    repeated = updates_to_repeat(_model(recipe, "cuda"), recipe)

    def work(tokens: Tokens, *_: object) -> int:
        return int(tokens.inputs_BT.sum())  # waits for the GPU, which a recording can't

    wanted = int(_batch().inputs_BT.sum())
    assert [repeated(work, _batch(), None, None) for _ in range(4)] == [wanted] * 4
    assert repeated.recorded == 0


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
def test_directions_that_can_not_be_recorded_are_the_same(recipe_for, monkeypatch, error: type[Exception]) -> None:
    """Muon's, and the updates beside them are recorded all the same."""

    def weights() -> dict[str, torch.Tensor]:
        recipe = recipe_for("lstm")
        model = _model(recipe, "cuda")
        optimiser, repeated = Optimiser(model, recipe.training), updates_to_repeat(model, recipe)
        for _ in range(5):
            update(model, optimiser, _batch(), None, noise=None, training=recipe.training, repeated=repeated)
        assert repeated.recorded == 1
        return {name: tensor.detach().clone() for name, tensor in model.named_parameters()}

    wanted, directed = weights(), muon._directed

    def fails(*words: object) -> object:
        directions = directed(*words)
        if torch.cuda.is_current_stream_capturing():
            raise error
        return directions

    monkeypatch.setattr(muon, "_directed", fails)
    for name, tensor in weights().items():
        torch.testing.assert_close(tensor, wanted[name])


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="there is no second GPU")
def test_another_gpu_than_the_first_learns(recipe_for) -> None:
    recipe = recipe_for("lstm")
    model = _model(recipe, "cuda:1")
    optimiser, repeated = Optimiser(model, recipe.training), updates_to_repeat(model, recipe)
    nats = [
        update(model, optimiser, _batch(), None, noise=None, training=recipe.training, repeated=repeated).nats
        for _ in range(12)
    ]
    assert repeated.recorded == 1
    assert nats[-1] < 0.9 * nats[0]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_layers_run_in_the_type_that_was_asked_for(cell, recwarn: pytest.WarningsRecorder) -> None:
    layer = recurrent_layer(cell, 8, 16, "tanh").cuda()
    past = torch.zeros(1, 4, 16, device="cuda")
    past = (past, past.clone()) if cell == "lstm" else past
    values = torch.randn(4, 5, 8, device="cuda")
    with torch.autocast("cuda", torch.bfloat16):
        outputs, _ = run_layer(layer, values, past)
    assert outputs.dtype == torch.bfloat16
    outputs.float().sum().backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in layer.parameters())
    assert not [each for each in recwarn if "contiguous" in str(each.message)]


def test_small_gradients_do_not_become_nothing() -> None:
    stack = RecurrentStack("lstm", 8, 16, 1).cuda()
    values = torch.randn(4, 5, 8, device="cuda")
    with torch.autocast("cuda", torch.bfloat16):
        outputs, _ = stack(values, stack.zero_state(4, torch.device("cuda")))
    (outputs.float().sum() * 1e-9).backward()  # far below what float16 can say
    assert float(stack.layers[0].weight_hh_l0.grad.norm()) > 1e-10


@pytest.mark.parametrize("time", [1, 5, 64, 1000])
def test_both_scans_are_one_function(time: int) -> None:
    decay, fed = (torch.rand(2, time, 3, device="cuda") for _ in range(2))
    torch.testing.assert_close(scan_by_doubling(decay, fed), scan_in_blocks(decay, fed), rtol=1e-4, atol=1e-4)


@pytest.fixture
def train(tmp_path: Path, stories_file: Path, tiny: dict[str, object]) -> Callable[..., list[object]]:
    """Trains on little stories there, and gives the run's events; the bundle is "bundle" in the test's folder."""
    settings = {
        "training.steps": 60,
        "training.validations": 2,
        "training.learning_rate": 0.02,
        "training.device": "cuda",
    }
    request = TrainRequest([stories_file], tmp_path / "bundle", read_recipe(overrides={**tiny, **settings}))

    def run(stop: Callable[[], bool] = lambda: False, **more: Any) -> list[object]:
        events: list[object] = []
        train_bundle(replace(request, **more), events.append, stop)
        return events

    return run


def test_a_bundle_trained_there_is_run_here_and_there(tmp_path: Path, train) -> None:
    events = train()
    measured = [event.plain.bits_per_character for event in events if isinstance(event, Validated)]
    assert measured[-1] < 2.0
    bundle = open_bundle(tmp_path / "bundle")
    engines = [TorchEngine(load_model(bundle, torch.device(device))) for device in ("cuda", "cpu")]
    logits = [engine.step(np.array([START]), engine.start([[END]]))[0] for engine in engines]
    np.testing.assert_allclose(logits[0], logits[1], atol=0.05)  # products of a GPU may be in TF32
    assert skaz.load(tmp_path / "bundle").write(seed=1).text


def test_stories_are_learnt_the_same_when_updates_are_played(train, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [train()]
    monkeypatch.setattr(loop, "updates_to_repeat", lambda model, recipe: None)
    runs.append(train(overwrite=True))
    played, plain = (
        [event.plain.bits_per_character for event in events if isinstance(event, Validated)] for events in runs
    )
    np.testing.assert_allclose(played, plain, rtol=0.03)


def test_a_stopped_run_goes_on(train) -> None:
    turns = iter(range(1000))
    first = train(lambda: next(turns) > 20)
    assert [event.reason for event in first if isinstance(event, Finished)] == ["stopped"]
    last = train(resume=True)
    assert [(event.reason, event.step) for event in last if isinstance(event, Finished)] == [("budget", 60)]
