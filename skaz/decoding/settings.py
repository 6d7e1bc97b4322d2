"""How a token is drawn: the settings, and the one order in which the filters are applied."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float

from skaz.arguments import check, is_number, is_whole
from skaz.decoding import filters
from skaz.decoding.filters import Dry

Pipeline: TypeAlias = Callable[[Float[np.ndarray, " V"], Sequence[int]], Float[np.ndarray, " V"]]
"""(scores, the tokens so far) to scores."""


PLANNED_TEMPERATURE = 0.3
_MOST = 1e6  # of penalties and of nats: more means no more, and overflows in the end


@dataclass(frozen=True)
class SamplingSettings:
    """None means off. Windows and lengths are in tokens."""

    temperature: float = 0.5
    """Below 1: safer; above: bolder; 0: always the likeliest token."""
    top_k: int | None = None
    """Only the k likeliest."""
    top_p: float | None = 0.9
    """Only the likeliest that together have this probability."""
    min_p: float | None = None
    """Only those with at least this share of the likeliest one's probability."""
    typical: float | None = None
    """Only the most typical that together have this probability."""
    repetition_penalty: float | None = None
    """Above 1: tokens of the recent text become less likely."""
    repetition_window: int | None = 128
    """How far back `repetition_penalty` looks; None: to the beginning."""
    no_repeat_ngram: int | None = None
    """No run of this many tokens comes twice."""
    dry: Dry | None = None
    """Penalise a repeated phrase, the more the longer it gets."""
    ban: tuple[tuple[int, ...], ...] = ()
    """Sequences of tokens that are not written."""
    presence_penalty: float = 0.0
    """Nats taken from a token that was written already (the prefix aside); below 0 they are given."""
    frequency_penalty: float = 0.0
    """The same, for each time that it was written."""
    bias: tuple[tuple[int, float], ...] = ()
    """Tokens and the nats that are added to their scores."""

    @classmethod
    def usual(cls, *, planned: bool, **stated: Any) -> "SamplingSettings":
        """What is taken where a person says no more than `stated`. A plan brings variety of its own, and a story
        keeps to it the better the safer it is drawn; without one, a safe story is everybody's story."""
        return cls(**({"temperature": PLANNED_TEMPERATURE} if planned else {}) | stated)

    def __post_init__(self) -> None:
        degree = self.temperature
        check("temperature", degree, is_number(degree, 0) and degree < math.inf, "a number, 0 or more")
        off = ", or None to switch it off"
        for name, shares in (("top_p", self.top_p), ("typical", self.typical)):
            check(
                name, shares, shares is None or (is_number(shares, 0, 1) and shares > 0), f"above 0 and at most 1{off}"
            )
        check("min_p", self.min_p, self.min_p is None or is_number(self.min_p, 0, 1), f"from 0 to 1{off}")
        penalty = self.repetition_penalty
        check(
            "repetition_penalty",
            penalty,
            penalty is None or is_number(penalty, 1, _MOST),
            f"1 or more, to {_MOST:,.0f}{off}",
        )
        for name, number in (("top_k", self.top_k), ("no_repeat_ngram", self.no_repeat_ngram)):
            check(name, number, number is None or is_whole(number, 1), f"1 or more, a whole number{off}")
        window = self.repetition_window
        whole_text = "a whole number, or None for the whole text"
        check("repetition_window", window, window is None or is_whole(window, 1), f"1 or more, {whole_text}")
        within = f"a number from {-_MOST:,.0f} to {_MOST:,.0f}"
        for name, nats in (("presence_penalty", self.presence_penalty), ("frequency_penalty", self.frequency_penalty)):
            check(name, nats, is_number(nats, -_MOST, _MOST), within)
        for token, nats in self.bias:
            check("a token of bias", token, is_whole(token, 0), "a token's id, 0 or more")
            check("a bias", nats, is_number(nats, -_MOST, _MOST), within)
        check("ban", self.ban, all(self.ban), "sequences of at least one token")
        for token in (token for sequence in self.ban for token in sequence):
            check("a token of ban", token, is_whole(token, 0), "a token's id, 0 or more")
        if self.dry is not None:
            _check_dry(self.dry)

    def check_tokens(self, vocabulary_size: int) -> None:
        """RequestError where a token that is named is beyond the vocabulary."""
        biased, banned = [token for token, _ in self.bias], [token for each in self.ban for token in each]
        for name, tokens in (("bias", biased), ("ban", banned)):
            last = max(tokens, default=0)
            check(f"a token of {name}", last, last < vocabulary_size, f"below {vocabulary_size}, the vocabulary's size")


