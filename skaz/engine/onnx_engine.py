"""The engine that runs a bundle's ONNX graphs in ONNX Runtime: no PyTorch, a quick start, int8."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Int
from numpy.typing import NDArray

from skaz.corpus.batches import pad_rows
from skaz.corpus.sources import PAD
from skaz.engine.bundle import ENCODER, STEP, Bundle, graph_path, of_network
from skaz.engine.interface import STATE_NAMES, paired
from skaz.engine.runtime import onnxruntime
from skaz.errors import BundleError
from skaz.recipe import ModelRecipe

Named = dict[str, NDArray[Any]]
_NOT_TRACED, _TRACED = np.array(False), np.array(True)
_AFTER = "_after"
_INT8_PRODUCT = b"MatMulNBits"  # the operator of ONNX Runtime that multiplies by such weights
_LANES = 16  # numbers that a processor adds at once, at most


class OnnxState(NamedTuple):
    """The decoder's past, (L, B, H) each, and what it may look back at, (B, ...) each, by the graphs' names. The last
    of an odd number of rows is there twice, so that a step need not copy anything to compute in pairs. Rows of one
    number in `source_B` look back at the same."""

    state: Named
    memory: Named
    source_B: Int[np.ndarray, " B"]

    @property
    def of_cells(self) -> Named:
        """What the cells keep, (L, B, H) each, of the rows that were asked for."""
        rows = len(self.source_B)
        return {name: self.state[name][:, :rows] for name in STATE_NAMES if name in self.state}


class Trace(NamedTuple):
    """What happened inside a step: each layer's gates after their activation, side by side in the cell's order
    (LSTM: input, forget, cell, output; GRU: reset, update, new; RNN: its output; MinGRU: update, new; MinLSTM: forget,
    input, new), and the shares of attention over
    the source, None without attention."""

    gates_LBG: Float32[np.ndarray, "L B G"]
    attention_BS: Float32[np.ndarray, "B S"] | None


class OnnxEngine:
    """Runs an encoder and a step graph. Holds the two sessions and nothing else: states come and go."""

    def __init__(self, recipe: ModelRecipe, encoder: bytes | str | None, step: bytes | str, threads: int = 1) -> None:
        """The graphs as files or as bytes; no encoder for a model that reads no source."""
        self._decoder = recipe.decoder
        self._encoder = open_session(encoder, threads) if encoder is not None else None
        self._step = open_session(step, threads)
        self._inputs = {each.name for each in self._step.get_inputs()}
        self._outputs = [each.name for each in self._step.get_outputs()]
        self._states = [name.removesuffix(_AFTER) for name in self._outputs if name.endswith(_AFTER)]
        self._wanted = ["logits_BV", *(name + _AFTER for name in self._states)]
        logits = next(each for each in self._step.get_outputs() if each.name == "logits_BV")
        self._vocabulary_size = int(logits.shape[1])
        shapes = {each.name: list(each.shape) for each in self._step.get_inputs()}
        self._source_axis = {name: shape.index("S") for name, shape in shapes.items() if "S" in shape}

    @property
    def vocabulary_size(self) -> int:
        return self._vocabulary_size

    def start(self, sources: Sequence[Sequence[int]]) -> OnnxState:
        """The state after reading each source; a row per source. It is what it would be with others beside it."""
        count = len(sources)
        twice = paired(np.arange(count))
        if self._encoder is None:
            shape = (self._decoder.layers, len(twice), self._decoder.hidden_size)
            return OnnxState({name: np.zeros(shape, np.float32) for name in self._states}, {}, np.arange(count))
        sources_BS, lengths_B = pad_rows([np.asarray(sources[row], dtype=np.int64) for row in twice], PAD)
        names = [each.name for each in self._encoder.get_outputs()]
        values = self._encoder.run(names, {"sources_BS": sources_BS, "lengths_B": lengths_B})
        made = {name: value for name, value in zip(names, values, strict=True) if name in self._inputs}
        state = OnnxState(
            {name: value for name, value in made.items() if name in self._states},
            {name: value for name, value in made.items() if name not in self._states},
            np.arange(count),
        )
        return self.join([state])  # in whole lanes

    def step(self, tokens_B: Int[np.ndarray, " B"], state: OnnxState) -> tuple[Float32[np.ndarray, "B V"], OnnxState]:
        """Feeds one token to each row: the logits of the token after it, and the new state."""
        logits_BV, *after = self._step.run(self._wanted, self._feed(tokens_B, state, _NOT_TRACED))
        return logits_BV[: len(tokens_B)], self._after(after, state)

    def traced_step(
        self, tokens_B: Int[np.ndarray, " B"], state: OnnxState
    ) -> tuple[Float32[np.ndarray, "B V"], OnnxState, Trace]:
        """A step that also tells what happened inside."""
        attends = "attention_BS" in self._outputs
        wanted = [*self._wanted, "gates_LBG", *(["attention_BS"] if attends else [])]
        values = dict(zip(wanted, self._step.run(wanted, self._feed(tokens_B, state, _TRACED)), strict=True))
        rows = len(tokens_B)
        after = self._after([values[name + _AFTER] for name in self._states], state)
        attention_BS = values["attention_BS"][:rows, : _real(state.memory["mask_BS"])] if attends else None
        return values["logits_BV"][:rows], after, Trace(values["gates_LBG"][:, :rows], attention_BS)

    def attended_step(
        self, tokens_B: Int[np.ndarray, " B"], state: OnnxState
    ) -> tuple[Float32[np.ndarray, "B V"], OnnxState, Float32[np.ndarray, "B S"] | None]:
        """A step that also tells the shares of attention over the source; None where there is no attention."""
        logits_BV, after, trace = self.traced_step(tokens_B, state)
        return logits_BV, after, trace.attention_BS

    def gather(self, state: OnnxState, rows: Int[np.ndarray, " R"]) -> OnnxState:
        """The state of these rows, in this order; a row may come more than once or not at all."""
        source_B, twice = state.source_B[rows], paired(rows)
        # beams change places among those of their source: what all of them look back at need not be copied
        stays = np.array_equal(source_B, state.source_B)
        memory = state.memory if stays else {name: value[twice] for name, value in state.memory.items()}
        return OnnxState({name: value[:, twice] for name, value in state.state.items()}, memory, source_B)

    def join(self, states: Sequence[OnnxState]) -> OnnxState:
        """The rows of all these states as one state, in their order; memories as long as the longest in them."""
        first = states[0]
        counts = [len(state.source_B) for state in states]
        before = np.cumsum([0, *(state.source_B.max(initial=-1) + 1 for state in states[:-1])])
        source_B = np.concatenate([state.source_B + number for state, number in zip(states, before, strict=True)])
        longest = max((_longest(state.memory["mask_BS"]) for state in states if "mask_BS" in state.memory), default=0)

        def joined(name: str, values: Sequence[NDArray[Any]], axis: int) -> NDArray[Any]:
            parts = [_rows(value, slice(count), axis) for value, count in zip(values, counts, strict=True)]
            twice = [_rows(parts[-1], slice(-1, None), axis)] if len(source_B) % 2 else []
            return self._joined(name, [*parts, *twice], axis, longest)

        past = {name: joined(name, [state.state[name] for state in states], 1) for name in first.state}
        memory = {name: joined(name, [state.memory[name] for state in states], 0) for name in first.memory}
        return OnnxState(past, memory, source_B)

    def alone(self, state: OnnxState, row: int, earlier: OnnxState | None = None) -> OnnxState:
        """One row as a state by itself; its memory is that of `earlier`, where one is given."""
        twice = paired(np.array([row]))
        mask_BS = state.memory.get("mask_BS")
        longest = _longest(mask_BS[twice]) if mask_BS is not None else 0
        own = {name: self._joined(name, [value[:, twice]], 1, longest) for name, value in state.state.items()}
        if earlier is not None:
            return OnnxState(own, earlier.memory, earlier.source_B)
        memory = {name: self._joined(name, [value[twice]], 0, longest) for name, value in state.memory.items()}
        return OnnxState(own, memory, np.zeros(1, np.int64))

    def _joined(self, name: str, parts: Sequence[NDArray[Any]], axis: int, longest: int) -> NDArray[Any]:
        if name in self._source_axis:
            fill = -np.inf if name == "mask_BS" else 0.0
            parts = [_fitted(part, self._source_axis[name], longest, fill) for part in parts]
        return np.concatenate(parts, axis=axis)

    def _feed(self, tokens_B: Int[np.ndarray, " B"], state: OnnxState, traced: NDArray[np.bool_]) -> dict[str, object]:
        """What the graph is given, an odd row twice. The kernels that multiply matrices of whole numbers take rows in
        pairs, and one that is left over in another way, which rounds otherwise: in pairs each row's numbers are the
        same, whatever stands beside it."""
        tokens = paired(np.asarray(tokens_B, np.int64))
        return {"tokens_B": tokens, "traced": traced, **state.state, **state.memory}

    def _after(self, values: Sequence[NDArray[np.float32]], state: OnnxState) -> OnnxState:
        return OnnxState(dict(zip(self._states, values, strict=True)), state.memory, state.source_B)


def _rows(values: NDArray[Any], rows: slice, axis: int) -> NDArray[Any]:
    """These rows, which lie along an axis."""
    return values[:, rows] if axis else values[rows]


def _longest(mask_BS: Float32[np.ndarray, "B S"]) -> int:
    """The length of the longest source that a mask is of, in whole lanes: a sum over a source is then the same to the
    last bit, however much padding stands behind it."""
    return -(-_real(mask_BS) // _LANES) * _LANES


def _real(mask_BS: Float32[np.ndarray, "B S"]) -> int:
    """The length of the longest source that a mask is of."""
    return int(np.flatnonzero((mask_BS == 0).any(axis=0)).max(initial=-1)) + 1


def _fitted(values: NDArray[Any], axis: int, length: int, fill: float) -> NDArray[Any]:
    """The values cut or filled up to a length along an axis."""
    missing = length - values.shape[axis]
    if missing <= 0:
        return values[(slice(None),) * axis + (slice(length),)]
    widths = [(0, missing if each == axis else 0) for each in range(values.ndim)]
    return np.pad(values, widths, constant_values=fill)


def has_graphs(bundle: Bundle) -> bool:
    """Whether there are graphs to run in the bundle, its own by the manifest."""
    return STEP in bundle.hashes and (bundle.path / STEP).is_file()


def is_int8(bundle: Bundle) -> bool:
    """Whether the weights in the bundle's graphs have 8 bits; BundleError where they can't be opened."""
    return _INT8_PRODUCT in graph_path(bundle, STEP).read_bytes()


def load_onnx_engine(bundle: Bundle, threads: int = 1, network: int = 1) -> OnnxEngine:
    """An engine that runs the graphs of one of the bundle's networks; BundleError where they can't be."""
    step = _openable(graph_path(bundle, of_network(STEP, network)))
    encoder = None
    if bundle.recipe.model.encoder.layers:
        encoder = _openable(graph_path(bundle, of_network(ENCODER, network)))
    try:
        return OnnxEngine(bundle.recipe.model, encoder, step, threads)
    except Exception as error:
        if not type(error).__module__.startswith("onnxruntime"):
            raise
        raise BundleError(
            f"ONNX Runtime {onnxruntime.__version__} can't run the graphs of {bundle.path}, which another version has "
            f"perhaps made; install a newer one, or make them again: skaz export {bundle.path}."
        ) from error


def _openable(path: Path) -> bytes | str:
    """The path, or what is in the file where the path is not UTF-8, which is all that ONNX Runtime takes."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return path.read_bytes()
    return str(path)


def open_session(graph: bytes | str, threads: int) -> onnxruntime.InferenceSession:
    """A graph, from a file or from bytes, ready to run on so many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    if threads > 1:  # a thread that waits for work by spinning takes the core from another session's, or program's
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors; they reach the caller as exceptions
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
