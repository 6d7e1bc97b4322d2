"""A trained network as two ONNX graphs: the encoder, and one step of the decoder.

They compute what `nn/` computes, which a test holds for every cell and attention; products that follow one another
without anything between are multiplied out beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray

from skaz.engine.onnx_attention import (
    add_kept_after,
    add_kept_before,
    kept_features,
    mean_attention,
    mixed_scores,
    readout,
)
from skaz.engine.onnx_builder import GraphBuilder
from skaz.engine.onnx_cells import Weights, cell_step, over_below, state_names
from skaz.engine.onnx_encoder import add_bridge, add_keys_and_values, added_mask, read_source
from skaz.engine.onnx_monotonic import look
from skaz.recipe import ModelRecipe

_LANES = 16  # numbers that a processor takes at once, at most
_NEVER = -1e9


def encoder_graph(recipe: ModelRecipe, weights: Weights, *, int8: bool) -> onnx.ModelProto:
    """sources_BS, lengths_B → the decoder's first state and, where there is attention, the memory.

    Recurrent layers that ONNX has stay in fp32: they run once a source.
    """
    graph = GraphBuilder("encoder", int8=int8)
    sources_BS = graph.input("sources_BS", "int64", ["B", "S"])
    lengths_B = graph.input("lengths_B", "int64", ["B"])
    own = weights.get("source_embedding.weight")
    embedded_BSE = graph.rows("embedding", _embedding(recipe, weights) if own is None else own, sources_BS)
    values_BSM, context_BC = read_source(graph, recipe, weights, embedded_BSE, lengths_B)
    add_bridge(graph, recipe, weights, context_BC)
    if recipe.has_memory:
        if recipe.encoder.embeddings_in_memory:
            values_BSM = graph.add("Concat", values_BSM, embedded_BSE, axis=2)
        add_keys_and_values(graph, recipe, weights, values_BSM)
        graph.output("mask_BS", added_mask(graph, sources_BS, lengths_B), "float", ["B", "S"])
    if recipe.copy:
        graph.output("ids_BS", sources_BS, "int64", ["B", "S"])
    add_kept_before(graph, recipe, sources_BS)
    return graph.model()


def step_graph(recipe: ModelRecipe, weights: Weights, *, int8: bool) -> onnx.ModelProto:
    """tokens_B, the state, the memory → logits_BV and the state after. Where `traced` is true also the attention over
    the source and every layer's gates as the cell uses them (after their activation); else those are empty."""
    graph = GraphBuilder("step", int8=int8)
    layers, size = recipe.decoder.layers, recipe.decoder.hidden_size
    tokens_B = graph.input("tokens_B", "int64", ["B"])
    scale = recipe.embedding_size**0.5 if recipe.tied_embeddings else 1.0
    vocabulary_size = len(weights["bias_V"])
    value = graph.rows("embedding", _embedding(recipe, weights)[:vocabulary_size], tokens_B, scale)
    if recipe.input_feeding:
        value = graph.add("Concat", value, kept_features(graph, recipe), axis=1)
    looked = look(graph, recipe, tokens_B) if recipe.is_monotonic else None
    if looked is not None:
        value = graph.add("Concat", value, looked.read, axis=1)
    states = [graph.input(name, "float", [layers, "B", size]) for name in state_names(recipe)]
    before = [_each_layer(graph, state, layers) for state in states]  # (1, B, H) each, as all that is made of them
    after: list[list[str]] = [[] for _ in states]
    gates: list[list[str]] = []
    for layer in range(layers):
        parts, used = cell_step(graph, recipe, weights, layer, value, [each[layer] for each in before])
        value = over_below(graph, recipe, weights, "decoder", layer, value, parts[0])
        gates.append(used)
        for kept, part in zip(after, parts, strict=True):
            kept.append(part)
    for name, each in zip(state_names(recipe), after, strict=True):
        graph.output(name + "_after", _stacked(graph, each), "float", [layers, "B", size])
    read = readout(graph, recipe, weights, graph.add("Squeeze", value, graph.integers(0)), looked)
    output_VE, bias_V = weights["output_VE"][:vocabulary_size], weights["bias_V"]
    if read.switch:
        wide_BV = graph.linear(read.features, "output", *_widened(output_VE, bias_V))
        mixed_BV = mixed_scores(graph, wide_BV, read.switch, mean_attention(graph, recipe, read.shares))
        logits_BV = graph.add("Slice", mixed_BV, graph.integers(0), graph.integers(vocabulary_size), graph.integers(-1))
    else:
        logits_BV = graph.linear(read.features, "output", output_VE, bias_V)
    add_kept_after(graph, recipe, read)
    graph.output("logits_BV", logits_BV, "float", ["B", vocabulary_size])
    traced = graph.input("traced", "bool", [])
    gates_LBG = graph.only_if(
        traced, 3, lambda: _stacked(graph, [_side_by_side(graph, parts, size) for parts in gates])
    )
    graph.output("gates_LBG", gates_LBG, "float", ["L", "B", "G"])
    if read.shares:
        attention_BS = graph.only_if(traced, 2, lambda: mean_attention(graph, recipe, read.shares))
        graph.output("attention_BS", attention_BS, "float", ["B", "S"])
    return graph.model()


def _widened(
    output_VE: NDArray[np.float32], bias_V: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The output layer with some tokens more, which are never likely: of so many no row has some that the logarithm
    takes one by one, and by another formula than the rest, at the end of a batch and not within it."""
    more = -len(bias_V) % _LANES
    return np.pad(output_VE, ((0, more), (0, 0))), np.pad(bias_V, (0, more), constant_values=_NEVER)


def _embedding(recipe: ModelRecipe, weights: Weights) -> NDArray[np.float32]:
    """(V, E), and behind them the rows of tokens that only sources have; a tied matrix goes by its other name."""
    return weights["output_VE" if recipe.tied_embeddings else "embedding.weight"]


def _each_layer(graph: GraphBuilder, state_LBH: str, layers: int) -> list[str]:
    """A state's layers, (1, B, H) each."""
    return [state_LBH] if layers == 1 else graph.add_several("Split", [state_LBH], layers, axis=0, num_outputs=layers)


def _stacked(graph: GraphBuilder, parts: Sequence[str]) -> str:
    """(1, B, H) each as (L, B, H)."""
    return parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=0)


def _side_by_side(graph: GraphBuilder, gates: Sequence[str], size: int) -> str:
    """A layer's gates, (B, H) or (1, B, H) each, as (1, B, G)."""
    return graph.add("Reshape", graph.add("Concat", *gates, axis=-1), graph.integers(1, -1, size * len(gates)))
