"""When a story ends: after so many tokens, near the wanted length, or where the caller says."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from skaz.arguments import check, is_whole
from skaz.errors import RequestError

FinishReason: TypeAlias = Literal["end", "length", "stopped"]
"""`end`: the story is over; `length`: `max_tokens` are written, perhaps amid a sentence; `stopped`: ended on
purpose, by `stop` or at the end of a sentence well past the wanted length."""

EARLIEST = 0.9
"""Before this share of the wanted length the story may not end."""
LATEST = 1.3
"""After this share it stops with the sentence."""
ENCOURAGEMENT_NATS = 6.0
"""What is added to the end token's score at LATEST; it grows linearly from nothing at the wanted length."""
RUN_ON_CHARACTERS = 200
"""A sentence longer than that is none: the text has no sentences, or has lost its thread."""


@dataclass(frozen=True)
class Stopping:
    """When to stop."""

    max_tokens: int = 512
    """No story has more tokens."""
    length: int | None = None
    """Wanted length; the story ends near it. None: where the model ends it."""
    unit: Literal["words", "tokens"] = "words"
    """What `length` counts; of scripts without spaces between words each letter is one (`words.py`)."""
    stop: Callable[[str], bool] | None = None
    """Asked after each token with the text so far, without the prefix; True stops. See `stop_at`."""

    def __post_init__(self) -> None:
        check("max_tokens", self.max_tokens, is_whole(self.max_tokens, 1), "1 or more, a whole number")
        check_length(self.length)
        check("unit", self.unit, self.unit in ("words", "tokens"), "'words' or 'tokens'")


def check_length(length: int | None) -> None:
    """RequestError where so long no story can be."""
    whole = "1 or more, a whole number, or None for no wanted length"
    check("length", length, length is None or is_whole(length, 1), whole)


def stop_at(*strings: str) -> Callable[[str], bool]:
    """A `stop` that stops once one of the strings is written. The string itself stays in the story."""
    if not all(strings):
        raise RequestError("a stop string is empty; give at least one character")

    def stop(text: str) -> bool:
        return any(string in text for string in strings)

    return stop


def progress(stopping: Stopping, words: Callable[[], int], tokens: int) -> float:
    """The share of the wanted length that is written. Without one, half of `max_tokens` is expected."""
    if stopping.length is None:
        return 2 * tokens / stopping.max_tokens
    return (words() if stopping.unit == "words" else tokens) / stopping.length


def end_bias(stopping: Stopping, share: float, sentence_complete: bool, runs_on: bool = False) -> float:
    """What to add to the end token's score: minus infinity too early, ever more after the wanted length.

    Between sentences only; after LATEST also in a sentence that `runs_on`, whose words are whole.
    """
    if stopping.length is None:
        return 0.0
    if share < EARLIEST:
        return -math.inf
    if share > 1 and (sentence_complete or (share > LATEST and runs_on)):
        return ENCOURAGEMENT_NATS * (share - 1) / (LATEST - 1)
    return 0.0


def is_overdue(stopping: Stopping, share: float, sentence_complete: bool) -> bool:
    """Whether the story must stop here: a sentence is complete and the wanted length well past."""
    return stopping.length is not None and share >= LATEST and sentence_complete
