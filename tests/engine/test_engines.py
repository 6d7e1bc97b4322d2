"""The engines: states are values, rows are alone, steps equal one piece, and all of them agree."""

from __future__ import annotations

import functools

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.corpus.batches import pad_rows
from skaz.corpus.sources import END, NEXT, NONE, PLAN, START
from skaz.decoding.beam import BeamSettings, beam_search
from skaz.decoding.constrained_beam import constrained_search
from skaz.decoding.numerics import log_softmax_rows
from skaz.engine.ensemble import EnsembleEngine
from skaz.engine.onnx_builder import rounded
from skaz.engine.onnx_engine import OnnxEngine, OnnxState
from skaz.engine.onnx_graphs import encoder_graph, step_graph
from skaz.engine.onnx_portable import portable
from skaz.engine.torch_engine import TorchEngine
from skaz.nn.seq2seq import Seq2Seq, SourceTokens
from skaz.recipe import ModelRecipe
from skaz.recipe_reading import read_recipe
from skaz.training.checkpoint import model_tensors
from tests.engine.stepping import stepped_through

V = 50
SOURCES = [[NONE], [PLAN, 11, 12, 13, 14], [PLAN, 20, 21]]


KINDS: dict[str, dict[str, object]] = {
    "lstm": {},
    "gru": {"model.decoder.cell": "gru", "model.encoder.cell": "gru"},
    "rnn": {"model.decoder.cell": "rnn", "model.encoder.cell": "rnn"},
    "relu": {"model.decoder.cell": "rnn", "model.encoder.cell": "rnn", "model.nonlinearity": "relu"},
    "mingru": {"model.decoder.cell": "mingru", "model.encoder.cell": "mingru", "model.encoder.layers": 2},
    "minlstm": {"model.decoder.cell": "minlstm", "model.encoder.cell": "minlstm", "model.decoder.layers": 2},
    "no attention": {"model.attention": "none"},
    "dot": {"model.attention": "dot", "model.encoder.embeddings_in_memory": False},
    "general": {"model.attention": "general"},
    "additive": {"model.attention": "additive"},
    "no encoder": {"model.encoder.layers": 0, "model.attention": "none"},
    "not tied": {"model.encoder.layers": 0, "model.attention": "none", "model.tied_embeddings": False},
    "layers": {"model.decoder.layers": 3, "model.encoder.layers": 2},
    "residual": {"model.decoder.layers": 3, "model.encoder.layers": 3, "model.residual": True},
    "layer norm": {"model.decoder.layers": 2, "model.encoder.layers": 2, "model.layer_norm": True},
    "residual and norm": {
        "model.decoder.layers": 2,
        "model.encoder.layers": 2,
        "model.decoder.cell": "mingru",
        "model.encoder.cell": "minlstm",
        "model.residual": True,
        "model.layer_norm": True,
    },
    "monotonic": {"task": "transduce", "model.attention": "monotonic", "model.decoder.layers": 2},
    "monotonic, copy": {
        "task": "transduce",
        "model.attention": "monotonic",
        "text.source_tokenizer": None,
        "model.copy": True,
        "model.tied_embeddings": False,
    },
    "copy": {"task": "translate", "model.copy": True},
    "copy, of stories": {"model.copy": True, "model.decoder.layers": 2},
    "copy, general": {
        "task": "translate",
        "model.copy": True,
        "model.attention": "general",
        "model.tied_embeddings": False,
    },
    "copy, additive": {"task": "translate", "model.copy": True, "model.attention": "additive"},
    "feeding": {"task": "translate", "model.input_feeding": True, "model.decoder.layers": 2},
    "feeding, not tied": {
        "task": "translate",
        "model.input_feeding": True,
        "model.tied_embeddings": False,
        "model.attention": "general",
        "model.decoder.cell": "gru",
    },
    "coverage": {"task": "translate", "model.coverage": True},
    "coverage, additive": {"task": "translate", "model.coverage": True, "model.attention": "additive"},
    "all choices": {
        "task": "translate",
        "model.copy": True,
        "model.input_feeding": True,
        "model.coverage": True,
        "model.attention": "general",
        "model.residual": True,
        "model.layer_norm": True,
        "model.decoder.layers": 2,
    },
    "one direction": {"model.encoder.bidirectional": False, "model.encoder.layers": 2},
}


SMALL = {"model.embedding_size": 8, "model.encoder.hidden_size": 6, "model.decoder.hidden_size": 12}


def recipe_of(kind: str) -> ModelRecipe:
    return read_recipe(overrides={**SMALL, **KINDS[kind]}).model