def compose(settings: SamplingSettings, pieces: Sequence[str] = (), prefix_tokens: int = 0) -> Pipeline:
    """The settings as one function of the logits and the tokens so far, of which the first are the prefix.

    The order: what the text so far asks for (bias, repetition, presence and frequency penalties, dry, no_repeat_ngram,
    ban), then what may be
    drawn at all, judged by the model's own distribution (top_k, typical, top_p, min_p), and only then how
    boldly to draw among these (temperature): so a high temperature does not let the tail back in.
    """
    breaker_ids = _breaker_ids(settings.dry, pieces)

    def pipeline(scores_V: Float[np.ndarray, " V"], context: Sequence[int]) -> Float[np.ndarray, " V"]:
        if settings.bias:
            scores_V = filters.bias(scores_V, settings.bias)
        if settings.presence_penalty or settings.frequency_penalty:
            scores_V = filters.presence_and_frequency(
                scores_V, context[prefix_tokens:], settings.presence_penalty, settings.frequency_penalty
            )
        scores_V = _by_history(scores_V, context, settings, breaker_ids)
        if settings.temperature > 0:  # the likeliest is the same before and after, and typical may remove it
            scores_V = _by_distribution(scores_V, settings)
        return filters.temperature(scores_V, settings.temperature)

    return pipeline


def _by_history(
    scores_V: Float[np.ndarray, " V"],
    context: Sequence[int],
    settings: SamplingSettings,
    breaker_ids: frozenset[int],
) -> Float[np.ndarray, " V"]:
    if settings.repetition_penalty is not None:
        scores_V = filters.repetition_penalty(
            scores_V, context, settings.repetition_penalty, settings.repetition_window
        )
    if settings.dry is not None:
        scores_V = filters.dry(scores_V, context, settings.dry, breaker_ids)
    if settings.no_repeat_ngram is not None:
        scores_V = filters.no_repeat_ngram(scores_V, context, settings.no_repeat_ngram)
    return filters.ban(scores_V, context, settings.ban) if settings.ban else scores_V


def _by_distribution(scores_V: Float[np.ndarray, " V"], settings: SamplingSettings) -> Float[np.ndarray, " V"]:
    if settings.top_k is not None:
        scores_V = filters.top_k(scores_V, settings.top_k)
    if settings.typical is not None:
        scores_V = filters.typical(scores_V, settings.typical)
    if settings.top_p is not None:
        scores_V = filters.top_p(scores_V, settings.top_p)
    if settings.min_p is not None:
        scores_V = filters.min_p(scores_V, settings.min_p)
    return scores_V


def _breaker_ids(dry: Dry | None, pieces: Sequence[str]) -> frozenset[int]:
    if dry is None:
        return frozenset()
    return frozenset(token for token, piece in enumerate(pieces) if any(breaker in piece for breaker in dry.breakers))


def _check_dry(dry: Dry) -> None:
    check("dry.multiplier", dry.multiplier, is_number(dry.multiplier, 0, _MOST), f"0 or more, to {_MOST:,.0f}")
    check("dry.base", dry.base, is_number(dry.base, 1, 10), "from 1 to 10")
    check("dry.allowed_length", dry.allowed_length, is_whole(dry.allowed_length, 1), "1 or more, a whole number")
    window = dry.window
    whole_text = "2 or more, a whole number, or None for the whole text"
    check("dry.window", window, window is None or is_whole(window, 2), whole_text)
