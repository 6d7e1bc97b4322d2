"""What a person asks for, and what a row gives back."""

from dataclasses import dataclass, field

import numpy as np

from skaz.decoding.constraints import Constraints
from skaz.decoding.settings import SamplingSettings
from skaz.decoding.stopping import Stopping
from skaz.errors import RequestError


@dataclass(frozen=True)
class Request:
    """What a person asks for."""

    prefix: tuple[int, ...] = ()
    """Tokens that the story begins with; they are read, not emitted."""
    settings: SamplingSettings = field(default_factory=SamplingSettings)
    stopping: Stopping = field(default_factory=Stopping)
    constraints: Constraints = field(default_factory=Constraints)
    seed: int = 0

    def __post_init__(self) -> None:
        room = sum(word.cost_tokens for word in self.constraints.include)
        if room > self.stopping.max_tokens:
            raise RequestError(
                f"max_tokens is {self.stopping.max_tokens}; the words to include may need {room}: "
                "raise it to at least that"
            )


@dataclass(frozen=True)
class Job:
    """One row: a source, what is asked, and which of the request's alternatives this is."""

    source: tuple[int, ...]
    request: Request
    number: int = 0
    first: int | None = None
    """The token that the story begins with, after the prefix; None: it is drawn as all others are."""
    keeps: bool = False
    """Whether the places before its tokens are told, to go on from one later."""


@dataclass(frozen=True)
class Written:
    """A token and how likely it was, in nats."""

    token: int
    log_probability: float
    """Under the model's own distribution."""
    filtered_log_probability: float
    """Under the distribution it was drawn from; 0 where a required word forced it."""


def generator_of(seed: int, number: int) -> np.random.Generator:
    """The generator of one row: it depends on the request's seed and the row's number alone."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
