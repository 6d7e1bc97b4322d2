"""Hard monotonic attention (Aharoni and Goldberg 2017): the decoder looks at one place of the source, and a token of
the target, <next>, moves it on to the place behind.

What it looks at is known from the target alone, so that all steps are computed at once, and is there before the
decoder's step: it goes into it, beside the token.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from skaz.corpus.sources import NEXT
from skaz.nn.attention import Memory


def places_of(inputs_BT: Int[Tensor, "B T"], before_B1: Float[Tensor, "B 1"], memory: Memory) -> Int[Tensor, "B T"]:
    """The place of the source that is looked at after each input token; none moves on from the last."""
    last_B1 = memory.mask_BS.sum(dim=1, keepdim=True) - 1
    return torch.minimum(before_B1.long() + (inputs_BT == NEXT).cumsum(dim=1), last_B1)


def read_at(places_BT: Int[Tensor, "B T"], memory: Memory) -> Float[Tensor, "B T M"]:
    """The memory at the places."""
    size = memory.values_BSM.shape[2]
    return memory.values_BSM.gather(1, places_BT[:, :, None].expand(-1, -1, size))


def shares_at(places_BT: Int[Tensor, "B T"], memory: Memory) -> Float[Tensor, "B T S"]:
    """The places as attention's shares: all of it on one."""
    return torch.nn.functional.one_hot(places_BT, memory.mask_BS.shape[1]).float()
