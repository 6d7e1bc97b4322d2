"""Building an ONNX graph node by node, with its matrices in fp32 or int8."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 21
MICROSOFT = "com.microsoft"  # ONNX Runtime's own operators
_TYPES = {"float": TensorProto.FLOAT, "int64": TensorProto.INT64, "bool": TensorProto.BOOL}
BLOCKS = (128, 64, 32, 16)  # how many inputs share a scale, as the kernels have it


class GraphBuilder:
    """A graph in the making. Values go by name: each method adds what it says and gives its result's name."""

    def __init__(self, name: str, *, int8: bool) -> None:
        self.name = name
        self.int8 = int8
        self._nodes: list[onnx.NodeProto] = []
        self._added = 0
        self._constants: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._given: dict[str, str] = {}  # values that the caller gets, which go by the output's name in the end

    def input(self, name: str, kind: str, shape: Sequence[int | str]) -> str:
        """A value that the caller feeds; an axis of any length goes by a letter."""
        self._inputs.append(helper.make_tensor_value_info(name, _TYPES[kind], list(shape)))
        return name

    def output(self, name: str, value: str, kind: str, shape: Sequence[int | str]) -> None:
        """Gives `value` to the caller under `name`."""
        if value in self._given or value in self._constants or value in {each.name for each in self._inputs}:
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        else:
            self._given[value] = name
        self._outputs.append(helper.make_tensor_value_info(name, _TYPES[kind], list(shape)))

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Numbers that are part of the graph; the same name is the same constant."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(values, order="C"), name)
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """A node with one output."""
        return self.add_several(operator, inputs, 1, domain=domain, **attributes)[0]

    def add_several(
        self, operator: str, inputs: Sequence[str], outputs: int, *, domain: str = "", **attributes: Any
    ) -> list[str]:
        """A node with several outputs."""
        self._added += 1
        names = [f"{operator}.{self._added}.{index}" for index in range(outputs)]
        self._nodes.append(helper.make_node(operator, list(inputs), names, domain=domain, **attributes))
        return names

    def scan(self, start: str, sequences: Sequence[str], step: Callable[[str, list[str]], str]) -> tuple[str, str]:
        """`step` adds the state after a step from the state before and that step's part of each sequence, whose first
        axis is time. The last state, and all of them along time."""
        self._added += 1
        name = f"Scan.{self._added}"
        inner = [f"{name}.before", *(f"{name}.part.{index}" for index in range(len(sequences)))]
        outer, self._nodes = self._nodes, []
        after = step(inner[0], inner[1:])
        self._nodes.append(helper.make_node("Identity", [after], [f"{name}.shown"]))
        nodes, self._nodes = self._nodes, outer
        given, made = (
            [helper.make_tensor_value_info(value, TensorProto.FLOAT, None) for value in values]
            for values in (inner, [after, f"{name}.shown"])
        )
        outputs = [f"{name}.last", f"{name}.all"]
        body = helper.make_graph(nodes, f"{name}.step", given, made)
        self._nodes.append(
            helper.make_node("Scan", [start, *sequences], outputs, body=body, num_scan_inputs=len(sequences))
        )
        return outputs[0], outputs[1]

    def only_if(self, condition: str, rank: int, make: Callable[[], str]) -> str:
        """What `make` adds, computed where `condition` is true; else an empty tensor of that many axes."""
        outer, self._nodes = self._nodes, []
        made = make()
        branch, self._nodes = self._nodes, outer
        self._added += 1
        chosen, empty = f"If.{self._added}", f"If.{self._added}.empty"
        nothing = helper.make_tensor(f"{empty}.values", TensorProto.FLOAT, [0] * rank, [])
        branches = [
            (branch, made),
            ([helper.make_node("Constant", [], [empty], value=nothing)], empty),
        ]
        then, otherwise = (
            helper.make_graph(
                nodes, f"{chosen}.{index}", [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)]
            )
            for index, (nodes, name) in enumerate(branches)
        )
        self._nodes.append(helper.make_node("If", [condition], [chosen], then_branch=then, else_branch=otherwise))
        return chosen

    def integers(self, *values: int) -> str:
        """A small constant vector of integers."""
        return self.constant("integers." + ".".join(map(str, values)), np.array(values, dtype=np.int64))

    def integer(self, value: int) -> str:
        """A constant of one integer."""
        return self.constant(f"integer.{value}", np.array(value, dtype=np.int64))

    def number(self, value: float) -> str:
        """A constant of one number."""
        return self.constant(f"number.{value!r}", np.array(value, dtype=np.float32))

    def linear(
        self, value: str, name: str, weight_OI: NDArray[np.float32], bias_O: NDArray[np.float32] | None = None
    ) -> str:
        """value @ weightᵀ + bias over the last axis. In an int8 graph weight and value are rounded block by block
        along that axis, each block with a scale of its own: no row has a part in another row's rounding."""
        bias = "" if bias_O is None else self.constant(f"{name}.bias", bias_O)
        if not self.int8:
            product = self.add("MatMul", value, self.constant(name, weight_OI.T))
            return self.add("Add", product, bias) if bias else product
        units, inputs = weight_OI.shape
        whole_NBI, scale_NB = in_blocks(weight_OI)
        return self.add(
            "MatMulNBits",
            value,
            self.constant(f"{name}.int8", whole_NBI),
            self.constant(f"{name}.scale", scale_NB),
            *(["", "", bias] if bias else []),
            domain=MICROSOFT,
            K=inputs,
            N=units,
            bits=8,
            block_size=whole_NBI.shape[2],
            accuracy_level=4,  # products of whole numbers, summed in 32 bits
        )

    def rows(self, name: str, table_VE: NDArray[np.float32], indices: str, scale: float = 1.0) -> str:
        """The table's rows at these indices, times `scale`; in an int8 graph each row is rounded block by block."""
        if not self.int8:
            read = self.add("Gather", self.constant(name, table_VE), indices)
            return read if scale == 1.0 else self.add("Mul", read, self.number(scale))
        whole_NBI, scale_NB = in_blocks(table_VE)
        rows, inputs = table_VE.shape
        read = self.add(
            "GatherBlockQuantized",
            self.constant(f"{name}.rows.int8", whole_NBI.reshape(rows, -1)),
            indices,
            self.constant(f"{name}.rows.scale.{scale!r}", scale_NB * np.float32(scale)),
            domain=MICROSOFT,
            bits=8,
            block_size=whole_NBI.shape[2],
            gather_axis=0,
            quantize_axis=1,
        )
        if whole_NBI[0].size == inputs:
            return read
        return self.add("Slice", read, self.integers(0), self.integers(inputs), self.integers(-1))

    def model(self) -> onnx.ModelProto:
        """The finished graph, checked."""
        _rename(self._nodes, self._given)
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, initializer=list(self._constants.values())
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="skaz", ir_version=10)
        onnx.checker.check_model(model)
        return model


