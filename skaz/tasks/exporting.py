"""`skaz export`: a bundle's network as graphs that run without PyTorch. Training does it at its end."""

from __future__ import annotations

import tempfile
from pathlib import Path

from safetensors.numpy import load_file

from skaz.engine.bundle import ENCODER, STEP, open_bundle, replace_files
from skaz.files import disk_errors
from skaz.recipe import ModelRecipe


def export_bundle(path: str | Path, *, int8: bool = True) -> dict[str, int]:
    """Puts the graphs into the bundle, replacing what was there; their names and sizes in bytes. Raises BundleError
    for a bundle that can't be used, ResourceError where the disk is full."""
    bundle = open_bundle(path)
    beside = bundle.path.absolute().parent
    with disk_errors(beside), tempfile.TemporaryDirectory(prefix="graphs.", dir=beside) as made:
        graphs = write_graphs(bundle.recipe.model, bundle.weights_path, Path(made), int8=int8)
        replace_files(bundle, graphs)
        return {name: graph.stat().st_size for name, graph in graphs.items() if graph is not None}


def write_graphs(recipe: ModelRecipe, weights_path: Path, folder: Path, *, int8: bool = True) -> dict[str, Path | None]:
    """Writes the graphs of a network into `folder`: the files by their names in a bundle, None for the encoder of a
    network that has none."""
    from skaz.engine.onnx_graphs import encoder_graph, step_graph  # they need onnx, and running a bundle does not

    weights = load_file(weights_path)
    graphs: dict[str, Path | None] = {ENCODER: None, STEP: folder / STEP}
    (folder / STEP).write_bytes(step_graph(recipe, weights, int8=int8).SerializeToString())
    if recipe.encoder.layers:
        graphs[ENCODER] = folder / ENCODER
        (folder / ENCODER).write_bytes(encoder_graph(recipe, weights, int8=int8).SerializeToString())
    return graphs
