"""Drawing from the nucleus, quickly: what `filters` say of top_p, min_p and temperature, without a pass over the
vocabulary for each.

The exponentials of a batch's logits are taken at once. What may be drawn is then a comparison away, and all that follows
is about a few tokens. The slow form is `settings.compose`, and a test holds the two together.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from skaz.decoding.settings import SamplingSettings


class Weights(NamedTuple):
    """exp(x − max x) of a row's logits, and their sum."""

    weights_V: Float[np.ndarray, " V"]
    total: float
    normaliser: float
    """log Σ exp(x): a logit less this is a log-probability."""


class Barred(NamedTuple):
    """Tokens that may not come next: those that never may, and some more."""

    never_V: Bool[np.ndarray, " V"]
    never: Int[np.ndarray, " never"]
    more: Sequence[int]

    @property
    def ids(self) -> Int[np.ndarray, " barred"]:
        """All of them."""
        return np.append(self.never, self.more) if self.more else self.never


class Drawn(NamedTuple):
    """A token, and its log-probability among those that it was drawn from."""

    token: int
    filtered_log_probability: float


def weigh(logits_BV: Float[np.ndarray, "B V"]) -> list[Weights]:
    """The weights of each row, in double precision. Loud on NaN: a broken model must not write."""
    highest_B1 = logits_BV.max(axis=1, keepdims=True)
    if not np.isfinite(highest_B1).all():
        raise FloatingPointError("the model returned no number among its logits; its bundle is damaged")
    weights_BV = np.subtract(logits_BV, highest_B1, dtype=np.float64)
    np.exp(weights_BV, out=weights_BV)
    totals_B = weights_BV.sum(axis=1)
    normalisers_B = highest_B1[:, 0] + np.log(totals_B)
    return [
        Weights(weights_V, total, normaliser)
        for weights_V, total, normaliser in zip(weights_BV, totals_B.tolist(), normalisers_B.tolist(), strict=True)
    ]


def is_plain(settings: SamplingSettings) -> bool:
    """Whether these settings leave few tokens and look at nothing but the logits: top_p or min_p and a temperature."""
    leaves_few = (settings.top_p or 1) < 1 or bool(settings.min_p)
    history = (settings.repetition_penalty, settings.no_repeat_ngram, settings.dry, settings.ban, settings.bias)
    penalties = settings.presence_penalty or settings.frequency_penalty
    others = settings.top_k is not None or settings.typical is not None
    return leaves_few and settings.temperature > 0 and not any(history) and not penalties and not others


def draw_plainly(
    logits_V: Float[np.ndarray, " V"],
    weights: Weights,
    barred: Barred,
    settings: SamplingSettings,
    rng: np.random.Generator,
) -> Drawn | None:
    """A token that is not barred, drawn as `settings` (plain ones) say; one number of the generator is used. None where
    all that is likely is barred, and none is used."""
    weights_V, total, _ = weights
    total -= float(weights_V[barred.ids].sum())
    mass = settings.top_p if settings.top_p is not None else 1.0
    if mass < 1:
        least = (1 - mass) / len(weights_V) * total  # those below have less than 1 - mass together
    else:
        least = (settings.min_p or 0.0) * float(np.delete(weights_V, barred.ids).max()) * (1 - 1e-9)
    likely = (weights_V >= least).nonzero()[0]
    likely = likely[~barred.never_V[likely]]
    for token in barred.more:
        likely = likely[likely != token]
    if not len(likely) or total <= 0:
        return None
    kept = likely[_nucleus(weights_V[likely], mass * total)] if mass < 1 else likely
    scores = logits_V[kept]
    highest = float(scores.max())
    if settings.min_p:
        kept = kept[scores >= min(highest + math.log(settings.min_p), highest)]
        scores = logits_V[kept]
    scores -= highest
    scores /= settings.temperature
    cumulated = np.exp(scores).cumsum()
    drawn = min(int(cumulated.searchsorted(rng.random() * cumulated[-1], side="right")), len(kept) - 1)
    return Drawn(int(kept[drawn]), float(scores[drawn]) - math.log(cumulated[-1]))


def _nucleus(each: Float[np.ndarray, " likely"], mass: float) -> Int[np.ndarray, " kept"]:
    """Where the fewest of the largest stand that reach the mass, in order; of equals the first are taken."""
    order = (-each).argsort(kind="stable")
    first = order[: int(each[order].cumsum().searchsorted(mass)) + 1]
    first.sort()
    return first
