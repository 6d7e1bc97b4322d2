"""What a beam search tells of itself, for who wants to show it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int


@dataclass(frozen=True)
class BeamStep:
    """What one step weighed for one group of one source: its candidates, the best first. J is at most 2K + 1."""

    source: int
    group: int
    length: int
    """Tokens behind the prefix, this one included."""
    parents_J: Int[np.ndarray, " J"]
    """The beam that each goes on from, as the step before left it."""
    tokens_J: Int[np.ndarray, " J"]
    sums_J: Float[np.ndarray, " J"]
    """Log-probability of the whole hypothesis, in nats."""
    ended_J: Bool[np.ndarray, " J"]
    """Whether it was taken as a finished target."""
    beams_J: Int[np.ndarray, " J"]
    """The beam that it is from now on; -1: none, it was dropped or has ended."""


Watcher = Callable[[BeamStep], None]
