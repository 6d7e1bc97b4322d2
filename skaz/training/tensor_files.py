"""Tensors from a safetensors file, wherever it lies."""

from __future__ import annotations

import os
from pathlib import Path

from safetensors.torch import load, load_file
from torch import Tensor

from skaz import files


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name. Raises SafetensorError, OSError."""
    if _may_be_mapped(path):
        return load_file(path)
    return load(path.read_bytes())  # for a moment it is in memory twice


def _may_be_mapped(path: Path) -> bool:
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:  # PyTorch can't
        return False
    return not files.HOLDS_OPEN_FILES  # a checkpoint is replaced while parts of it are still in use
