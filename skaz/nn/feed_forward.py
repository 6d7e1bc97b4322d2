"""The feed-forward network: layers one after the other, each a matrix, a bias and an activation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from skaz.nn.activations import Activation, activate
from skaz.nn.dropout import Noise, drop
from skaz.nn.initialisers import initialise_matrix
from skaz.recipe import Initialiser


class FeedForward(nn.Module):
    """u_0 = x, u_l = f(W_l u_{l-1} + b_l), and scores W_n u_{n-1} + b_n without an activation, which the loss has.

    `sizes`: units of the input, of each hidden layer, of the output; two of them make one matrix and no hidden layer.
    Its weights hold nothing until `initialise_layers` has drawn them.
    """

    def __init__(self, sizes: Sequence[int], activation: Activation = "relu") -> None:
        super().__init__()
        self.activation = activation
        with torch.random.fork_rng(devices=[]):  # torch's own first weights come from the global generator
            self.layers = nn.ModuleList(nn.Linear(inputs, outputs) for inputs, outputs in pairwise(sizes))

    def forward(self, inputs_BF: Float[Tensor, "B F"], noise: Noise | None = None) -> Float[Tensor, "B Y"]:
        """The scores; noise drops units of the hidden layers."""
        values = inputs_BF
        *hidden, output = self.layers
        for layer in hidden:
            values = activate(layer(values), self.activation)
            if noise is not None:
                values = drop(values[:, None], noise)[:, 0]
        return output(values)  # type: ignore[no-any-return]

    def layer_outputs(self, inputs_BF: Float[Tensor, "B F"]) -> list[Float[Tensor, "B H"]]:
        """What each layer hands on, in their order, the scores last: for looking into the network."""
        values = [inputs_BF]
        for layer in self.layers[:-1]:
            values.append(activate(layer(values[-1]), self.activation))
        return [*values[1:], self.layers[-1](values[-1])]


def initialise_layers(network: FeedForward, initialiser: Initialiser, generator: torch.Generator) -> None:
    """Draws every layer's matrix anew, first to last, and sets the biases to zero."""
    with torch.no_grad():
        for layer in network.layers:
            initialise_matrix(layer.get_parameter("weight"), initialiser, generator)
            nn.init.zeros_(layer.get_parameter("bias"))
