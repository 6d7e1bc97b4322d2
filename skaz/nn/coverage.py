"""Coverage: attention that knows where it has looked (Tu et al. 2016; in the form of See et al. 2017, section 2.3)."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from skaz.nn.attention import AnyAttention, Memory


def attend_covering(
    attention: AnyAttention,
    weight: Float[Tensor, ""],
    query_BTH: Float[Tensor, "B T H"],
    memory: Memory,
    coverage_BS: Float[Tensor, "B S"],
) -> tuple[Float[Tensor, "B T M"], Float[Tensor, "B T S"], Float[Tensor, "B S"]]:
    """What attention reads and its shares, where `weight` times the shares so far is added to the scores (See et al.'s
    equation 11 with the coverage's term outside the tanh, so that it fits every attention); and the shares after."""
    reads: list[Tensor] = []
    shares: list[Tensor] = []
    for query_B1H in torch.split(query_BTH, 1, dim=1):
        read_B1M, shares_B1S = attention(query_B1H, memory, weight * coverage_BS)
        coverage_BS = coverage_BS + shares_B1S[:, 0]
        reads.append(read_B1M)
        shares.append(shares_B1S)
    return torch.cat(reads, dim=1), torch.cat(shares, dim=1), coverage_BS


def coverage_loss(attention_BTS: Float[Tensor, "B T S"], real_BT: Bool[Tensor, "B T"]) -> Float[Tensor, ""]:
    """Σ_t Σ_s min(attention_ts, Σ_{t' < t} attention_t's) over the real places: looking twice at the same is what costs
    (See et al. 2017, eq. 12)."""
    before_BTS = attention_BTS.cumsum(dim=1) - attention_BTS
    return (torch.minimum(attention_BTS, before_BTS).sum(dim=-1) * real_BT).sum()
