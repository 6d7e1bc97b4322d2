"""Hard monotonic attention (nn/monotonic.py) as nodes of an ONNX graph."""

from __future__ import annotations

from typing import NamedTuple

from onnx import TensorProto

from skaz.corpus.sources import NEXT
from skaz.engine.onnx_builder import GraphBuilder
from skaz.recipe import ModelRecipe

_PLACE = "place_UB1"
_SHAPE: list[int | str] = [1, "B", 1]


class Looked(NamedTuple):
    """What a step looks at, by name: what stands there, (B, M), and that place as attention's weights over the source,
    (B, 1, S)."""

    read: str
    shares: str


def add_first_place(graph: GraphBuilder, sources_BS: str) -> None:
    """Where the decoder looks before the first step."""
    one = graph.integers(1)
    size = graph.add("Concat", one, graph.add("Shape", sources_BS, start=0, end=1), one, axis=0)
    graph.output(_PLACE, graph.add("ConstantOfShape", size), "float", _SHAPE)


def look(graph: GraphBuilder, recipe: ModelRecipe, tokens_B: str) -> Looked:
    """The place after the token that is fed, which the state keeps, and what stands there."""
    values_BSM = graph.input("values", "float", ["B", "S", recipe.memory_size])
    mask_BS = graph.input("mask_BS", "float", ["B", "S"])
    before_B1 = graph.add("Squeeze", graph.input(_PLACE, "float", _SHAPE), graph.integers(0))
    moves_B = graph.add("Cast", graph.add("Equal", tokens_B, graph.integers(NEXT)), to=TensorProto.FLOAT)
    moved_B1 = graph.add("Add", before_B1, graph.add("Unsqueeze", moves_B, graph.integers(1)))
    is_real_BS = graph.add("Cast", graph.add("Equal", mask_BS, graph.number(0.0)), to=TensorProto.FLOAT)
    length_B1 = graph.add("ReduceSum", is_real_BS, graph.integers(1), keepdims=1)
    place_B1 = graph.add("Min", moved_B1, graph.add("Sub", length_B1, graph.number(1.0)))
    graph.output(f"{_PLACE}_after", graph.add("Unsqueeze", place_B1, graph.integers(0)), "float", _SHAPE)
    index_B1 = graph.add("Cast", place_B1, to=TensorProto.INT64)
    read_BM = graph.add("GatherND", values_BSM, index_B1, batch_dims=1)
    width = graph.add("Squeeze", graph.add("Shape", mask_BS, start=1, end=2), graph.integers(0))
    positions_S = graph.add("Range", graph.integer(0), width, graph.integer(1))
    shares_BS = graph.add("Cast", graph.add("Equal", positions_S, index_B1), to=TensorProto.FLOAT)
    return Looked(read_BM, graph.add("Unsqueeze", shares_BS, graph.integers(1)))
