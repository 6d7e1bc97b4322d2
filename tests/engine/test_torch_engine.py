"""The PyTorch engine: states are values, rows are alone, and steps equal one piece."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skaz.corpus.sources import NONE, PLAN, START
from skaz.engine.torch_engine import TorchEngine
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import read_recipe

V = 50
SOURCES = [[NONE], [PLAN, 11, 12, 13, 14], [PLAN, 20, 21]]


@pytest.fixture(params=["lstm", "gru", "rnn", "no attention", "additive", "multi-head", "no encoder", "two layers"])
def engine(request: pytest.FixtureRequest) -> TorchEngine:
    said: dict[str, object] = {
        "model.embedding_size": 8,
        "model.encoder.hidden_size": 6,
        "model.decoder.hidden_size": 12,
        "model.decoder.layers": 2 if request.param == "two layers" else 1,
    }
    match request.param:
        case "lstm" | "gru" | "rnn":
            said |= {"model.decoder.cell": request.param, "model.encoder.cell": request.param}
        case "no attention":
            said["model.attention"] = "none"
        case "additive" | "multi-head":
            said["model.attention"] = request.param
        case "no encoder":
            said |= {"model.encoder.layers": 0, "model.attention": "none"}
    model = Seq2Seq(read_recipe(overrides=said).model, V, torch.Generator().manual_seed(3))
    return TorchEngine(model)


def _tensors(state) -> list[torch.Tensor]:
    memory = [] if state.memory is None else [part for part in state.memory if isinstance(part, torch.Tensor)]
    return [*state.state, *memory]


def _steps(engine: TorchEngine, state, tokens_BT: np.ndarray):
    logits = []
    for tokens_B in tokens_BT.T:
        logits_BV, state = engine.step(tokens_B, state)
        logits.append(logits_BV)
    return np.stack(logits, axis=1), state


@pytest.fixture
def tokens_BT() -> np.ndarray:
    tokens = np.random.default_rng(1).integers(8, V, (3, 7))
    tokens[:, 0] = START
    return tokens


def test_states_are_never_changed(engine: TorchEngine, tokens_BT) -> None:
    state = engine.start(SOURCES)
    before = [tensor.clone() for tensor in _tensors(state)]
    first, after = engine.step(tokens_BT[:, 0], state)
    later = [tensor.clone() for tensor in _tensors(after)]
    engine.gather(state, np.array([2, 2, 0]))
    _steps(engine, after, tokens_BT)
    again, _ = engine.step(tokens_BT[:, 0], state)
    assert all(torch.equal(one, two) for one, two in zip(before, _tensors(state), strict=True))
    assert all(torch.equal(one, two) for one, two in zip(later, _tensors(after), strict=True))
    np.testing.assert_array_equal(first, again)


def test_rows_are_alone(engine: TorchEngine, tokens_BT) -> None:
    together, _ = _steps(engine, engine.start(SOURCES), tokens_BT)
    for row, source in enumerate(SOURCES):
        alone, _ = _steps(engine, engine.start([source]), tokens_BT[row : row + 1])
        np.testing.assert_allclose(alone[0], together[row], atol=1e-5)


def test_gather_branches_reorders_and_leaves_out(engine: TorchEngine, tokens_BT) -> None:
    logits_BTV, _ = _steps(engine, engine.start(SOURCES), tokens_BT)
    _, state = _steps(engine, engine.start(SOURCES), tokens_BT[:, :3])
    rows = np.array([2, 0, 2])
    gathered, _ = _steps(engine, engine.gather(state, rows), tokens_BT[rows, 3:])
    np.testing.assert_allclose(gathered, logits_BTV[rows, 3:], atol=1e-5)


def test_steps_equal_one_piece(engine: TorchEngine, tokens_BT) -> None:
    stepped, _ = _steps(engine, engine.start(SOURCES[1:2]), tokens_BT[:1])
    model = engine.model
    with torch.no_grad():
        encoded = model.encode(torch.tensor(SOURCES[1:2]), torch.tensor([5]))
        features_BTE, _ = model.decode(torch.from_numpy(tokens_BT[:1]), encoded.state, encoded.memory)
        whole = model.logits(features_BTE).numpy()
    np.testing.assert_allclose(stepped, whole, atol=1e-5)
    assert stepped.dtype == np.float32
    assert engine.vocabulary_size == V == stepped.shape[-1]


def test_the_source_is_heard(engine: TorchEngine) -> None:
    logits_BV, _ = engine.step(np.array([START] * 3), engine.start(SOURCES))
    heard = np.abs(logits_BV[1] - logits_BV[2]).max() > 1e-3
    assert heard == (engine.model.encoder is not None)
