"""Packages that only a part of skaz needs, and the extras that have them."""

from __future__ import annotations

from skaz.errors import DependencyError

_EXTRAS = {  # module: what a person calls it, and the extra that has it
    "torch": ("PyTorch", "train"),
    "matplotlib": ("matplotlib", "train"),
    "onnx": ("onnx", "train"),
    "fastapi": ("fastapi", "serve"),
    "starlette": ("starlette", "serve"),
    "uvicorn": ("uvicorn", "serve"),
    "pydantic": ("pydantic", "serve"),
    "prometheus_client": ("prometheus-client", "serve"),
    "mkepub": ("mkepub", "serve"),
    "py3langid": ("py3langid", "train"),
    "wakepy": ("wakepy", "train"),
}


def told(error: ModuleNotFoundError) -> DependencyError | None:
    """The same as a sentence that names the extra; None for a module that is in none."""
    if error.name not in _EXTRAS:
        return None
    what, extra = _EXTRAS[error.name]
    return DependencyError(f'This needs {what}: pip install "skaz[{extra}]".')
