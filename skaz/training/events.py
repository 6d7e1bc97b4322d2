"""What a run tells its caller."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from skaz.training.checkpoint import Stage
from skaz.training.measured import Measured


@dataclass(frozen=True)
class Progress:
    """Now and then between updates. `trained_s` counts earlier parts of a resumed run."""

    step: int
    epochs: float
    fraction: float
    trained_s: float
    left_s: float
    tokens_per_s: float
    nats_per_token: float
    learning_rate: float


@dataclass(frozen=True)
class Validated:
    """Held-out stories were measured: without a source, and with their plans where the model reads plans."""

    step: int
    trained_s: float
    plain: Measured
    with_plan: Measured | None
    best: bool


@dataclass(frozen=True)
class Saved:
    """A checkpoint is on disk."""

    step: int
    path: Path


Reason = Literal["budget", "no gain", "stopped"]


@dataclass(frozen=True)
class Finished:
    """The last event. `best`: the measurement whose weights are kept as the best; `stages`: the moments whose weights
    are kept beside them, where the recipe asks for some."""

    reason: Reason
    step: int
    epochs: float
    trained_s: float
    tokens: int
    best: Validated
    stages: tuple[Stage, ...] = ()


Event = Progress | Validated | Saved | Finished
