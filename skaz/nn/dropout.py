"""Dropout as a function: the noise comes from the caller's generator, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

_SIXTEEN_BITS = 2**16  # how many numbers they tell apart


@dataclass(frozen=True)
class Noise:
    """What an update may drop: of the units at `rate`, of the embeddings' numbers at `embedding_rate`, of the weights
    between a layer's states at `weight_rate`. No Noise (None): nothing is dropped, as in validation and in running."""

    rate: float
    generator: torch.Generator
    variational: bool = False
    embedding_rate: float = 0.0
    weight_rate: float = 0.0

    @property
    def of_embeddings(self) -> Noise:
        """The same for what comes out of an embedding."""
        return replace(self, rate=self.embedding_rate)


def drop(values_BTH: Float[Tensor, "B T H"], noise: Noise | None) -> Float[Tensor, "B T H"]:
    """Zeroes a random part of the units and scales the rest, so that the expectation stays
    (Srivastava et al. 2014); variational: the same units at each time step (Gal and Ghahramani 2016)."""
    if noise is None or noise.rate == 0.0:
        return values_BTH
    batch, time, units = values_BTH.shape
    kept_BTH = values_BTH.new_empty((batch, 1 if noise.variational else time, units))
    return values_BTH * _kept(kept_BTH, noise.rate, noise.generator)


def drop_weights(weights_GH: Float[Tensor, "G H"], noise: Noise) -> Float[Tensor, "G H"]:
    """Zeroes a random part of the weights and scales the rest (DropConnect, Wan et al. 2013), the same at all steps of
    an update; between a layer's states this keeps a network from learning its texts by heart and leaves what the states
    carry whole (Merity et al. 2018, section 2)."""
    return weights_GH * _kept(torch.empty_like(weights_GH), noise.weight_rate, noise.generator)


def _kept(room: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    """The room filled with zeros at the rate, and else with what keeps the expectation. On a processor the rate is a
    multiple of 2^-16."""
    if room.device.type != "cpu":
        return room.bernoulli_(1.0 - rate, generator=generator).div_(1.0 - rate)
    # torch draws a number of 53 bits for each that it keeps or drops, one after the other: a third of an update
    # (docs/performance.md). Sixteen are enough, and a draw of 64 has four of them.
    draws = torch.empty(-(-room.numel() // 4), dtype=torch.int64).random_(-(2**63), None, generator=generator)
    dropped = min(round(rate * _SIXTEEN_BITS), _SIXTEEN_BITS - 1)
    lowest_kept = dropped - _SIXTEEN_BITS // 2
    torch.ge(draws.view(torch.int16)[: room.numel()].view_as(room), lowest_kept, out=room)
    return room.mul_(_SIXTEEN_BITS / (_SIXTEEN_BITS - dropped))


def noise_of_steps(noise: Noise | None, steps: int) -> Iterator[Noise | None]:
    """The noise of so many steps that are taken one by one; variational: each draws what the first has drawn."""
    start = noise.generator.get_state() if noise is not None and noise.variational else None
    for _ in range(steps):
        if noise is not None and start is not None:
            noise.generator.set_state(start)
        yield noise