def model_of(kind: str) -> Seq2Seq:
    model = Seq2Seq(recipe_of(kind), V, torch.Generator().manual_seed(3))
    with torch.no_grad():  # training sets the biases that begin at zero
        for name, parameter in model.named_parameters():
            if parameter.dim() < 2:
                parameter.normal_(std=0.3, generator=torch.Generator().manual_seed(len(name)))
    return model


def graphs_of(kind: str, *, int8: bool) -> list[onnx.ModelProto | None]:
    """The encoder, where there is one, and the step."""
    model, recipe = model_of(kind), recipe_of(kind)
    weights = {name: tensor.numpy() for name, tensor in model_tensors(model).items()}
    encoder = encoder_graph(recipe, weights, int8=int8) if model.encoder is not None else None
    return [encoder, step_graph(recipe, weights, int8=int8)]


def onnx_engine_of(kind: str, *, int8: bool) -> OnnxEngine:
    encoder, step = (each and each.SerializeToString() for each in graphs_of(kind, int8=int8))
    return OnnxEngine(recipe_of(kind), encoder, step)


def portable_engine_of(kind: str) -> OnnxEngine:
    encoder, step = (each and portable(each).SerializeToString() for each in graphs_of(kind, int8=True))
    return OnnxEngine(recipe_of(kind), encoder, step)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["torch", "fp32", "int8"])
def engine(request: pytest.FixtureRequest, kind: str):
    if request.param == "torch":
        return TorchEngine(model_of(kind))
    return onnx_engine_of(kind, int8=request.param == "int8")


def _arrays(state) -> list[np.ndarray]:
    if isinstance(state, OnnxState):
        return [*state.state.values(), *state.memory.values()]
    memory = [] if state.memory is None else [part for part in state.memory if isinstance(part, torch.Tensor)]
    return [tensor.numpy() for tensor in (*state.state, *memory)]


@pytest.fixture
def tokens_BT() -> np.ndarray:
    tokens = np.random.default_rng(1).integers(8, V, (3, 7))
    tokens[:, 0] = START
    tokens[:, [2, 4, 5]] = NEXT  # which moves monotonic attention on, past the shortest source's end
    return tokens


def test_states_are_never_changed(engine, tokens_BT) -> None:
    state = engine.start(SOURCES)
    before = [array.copy() for array in _arrays(state)]
    first, after = engine.step(tokens_BT[:, 0], state)
    later = [array.copy() for array in _arrays(after)]
    engine.gather(state, np.array([2, 2, 0]))
    stepped_through(engine, after, tokens_BT)
    again, _ = engine.step(tokens_BT[:, 0], state)
    assert all(np.array_equal(one, two) for one, two in zip(before, _arrays(state), strict=True))
    assert all(np.array_equal(one, two) for one, two in zip(later, _arrays(after), strict=True))
    np.testing.assert_array_equal(first, again)


def test_rows_are_alone(engine, tokens_BT) -> None:
    together, _ = stepped_through(engine, engine.start(SOURCES), tokens_BT)
    for row, source in enumerate(SOURCES):
        alone, _ = stepped_through(engine, engine.start([source]), tokens_BT[row : row + 1])
        np.testing.assert_allclose(alone[0], together[row], atol=1e-5)


@functools.cache
def _wide_engine(attention: str) -> OnnxEngine:
    """So wide that a row which the kernels round otherwise shows."""
    sizes = {"model.embedding_size": 128, "model.encoder.hidden_size": 128, "model.decoder.hidden_size": 256}
    recipe = read_recipe(overrides={"task": "translate", **sizes, "model.attention": attention}).model
    model = Seq2Seq(recipe, 4 * V, torch.Generator().manual_seed(3))
    weights = {name: tensor.numpy() for name, tensor in model_tensors(model).items()}
    graphs = [make(recipe, weights, int8=True).SerializeToString() for make in (encoder_graph, step_graph)]
    return OnnxEngine(recipe, *graphs)


@settings(deadline=None, max_examples=20)
@given(
    st.sampled_from(["multi-head", "additive", "none"]),
    st.lists(st.lists(st.integers(8, 4 * V - 1), min_size=1, max_size=20), min_size=2, max_size=7),
    st.sampled_from([1, 3]),
)
def test_a_search_finds_for_a_source_what_it_finds_alone(attention: str, sources, beams: int) -> None:
    engine, ids = _wide_engine(attention), {"start_id": START, "end_id": END, "never": range(8)}
    together = beam_search(engine, sources, BeamSettings(beams, max_tokens=6), **ids)
    for source, found in zip(sources, together, strict=True):
        (alone,) = beam_search(engine, [source], BeamSettings(beams, max_tokens=6), **ids)
        assert [one.tokens for one in found] == [one.tokens for one in alone]
        np.testing.assert_allclose([one.score for one in found], [one.score for one in alone], atol=1e-5)
        term = alone[0].tokens[:1]  # which the search for terms has to find as well, on rows of another number
        again = constrained_search(engine, source, [term], BeamSettings(beams, max_tokens=6), **ids)
        each = {one.tokens: one.score for one in alone}
        for one in again:
            assert one.score == pytest.approx(each.get(one.tokens, one.score), abs=1e-5)


