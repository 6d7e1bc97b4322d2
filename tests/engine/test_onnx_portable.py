"""Graphs for where there are no kernels for 8-bit matrices: the same numbers from plain operators, in as few bytes."""

from __future__ import annotations

import numpy as np
import pytest

from skaz.engine.onnx_builder import BLOCKS, GraphBuilder, rounded
from skaz.engine.onnx_engine import open_session
from skaz.engine.onnx_portable import portable


@pytest.mark.parametrize("inputs", [7, 16, 20, 128, 130, 384])
@pytest.mark.parametrize("has_bias", [True, False])
def test_it_multiplies_by_the_rounded_matrix(inputs: int, has_bias: bool) -> None:
    rng = np.random.default_rng(inputs)
    weight_OI = rng.normal(size=(300, inputs)).astype(np.float32)
    bias_O = rng.normal(size=300).astype(np.float32) if has_bias else None
    graph = GraphBuilder("product", int8=True)
    value = graph.input("value", "float", ["B", inputs])
    graph.output("product", graph.linear(value, "matrix", weight_OI, bias_O), "float", ["B", 300])
    packed = graph.model()
    unpacked = portable(packed)
    assert [node.op_type for node in unpacked.graph.node].count("MatMulNBits") == 0
    assert unpacked.ByteSize() < 1.05 * packed.ByteSize() + 2000

    value_BI = rng.normal(size=(2, inputs)).astype(np.float32)
    found = open_session(unpacked.SerializeToString(), 1).run(None, {"value": value_BI})[0]
    wanted = value_BI @ _unpacked(weight_OI).T + (0 if bias_O is None else bias_O)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def _unpacked(weight_OI: np.ndarray) -> np.ndarray:
    """What the blocks of `linear` stand for."""
    units, inputs = weight_OI.shape
    block = min(BLOCKS, key=lambda size: -inputs % size)
    whole, scale = rounded(np.pad(weight_OI, ((0, 0), (0, -inputs % block))).reshape(-1, block))
    return (whole * scale[:, None]).reshape(units, -1)[:, :inputs]


def test_a_graph_in_fp32_stays_as_it_is() -> None:
    graph = GraphBuilder("product", int8=False)
    value = graph.input("value", "float", ["B", 4])
    graph.output("product", graph.linear(value, "matrix", np.eye(4, dtype=np.float32)), "float", ["B", 4])
    assert portable(graph.model()) == graph.model()
