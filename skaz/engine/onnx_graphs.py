"""A trained network as two ONNX graphs: the encoder, and one step of the decoder.

They compute what `nn/` computes, which a test holds for every cell and attention; products that follow one another
without anything between are multiplied out beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from skaz.engine.onnx_builder import GraphBuilder
from skaz.recipe import Cell, ModelRecipe

Weights = Mapping[str, NDArray[np.float32]]

STATE_NAMES = ("h_LBH", "c_LBH")
# torch's gates are input, forget, cell, output and reset, update, new; ONNX has its own orders
_ONNX_GATES: Mapping[Cell, tuple[int, ...]] = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,)}
_OPERATORS: Mapping[Cell, str] = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}


def encoder_graph(recipe: ModelRecipe, weights: Weights, *, int8: bool) -> onnx.ModelProto:
    """sources_BS, lengths_B → the decoder's first state and, where there is attention, the memory.

    Recurrent layers that ONNX has stay in fp32: they run once a source.
    """
    graph = GraphBuilder("encoder", int8=int8)
    sources_BS = graph.input("sources_BS", "int64", ["B", "S"])
    lengths_B = graph.input("lengths_B", "int64", ["B"])
    own = weights.get("source_embedding.weight")
    embedded_BSE = graph.rows("embedding", _embedding(recipe, weights) if own is None else own, sources_BS)
    values_BSM, context_BC = _read_source(graph, recipe, weights, embedded_BSE, lengths_B)
    _bridge(graph, recipe, weights, context_BC)
    if recipe.attention != "none":
        if recipe.encoder.embeddings_in_memory:
            values_BSM = graph.add("Concat", values_BSM, embedded_BSE, axis=2)
        _keys_and_values(graph, recipe, weights, values_BSM)
        graph.output("mask_BS", _mask(graph, sources_BS, lengths_B), "float", ["B", "S"])
    return graph.model()


def step_graph(recipe: ModelRecipe, weights: Weights, *, int8: bool) -> onnx.ModelProto:
    """tokens_B, the state, the memory → logits_BV and the state after. Where `traced` is true also the attention over
    the source and every layer's gates as the cell uses them (after their activation); else those are empty."""
    graph = GraphBuilder("step", int8=int8)
    layers, size = recipe.decoder.layers, recipe.decoder.hidden_size
    tokens_B = graph.input("tokens_B", "int64", ["B"])
    scale = recipe.embedding_size**0.5 if recipe.tied_embeddings else 1.0
    value = graph.rows("embedding", _embedding(recipe, weights), tokens_B, scale)
    states = [graph.input(name, "float", [layers, "B", size]) for name in state_names(recipe)]
    before = [_each_layer(graph, state, layers) for state in states]
    after: list[list[str]] = [[] for _ in states]
    gates: list[list[str]] = []
    for layer in range(layers):
        parts, used = _cell(graph, recipe, weights, layer, value, [each[layer] for each in before])
        value = parts[0]
        gates.append(used)
        for kept, part in zip(after, parts, strict=True):
            kept.append(part)
    for name, each in zip(state_names(recipe), after, strict=True):
        graph.output(name + "_after", _stacked(graph, each), "float", [layers, "B", size])
    features, shares = _readout(graph, recipe, weights, value)
    logits_BV = graph.linear(features, "output", weights["output_VE"], weights["bias_V"])
    graph.output("logits_BV", logits_BV, "float", ["B", len(weights["bias_V"])])
    traced = graph.input("traced", "bool", [])
    gates_LBG = graph.only_if(
        traced, 3, lambda: _stacked(graph, [graph.add("Concat", *parts, axis=1) for parts in gates])
    )
    graph.output("gates_LBG", gates_LBG, "float", ["L", "B", "G"])
    if shares:
        middle = graph.integers(1, 2) if recipe.attention == "multi-head" else graph.integers(1)
        attention_BS = graph.only_if(traced, 2, lambda: graph.add("ReduceMean", shares, middle, keepdims=0))
        graph.output("attention_BS", attention_BS, "float", ["B", "S"])
    return graph.model()


def state_names(recipe: ModelRecipe) -> tuple[str, ...]:
    """The parts of the decoder's state: h, and c where the cell has one."""
    return STATE_NAMES if recipe.decoder.cell == "lstm" else STATE_NAMES[:1]


def _embedding(recipe: ModelRecipe, weights: Weights) -> NDArray[np.float32]:
    """(V, E); a tied matrix goes by its other name."""
    return weights["output_VE" if recipe.tied_embeddings else "embedding.weight"]


