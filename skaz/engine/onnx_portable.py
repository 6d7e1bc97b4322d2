"""A graph whose 8-bit matrices any ONNX Runtime multiplies fast.

Where there are no kernels for `MatMulNBits` (in a browser, above all), it unpacks the whole matrix anew at every step.
Here the unpacking is said in plain operators on constants: the runtime does it once, when it opens the graph, and what
is left is a product in fp32. The file is as small as before, and the numbers are those that it unpacks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_ZERO = 128  # the byte that stands for 0 in the blocks of MatMulNBits


def portable(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with every `MatMulNBits` that `onnx_builder` made said in plain operators."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        nodes += _product(node, constants) if node.op_type == "MatMulNBits" else [node]
    used = {name for node in nodes for name in _all_inputs(node)}
    made = onnx.ModelProto()
    made.CopyFrom(model)
    del made.graph.node[:], made.graph.initializer[:]
    made.graph.node.extend(nodes)
    made.graph.initializer.extend(tensor for name, tensor in constants.items() if name in used)
    onnx.checker.check_model(made)
    return made


def _product(node: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> list[onnx.NodeProto]:
    """value @ (whole · scale) + bias, whole and scale laid inputs first: blocks, inputs of a block, units."""
    value, packed, scale, *rest = node.input
    attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    whole_NBI = numpy_helper.to_array(constants[packed]).astype(np.int16) - _ZERO
    units, blocks, _ = whole_NBI.shape
    scale_NB = numpy_helper.to_array(constants[scale]).reshape(units, blocks)
    name: str = packed.removesuffix(".int8")
    result = node.output[0]

    def constant(ending: str, values: NDArray[Any]) -> str:
        constants[name + ending] = numpy_helper.from_array(np.ascontiguousarray(values), name + ending)
        return name + ending

    bias = next((each for each in rest if each), "")
    chain = [
        ("Cast", [constant(".whole", whole_NBI.transpose(1, 2, 0).astype(np.int8))], {"to": TensorProto.FLOAT}),
        ("Mul", ["", constant(".scales", scale_NB.T[:, None, :])], {}),
        ("Reshape", ["", constant(".shape", np.array([-1, units]))], {}),
        ("Slice", ["", constant(".first", np.array([0])), constant(".inputs", np.array([attributes["K"]]))], {}),
        ("MatMul", [value, ""], {}),
        *([("Add", ["", bias], {})] if bias else []),
    ]
    return _chained(chain, result)


def _chained(chain: list[tuple[str, list[str], dict[str, Any]]], result: str) -> list[onnx.NodeProto]:
    """Nodes of which each reads, where its inputs have "", what the one before it gives."""
    nodes, before = [], ""
    for number, (operator, inputs, attributes) in enumerate(chain, start=1):
        output = result if number == len(chain) else f"{result}.{operator}"
        nodes.append(helper.make_node(operator, [each or before for each in inputs], [output], **attributes))
        before = output
    return nodes


def _all_inputs(node: onnx.NodeProto) -> list[str]:
    """What a node reads, the graphs inside it included."""
    inner = [each.g for each in node.attribute if each.type == onnx.AttributeProto.GRAPH]
    return [*node.input, *(name for graph in inner for each in graph.node for name in _all_inputs(each))]
