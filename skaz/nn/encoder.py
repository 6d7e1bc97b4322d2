"""The encoder: reads the source and gives the memory and the context C."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from skaz.nn.cells import RecurrentStack, Stacking
from skaz.nn.dropout import Noise, drop
from skaz.recipe import Cell


def reversal(lengths_B: Int[Tensor, B], width: int) -> Int[Tensor, "B S"]:
    """Indices that turn each row's real part round and leave its padding where it is."""
    position_S = torch.arange(width, device=lengths_B.device)
    back_BS = lengths_B[:, None] - 1 - position_S
    return torch.where(back_BS >= 0, back_BS, position_S)


def _along_time(values_BSM: Tensor, index_BS: Tensor) -> Tensor:
    return values_BSM.gather(1, index_BS[:, :, None].expand(-1, -1, values_BSM.shape[-1]))


def _read(stack: nn.Module, values_BSM: Tensor, noise: Noise | None) -> Tensor:
    """A stack's outputs from the zero state."""
    assert isinstance(stack, RecurrentStack)  # what ModuleList's type does not say
    return stack(values_BSM, stack.zero_state(len(values_BSM), values_BSM.device), noise)[0]  # type: ignore[no-any-return]


class Encoder(nn.Module):
    """h_t = enc(h_{t-1}, w_t), in one direction or two; the directions of a layer are read side by side by
    the next, and are normalised and added to its input so.

    The second direction runs over rows turned round inside their own length, so that padding is behind both
    directions and changes nothing; torch's packed sequences would do the same and leave the fast kernels.
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        layers: int,
        *,
        bidirectional: bool,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        stacking: Stacking | None = None,
    ) -> None:
        super().__init__()
        directions = 2 if bidirectional else 1
        self.context_size = directions * hidden_size

        def stacks() -> nn.ModuleList:
            return nn.ModuleList(
                RecurrentStack(cell, input_size if index == 0 else self.context_size, hidden_size, 1, nonlinearity)
                for index in range(layers)
            )

        self.stacking = stacking or Stacking(self.context_size, layers)
        self.forwards = stacks()
        self.backwards = stacks() if bidirectional else nn.ModuleList()

    def forward(
        self,
        inputs_BSE: Float[Tensor, "B S E"],
        lengths_B: Int[Tensor, B],
        noise: Noise | None = None,
    ) -> tuple[Float[Tensor, "B S M"], Float[Tensor, "B C"]]:
        """The stack's outputs, and the context C: the top layer's last state in each direction."""
        batch, width, _ = inputs_BSE.shape
        turned_BS = reversal(lengths_B, width)
        values_BSM = inputs_BSE
        ends: list[Tensor] = []
        rows = torch.arange(batch, device=inputs_BSE.device)
        for index, forwards in enumerate(self.forwards):
            below_BSM = values_BSM
            if index > 0:
                values_BSM = drop(values_BSM, noise)
            outputs = [_read(forwards, values_BSM, noise)]
            ends = [outputs[0][rows, lengths_B - 1]]
            if self.backwards:
                turned_BSH = _read(self.backwards[index], _along_time(values_BSM, turned_BS), noise)
                ends.append(turned_BSH[rows, lengths_B - 1])
                outputs.append(_along_time(turned_BSH, turned_BS))
            values_BSM = self.stacking(index, below_BSM, torch.cat(outputs, dim=-1))
        return values_BSM, torch.cat(ends, dim=-1)
