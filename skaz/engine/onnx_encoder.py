"""The encoder as nodes of an ONNX graph: the stack that reads the source, the bridge, the memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from skaz.engine.onnx_builder import GraphBuilder
from skaz.engine.onnx_cells import Weights, over_below, parallel_shares, state_names
from skaz.recipe import PARALLEL_CELLS, Cell, ModelRecipe

# torch's gates are input, forget, cell, output and reset, update, new; ONNX has its own orders
_ONNX_GATES: Mapping[Cell, tuple[int, ...]] = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,)}
_OPERATORS: Mapping[Cell, str] = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}


def read_source(
    graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, embedded_BSE: str, lengths_B: str
) -> tuple[str, str]:
    """The stack's outputs, and the context C."""
    encoder = recipe.encoder
    if encoder.cell in PARALLEL_CELLS:
        return _read_source_in_parallel(graph, recipe, weights, embedded_BSE, lengths_B)
    lengths = graph.add("Cast", lengths_B, to=onnx.TensorProto.INT32)
    directions = ["forwards", "backwards"] if encoder.bidirectional else ["forwards"]
    values_SBM = graph.add("Transpose", embedded_BSE, perm=[1, 0, 2])
    context_BC = ""
    for layer in range(encoder.layers):
        stacks = [f"encoder.{direction}.{layer}.layers.0" for direction in directions]
        matrices = [
            np.stack([_in_onnx_order(weights[f"{stack}.{name}_l0"], encoder.cell) for stack in stacks])
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        named = [
            graph.constant(f"encoder.{layer}.input", matrices[0]),
            graph.constant(f"encoder.{layer}.recurrent", matrices[1]),
            graph.constant(f"encoder.{layer}.bias", np.concatenate(matrices[2:], axis=1)),
        ]
        operator = _OPERATORS[encoder.cell]
        attributes: dict[str, Any] = {"hidden_size": encoder.hidden_size}
        attributes["direction"] = "bidirectional" if encoder.bidirectional else "forward"
        if encoder.cell == "gru":
            attributes["linear_before_reset"] = 1
        if encoder.cell == "rnn":
            attributes["activations"] = [recipe.nonlinearity.capitalize()] * len(directions)
        outputs_SDBH, last_DBH = graph.add_several(operator, [values_SBM, *named, lengths], 2, **attributes)
        side_by_side = graph.add("Transpose", outputs_SDBH, perm=[0, 2, 1, 3])
        outputs_SBM = graph.add("Reshape", side_by_side, graph.integers(0, 0, -1))
        values_SBM = over_below(graph, recipe, weights, "encoder", layer, values_SBM, outputs_SBM)
        last_BDH = graph.add("Transpose", last_DBH, perm=[1, 0, 2])
        context_BC = graph.add("Reshape", last_BDH, graph.integers(0, -1))
    return graph.add("Transpose", values_SBM, perm=[1, 0, 2]), context_BC


def _read_source_in_parallel(
    graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, embedded_BSE: str, lengths_B: str
) -> tuple[str, str]:
    """The same for the parallel cells, which ONNX does not have: their recurrence as a Scan, in which padding keeps
    the state. The second direction reads what is turned round inside its own length."""
    encoder = recipe.encoder
    real_SB = graph.add("Transpose", _real(graph, embedded_BSE, lengths_B), perm=[1, 0])
    real_SB1 = graph.add("Unsqueeze", real_SB, graph.integers(2))
    values_SBM = graph.add("Transpose", embedded_BSE, perm=[1, 0, 2])
    ends: list[str] = []
    for layer in range(encoder.layers):
        outputs, ends = [], []
        for direction in ("forwards", "backwards") if encoder.bidirectional else ("forwards",):

            def turned(values: str, backwards: bool = direction == "backwards") -> str:
                if not backwards:
                    return values
                return graph.add("ReverseSequence", values, lengths_B, time_axis=0, batch_axis=1)

            name = f"encoder.{direction}.{layer}.layers.0"
            weight, bias = (weights[f"{name}.{part}_ih_l0"] for part in ("weight", "bias"))
            scores_SBG = graph.linear(turned(values_SBM), f"{name}.input", weight, bias)
            kept, *_, new = parallel_shares(graph, scores_SBG, encoder.cell)
            taken = graph.add("Mul", graph.add("Sub", graph.number(1.0), kept), new)
            kept = graph.add("Where", real_SB1, kept, graph.number(1.0))
            taken = graph.add("Where", real_SB1, taken, graph.number(0.0))
            start = graph.add("Mul", graph.add("Gather", taken, graph.integer(0), axis=0), graph.number(0.0))
            end, all_SBH = graph.scan(
                start, [kept, taken], lambda h, parts: graph.add("Add", graph.add("Mul", parts[0], h), parts[1])
            )
            ends.append(end)
            outputs.append(turned(all_SBH))
        outputs_SBM = graph.add("Concat", *outputs, axis=2)
        values_SBM = over_below(graph, recipe, weights, "encoder", layer, values_SBM, outputs_SBM)
    return graph.add("Transpose", values_SBM, perm=[1, 0, 2]), graph.add("Concat", *ends, axis=1)


def _in_onnx_order(gates_GX: NDArray[np.float32], cell: Cell) -> NDArray[np.float32]:
    order = _ONNX_GATES[cell]
    parts = np.split(gates_GX, len(order))
    return np.concatenate([parts[gate] for gate in order])


def add_bridge(graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, context_BC: str) -> None:
    layers, size = recipe.decoder.layers, recipe.decoder.hidden_size
    parts = graph.linear(context_BC, "bridge", weights["bridge.weight"], weights["bridge.bias"])
    parts_BPH = graph.add("Reshape", parts, graph.integers(0, -1, size))
    parts_PBH = graph.add("Transpose", parts_BPH, perm=[1, 0, 2])
    for number, name in enumerate(state_names(recipe)):
        ends = graph.integers(number * layers), graph.integers((number + 1) * layers), graph.integers(0)
        part_LBH = graph.add("Slice", parts_PBH, *ends)
        graph.output(name, graph.add("Tanh", part_LBH) if number == 0 else part_LBH, "float", [layers, "B", size])


def add_keys_and_values(graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, values_BSM: str) -> None:
    """The memory as the step reads it."""
    match recipe.attention:
        case "monotonic":
            graph.output("values", values_BSM, "float", ["B", "S", "M"])
            return
        case "multi-head":
            for name in ("key", "value"):
                projected = graph.linear(values_BSM, f"attention.{name}", weights[f"attention.{name}.weight"])
                heads = graph.integers(0, 0, recipe.attention_heads, -1)
                split_BSAK = graph.add("Reshape", projected, heads)
                perm = [0, 2, 3, 1] if name == "key" else [0, 2, 1, 3]
                shape = ["B", "A", "K", "S"] if name == "key" else ["B", "A", "S", "K"]
                graph.output(f"{name}s", graph.add("Transpose", split_BSAK, perm=perm), "float", shape)
            return
        case "additive":
            keys = graph.linear(
                values_BSM, "attention.key", weights["attention.key.weight"], weights["attention.key.bias"]
            )
        case "general":
            scale = np.float32(recipe.decoder.hidden_size**-0.5)
            keys = graph.linear(values_BSM, "attention.key", weights["attention.key.weight"] * scale)
        case _:
            keys = values_BSM
    shape = ["B", "S", "K"]
    if recipe.attention != "additive":
        keys, shape = graph.add("Transpose", keys, perm=[0, 2, 1]), ["B", "K", "S"]
    graph.output("keys", keys, "float", shape)
    graph.output("values", values_BSM, "float", ["B", "S", "M"])


def added_mask(graph: GraphBuilder, sources_BS: str, lengths_B: str) -> str:
    """What is added to scores: 0 at real positions, minus infinity at padding."""
    return graph.add("Where", _real(graph, sources_BS, lengths_B), graph.number(0.0), graph.number(-np.inf))


def _real(graph: GraphBuilder, padded: str, lengths_B: str) -> str:
    """Which positions are not padding, (B, S); of `padded` those are the first two axes."""
    width = graph.add("Squeeze", graph.add("Shape", padded, start=1, end=2), graph.integers(0))
    position_S = graph.add("Range", graph.integer(0), width, graph.integer(1))
    return graph.add("Less", position_S, graph.add("Unsqueeze", lengths_B, graph.integers(1)))
