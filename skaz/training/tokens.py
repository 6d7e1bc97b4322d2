"""A batch on the device that computes with it."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Int
from numpy.typing import NDArray
from torch import Tensor

from skaz.corpus.batches import Batch


class Tokens(NamedTuple):
    """The arrays of a `Batch` as tensors."""

    sources_BS: Int[Tensor, "B S"]
    source_lengths_B: Int[Tensor, " B"]
    inputs_BT: Int[Tensor, "B T"]
    targets_BT: Int[Tensor, "B T"]
    fresh_B: Bool[Tensor, " B"]

    @classmethod
    def of(cls, batch: Batch, device: torch.device) -> Tokens:
        """A batch's, on a device. On a processor they share the arrays' memory; on a GPU they are copies, and what it
        has still to do is not waited for."""
        return cls(*(torch.from_numpy(array).to(device, non_blocking=True) for array in _arrays(batch)))

    def take(self, batch: Batch) -> None:
        """Puts another batch of these shapes into the tensors."""
        for tensor, array in zip(self, _arrays(batch), strict=True):
            tensor.copy_(torch.from_numpy(array), non_blocking=True)


def _arrays(batch: Batch) -> tuple[NDArray[Any], ...]:
    return batch.sources_BS, batch.source_lengths_B, batch.inputs_BT, batch.targets_BT, batch.fresh_B
