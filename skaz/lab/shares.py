"""What a network makes of the plane, for the pictures of boundaries."""

from __future__ import annotations

import numpy as np

from skaz.estimators import NeuralNetworkClassifier

GRID = 45  # points either way
Shares = tuple[tuple[float, ...], ...]


def shares_over(network: NeuralNetworkClassifier, span: float) -> Shares:
    """The probability that it gives class 1 on a grid over the square from -span to span, the lowest row first."""
    at = np.linspace(-span, span, GRID)
    plane_BF = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
    shares = network.predict_proba(plane_BF)[:, 1].reshape(GRID, GRID).round(4)
    return tuple(map(tuple, shares.tolist()))