def test_gather_branches_reorders_and_leaves_out(engine, tokens_BT) -> None:
    logits_BTV, _ = stepped_through(engine, engine.start(SOURCES), tokens_BT)
    _, state = stepped_through(engine, engine.start(SOURCES), tokens_BT[:, :3])
    rows = np.array([2, 0, 2])
    gathered, _ = stepped_through(engine, engine.gather(state, rows), tokens_BT[rows, 3:])
    np.testing.assert_allclose(gathered, logits_BTV[rows, 3:], atol=1e-5)


def test_steps_equal_one_piece(kind: str, tokens_BT) -> None:
    model = model_of(kind)
    stepped, _ = stepped_through(TorchEngine(model), TorchEngine(model).start(SOURCES[1:2]), tokens_BT[:1])
    with torch.no_grad():
        encoded = model.encode(torch.tensor(SOURCES[1:2]), torch.tensor([5]))
        decoded, _ = model.decode(torch.from_numpy(tokens_BT[:1]), encoded.state, encoded.memory)
        whole = model.scores(decoded).numpy()
    np.testing.assert_allclose(stepped, whole, atol=1e-5)


def test_the_source_is_heard(engine, kind: str) -> None:
    logits_BV, _ = engine.step(np.array([START] * 3), engine.start(SOURCES))
    heard = np.abs(logits_BV[1] - logits_BV[2]).max() > 1e-3
    assert heard == (model_of(kind).encoder is not None)
    assert logits_BV.dtype == np.float32
    assert logits_BV.shape == (3, V) == (3, engine.vocabulary_size)


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(logits).double().log_softmax(-1).numpy()


def test_the_engines_agree(kind: str, tokens_BT) -> None:
    theirs = [TorchEngine(model_of(kind)), onnx_engine_of(kind, int8=False), onnx_engine_of(kind, int8=True)]
    theirs.append(portable_engine_of(kind))
    exact, fp32, *int8 = (
        _log_probabilities(stepped_through(each, each.start(SOURCES), tokens_BT)[0]) for each in theirs
    )
    np.testing.assert_allclose(fp32, exact, atol=1e-4)
    for rounded_BTV in int8:
        np.testing.assert_allclose(rounded_BTV, exact, atol=0.1)


def test_greedy_writing_takes_the_same_tokens(kind: str) -> None:
    written = []
    for engine in (TorchEngine(model_of(kind)), onnx_engine_of(kind, int8=False)):
        tokens_B, state, taken = np.array([START] * 3), engine.start(SOURCES), []
        for _ in range(30):
            logits_BV, state = engine.step(tokens_B, state)
            tokens_B = logits_BV.argmax(axis=1)
            taken.append(tokens_B)
        written.append(np.stack(taken))
    np.testing.assert_array_equal(*written)


def test_a_traced_step_is_a_step_that_tells(kind: str, tokens_BT) -> None:
    engine, model = onnx_engine_of(kind, int8=False), model_of(kind)
    state = engine.start(SOURCES)
    logits_BV, after = engine.step(tokens_BT[:, 0], state)
    traced_BV, traced_after, trace = engine.traced_step(tokens_BT[:, 0], state)
    np.testing.assert_array_equal(traced_BV, logits_BV)
    assert all(np.array_equal(one, two) for one, two in zip(_arrays(after), _arrays(traced_after), strict=True))
    if not recipe_of(kind).has_memory:
        assert trace.attention_BS is None
    else:
        shares_BS = trace.attention_BS
        encoded = model.encode(
            torch.from_numpy(pad_rows([np.array(s) for s in SOURCES], 0)[0]), torch.tensor([1, 5, 3])
        )
        decoded, _ = model.decode(torch.from_numpy(tokens_BT[:, :1]), encoded.state, encoded.memory)
        np.testing.assert_allclose(shares_BS, decoded.attention_BTS[:, 0].detach().numpy(), atol=1e-5)
    gates_LBG = trace.gates_LBG
    before, h_LBH, cell = state.of_cells, after.of_cells["h_LBH"], recipe_of(kind).decoder.cell
    if cell == "rnn":
        np.testing.assert_allclose(gates_LBG, h_LBH, atol=1e-6)
    elif cell == "mingru":
        update, new = np.split(gates_LBG, 2, axis=2)
        np.testing.assert_allclose(h_LBH, (1 - update) * before["h_LBH"] + update * new, atol=1e-5)
    elif cell == "minlstm":
        keep, take, new = np.split(gates_LBG, 3, axis=2)
        np.testing.assert_allclose(h_LBH, (keep * before["h_LBH"] + take * new) / (keep + take), atol=1e-5)
    elif cell == "gru":
        _, update, new = np.split(gates_LBG, 3, axis=2)
        np.testing.assert_allclose(h_LBH, (1 - update) * new + update * before["h_LBH"], atol=1e-5)
    else:
        take, keep, fresh, show = np.split(gates_LBG, 4, axis=2)
        c_LBH = keep * before["c_LBH"] + take * fresh
        np.testing.assert_allclose(h_LBH, show * np.tanh(c_LBH), atol=1e-5)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**31), st.floats(1e-3, 1e3))
