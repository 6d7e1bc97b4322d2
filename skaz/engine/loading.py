"""Which engine runs a bundle."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from skaz.arguments import check_text
from skaz.engine.bundle import Bundle
from skaz.engine.ensemble import together
from skaz.engine.interface import Engine
from skaz.engine.onnx_engine import has_graphs, load_onnx_engine
from skaz.errors import DependencyError


def load_engine(bundle: Bundle, device: str = "cpu", threads: int = 1) -> Engine[Any]:
    """ONNX Runtime on the processor, where the bundle has its graphs; else PyTorch. "auto" is the GPU where PyTorch has
    one. `threads` are ONNX Runtime's: one is best for a row at a time. Raises BundleError for a damaged bundle,
    DependencyError where PyTorch would be needed and is not installed, RecipeError for an unknown device."""
    check_text("device", device)
    has_torch = find_spec("torch") is not None
    if has_graphs(bundle) and (device == "cpu" or (device == "auto" and not (has_torch and _has_gpu()))):
        return load_graphs(bundle, threads)
    if not has_torch:
        fault = f"{bundle.path} has no graphs to run: run skaz export where it was trained"
        if has_graphs(bundle):
            fault = f"--device {device} needs PyTorch: leave it out"
        raise DependencyError(f'{fault}, or pip install "skaz[train]".')
    from skaz.engine.torch_engine import TorchEngine, load_models
    from skaz.training.precision import resolve_device

    return together([TorchEngine(model) for model in load_models(bundle, resolve_device(device))])


def load_graphs(bundle: Bundle, threads: int = 1) -> Engine[Any]:
    """ONNX Runtime with the graphs of all of the bundle's networks; BundleError where they can't be run."""
    return together([load_onnx_engine(bundle, threads, number) for number in range(1, bundle.recipe.networks + 1)])


def _has_gpu() -> bool:
    from skaz.training.precision import resolve_device

    return resolve_device("auto").type != "cpu"
