"""What the decoder makes of its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Decoded(NamedTuple):
    """What the decoder makes at each place of the target: the features that the output layer scores, the shares of
    attention over the source (None without attention), and, where tokens may be copied, the switch's score and the
    tokens to copy (else None)."""

    features_BTE: Float[Tensor, "B T E"]
    attention_BTS: Float[Tensor, "B T S"] | None
    switch_BT: Float[Tensor, "B T"] | None
    ids_BS: Int[Tensor, "B S"] | None

    def rows(self, part: slice) -> Decoded:
        """Some of the batch's rows."""
        attention_BTS, switch_BT, ids_BS = (None if each is None else each[part] for each in self[1:])
        return Decoded(self.features_BTE[part], attention_BTS, switch_BT, ids_BS)


def along_time(steps: Sequence[Decoded]) -> Decoded:
    """Steps of the same rows, one after another."""

    def joined(parts: Sequence[Tensor | None]) -> Tensor | None:
        there = [part for part in parts if part is not None]
        return torch.cat(there, dim=1) if there else None

    return Decoded(
        torch.cat([step.features_BTE for step in steps], dim=1),
        joined([step.attention_BTS for step in steps]),
        joined([step.switch_BT for step in steps]),
        steps[0].ids_BS,
    )
