"""Sampling filters: small pure functions from the scores of one row to new scores.

Scores are logits or log-probabilities: every filter gives the same candidates for either, save
`repetition_penalty`, which is defined on logits. A filter removes a candidate by setting its score to minus
infinity, changes no array in place, revives no removed candidate and never removes the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from skaz.decoding.numerics import softmax

_FEW = 256
_LONGEST_MATCH = 50


@dataclass(frozen=True)
class Dry:
    """Settings of the DRY penalty; lengths are in tokens, so a model of characters needs longer ones."""

    multiplier: float = 0.8
    """Penalty of the shortest repeat that is penalised, in nats."""
    base: float = 1.75
    """Growth of the penalty with each further token of the repeat."""
    allowed_length: int = 2
    """Repeats shorter than this are free."""
    window: int | None = None
    """How many recent tokens are compared; None: all."""
    breakers: tuple[str, ...] = ("\n", ":", '"', "*")
    """A token with one of these in it ends a phrase: repeats are not counted across it."""


def temperature(scores_V: Float[np.ndarray, " V"], degree: float) -> Float[np.ndarray, " V"]:
    """p_i ∝ exp(x_i / T); T = 0 keeps the best alone.

    Ackley et al. 1985, A Learning Algorithm for Boltzmann Machines.
    """
    if degree == 0:
        return _only_best(scores_V)
    highest = scores_V.max()
    with np.errstate(over="ignore"):  # near 0 all but the best are beyond what a number holds: minus infinity
        tempered_V: Float[np.ndarray, " V"] = (scores_V - highest) / degree
    return tempered_V


def top_k(scores_V: Float[np.ndarray, " V"], k: int) -> Float[np.ndarray, " V"]:
    """The k highest (Fan et al. 2018, Hierarchical Neural Story Generation); of equals the lower id."""
    if k >= len(scores_V):
        return scores_V
    threshold = np.partition(scores_V, -k)[-k]
    kept_V = scores_V > threshold
    equals = np.flatnonzero(scores_V == threshold)
    kept_V[equals[: k - int(kept_V.sum())]] = True
    return _keep(scores_V, kept_V)


def top_p(scores_V: Float[np.ndarray, " V"], mass: float) -> Float[np.ndarray, " V"]:
    """The nucleus: the smallest set of the likeliest whose Σ p_i ≥ mass.

    Holtzman et al. 2020, The Curious Case of Neural Text Degeneration.
    """
    if mass >= 1:
        return scores_V
    probabilities_V = softmax(scores_V)
    # All those below this share have less than 1 - mass together, so the set is among the others, which are few.
    likely = np.flatnonzero(probabilities_V >= (1 - mass) / len(scores_V))
    kept_V = np.zeros(len(scores_V), bool)
    kept_V[likely[_smallest_set(-probabilities_V[likely], probabilities_V[likely], mass)]] = True
    return _keep(scores_V, kept_V)


def min_p(scores_V: Float[np.ndarray, " V"], share: float) -> Float[np.ndarray, " V"]:
    """Those with p_i ≥ share · max p (Nguyen et al. 2024, Turning Up the Heat: Min-p Sampling)."""
    if share == 0:
        return scores_V
    return _keep(scores_V, scores_V >= min(scores_V.max() + np.log(share), scores_V.max()))


def typical(scores_V: Float[np.ndarray, " V"], mass: float) -> Float[np.ndarray, " V"]:
    """The smallest set with Σ p_i ≥ mass of those with the least |−log p_i − H(p)|.

    Meister et al. 2022, Locally Typical Sampling. The likeliest token may go, as the paper intends: here "the
    best" that always stays is the most typical one.
    """
    if mass >= 1:
        return scores_V
    probabilities_V = softmax(scores_V)
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise_V = -np.log(probabilities_V)
        entropy = np.nansum(probabilities_V * surprise_V)
    distance_V = np.abs(surprise_V - entropy)
    return _keep(scores_V, _smallest_set(distance_V, probabilities_V, mass))


def repetition_penalty(
    logits_V: Float[np.ndarray, " V"], context: Sequence[int], penalty: float, window: int | None
) -> Float[np.ndarray, " V"]:
    """x_i / θ for tokens met in the last `window`; x_i · θ where x_i < 0, so that it always lowers.

    Keskar et al. 2019, CTRL, equation 2 (which has the division alone).
    """
    if penalty == 1 or not context:
        return logits_V
    seen = np.unique(np.asarray(_recent(context, window), dtype=np.int64))
    penalised_V = logits_V.copy()
    met = logits_V[seen]
    penalised_V[seen] = np.where(met > 0, met / penalty, met * penalty)
    return penalised_V


def presence_and_frequency(
    scores_V: Float[np.ndarray, " V"], written: Sequence[int], presence: float, frequency: float
) -> Float[np.ndarray, " V"]:
    """x_i − frequency · c_i − presence · [c_i > 0], where c_i is how often i was written already.

    As OpenAI's API defines its two penalties (https://platform.openai.com/docs/api-reference/completions); below 0 they
    favour what was written.
    """
    if not written or (presence == 0 and frequency == 0):
        return scores_V
    met, counts = np.unique(np.asarray(written, dtype=np.int64), return_counts=True)
    penalised_V = scores_V.copy()
    penalised_V[met] -= frequency * counts + presence
    return penalised_V


def bias(scores_V: Float[np.ndarray, " V"], added: Sequence[tuple[int, float]]) -> Float[np.ndarray, " V"]:
    """x_i + b_i for each (i, b_i): OpenAI's `logit_bias`."""
    biased_V = scores_V.copy()
    for token, nats in added:
        biased_V[token] += nats
    return biased_V