def _rename(nodes: Iterable[onnx.NodeProto], names: Mapping[str, str]) -> None:
    """Gives values other names wherever nodes, and the nodes inside of them, make or read them."""
    for node in nodes:
        for values in (node.input, node.output):
            values[:] = [names.get(value, value) for value in values]
        for attribute in node.attribute:
            _rename(attribute.g.node, names)


def in_blocks(weight_NI: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Rows as ONNX Runtime's operators read them: bytes, (N, B, I) in B blocks of I inputs, of which 128 stands for 0
    and the last may go beyond the row; and a scale for each block, (N, B)."""
    rows, inputs = weight_NI.shape
    block = min(BLOCKS, key=lambda size: -inputs % size)  # the least padding, then the largest
    padded_NI = np.pad(weight_NI, ((0, 0), (0, -inputs % block)))
    whole_BI, scale_B = rounded(padded_NI.reshape(-1, block))
    shape = rows, padded_NI.shape[1] // block
    return (whole_BI.astype(np.int16) + 128).astype(np.uint8).reshape(*shape, block), scale_B.reshape(shape)


def rounded(weight_OI: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers within ±127 and a scale a row: weight ≈ whole · scale, symmetrical about zero."""
    scale_O = np.maximum(np.abs(weight_OI).max(axis=1), 1e-12) / 127
    whole_OI = np.rint(weight_OI / scale_O[:, None])
    return whole_OI.astype(np.int8), scale_O.astype(np.float32)
