"""Recurrent stacks over torch's own layers and the parallel cells, with one kind of state for every cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from skaz.nn.dropout import Noise, drop, drop_weights
from skaz.nn.parallel_cells import ParallelCell
from skaz.recipe import Cell

_BETWEEN_STATES = 1  # of a layer's parameters: weights of the input, weights of the state, and their biases


class State(NamedTuple):
    """The decoder's fixed-size past, a row per sequence: h of every layer; c, which is the LSTM's; the features of the
    step before, where they are fed back; the attention so far, where it is covered; the place of the source that is
    looked at, where attention is monotonic. What a network hasn't is empty (0 layers), so that every state gathers and
    saves alike."""

    h_LBH: Float[Tensor, "L B H"]
    c_LBH: Float[Tensor, "Lc B H"]
    feed_UBE: Float[Tensor, "U B E"]
    coverage_UBS: Float[Tensor, "Uc B S"]
    place_UB1: Float[Tensor, "Up B 1"]

    @classmethod
    def of(cls, h_LBH: Tensor, c_LBH: Tensor) -> State:
        """The state of a recurrent stack by itself."""
        nothing = h_LBH.new_zeros(0, h_LBH.shape[1], 0)
        return cls(h_LBH, c_LBH, nothing, nothing, nothing)

    def detach(self) -> State:
        """The same numbers, cut from the graph that made them (truncated back-propagation)."""
        return State(*(part.detach() for part in self))

    def gather(self, rows: Tensor | slice) -> State:
        """The state's rows in a new order; rows may repeat (branching) or be left out."""
        return State(*(part[:, rows] for part in self))


def select_state(fresh_B: Tensor, start: State, carried: State) -> State:
    """Row by row: `start` where `fresh_B` is true, else `carried`."""
    choice = fresh_B[None, :, None]
    return State(*(torch.where(choice, one, other) for one, other in zip(start, carried, strict=True)))


def recurrent_layer(
    cell: Cell, input_size: int, hidden_size: int, nonlinearity: Literal["tanh", "relu"]
) -> nn.RNN | nn.GRU | nn.LSTM | ParallelCell:
    """One layer, one direction, batch first; its weights are not yet initialised."""
    match cell:
        case "rnn":
            return nn.RNN(input_size, hidden_size, batch_first=True, nonlinearity=nonlinearity)
        case "gru":
            return nn.GRU(input_size, hidden_size, batch_first=True)
        case "lstm":
            return nn.LSTM(input_size, hidden_size, batch_first=True)
        case "mingru" | "minlstm":
            return ParallelCell(cell, input_size, hidden_size)


def run_layer(
    layer: nn.Module, values_BTX: Float[Tensor, "B T X"], past: Any, noise: Noise | None = None
) -> tuple[Float[Tensor, "B T H"], Any]:
    """A recurrent layer's outputs, and what it ends with. What the noise drops of one of torch's layers is some of its
    weights between states; a parallel cell has none.

    Where autocast is on, torch runs its recurrent layers on a GPU in float16, whatever type was asked for; there small
    gradients become nothing. So here they get weights and inputs in the type that was.
    """
    if not isinstance(layer, nn.RNNBase):
        return layer(values_BTX, past)  # type: ignore[no-any-return]
    weights: list[Tensor] = list(layer.parameters())
    if noise is not None and noise.weight_rate > 0.0:
        weights[_BETWEEN_STATES] = drop_weights(weights[_BETWEEN_STATES], noise)
    in_its_type = values_BTX.is_cuda and torch.is_autocast_enabled("cuda")
    if not in_its_type:
        return _run_with(layer, weights, values_BTX, past)
    with torch.autocast("cuda", enabled=False):
        return layer_in_type(layer, weights, values_BTX, past, torch.get_autocast_dtype("cuda"))


def layer_in_type(
    layer: nn.RNNBase, weights: Sequence[Tensor], values_BTX: Float[Tensor, "B T X"], past: Any, kind: torch.dtype
) -> tuple[Float[Tensor, "B T H"], Any]:
    """One of torch's recurrent layers (one layer, one direction, batch first) with all numbers in `kind`; the weights,
    in the order of its parameters, and their gradients keep their own type."""
    # one block in the order that cuDNN wants, which else is made anew of the parts
    block = torch.cat([weight.flatten() for weight in weights]).to(kind)
    parts = torch.split(block, [weight.numel() for weight in weights])
    typed = [part.view_as(weight) for part, weight in zip(parts, weights, strict=True)]
    past = tuple(each.to(kind) for each in past) if isinstance(layer, nn.LSTM) else past.to(kind)
    return _run_with(layer, typed, values_BTX.to(kind), past)


