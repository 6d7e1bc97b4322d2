"""Attention and the readout as nodes of an ONNX graph."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skaz.corpus.sources import FIRST_MARK, LAST_MARK
from skaz.engine.onnx_builder import GraphBuilder
from skaz.engine.onnx_cells import Weights
from skaz.engine.onnx_monotonic import Looked, add_first_place
from skaz.recipe import ModelRecipe


class Readout(NamedTuple):
    """What a step reads out, by name: the features that the output layer scores, attention's weights over the source
    (as `_attend` has them; "" without it), and the switch's score, (B, 1) ("" where nothing is copied)."""

    features: str
    shares: str
    switch: str


def readout(
    graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, h_BH: str, looked: Looked | None = None
) -> Readout:
    """The readout of the decoder's output and what attention reads for it, or, where that is known before the
    decoder's step, has `looked` at."""
    read, shares = looked or (_attend(graph, recipe, weights, h_BH) if recipe.has_memory else ("", ""))
    if "readout.weight" not in weights:
        return Readout(h_BH, shares, "")
    value = graph.add("Concat", h_BH, read, axis=1) if read else h_BH
    features = graph.linear(value, "readout", _past_heads(recipe, weights, "readout"), weights["readout.bias"])
    if not recipe.copy:
        return Readout(features, shares, "")
    # one row, of which the mixture depends much: it stays in fp32
    row = graph.constant("switch", _past_heads(recipe, weights, "switch").T)
    bias = graph.constant("switch.bias", weights["switch.bias"])
    return Readout(features, shares, graph.add("Add", graph.add("MatMul", value, row), bias))


def _past_heads(recipe: ModelRecipe, weights: Weights, name: str) -> NDArray[np.float32]:
    """A matrix over the decoder's output and what attention read; the heads' way out leads straight into it, and is
    multiplied out beforehand."""
    weight, size = weights[f"{name}.weight"], recipe.decoder.hidden_size
    if recipe.attention != "multi-head":
        return weight
    return np.concatenate([weight[:, :size], weight[:, size:] @ weights["attention.out.weight"]], axis=1)


def mean_attention(graph: GraphBuilder, recipe: ModelRecipe, shares: str) -> str:
    """Attention's weights over the source, (B, S), the heads' mean."""
    middle = graph.integers(1, 2) if recipe.attention == "multi-head" else graph.integers(1)
    return graph.add("ReduceMean", shares, middle, keepdims=0)


def mixed_scores(graph: GraphBuilder, logits_BV: str, switch_B1: str, attention_BS: str) -> str:
    """log p(w) where the source's tokens may be copied (nn/copying.py)."""
    ids_BS = graph.input("ids_BS", "int64", ["B", "S"])
    known = np.arange(LAST_MARK + 2)  # no later token is a mark
    is_mark = graph.constant("is_mark", ((known >= FIRST_MARK) & (known <= LAST_MARK)).astype(np.float32))
    is_mark_BS = graph.add("Gather", is_mark, graph.add("Min", ids_BS, graph.integer(LAST_MARK + 1)))
    marks_BS = graph.add("Mul", attention_BS, is_mark_BS)
    copying_B1 = graph.add("Sigmoid", switch_B1)
    to_marks_B1 = graph.add("Mul", copying_B1, graph.add("ReduceSum", marks_BS, graph.integers(1), keepdims=1))
    writing_B1 = graph.add("Add", graph.add("Sigmoid", graph.add("Neg", switch_B1)), to_marks_B1)
    written_BV = graph.add("Mul", writing_B1, graph.add("Softmax", logits_BV))
    copied_BS = graph.add("Mul", copying_B1, graph.add("Sub", attention_BS, marks_BS))
    mixed = graph.add("ScatterElements", written_BV, ids_BS, copied_BS, axis=1, reduction="add")
    return graph.add("Log", graph.add("Max", mixed, graph.number(float(np.finfo(np.float32).tiny))))