def _read_source(
    graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, embedded_BSE: str, lengths_B: str
) -> tuple[str, str]:
    """The top layer's outputs, and the context C."""
    encoder = recipe.encoder
    if encoder.cell in ("mingru", "minlstm"):
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
        values_SBM = graph.add("Reshape", side_by_side, graph.integers(0, 0, -1))
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
            kept, *_, new = _shares(graph, scores_SBG, encoder.cell, axis=2)
            taken = graph.add("Mul", graph.add("Sub", graph.number(1.0), kept), new)
            kept = graph.add("Where", real_SB1, kept, graph.number(1.0))
            taken = graph.add("Where", real_SB1, taken, graph.number(0.0))
            start = graph.add("Mul", graph.add("Gather", taken, graph.integer(0), axis=0), graph.number(0.0))
            end, all_SBH = graph.scan(
                start, [kept, taken], lambda h, parts: graph.add("Add", graph.add("Mul", parts[0], h), parts[1])
            )
            ends.append(end)
            outputs.append(turned(all_SBH))
        values_SBM = graph.add("Concat", *outputs, axis=2)
    return graph.add("Transpose", values_SBM, perm=[1, 0, 2]), graph.add("Concat", *ends, axis=1)


def _in_onnx_order(gates_GX: NDArray[np.float32], cell: Cell) -> NDArray[np.float32]:
    order = _ONNX_GATES[cell]
    parts = np.split(gates_GX, len(order))
    return np.concatenate([parts[gate] for gate in order])


def _bridge(graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, context_BC: str) -> None:
    layers, size = recipe.decoder.layers, recipe.decoder.hidden_size
    parts = graph.linear(context_BC, "bridge", weights["bridge.weight"], weights["bridge.bias"])
    parts_BPH = graph.add("Reshape", parts, graph.integers(0, -1, size))
    parts_PBH = graph.add("Transpose", parts_BPH, perm=[1, 0, 2])
    for number, name in enumerate(state_names(recipe)):
        ends = graph.integers(number * layers), graph.integers((number + 1) * layers), graph.integers(0)
        part_LBH = graph.add("Slice", parts_PBH, *ends)
        graph.output(name, graph.add("Tanh", part_LBH) if number == 0 else part_LBH, "float", [layers, "B", size])


def _mask(graph: GraphBuilder, sources_BS: str, lengths_B: str) -> str:
    """What is added to scores: 0 at real positions, minus infinity at padding."""
    return graph.add("Where", _real(graph, sources_BS, lengths_B), graph.number(0.0), graph.number(-np.inf))


def _real(graph: GraphBuilder, padded: str, lengths_B: str) -> str:
    """Which positions are not padding, (B, S); of `padded` those are the first two axes."""
    width = graph.add("Squeeze", graph.add("Shape", padded, start=1, end=2), graph.integers(0))
    position_S = graph.add("Range", graph.integer(0), width, graph.integer(1))
    return graph.add("Less", position_S, graph.add("Unsqueeze", lengths_B, graph.integers(1)))


def _keys_and_values(graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, values_BSM: str) -> None:
    """The memory as the step reads it."""
    match recipe.attention:
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


def _each_layer(graph: GraphBuilder, state_LBH: str, layers: int) -> list[str]:
    """A state's layers, (B, H) each."""
    axis = graph.integers(0)
    if layers == 1:
        return [graph.add("Squeeze", state_LBH, axis)]
    parts = graph.add_several("Split", [state_LBH], layers, axis=0, num_outputs=layers)
    return [graph.add("Squeeze", part, axis) for part in parts]


def _stacked(graph: GraphBuilder, parts: Sequence[str]) -> str:
    """(B, H) each as (L, B, H)."""
    raised = [graph.add("Unsqueeze", part, graph.integers(0)) for part in parts]
    return raised[0] if len(raised) == 1 else graph.add("Concat", *raised, axis=0)


def _cell(
    graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, layer: int, value: str, before: Sequence[str]
) -> tuple[list[str], list[str]]:
    """One layer's state after the step, and its gates."""
    cell, name = recipe.decoder.cell, f"decoder.layers.{layer}"
    if cell in ("mingru", "minlstm"):
        scores = graph.linear(value, f"{name}.input", weights[f"{name}.weight_ih_l0"], weights[f"{name}.bias_ih_l0"])
        kept, *gates, new = _shares(graph, scores, cell, axis=1)
        # a h + (1 - a) new
        h = graph.add("Add", new, graph.add("Mul", kept, graph.add("Sub", before[0], new)))
        return [h], [*gates, new]
    from_input, from_state = (weights[f"{name}.weight_{part}_l0"] for part in ("ih", "hh"))
    input_bias, state_bias = (weights[f"{name}.bias_{part}_l0"] for part in ("ih", "hh"))
    if cell == "gru":
        read = graph.linear(value, f"{name}.input", from_input, input_bias)
        held = graph.linear(before[0], f"{name}.state", from_state, state_bias)
        return _gru(graph, read, held, before[0])
    read = graph.linear(value, f"{name}.input", from_input)
    held = graph.linear(before[0], f"{name}.state", from_state, input_bias + state_bias)
    summed = graph.add("Add", read, held)
    if cell == "rnn":
        h = graph.add(recipe.nonlinearity.capitalize(), summed)
        return [h], [h]
    return _lstm(graph, summed, before[1])


