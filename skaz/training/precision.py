"""Which number type products run in."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from skaz.errors import RecipeError

Precision = Literal["auto", "bf16", "fp32"]


def resolve_device(name: str) -> torch.device:
    """The device of that name; "auto" is the GPU where there is one. RecipeError for one not here."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()  # "meta" has tensors, and no numbers in them
    except (RuntimeError, AssertionError, ImportError):
        raise RecipeError(
            f'This machine has no device "{name}" to compute on; use "auto", "cpu", or "cuda" where there is a GPU.'
        ) from None
    return device


def has_fast_bf16(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 natively; emulated, it is slower than fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def working_type(device: torch.device, precision: Precision) -> torch.dtype:
    """The type of products over fp32 weights."""
    narrow = precision == "bf16" or (precision == "auto" and has_fast_bf16(device))
    return torch.bfloat16 if narrow else torch.float32


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """The context in which forward passes run: bfloat16 products, or nothing."""
    if working_type(device, precision) == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)