def test_rounding_is_off_by_half_a_step_at_most(rows: int, columns: int, seed: int, scale: float) -> None:
    weight = (np.random.default_rng(seed).normal(size=(rows, columns)) * scale).astype(np.float32)
    whole, steps = rounded(weight)
    assert np.abs(whole).max() <= 127
    assert (np.abs(whole * steps[:, None] - weight) <= 0.501 * steps[:, None]).all()


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("joint", [False, True])
def test_sources_may_have_tokens_that_targets_have_not(joint: bool, tied: bool, int8: bool) -> None:
    recipe = read_recipe(overrides={**SMALL, **KINDS["general"], "model.tied_embeddings": tied}).model
    model = Seq2Seq(recipe, V, torch.Generator().manual_seed(3), SourceTokens(70, joint=joint))
    weights = {name: tensor.numpy() for name, tensor in model_tensors(model).items()}
    assert ("source_embedding.weight" in weights) == (not joint)
    graphs = [make(recipe, weights, int8=int8).SerializeToString() for make in (encoder_graph, step_graph)]
    engines = TorchEngine(model), OnnxEngine(recipe, *graphs)
    sources, fed = [[69, 3], [55, 66, 60, 2]], np.array([START, START])
    states = [engine.start(sources) for engine in engines]
    for _ in range(4):
        stepped = [engine.attended_step(fed, state) for engine, state in zip(engines, states, strict=True)]
        states = [each[1] for each in stepped]
        tolerance = 0.1 if int8 else 1e-4
        for torch_part, onnx_part in zip(stepped[0][::2], stepped[1][::2], strict=True):
            np.testing.assert_allclose(torch_part, onnx_part, atol=tolerance)
        fed = stepped[0][0].argmax(axis=1)


def test_an_ensemble_foretells_the_mean() -> None:
    engines = [onnx_engine_of(kind, int8=False) for kind in ("general", "additive")]
    together, fed = EnsembleEngine(engines), np.array([START, START, START])
    state, states = together.start(SOURCES), [engine.start(SOURCES) for engine in engines]
    logits_BV, after, attention_BS = together.attended_step(fed, state)
    each = [engine.attended_step(fed, one) for engine, one in zip(engines, states, strict=True)]
    mean_BV = np.mean([np.exp(log_softmax_rows(one[0])) for one in each], axis=0)
    np.testing.assert_allclose(np.exp(logits_BV), mean_BV, atol=1e-6)
    np.testing.assert_allclose(attention_BS, np.mean([one[2] for one in each], axis=0), atol=1e-6)
    kept = together.gather(after, np.array([2, 0]))
    np.testing.assert_allclose(together.step(fed[:2], kept)[0], together.step(fed, after)[0][[2, 0]], atol=1e-5)


def test_joined_rows_go_on_as_they_would_alone(engine) -> None:
    states = [engine.start([source]) for source in SOURCES]
    fed_B = np.array([START, 11, 12])
    together, _ = engine.step(fed_B, engine.join(states))
    for row, state in enumerate(states):
        alone_BV, after = engine.step(fed_B[row : row + 1], state)
        np.testing.assert_allclose(together[row], alone_BV[0], atol=2e-2)
        _, joined = engine.step(fed_B, engine.join(states))
        again = engine.alone(joined, row)
        later_BV, _ = engine.step(np.array([13]), again)
        np.testing.assert_allclose(later_BV, engine.step(np.array([13]), after)[0], atol=2e-2)
