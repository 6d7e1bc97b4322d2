"""What a model foretells of a text, as a sum and what it is divided by. Loads no PyTorch."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Summed negative log-likelihood, what it is divided by, and how many tokens were the likeliest where they stand
    (None: not counted)."""

    nats: float
    tokens: int
    characters: int
    right: int | None = None

    @property
    def bits_per_character(self) -> float:
        return self.nats / math.log(2) / max(self.characters, 1)

    @property
    def accuracy(self) -> float:
        """The part of the tokens that were the likeliest."""
        return (self.right or 0) / max(self.tokens, 1)

    @property
    def nats_per_character(self) -> float:
        return self.nats / max(self.characters, 1)

    @property
    def perplexity(self) -> float:
        """Per token; comparable only between models of one vocabulary."""
        return math.exp(min(self.nats / max(self.tokens, 1), 700.0))
