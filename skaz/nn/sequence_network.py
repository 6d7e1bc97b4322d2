"""A network that reads a sequence and answers with some numbers: an encoder, and a feed-forward head over what it has
made of the whole."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from skaz.nn.dropout import Noise, drop
from skaz.nn.encoder import Encoder
from skaz.nn.feed_forward import FeedForward
from skaz.nn.initialisers import initialise
from skaz.recipe import Initialiser, ModelRecipe

Pooling = Literal["last", "mean"]


class SequenceNetwork(nn.Module):
    """Reads symbols through an embedding, or numbers as they are.

    pooling: the head sees the context C, the encoder's last state (in both directions, if it has two), or the mean of
    its outputs over the sequence. Padding, which is behind each row's own length, changes nothing of either.
    """

    def __init__(
        self, encoder: Encoder, head: FeedForward, embedding: nn.Embedding | None = None, pooling: Pooling = "last"
    ) -> None:
        super().__init__()
        self.embedding, self.encoder, self.head = embedding, encoder, head
        self.pooling = pooling

    def forward(
        self,
        values: Float[Tensor, "B S F"] | Int[Tensor, "B S"],
        lengths_B: Int[Tensor, " B"],
        beside_BX: Float[Tensor, "B X"] | None = None,
        noise: Noise | None = None,
    ) -> Float[Tensor, "B Y"]:
        """The scores. `beside_BX` goes past the encoder, straight to the head."""
        inputs_BSE = values if self.embedding is None else self.embedding(values)
        memory_BSM, read_BC = self.encoder(inputs_BSE, lengths_B, noise)
        if self.pooling == "mean":
            inside_BS1 = (torch.arange(memory_BSM.shape[1]) < lengths_B[:, None])[:, :, None]
            read_BC = (memory_BSM * inside_BS1).sum(dim=1) / lengths_B[:, None]
        read_BC = drop(read_BC[:, None], noise)[:, 0]
        if beside_BX is not None:
            read_BC = torch.cat([read_BC, beside_BX], dim=1)
        return self.head(read_BC, noise)  # type: ignore[no-any-return]


def initialise_sequence_network(network: SequenceNetwork, initialiser: Initialiser, generator: torch.Generator) -> None:
    """As the sequence-to-sequence network begins, gates by themselves and forget gates open. Symbol 0, which stands
    for those never met, is nought and stays so."""
    initialise(network, ModelRecipe(initialiser=initialiser), generator)
    if network.embedding is not None:
        with torch.no_grad():
            network.embedding.weight[0] = 0.0
