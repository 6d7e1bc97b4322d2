"""How long a step of writing takes: the ONNX engine in int8 and in fp32, PyTorch eager, and the bare products.

    python -m benchmarks.step

Embedding 256, LSTM 512, attention over 20 source tokens, 8,000 words; one thread each, taking turns, so that what
disturbs the machine disturbs all. `limit_us` is ONNX Runtime over a graph of the same int8 matrices and nothing else:
what a step would take if all but its products were free. The weights are not trained: time does not depend on them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.harness import print_json, print_table
from skaz.engine.interface import Engine
from skaz.engine.onnx_builder import GraphBuilder
from skaz.engine.onnx_engine import OnnxEngine, open_session
from skaz.engine.onnx_graphs import encoder_graph, step_graph
from skaz.engine.torch_engine import TorchEngine
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Attention, ModelRecipe
from skaz.recipe_reading import read_recipe

VOCABULARY, SOURCE, BEAMS = 8_000, 20, 5
BATCHES = (1, 8, 64)


def recipe_of(attention: Attention) -> ModelRecipe:
    """The sizes that are measured."""
    return read_recipe(
        overrides={
            "model.embedding_size": 256,
            "model.encoder.hidden_size": 256,
            "model.encoder.embeddings_in_memory": False,
            "model.decoder.hidden_size": 512,
            "model.attention": attention,
        }
    ).model


def onnx_engine(recipe: ModelRecipe, model: Seq2Seq, *, int8: bool, threads: int = 1) -> OnnxEngine:
    """The network's graphs, ready to run."""
    weights = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    encoder, step = (make(recipe, weights, int8=int8).SerializeToString() for make in (encoder_graph, step_graph))
    return OnnxEngine(recipe, encoder, step, threads)


def stepper(engine: Engine[Any], batch: int, *, gathers: bool = False) -> Callable[[], None]:
    """A step of so many rows; with `gathers` also the choice of rows that a beam makes."""
    rng = np.random.default_rng(1)
    sources = [list(rng.integers(8, VOCABULARY, SOURCE))] * batch
    tokens_B, rows_B = rng.integers(8, VOCABULARY, batch), rng.integers(0, batch, batch)
    state = engine.start(sources)

    def step() -> None:
        _, after = engine.step(tokens_B, state)
        if gathers:
            engine.gather(after, rows_B)

    return step


def bare_products(recipe: ModelRecipe, model: Seq2Seq) -> Callable[[], None]:
    """The step's matrices in int8, each with an input of its own, and nothing else."""
    graph = GraphBuilder("products", int8=True)
    feed = {}
    query = ["attention.query.weight"] if recipe.attention == "multi-head" else []
    names = ["decoder.layers.0.weight_ih_l0", "decoder.layers.0.weight_hh_l0", *query, "readout.weight", "output_VE"]
    matrices = [model.get_parameter(name) for name in names]
    for number, weight in enumerate(matrices):
        array = weight.detach().numpy()
        value = graph.input(f"in.{number}", "float", [1, array.shape[1]])
        graph.output(f"out.{number}", graph.linear(value, f"weight.{number}", array), "float", [1, array.shape[0]])
        feed[value] = np.random.default_rng(number).normal(size=(1, array.shape[1])).astype(np.float32)
    session = open_session(graph.model().SerializeToString(), threads=1)
    wanted = [f"out.{len(matrices) - 1}"]
    return lambda: session.run(wanted, feed) and None


def medians(steppers: dict[str, Callable[[], None]], seconds: float) -> dict[str, float]:
    """Microseconds of each, the median over turns of about 20 ms."""
    turns: dict[str, list[float]] = {name: [] for name in steppers}
    repeats = {}
    for name, step in steppers.items():
        for _ in range(3):
            step()
        begun = time.perf_counter()
        step()
        repeats[name] = max(1, int(0.02 / (time.perf_counter() - begun)))
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        for name, step in steppers.items():
            begun = time.perf_counter()
            for _ in range(repeats[name]):
                step()
            turns[name].append((time.perf_counter() - begun) / repeats[name] * 1e6)
    return {name: statistics.median(times) for name, times in turns.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="for each batch size")
    parser.add_argument("--attention", choices=["general", "multi-head"], default="general")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    recipe = recipe_of(arguments.attention)
    model = Seq2Seq(recipe, VOCABULARY, torch.Generator().manual_seed(1))
    engines: dict[str, Engine[Any]] = {"eager": TorchEngine(model)}
    for name in ("fp32", "int8"):
        engines[name] = onnx_engine(recipe, model, int8=name == "int8")
    rows: list[list[str]] = []
    result: dict[str, float] = {}
    for batch, gathers in [*((batch, False) for batch in BATCHES), (BEAMS, True)]:
        label = f"beam {batch}" if gathers else f"batch {batch}"
        steppers = {name: stepper(engine, batch, gathers=gathers) for name, engine in engines.items()}
        if batch == 1:
            steppers["limit"] = bare_products(recipe, model)
        us = medians(steppers, arguments.seconds)
        rows.append([label, *(f"{us[name]:,.0f}" for name in engines), f"{us['eager'] / us['int8']:.1f}"])
        suffix = "" if batch == 1 else f"_{label.replace(' ', '_')}"
        result |= {f"{name}_us{suffix}": value for name, value in us.items()}
    print_table(["rows", *(f"{name}, µs" for name in engines), "eager / int8"], rows)
    over_limit = result["int8_us"] / result["limit_us"]
    print(f"\nbare int8 products: {result['limit_us']:.0f} µs; a step is {over_limit:.2f} times that")
    print_json({"benchmark": "step", "attention": arguments.attention, **result, "over_limit": over_limit})


if __name__ == "__main__":
    main()
