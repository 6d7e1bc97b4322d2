"""`skaz export`: a bundle's network as graphs that run without PyTorch. Training does it at its end."""

from __future__ import annotations

import tempfile
from pathlib import Path

from safetensors.numpy import load_file

from skaz.engine.bundle import ENCODER, STEP, open_bundle, replace_graphs
from skaz.files import disk_errors
from skaz.recipe import ModelRecipe


def export_bundle(path: str | Path, *, int8: bool = True) -> dict[str, int]:
    """Puts the graphs into the bundle, replacing what was there; their names and sizes in bytes. Raises BundleError
    for a bundle that can't be used, ResourceError where the disk is full or may not be written to."""
    bundle = open_bundle(path)
    with disk_errors(bundle.path), tempfile.TemporaryDirectory(prefix="skaz.") as made:
        graphs = write_graphs(bundle.recipe.model, bundle.weights_path, Path(made), int8=int8)
        replace_graphs(bundle, graphs)
        return {name: graph.stat().st_size for name, graph in graphs.items()}


def write_graphs(recipe: ModelRecipe, weights_path: Path, folder: Path, *, int8: bool = True) -> dict[str, Path]:
    """Writes the graphs of a network into `folder`: the files by their names in a bundle."""
    from skaz.engine.onnx_graphs import encoder_graph, step_graph  # they need onnx, and running a bundle does not

    weights = load_file(weights_path)
    graphs = {STEP: folder / STEP}
    (folder / STEP).write_bytes(step_graph(recipe, weights, int8=int8).SerializeToString())
    if recipe.encoder.layers:
        graphs[ENCODER] = folder / ENCODER
        (folder / ENCODER).write_bytes(encoder_graph(recipe, weights, int8=int8).SerializeToString())
    return graphs