def no_repeat_ngram(scores_V: Float[np.ndarray, " V"], context: Sequence[int], n: int) -> Float[np.ndarray, " V"]:
    """Removes each token that would complete an n-gram met before.

    Paulus et al. 2017, A Deep Reinforced Model for Abstractive Summarization, section 2.5 (n = 3).
    """
    ending = tuple(context[len(context) - n + 1 :]) if n > 1 else ()
    if len(context) < n:
        return scores_V
    followers = [context[i + n - 1] for i in range(len(context) - n + 1) if tuple(context[i : i + n - 1]) == ending]
    return _without(scores_V, followers)


def dry(
    scores_V: Float[np.ndarray, " V"], context: Sequence[int], settings: Dry, breaker_ids: frozenset[int]
) -> Float[np.ndarray, " V"]:
    """x_i − multiplier · base^(n − allowed_length) for n ≥ allowed_length.

    n is the length of the longest phrase, now at the end of the text, that i has followed before.
    "Don't Repeat Yourself", p-e-w 2024, https://github.com/oobabooga/text-generation-webui/pull/5677.
    The match is cut at 50 tokens, against overflow.
    """
    longest: dict[int, int] = {}
    recent = _recent(context, settings.window)
    if len(recent) < 2 or recent[-1] in breaker_ids:
        return scores_V
    recent_array = np.asarray(recent)
    for earlier in np.flatnonzero(recent_array[:-1] == recent_array[-1]).tolist():
        follower = recent[earlier + 1]
        if follower not in breaker_ids:
            length = _match_length(recent, earlier, breaker_ids)
            longest[follower] = max(longest.get(follower, 0), length)
    penalised_V = scores_V.copy()
    for token, length in longest.items():
        if length >= settings.allowed_length:
            penalised_V[token] -= settings.multiplier * settings.base ** (length - settings.allowed_length)
    return penalised_V


def ban(
    scores_V: Float[np.ndarray, " V"], context: Sequence[int], sequences: Sequence[Sequence[int]]
) -> Float[np.ndarray, " V"]:
    """Removes the last token of each sequence where the text ends in all before it.

    A ban of words in any spelling is `Constraints.ban`, which knows text; this one knows tokens only.
    """
    completing = []
    for sequence in sequences:
        opening = list(sequence[:-1])
        if not opening or list(context[-len(opening) :]) == opening:
            completing.append(sequence[-1])
    return _without(scores_V, completing)


def _match_length(recent: Sequence[int], earlier: int, breaker_ids: frozenset[int]) -> int:
    """How many tokens before and at `earlier` equal those at the end, up to a breaker."""
    length = 1
    while length < _LONGEST_MATCH and length <= earlier:
        token = recent[-1 - length]
        if recent[earlier - length] != token or token in breaker_ids:
            break
        length += 1
    return length


def _recent(context: Sequence[int], window: int | None) -> Sequence[int]:
    return context if window is None else context[max(0, len(context) - window) :]


def _smallest_set(
    order_V: Float[np.ndarray, " V"], probabilities_V: Float[np.ndarray, " V"], mass: float
) -> Bool[np.ndarray, " V"]:
    """The fewest first in the order (of equals the lower id) whose probabilities reach the mass."""
    kept_V = np.zeros(len(order_V), bool)
    candidates = np.arange(len(order_V))
    reached = 0.0
    # To sort all costs more than a step of the network: set whole parts aside first, as in quickselect.
    while len(candidates) > _FEW:
        order = order_V[candidates]
        pivot = np.partition(order, len(order) // 4)[len(order) // 4]
        first, rest = candidates[order < pivot], candidates[order >= pivot]
        if not len(first):
            break
        if reached + probabilities_V[first].sum() >= mass:
            candidates = first
        else:
            kept_V[first] = True
            reached += float(probabilities_V[first].sum())
            candidates = rest
    ordered = candidates[np.argsort(order_V[candidates], kind="stable")]
    cumulated = reached + np.cumsum(probabilities_V[ordered], dtype=np.float64)
    kept_V[ordered[: int(np.searchsorted(cumulated, mass)) + 1]] = True
    return kept_V


def _keep(scores_V: Float[np.ndarray, " V"], kept_V: Bool[np.ndarray, " V"]) -> Float[np.ndarray, " V"]:
    return np.where(kept_V, scores_V, -np.inf)


def _only_best(scores_V: Float[np.ndarray, " V"]) -> Float[np.ndarray, " V"]:
    return _keep(scores_V, np.arange(len(scores_V)) == scores_V.argmax())


def _without(scores_V: Float[np.ndarray, " V"], tokens: Sequence[int]) -> Float[np.ndarray, " V"]:
    """The scores without these tokens; the best alone where that would leave nothing."""
    if not tokens:
        return scores_V
    remaining_V = scores_V.copy()
    remaining_V[list(tokens)] = -np.inf
    return remaining_V if np.isfinite(remaining_V.max()) else _only_best(scores_V)
