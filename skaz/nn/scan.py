"""The linear recurrence h_t = a_t h_{t-1} + b_t over all t at once."""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


def linear_recurrence(
    decay_BTH: Float[Tensor, "B T H"], fed_BTH: Float[Tensor, "B T H"], start_BH: Float[Tensor, "B H"]
) -> Float[Tensor, "B T H"]:
    """h_t = decay_t · h_{t-1} + fed_t, h before the first step being `start_BH`; elementwise.

    Forwards and backwards: the gradient of a recurrence is one that runs back (Martin and Cundy 2018, section 2.1).
    """
    first_B1H = fed_BTH[:, :1] + decay_BTH[:, :1] * start_BH[:, None]
    values: Tensor = _Recurrence.apply(decay_BTH, torch.cat((first_B1H, fed_BTH[:, 1:]), dim=1))  # type: ignore[no-untyped-call]
    return values


class _Recurrence(torch.autograd.Function):
    """The recurrence from zero."""

    @staticmethod
    def forward(ctx: Any, decay_BTH: Tensor, fed_BTH: Tensor) -> Tensor:
        values_BTH = _scan(decay_BTH, fed_BTH)
        ctx.save_for_backward(decay_BTH, values_BTH)
        return values_BTH

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        decay_BTH, values_BTH = ctx.saved_tensors
        # d h_{t+1} / d h_t = a_{t+1}: what reaches h_t is its own gradient and a_{t+1} times what reaches h_{t+1}
        later_BTH = torch.cat((decay_BTH[:, 1:], torch.zeros_like(decay_BTH[:, :1])), dim=1)
        reached_BTH = _scan(later_BTH.flip(1), grads[0].flip(1)).flip(1)
        before_BTH = torch.cat((torch.zeros_like(values_BTH[:, :1]), values_BTH[:, :-1]), dim=1)
        return reached_BTH * before_BTH, reached_BTH


def _scan(decay_BTH: Tensor, fed_BTH: Tensor) -> Tensor:
    """The values of every step. On a processor what counts is how many numbers are read and written, on a GPU how many
    operations are started."""
    return scan_by_doubling(decay_BTH, fed_BTH) if fed_BTH.is_cuda else scan_in_blocks(decay_BTH, fed_BTH)


def scan_by_doubling(decay_BTH: Float[Tensor, "B T H"], fed_BTH: Float[Tensor, "B T H"]) -> Float[Tensor, "B T H"]:
    """The recurrence from zero in some 4 log₂ T operations, each on all of the tensor: every step has what the last 1,
    2, 4 … have made (Hillis and Steele 1986, "Data parallel algorithms")."""
    values, kept, span = fed_BTH, decay_BTH, 1
    while span < fed_BTH.shape[1]:
        reached = torch.addcmul(values[:, span:], kept[:, span:], values[:, :-span])
        values = torch.cat((values[:, :span], reached), dim=1)
        kept = torch.cat((kept[:, :span], kept[:, span:] * kept[:, :-span]), dim=1)
        span *= 2
    return values


def scan_in_blocks(decay_BTH: Float[Tensor, "B T H"], fed_BTH: Float[Tensor, "B T H"]) -> Float[Tensor, "B T H"]:
    """The same in some 3√T operations on parts of the tensor: √T blocks of √T steps, first inside all blocks side by
    side, then each block's end into the next block."""
    batch, time, units = fed_BTH.shape
    size = max(1, math.isqrt(time))
    blocks = -(-time // size)
    missing = blocks * size - time
    values, kept = (
        torch.nn.functional.pad(each, (0, 0, 0, missing)).view(batch, blocks, size, units).clone()
        for each in (fed_BTH, decay_BTH)
    )
    for step in range(1, size):
        values[:, :, step].addcmul_(kept[:, :, step], values[:, :, step - 1])
        kept[:, :, step].mul_(kept[:, :, step - 1])  # from here on: what is left of the block's beginning
    for block in range(1, blocks):
        values[:, block].addcmul_(kept[:, block], values[:, block - 1, -1:])
    return values.view(batch, blocks * size, units)[:, :time]