def add_kept_before(graph: GraphBuilder, recipe: ModelRecipe, sources_BS: str) -> None:
    """What the decoder keeps of readout and attention before the first step: nothing."""
    one = graph.integers(1)
    if recipe.input_feeding:
        batch = graph.add("Shape", sources_BS, start=0, end=1)
        size = graph.add("Concat", one, batch, graph.integers(recipe.readout_size), axis=0)
        graph.output("feed_UBE", graph.add("ConstantOfShape", size), "float", [1, "B", recipe.readout_size])
    if recipe.coverage:
        size = graph.add("Concat", one, graph.add("Shape", sources_BS), axis=0)
        graph.output("coverage_UBS", graph.add("ConstantOfShape", size), "float", [1, "B", "S"])
    if recipe.is_monotonic:
        add_first_place(graph, sources_BS)


def kept_features(graph: GraphBuilder, recipe: ModelRecipe) -> str:
    """The features of the step before, (B, E)."""
    feed_UBE = graph.input("feed_UBE", "float", [1, "B", recipe.readout_size])
    return graph.add("Squeeze", feed_UBE, graph.integers(0))


def add_kept_after(graph: GraphBuilder, recipe: ModelRecipe, read: Readout) -> None:
    """What is kept of readout and attention for the next step."""
    first = graph.integers(0)
    if recipe.input_feeding:
        feed_UBE = graph.add("Unsqueeze", read.features, first)
        graph.output("feed_UBE_after", feed_UBE, "float", [1, "B", recipe.readout_size])
    if recipe.coverage:
        attention_UBS = graph.add("Unsqueeze", mean_attention(graph, recipe, read.shares), first)
        graph.output("coverage_UBS_after", graph.add("Add", "coverage_UBS", attention_UBS), "float", [1, "B", "S"])


def _bias(graph: GraphBuilder, recipe: ModelRecipe, weights: Weights) -> str:
    """What is added to attention's scores, (B, S): minus infinity at padding, and the coverage's part."""
    mask_BS = graph.input("mask_BS", "float", ["B", "S"])
    if not recipe.coverage:
        return mask_BS
    coverage_UBS = graph.input("coverage_UBS", "float", [1, "B", "S"])
    weight = graph.constant("coverage_weight", weights["coverage_weight"])
    covered_BS = graph.add("Squeeze", graph.add("Mul", coverage_UBS, weight), graph.integers(0))
    return graph.add("Add", mask_BS, covered_BS)


def _attend(graph: GraphBuilder, recipe: ModelRecipe, weights: Weights, h_BH: str) -> tuple[str, str]:
    """What the memory gives for the decoder's output, and the weights over the source, whose axes between B and S
    are the heads' and one of length 1."""
    size, heads = recipe.decoder.hidden_size, recipe.attention_heads
    several = recipe.attention == "multi-head"
    key_shape: list[int | str] = ["B", "A", "K", "S"] if several else ["B", "K", "S"]
    value_shape: list[int | str] = ["B", "A", "S", "K"] if several else ["B", "S", "M"]
    keys = graph.input("keys", "float", ["B", "S", "K"] if recipe.attention == "additive" else key_shape)
    values = graph.input("values", "float", value_shape)
    bias_BS = _bias(graph, recipe, weights)
    if recipe.attention == "additive":
        query = graph.linear(h_BH, "attention.query", weights["attention.query.weight"])
        joined = graph.add("Tanh", graph.add("Add", graph.add("Unsqueeze", query, graph.integers(1)), keys))
        score = graph.constant("attention.score", weights["attention.score.weight"].T)
        scores = graph.add("Squeeze", graph.add("MatMul", joined, score), graph.integers(2))
        scores = graph.add("Unsqueeze", graph.add("Add", scores, bias_BS), graph.integers(1))
    elif several:
        scale = np.float32((size // heads) ** -0.5)
        query = graph.linear(h_BH, "attention.query", weights["attention.query.weight"] * scale)
        query = graph.add("Reshape", query, graph.integers(0, heads, 1, -1))
        bias = graph.add("Unsqueeze", bias_BS, graph.integers(1, 2))
        scores = graph.add("Add", graph.add("MatMul", query, keys), bias)
    else:
        query = graph.add("Unsqueeze", h_BH, graph.integers(1))
        bias = graph.add("Unsqueeze", bias_BS, graph.integers(1))
        scores = graph.add("Add", graph.add("MatMul", query, keys), bias)
    shares = graph.add("Softmax", scores, axis=-1)
    read = graph.add("Reshape", graph.add("MatMul", shares, values), graph.integers(0, -1))
    return read, shares