def _shares(graph: GraphBuilder, scores: str, cell: Cell, axis: int) -> list[str]:
    """Of a parallel cell: what is kept of the state, the gates, and the new."""
    if cell == "mingru":
        update, new = graph.add_several("Split", [scores], 2, axis=axis, num_outputs=2)
        kept = graph.add("Sigmoid", graph.add("Neg", update))
        return [kept, graph.add("Sigmoid", update), new]
    forget, take, new = graph.add_several("Split", [scores], 3, axis=axis, num_outputs=3)
    balance = graph.add("Sub", *(graph.add("Softplus", graph.add("Neg", gate)) for gate in (take, forget)))
    return [graph.add("Sigmoid", balance), graph.add("Sigmoid", forget), graph.add("Sigmoid", take), new]


def _lstm(graph: GraphBuilder, summed_BG: str, c_BH: str) -> tuple[list[str], list[str]]:
    take, keep, fresh, show = graph.add_several("Split", [summed_BG], 4, axis=1, num_outputs=4)
    take, keep, show = (graph.add("Sigmoid", gate) for gate in (take, keep, show))
    fresh = graph.add("Tanh", fresh)
    c_after = graph.add("Add", graph.add("Mul", keep, c_BH), graph.add("Mul", take, fresh))
    h_after = graph.add("Mul", show, graph.add("Tanh", c_after))
    return [h_after, c_after], [take, keep, fresh, show]


def _gru(graph: GraphBuilder, read_BG: str, held_BG: str, h_BH: str) -> tuple[list[str], list[str]]:
    reset_in, update_in, new_in = graph.add_several("Split", [read_BG], 3, axis=1, num_outputs=3)
    reset_of, update_of, new_of = graph.add_several("Split", [held_BG], 3, axis=1, num_outputs=3)
    reset = graph.add("Sigmoid", graph.add("Add", reset_in, reset_of))
    update = graph.add("Sigmoid", graph.add("Add", update_in, update_of))
    new = graph.add("Tanh", graph.add("Add", new_in, graph.add("Mul", reset, new_of)))
    # (1 - z) n + z h
    h_after = graph.add("Add", new, graph.add("Mul", update, graph.add("Sub", h_BH, new)))
    return [h_after], [reset, update, new]


def _readout(graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, h_BH: str) -> tuple[str, str]:
    """The features that the output layer scores, and the weights of attention ("" without it)."""
    features_size = recipe.decoder.hidden_size
    read, shares = "", ""
    if recipe.attention != "none":
        read, shares = _attend(graph, recipe, weights, h_BH)
    if "readout.weight" not in weights:
        return h_BH, shares
    weight = weights["readout.weight"]
    if recipe.attention == "multi-head":  # the heads' way out leads straight into the readout: one product of the two
        from_memory = weight[:, features_size:] @ weights["attention.out.weight"]
        weight = np.concatenate([weight[:, :features_size], from_memory], axis=1)
    value = graph.add("Concat", h_BH, read, axis=1) if read else h_BH
    return graph.linear(value, "readout", weight, weights["readout.bias"]), shares


def _attend(graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, h_BH: str) -> tuple[str, str]:
    """What the memory gives for the decoder's output, and the weights over the source, whose axes between B and S
    are the heads' and one of length 1."""
    size, heads = recipe.decoder.hidden_size, recipe.attention_heads
    several = recipe.attention == "multi-head"
    key_shape: list[int | str] = ["B", "A", "K", "S"] if several else ["B", "K", "S"]
    value_shape: list[int | str] = ["B", "A", "S", "K"] if several else ["B", "S", "M"]
    keys = graph.input("keys", "float", ["B", "S", "K"] if recipe.attention == "additive" else key_shape)
    values = graph.input("values", "float", value_shape)
    mask_BS = graph.input("mask_BS", "float", ["B", "S"])
    if recipe.attention == "additive":
        query = graph.linear(h_BH, "attention.query", weights["attention.query.weight"])
        joined = graph.add("Tanh", graph.add("Add", graph.add("Unsqueeze", query, graph.integers(1)), keys))
        score = graph.constant("attention.score", weights["attention.score.weight"].T)
        scores = graph.add("Squeeze", graph.add("MatMul", joined, score), graph.integers(2))
        scores = graph.add("Unsqueeze", graph.add("Add", scores, mask_BS), graph.integers(1))
    elif several:
        scale = np.float32((size // heads) ** -0.5)
        query = graph.linear(h_BH, "attention.query", weights["attention.query.weight"] * scale)
        query = graph.add("Reshape", query, graph.integers(0, heads, 1, -1))
        mask = graph.add("Unsqueeze", mask_BS, graph.integers(1, 2))
        scores = graph.add("Add", graph.add("MatMul", query, keys), mask)
    else:
        query = graph.add("Unsqueeze", h_BH, graph.integers(1))
        mask = graph.add("Unsqueeze", mask_BS, graph.integers(1))
        scores = graph.add("Add", graph.add("MatMul", query, keys), mask)
    shares = graph.add("Softmax", scores, axis=-1)
    read = graph.add("Reshape", graph.add("MatMul", shares, values), graph.integers(0, -1))
    return read, shares
