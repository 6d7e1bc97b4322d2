"""What the tests of engines share."""

from __future__ import annotations

from typing import Any

import numpy as np

from skaz.engine.interface import Engine


def stepped_through(engine: Engine[Any], state: Any, tokens_BT: np.ndarray) -> tuple[np.ndarray, Any]:
    """The logits after each token, (B, T, V), and the state after the last."""
    logits = []
    for tokens_B in tokens_BT.T:
        logits_BV, state = engine.step(tokens_B, state)
        logits.append(logits_BV)
    return np.stack(logits, axis=1), state
