"""What numbers are divided by, so that no unit of theirs asks for a learning rate of its own."""

from __future__ import annotations

import numpy as np


def deviations(table: np.ndarray, name: str) -> np.ndarray:
    """Each column's standard deviation; 1 of a column that is constant. ValueError where the numbers are so large that
    their squares are none; `name`: what they are."""
    with np.errstate(over="ignore", invalid="ignore"):
        spreads = table.std(axis=0)
    if not np.isfinite(spreads).all():
        raise ValueError(
            f"{name} has numbers too large to be scaled, {np.abs(table).max():.3g} say: give them in a larger unit"
        )
    return scales(spreads, rounding(table))


def rounding(table: np.ndarray) -> np.ndarray:
    """How far the mean of a column may be off, and so how far a column of equal numbers seems to spread: 0.1 and most
    others have no exact form. The bound is that of scikit-learn's StandardScaler."""
    bound: np.ndarray = len(table) * np.finfo(np.float64).eps * np.abs(table).max(axis=0)
    return bound


def scales(spreads: np.ndarray, nothing: np.ndarray | float = 0.0) -> np.ndarray:
    """The spreads, and 1 where they are no more than nothing."""
    return np.where(spreads > nothing, spreads, 1.0)
