"""Attention and the readout as nodes of an ONNX graph."""

from __future__ import annotations

import numpy as np

from skaz.engine.onnx_builder import GraphBuilder
from skaz.engine.onnx_cells import Weights
from skaz.recipe import ModelRecipe


def readout(graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, h_BH: str) -> tuple[str, str]:
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
