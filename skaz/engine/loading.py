"""Which engine runs a bundle."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from skaz.engine.bundle import Bundle
from skaz.engine.interface import Engine
from skaz.engine.onnx_engine import has_graphs, load_onnx_engine
from skaz.errors import DependencyError


def load_engine(bundle: Bundle, device: str = "cpu") -> Engine[Any]:
    """ONNX Runtime on the processor, where the bundle has its graphs; else PyTorch. Raises BundleError for a damaged
    bundle, DependencyError where PyTorch would be needed and is not installed, RecipeError for an unknown device."""
    if device == "cpu" and has_graphs(bundle):
        return load_onnx_engine(bundle)
    if find_spec("torch") is None:
        raise DependencyError(
            f"{bundle.path} has no graphs that run on the processor without PyTorch: run skaz export where it was "
            'trained, or pip install "skaz[train]".'
        )
    from skaz.engine.torch_engine import load_torch_engine
    from skaz.training.precision import resolve_device

    return load_torch_engine(bundle, resolve_device(device))
