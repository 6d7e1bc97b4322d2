"""Tensors from a safetensors file, wherever it lies."""

from __future__ import annotations

import os
from pathlib import Path

from safetensors.torch import load, load_file
from torch import Tensor


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name. Raises SafetensorError, OSError."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:  # PyTorch can't map such a file: for a moment it is in memory twice
        return load(path.read_bytes())
    return load_file(path)