def _run_with(
    layer: nn.RNNBase, weights: list[Tensor], values_BTX: Float[Tensor, "B T X"], past: Any
) -> tuple[Float[Tensor, "B T H"], Any]:
    """The layer with these weights in its parameters' place."""
    more = (True, 1, 0.0, layer.training, False, True)  # biases, layers, dropout, …, bidirectional, batch first
    if isinstance(layer, nn.LSTM):
        outputs_BTH, *after = torch.lstm(values_BTX, past, weights, *more)
        return outputs_BTH, tuple(after)
    run = torch.gru if isinstance(layer, nn.GRU) else torch.rnn_relu if layer.mode == "RNN_RELU" else torch.rnn_tanh
    return run(values_BTX, past, weights, *more)


class Stacking(nn.Module):
    """How layers stand over one another: norm(f(x)), and from the second on x + norm(f(x)), as far as the recipe has
    them; plain layers, f(x), without.

    LayerNorm (Ba et al. 2016) is inside the residual branch (Liu et al. 2022, section 3.2), so that the sum hands every
    layer's gradient straight down (He et al. 2016). A layer's state is its cell's own, before either.
    """

    def __init__(self, size: int, layers: int, *, residual: bool = False, layer_norm: bool = False) -> None:
        super().__init__()
        self.residual = residual
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(layers if layer_norm else 0))

    def forward(
        self, index: int, inputs_BTX: Float[Tensor, "B T X"], outputs_BTH: Float[Tensor, "B T H"]
    ) -> Float[Tensor, "B T H"]:
        """What layer `index`, which made `outputs_BTH` of its inputs, hands to the layer above."""
        if self.norms:
            outputs_BTH = self.norms[index](outputs_BTH).to(outputs_BTH.dtype)
        return inputs_BTX + outputs_BTH if self.residual and index > 0 else outputs_BTH


class RecurrentStack(nn.Module):
    """Layers of one cell, one over the other, in one direction, with dropout between them and within.

    Each layer is a layer of its own rather than `num_layers=n`: torch's dropout between layers draws
    from the global generator, and ours from the run's.
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        layers: int,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        stacking: Stacking | None = None,
    ) -> None:
        super().__init__()
        self.has_c = cell == "lstm"
        self.hidden_size = hidden_size
        self.layers = nn.ModuleList(
            recurrent_layer(cell, input_size if index == 0 else hidden_size, hidden_size, nonlinearity)
            for index in range(layers)
        )
        self.stacking = stacking or Stacking(hidden_size, layers)

    def zero_state(self, batch: int, device: torch.device) -> State:
        """The state of sequences that have read nothing."""
        layers = len(self.layers)
        kind = self.layers[0].get_parameter("weight_ih_l0").dtype
        h_LBH = torch.zeros(layers, batch, self.hidden_size, device=device, dtype=kind)
        return State.of(h_LBH, torch.zeros_like(h_LBH) if self.has_c else h_LBH[:0])

    def forward(
        self, inputs_BTE: Float[Tensor, "B T E"], state: State, noise: Noise | None = None
    ) -> tuple[Float[Tensor, "B T H"], State]:
        """The top layer's output at each step, and the state after the last."""
        values_BTH = inputs_BTE
        h_after: list[Tensor] = []
        c_after: list[Tensor] = []
        for index, layer in enumerate(self.layers):
            below_BTH = values_BTH
            if index > 0:
                values_BTH = drop(values_BTH, noise)
            h_1BH = state.h_LBH[index : index + 1]
            if self.has_c:
                before = (h_1BH.contiguous(), state.c_LBH[index : index + 1].contiguous())
                values_BTH, (h_new, c_new) = run_layer(layer, values_BTH, before, noise)
                c_after.append(c_new.float())
            else:
                values_BTH, h_new = run_layer(layer, values_BTH, h_1BH.contiguous(), noise)
            h_after.append(h_new.float())
            values_BTH = self.stacking(index, below_BTH, values_BTH)
        c_LBH = torch.cat(c_after) if self.has_c else state.c_LBH
        return values_BTH, state._replace(h_LBH=torch.cat(h_after), c_LBH=c_LBH)
