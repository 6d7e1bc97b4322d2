"""Cells whose gates do not look at the state, so that all steps of a sequence are computed at once (Feng et al. 2024,
"Were RNNs all we needed?"). They are called as torch's recurrent layers are."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from skaz.nn.scan import linear_recurrence


class ParallelCell(nn.Module):
    """One layer, one direction, batch first: h_t = a_t h_{t-1} + (1 - a_t) new_t, elementwise."""

    def __init__(self, kind: Literal["mingru", "minlstm"], input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.kind, self.hidden_size = kind, hidden_size
        gates = 2 if kind == "mingru" else 3
        self.weight_ih_l0 = nn.Parameter(torch.empty(gates * hidden_size, input_size))
        nn.init.uniform_(self.weight_ih_l0, -(hidden_size**-0.5), hidden_size**-0.5)  # as torch's own layers begin
        self.bias_ih_l0 = nn.Parameter(torch.zeros(gates * hidden_size))

    def forward(
        self, values_BTE: Float[Tensor, "B T E"], h_1BH: Float[Tensor, "1 B H"]
    ) -> tuple[Float[Tensor, "B T H"], Float[Tensor, "1 B H"]]:
        """The outputs, and the state after the last step."""
        scores_BTG = functional.linear(values_BTE, self.weight_ih_l0, self.bias_ih_l0)
        # in bfloat16 a state could be kept by 0.996 or by 1 and by nothing between
        wide_BTG = scores_BTG.to(torch.promote_types(scores_BTG.dtype, torch.float32))
        shares = mingru_shares if self.kind == "mingru" else minlstm_shares
        kept_BTH, taken_BTH, new_BTH = shares(wide_BTG)
        values_BTH = linear_recurrence(kept_BTH, taken_BTH * new_BTH, h_1BH[0].to(wide_BTG.dtype))
        return values_BTH.to(scores_BTG.dtype), values_BTH[:, -1][None]


Shares = tuple[Float[Tensor, "B T H"], Float[Tensor, "B T H"], Float[Tensor, "B T H"]]


def mingru_shares(scores_BTG: Float[Tensor, "B T G"]) -> Shares:
    """What is kept of the state, what is taken of the new, and the new, of h_t = (1 - z_t) h_{t-1} + z_t new_t,
    z_t = σ(W x_t + b), new_t = V x_t + c (Feng et al. 2024, section 3.1). The scores: update, new."""
    update_BTH, new_BTH = scores_BTG.chunk(2, dim=-1)
    return torch.sigmoid(-update_BTH), torch.sigmoid(update_BTH), new_BTH


def minlstm_shares(scores_BTG: Float[Tensor, "B T G"]) -> Shares:
    """The same of h_t = f′_t h_{t-1} + i′_t new_t, where f′ and i′ are the forget and input gates σ(W x_t + b)
    divided by their sum (Feng et al. 2024, section 3.2); there is no cell state. The scores: forget, input, new."""
    forget_BTH, input_BTH, new_BTH = scores_BTG.chunk(3, dim=-1)
    # log f - log i; the quotient of two gates that are both near nought would be lost
    balance_BTH = functional.softplus(-input_BTH) - functional.softplus(-forget_BTH)
    return torch.sigmoid(balance_BTH), torch.sigmoid(-balance_BTH), new_BTH
