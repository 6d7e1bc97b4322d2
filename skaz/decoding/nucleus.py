"""Drawing from the nucleus: what `filters` say of top_p, min_p and temperature, in as few operations as it takes.

Each of a batch's rows has settings and a generator of its own, and is drawn for by itself: what it draws is the same
whatever stands beside it. The slow form is `settings.compose` and `numerics.draw`; a test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skaz.decoding.settings import SamplingSettings

_FEW = 256
"""The bound tried first: what is less likely than the rest of the mass shared among so many tokens."""
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class Wish:
    """What a row wants: plain settings (`is_plain`), tokens that may not come, and a number in [0, 1) that decides."""

    settings: SamplingSettings
    barred: Sequence[int]
    chance: float


@dataclass(frozen=True)
class Drawn:
    """A token, and its log-probability among those that it was drawn from."""

    token: int
    filtered_log_probability: float


def is_plain(settings: SamplingSettings) -> bool:
    """Whether these settings leave few tokens and look at nothing but the logits: top_p or min_p and a temperature."""
    leaves_few = (settings.top_p or 1) < 1 or bool(settings.min_p)
    history = (settings.repetition_penalty, settings.no_repeat_ngram, settings.dry, settings.ban, settings.bias)
    penalties = settings.presence_penalty or settings.frequency_penalty
    others = settings.top_k is not None or settings.typical is not None
    return leaves_few and settings.temperature > 0 and not any(history) and not penalties and not others


def weigh(logits_BV: Float[np.ndarray, "B V"]) -> tuple[Float[np.ndarray, "B V"], Float[np.ndarray, " B"]]:
    """exp(x − max x) of each row, and log Σ exp(x). Loud on NaN: a broken model must not write."""
    highest_B1 = logits_BV.max(axis=1, keepdims=True)
    if not np.isfinite(highest_B1).all():
        raise FloatingPointError("the model returned no number among its logits; its bundle is damaged")
    weights_BV = logits_BV - highest_B1
    np.exp(weights_BV, out=weights_BV)
    return weights_BV, highest_B1[:, 0] + np.log(weights_BV.sum(axis=1))


def draw_plainly(
    weights_BV: Float[np.ndarray, "B V"], never: Int[np.ndarray, " never"], wishes: Sequence[Wish]
) -> list[Drawn | None]:
    """A token for each row, by its weights (of `weigh`; they are changed); None where nothing is left to draw."""
    weights_BV[:, never] = 0.0
    return [_draw(weights_V, wish) for weights_V, wish in zip(weights_BV, wishes, strict=True)]


def _draw(weights_V: Float[np.ndarray, " V"], wish: Wish) -> Drawn | None:
    """A token by its weight, of those that the settings leave."""
    if wish.barred:
        weights_V[wish.barred] = 0.0
    highest = float(weights_V.max())
    if not highest > 0:
        return None
    if highest < _TINY:  # all but what is barred is next to impossible
        weights_V /= highest
        highest = 1.0
    tokens, each = _likely(weights_V, wish, highest)
    tempered = (each / highest) ** (1.0 / wish.settings.temperature)
    cumulated = tempered.cumsum()
    drawn = int(cumulated.searchsorted(wish.chance * cumulated[-1], side="right"))
    return Drawn(int(tokens[drawn]), float(np.log(tempered[drawn]) - np.log(cumulated[-1])))


def _likely(
    weights_V: Float[np.ndarray, " V"], wish: Wish, highest: float
) -> tuple[Int[np.ndarray, " J"], Float[np.ndarray, " J"]]:
    """The tokens that top_p and min_p leave, in their order, and their weights. Only few are sorted: what is above a
    bound reaches the mass, or all that is below has less than the rest of it; either way the nucleus lies above. Below
    the other bound min_p leaves nothing."""
    mass, share = wish.settings.top_p, wish.settings.min_p or 0.0
    mass = 1.0 if mass is None else mass
    total = float(weights_V.sum())
    cut = share * highest * (1 - 1e-9)
    for few in (_FEW, len(weights_V)):
        rest = (1 - mass) / few * total
        tokens = np.flatnonzero(weights_V >= max(rest, cut, _TINY))
        each = weights_V[tokens]
        if cut >= rest or each.sum() >= mass * total * (1 + 1e-9):
            break
    if mass < 1:  # the fewest of the largest that reach it; of equals the first
        order = np.argsort(-each, kind="stable")
        count = int(each[order].cumsum().searchsorted(mass * total)) + 1
        kept = np.sort(order[:count])
        tokens, each = tokens[kept], each[kept]
    if share:
        is_kept = each >= share * highest
        tokens, each = tokens[is_kept], each[is_kept]
    return tokens, each
