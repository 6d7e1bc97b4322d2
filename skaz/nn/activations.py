"""What a layer's units do to their scores."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

Activation = Literal["identity", "relu", "leaky_relu", "tanh", "sigmoid", "gelu", "sign"]
LEAK = 0.01  # slope of the leaky ReLU below zero (Maas et al. 2013)


def activate(scores: Float[Tensor, "*B H"], name: Activation) -> Float[Tensor, "*B H"]:
    """The units' outputs; GELU is Hendrycks and Gimpel 2016, the exact one.

    The sign (0 at 0) is flat on both sides of its jump, so its gradient is zero wherever there is one: layers below it
    are never told how to move. They learn nothing: weights stay as they were drawn, or only shrink where they decay.
    """
    match name:
        case "identity":
            return scores
        case "relu":
            return torch.relu(scores)
        case "leaky_relu":
            return functional.leaky_relu(scores, LEAK)
        case "tanh":
            return torch.tanh(scores)
        case "sigmoid":
            return torch.sigmoid(scores)
        case "gelu":
            return functional.gelu(scores)
        case "sign":
            return torch.sign(scores)
