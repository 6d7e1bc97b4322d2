"""Graphs made node by node: what they give is what was said."""

from __future__ import annotations

import numpy as np
import pytest

from skaz.engine.onnx_builder import GraphBuilder, in_blocks
from skaz.engine.onnx_engine import open_session


@pytest.mark.parametrize("inputs", [7, 16, 100, 192, 320])
@pytest.mark.parametrize("scale", [1.0, 16.0])
def test_rows_are_those_of_the_table(inputs: int, scale: float) -> None:
    rng = np.random.default_rng(inputs)
    table_VE = rng.normal(size=(30, inputs)).astype(np.float32)
    indices = np.array([[3, 3, 29], [0, 7, 12]])
    for int8 in (False, True):
        graph = GraphBuilder("rows", int8=int8)
        read = graph.rows("table", table_VE, graph.input("indices", "int64", ["B", "S"]), scale)
        graph.output("rows", read, "float", ["B", "S", inputs])
        found = open_session(graph.model().SerializeToString(), 1).run(None, {"indices": indices})[0]
        half_a_step = in_blocks(table_VE)[1].max() / 2 if int8 else 0
        np.testing.assert_allclose(found, table_VE[indices] * scale, rtol=1e-6, atol=1.001 * half_a_step * scale)


def test_a_value_may_be_given_twice_and_an_input_or_a_constant_as_it_is() -> None:
    graph = GraphBuilder("several", int8=False)
    value = graph.input("value", "float", ["B"])
    doubled = graph.add("Add", value, value)
    given = {"first": doubled, "second": doubled, "same": value, "constant": graph.number(2.0)}
    for name, each in given.items():
        graph.output(name, each, "float", [] if name == "constant" else ["B"])
    graph.output("more", graph.add("Add", doubled, value), "float", ["B"])
    first, second, same, constant, more = open_session(graph.model().SerializeToString(), 1).run(
        None, {"value": np.array([1, 2], np.float32)}
    )
    assert [*first, *second, *same, constant, *more] == [2, 4, 2, 4, 1, 2, 2, 3, 6]


def test_what_is_given_may_be_read_by_a_branch() -> None:
    graph = GraphBuilder("branch", int8=False)
    doubled = graph.add("Mul", graph.input("value", "float", ["B"]), graph.number(2.0))
    graph.output("doubled", doubled, "float", ["B"])
    asked = graph.input("asked", "bool", [])
    graph.output("more", graph.only_if(asked, 1, lambda: graph.add("Add", doubled, doubled)), "float", ["M"])
    session = open_session(graph.model().SerializeToString(), 1)
    for is_asked, wanted in ((True, [4]), (False, [])):
        doubled_B, more_M = session.run(None, {"value": np.array([1], np.float32), "asked": np.array(is_asked)})
        assert (list(doubled_B), list(more_M)) == ([2], wanted)
