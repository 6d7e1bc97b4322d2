"""Dropout as a function: the noise comes from the caller's generator, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Noise:
    """What an update may drop: of the units at `rate`, of the embeddings' numbers at `embedding_rate`. No Noise (None):
    nothing is dropped, as in validation and in running."""

    rate: float
    generator: torch.Generator
    variational: bool = False
    embedding_rate: float = 0.0

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
    keep_BTH = torch.empty(
        (batch, 1 if noise.variational else time, units), device=values_BTH.device, dtype=values_BTH.dtype
    )
    keep_BTH.bernoulli_(1.0 - noise.rate, generator=noise.generator).div_(1.0 - noise.rate)
    return values_BTH * keep_BTH


def noise_of_steps(noise: Noise | None, steps: int) -> Iterator[Noise | None]:
    """The noise of so many steps that are taken one by one; variational: each draws what the first has drawn."""
    start = noise.generator.get_state() if noise is not None and noise.variational else None
    for _ in range(steps):
        if noise is not None and start is not None:
            noise.generator.set_state(start)
        yield noise
