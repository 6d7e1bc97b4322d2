"""One step of a recurrent layer, and how layers stand over one another, as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from skaz.engine.interface import STATE_NAMES
from skaz.engine.onnx_builder import GraphBuilder
from skaz.recipe import PARALLEL_CELLS, Cell, ModelRecipe

Weights = Mapping[str, NDArray[np.float32]]

_EPSILON = 1e-5  # torch's, of LayerNorm


def state_names(recipe: ModelRecipe) -> tuple[str, ...]:
    """The parts of the decoder's state: h, and c where the cell has one."""
    return STATE_NAMES if recipe.decoder.cell == "lstm" else STATE_NAMES[:1]


def over_below(
    graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, stack: str, layer: int, below: str, made: str
) -> str:
    """What a layer hands to the one above, of its input and what it made of it (nn/cells.py: Stacking)."""
    if recipe.layer_norm:
        name = f"{stack}.stacking.norms.{layer}"
        parts = [graph.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]
        made = graph.add("LayerNormalization", made, *parts, axis=-1, epsilon=_EPSILON)
    return graph.add("Add", below, made) if recipe.residual and layer else made


def cell_step(
    graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, layer: int, value: str, before: Sequence[str]
) -> tuple[list[str], list[str]]:
    """One layer's state after the step, and its gates, of its input, (B, E) or (1, B, E), and the state `before`,
    (1, B, H) each: what a stack of one layer keeps needs no other shape for a step."""
    cell, name = recipe.decoder.cell, f"decoder.layers.{layer}"
    if cell in PARALLEL_CELLS:
        scores = graph.linear(value, f"{name}.input", weights[f"{name}.weight_ih_l0"], weights[f"{name}.bias_ih_l0"])
        kept, *gates, new = parallel_shares(graph, scores, cell)
        # a h + (1 - a) new
        h = graph.add("Add", new, graph.add("Mul", kept, graph.add("Sub", before[0], new)))
        return [h], [*gates, new]
    from_input, from_state = (weights[f"{name}.weight_{part}_l0"] for part in ("ih", "hh"))
    input_bias, state_bias = (weights[f"{name}.bias_{part}_l0"] for part in ("ih", "hh"))
    if cell == "gru":
        read = graph.linear(value, f"{name}.input", from_input, input_bias)
        held = graph.linear(before[0], f"{name}.state", from_state, state_bias)
        return _gru(graph, read, held, before[0])
    bias = input_bias + state_bias
    if cell == "lstm":
        from_input, from_state, bias = (_squashed_first(gates_GX) for gates_GX in (from_input, from_state, bias))
    read = graph.linear(value, f"{name}.input", from_input)
    held = graph.linear(before[0], f"{name}.state", from_state, bias)
    summed = graph.add("Add", read, held)
    if cell == "rnn":
        h = graph.add(recipe.nonlinearity.capitalize(), summed)
        return [h], [h]
    return _lstm(graph, summed, before[1], recipe.decoder.hidden_size)


def parallel_shares(graph: GraphBuilder, scores: str, cell: Cell) -> list[str]:
    """Of a parallel cell: what is kept of the state, the gates, and the new."""
    if cell == "mingru":
        update, new = graph.add_several("Split", [scores], 2, axis=-1, num_outputs=2)
        kept = graph.add("Sigmoid", graph.add("Neg", update))
        return [kept, graph.add("Sigmoid", update), new]
    forget, take, new = graph.add_several("Split", [scores], 3, axis=-1, num_outputs=3)
    balance = graph.add("Sub", *(graph.add("Softplus", graph.add("Neg", gate)) for gate in (take, forget)))
    return [graph.add("Sigmoid", balance), graph.add("Sigmoid", forget), graph.add("Sigmoid", take), new]


def _squashed_first(gates_GX: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of an LSTM with the new cell's behind those of the three gates, which one sigmoid squashes."""
    take, keep, fresh, show = np.split(gates_GX, 4)
    return np.concatenate([take, keep, show, fresh])


def _lstm(graph: GraphBuilder, summed_UBG: str, c_UBH: str, size: int) -> tuple[list[str], list[str]]:
    sizes = graph.integers(3 * size, size)
    gates, fresh = graph.add_several("Split", [summed_UBG, sizes], 2, axis=-1)
    take, keep, show = graph.add_several("Split", [graph.add("Sigmoid", gates)], 3, axis=-1, num_outputs=3)
    fresh = graph.add("Tanh", fresh)
    c_after = graph.add("Add", graph.add("Mul", keep, c_UBH), graph.add("Mul", take, fresh))
    h_after = graph.add("Mul", show, graph.add("Tanh", c_after))
    return [h_after, c_after], [take, keep, fresh, show]


def _gru(graph: GraphBuilder, read: str, held_UBG: str, h_UBH: str) -> tuple[list[str], list[str]]:
    reset_in, update_in, new_in = graph.add_several("Split", [read], 3, axis=-1, num_outputs=3)
    reset_of, update_of, new_of = graph.add_several("Split", [held_UBG], 3, axis=-1, num_outputs=3)
    reset = graph.add("Sigmoid", graph.add("Add", reset_in, reset_of))
    update = graph.add("Sigmoid", graph.add("Add", update_in, update_of))
    new = graph.add("Tanh", graph.add("Add", new_in, graph.add("Mul", reset, new_of)))
    # (1 - z) n + z h
    h_after = graph.add("Add", new, graph.add("Mul", update, graph.add("Sub", h_UBH, new)))
    return [h_after], [reset, update, new]
