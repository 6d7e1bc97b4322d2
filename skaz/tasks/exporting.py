"""`skaz export`: a bundle's network as graphs that run without PyTorch. Training does it at its end."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from safetensors.numpy import load_file

from skaz.engine.bundle import ENCODER, STEP, of_network, open_bundle, replace_graphs
from skaz.files import disk_errors
from skaz.recipe import ModelRecipe


def export_bundle(path: str | Path, *, int8: bool = True) -> dict[str, int]:
    """Puts the graphs into the bundle, replacing what was there; their names and sizes in bytes. Raises BundleError
    for a bundle that can't be used, ResourceError where the disk is full or may not be written to."""
    bundle = open_bundle(path)
    with disk_errors(bundle.path), tempfile.TemporaryDirectory(prefix="skaz.", ignore_cleanup_errors=True) as made:
        graphs = write_graphs(bundle.recipe.model, bundle.weights_paths, Path(made), int8=int8)
        replace_graphs(bundle, graphs)
        return {name: graph.stat().st_size for name, graph in graphs.items()}


def write_graphs(
    recipe: ModelRecipe, weights_paths: Sequence[Path], folder: Path, *, int8: bool = True
) -> dict[str, Path]:
    """Writes the graphs of a bundle's networks into `folder`: the files by their names in a bundle."""
    from skaz.engine.onnx_graphs import encoder_graph, step_graph  # they need onnx, and running a bundle does not

    makers = {STEP: step_graph, **({ENCODER: encoder_graph} if recipe.encoder.layers else {})}
    graphs = {}
    for number, path in enumerate(weights_paths, start=1):
        weights = load_file(path)
        for graph, make in makers.items():
            name = of_network(graph, number)
            graphs[name] = folder / name
            graphs[name].write_bytes(make(recipe, weights, int8=int8).SerializeToString())
    return graphs
