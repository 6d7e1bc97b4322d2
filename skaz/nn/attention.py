"""Attention: the decoder's look back at the memory, for all target positions at once."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from skaz.recipe import Attention


class Memory(NamedTuple):
    """What the decoder may look back at: the encoder's whole output, what attention compares queries with, which
    positions are real, and the tokens that stand there."""

    values_BSM: Float[Tensor, "B S M"]
    keys_BSK: Float[Tensor, "B S K"]
    mask_BS: Bool[Tensor, "B S"]
    ids_BS: Int[Tensor, "B S"]

    def gather(self, rows: Tensor) -> Memory:
        """The memory's rows in a new order."""
        return Memory(*(part[rows] for part in self))


def _weights(scores_BTS: Tensor, memory: Memory, bias_BS: Tensor | None) -> Tensor:
    """Softmax over the real source positions, in fp32; the bias is added to the scores."""
    scores_BTS = scores_BTS.float()
    if bias_BS is not None:
        scores_BTS = scores_BTS + bias_BS[:, None]
    return scores_BTS.masked_fill(~memory.mask_BS[:, None], -torch.inf).softmax(dim=-1)


class DotAttention(nn.Module):
    """score(h, m) = h · m (Luong et al. 2015, eq. 8, "dot"); H must equal M."""

    def keys(self, values_BSM: Tensor) -> Tensor:
        return values_BSM

    def forward(self, query_BTH: Tensor, memory: Memory, bias_BS: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The mean of the memory under the weights, (B, T, M), and the weights, (B, T, S)."""
        weights_BTS = _weights(query_BTH @ memory.keys_BSK.to(query_BTH.dtype).mT, memory, bias_BS)
        return weights_BTS.to(memory.values_BSM.dtype) @ memory.values_BSM, weights_BTS


class GeneralAttention(nn.Module):
    """score(h, m) = h · W m / √H (Luong et al. 2015, eq. 8, "general"; divided as in Vaswani et al. 2017, so that
    the softmax is not saturated from the start)."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(memory_size, query_size, bias=False)
        self.scale = query_size**-0.5

    def keys(self, values_BSM: Tensor) -> Tensor:
        return self.key(values_BSM) * self.scale  # type: ignore[no-any-return]

    def forward(self, query_BTH: Tensor, memory: Memory, bias_BS: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The mean of the memory under the weights, (B, T, M), and the weights, (B, T, S)."""
        weights_BTS = _weights(query_BTH @ memory.keys_BSK.to(query_BTH.dtype).mT, memory, bias_BS)
        return weights_BTS.to(memory.values_BSM.dtype) @ memory.values_BSM, weights_BTS


class AdditiveAttention(nn.Module):
    """score(h, m) = v · tanh(W h + U m) (Bahdanau et al. 2015, appendix A.1.2)."""

    def __init__(self, query_size: int, memory_size: int, size: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_size, size, bias=False)
        self.key = nn.Linear(memory_size, size)
        self.score = nn.Linear(size, 1, bias=False)

    def keys(self, values_BSM: Tensor) -> Tensor:
        return self.key(values_BSM)  # type: ignore[no-any-return]

    def forward(self, query_BTH: Tensor, memory: Memory, bias_BS: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The mean of the memory under the weights, (B, T, M), and the weights, (B, T, S)."""
        joined_BTSK = torch.tanh(self.query(query_BTH)[:, :, None] + memory.keys_BSK[:, None])
        weights_BTS = _weights(self.score(joined_BTSK).squeeze(-1), memory, bias_BS)
        return weights_BTS.to(memory.values_BSM.dtype) @ memory.values_BSM, weights_BTS


class MultiHeadAttention(nn.Module):
    """softmax(Q Kᵀ / √d) V in several subspaces (Vaswani et al. 2017, section 3.2.2), projected back to the
    memory's size; the weights returned are the heads' mean."""

    def __init__(self, query_size: int, memory_size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(query_size, query_size, bias=False)
        self.key = nn.Linear(memory_size, query_size, bias=False)
        self.value = nn.Linear(memory_size, query_size, bias=False)
        self.out = nn.Linear(query_size, memory_size, bias=False)

    def keys(self, values_BSM: Tensor) -> Tensor:
        return torch.cat((self.key(values_BSM), self.value(values_BSM)), dim=-1)

    def forward(self, query_BTH: Tensor, memory: Memory, bias_BS: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The memory as the heads read it, (B, T, M), and the heads' mean weights, (B, T, S)."""
        batch, time, size = query_BTH.shape
        head = size // self.heads

        def split(values: Tensor) -> Tensor:
            return values.view(batch, -1, self.heads, head).transpose(1, 2)

        query, (key, value) = self.query(query_BTH), memory.keys_BSK.chunk(2, dim=-1)
        scores = split(query) @ split(key.to(query.dtype)).mT / math.sqrt(head)
        weights = _weights(scores.flatten(1, 2), memory, bias_BS).view(scores.shape)  # the same for every head
        read = (weights.to(query.dtype) @ split(value.to(query.dtype))).transpose(1, 2)
        return self.out(read.reshape(batch, time, size)), weights.mean(dim=1)


AnyAttention = DotAttention | GeneralAttention | AdditiveAttention | MultiHeadAttention


def make_attention(name: Attention, *, query_size: int, memory_size: int, heads: int) -> AnyAttention | None:
    """The attention of that name; None for "none", and for "monotonic", which has no weights (nn/monotonic.py)."""
    match name:
        case "none" | "monotonic":
            return None
        case "dot":
            return DotAttention()
        case "general":
            return GeneralAttention(query_size, memory_size)
        case "additive":
            return AdditiveAttention(query_size, memory_size, query_size)
        case "multi-head":
            return MultiHeadAttention(query_size, memory_size, heads)
