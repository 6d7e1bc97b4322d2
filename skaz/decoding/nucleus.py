"""Drawing from the nucleus for a whole batch at once: what `filters` say of top_p, min_p and temperature.

Each of a batch's rows has settings and a generator of its own. All arithmetic goes along a row and never across, in
an order that does not depend on the other rows, so what a row draws is the same whatever stands beside it. The slow
form is `settings.compose` and `numerics.draw`; a test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from skaz.decoding.settings import SamplingSettings

_FEW = 256
"""The bound tried first: what is less likely than the rest of the mass shared among so many tokens."""


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
    for row, wish in enumerate(wishes):
        if wish.barred:
            weights_BV[row, wish.barred] = 0.0
    mass_B = np.array([wish.settings.top_p if wish.settings.top_p is not None else 1.0 for wish in wishes])
    share_B = np.array([wish.settings.min_p or 0.0 for wish in wishes])
    highest_B = weights_BV.max(axis=1)
    faint = (highest_B > 0) & (highest_B < np.finfo(np.float64).tiny)  # all but what is barred is next to impossible
    if faint.any():
        weights_BV[faint] /= highest_B[faint, None]
        highest_B[faint] = 1.0
    total_B = weights_BV.sum(axis=1)
    drawn: list[Drawn | None] = [None] * len(wishes)
    left = np.flatnonzero(highest_B > 0)
    for few in (_FEW, weights_BV.shape[1]):
        if not len(left):
            break
        # What is above this bound reaches the mass, or all that is below has less than the rest of it: either way the
        # nucleus lies above. Below the other one min_p leaves nothing.
        rest, cut = (1 - mass_B[left]) / few * total_B[left], share_B[left] * highest_B[left] * (1 - 1e-9)
        bound = np.maximum(np.maximum(rest, cut), np.finfo(np.float64).tiny)
        above_NV = weights_BV[left] if len(left) < len(wishes) else weights_BV
        each_NJ, tokens_NJ = _packed(above_NV, above_NV >= bound[:, None])
        reached = each_NJ.sum(axis=1) >= mass_B[left] * total_B[left] * (1 + 1e-9)
        fits = reached | (few >= weights_BV.shape[1]) | (cut >= rest)
        rows = left[fits]
        chosen = [wishes[row] for row in rows.tolist()]
        for row, one in zip(rows.tolist(), _drawn(each_NJ[fits], tokens_NJ[fits], chosen, total_B[rows]), strict=True):
            drawn[row] = one
        left = left[~fits]
    return drawn


def _drawn(
    each_NJ: Float[np.ndarray, "N J"],
    tokens_NJ: Int[np.ndarray, "N J"],
    wishes: Sequence[Wish],
    total_N: Float[np.ndarray, " N"],
) -> list[Drawn]:
    """A token for each row, of those that are likely, by their weights."""
    if not wishes:
        return []
    mass_N = np.array([wish.settings.top_p if wish.settings.top_p is not None else 1.0 for wish in wishes])
    share_N = np.array([wish.settings.min_p or 0.0 for wish in wishes])
    inverse_N = np.array([1.0 / wish.settings.temperature for wish in wishes])
    chance_N = np.array([wish.chance for wish in wishes])
    highest_N1 = each_NJ.max(axis=1, keepdims=True)
    kept_NJ = _nucleus(each_NJ, mass_N, total_N) & (each_NJ >= share_N[:, None] * highest_N1)
    each_NK, places_NK = _packed(each_NJ / highest_N1, kept_NJ)
    tempered_NK = each_NK ** inverse_N[:, None]
    cumulated_NK = tempered_NK.cumsum(axis=1)
    drawn_N = (cumulated_NK <= (chance_N * cumulated_NK[:, -1])[:, None]).sum(axis=1)
    rows = np.arange(len(wishes))
    logs_N = np.log(tempered_NK[rows, drawn_N]) - np.log(cumulated_NK[:, -1])
    drawn_tokens_N = tokens_NJ[rows, places_NK[rows, drawn_N]]
    return [
        Drawn(token, log_probability)
        for token, log_probability in zip(drawn_tokens_N.tolist(), logs_N.tolist(), strict=True)
    ]


def _packed(
    values_NV: Float[np.ndarray, "N V"], chosen_NV: Bool[np.ndarray, "N V"]
) -> tuple[Float[np.ndarray, "N J"], Int[np.ndarray, "N J"]]:
    """The chosen values of each row, in their order, and their columns; filled up with 0."""
    found = np.flatnonzero(chosen_NV)  # many times as fast as nonzero over two axes
    rows, columns = np.divmod(found, values_NV.shape[1])
    counts_N = np.bincount(rows, minlength=len(values_NV))
    places = np.arange(len(rows)) - np.repeat(counts_N.cumsum() - counts_N, counts_N)
    shape = (len(values_NV), max(int(counts_N.max()), 1))
    values_NJ, columns_NJ = np.zeros(shape), np.zeros(shape, dtype=np.int64)
    values_NJ[rows, places] = values_NV.ravel()[found]
    columns_NJ[rows, places] = columns
    return values_NJ, columns_NJ


def _nucleus(
    each_BJ: Float[np.ndarray, "B J"], mass_B: Float[np.ndarray, " B"], total_B: Float[np.ndarray, " B"]
) -> Bool[np.ndarray, "B J"]:
    """Which are the fewest of the largest that reach the mass; of equals the first. All of them where the mass is 1."""
    ordered_BJ = -np.sort(-each_BJ, axis=1)
    reached_BJ = ordered_BJ.cumsum(axis=1)
    count_B = np.minimum((reached_BJ < (mass_B * total_B)[:, None]).sum(axis=1) + 1, each_BJ.shape[1])
    last_B1 = ordered_BJ[np.arange(len(each_BJ)), count_B - 1][:, None]
    larger_BJ, equal_BJ = each_BJ > last_B1, each_BJ == last_B1
    room_B1 = (count_B - larger_BJ.sum(axis=1))[:, None]
    nucleus_BJ = larger_BJ | (equal_BJ & (equal_BJ.cumsum(axis=1) <= room_B1))
    return np.where(mass_B[:, None] < 1, nucleus_BJ, each_BJ > 0)
