"""Probabilities from logits, safe against overflow and minus infinity."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

_BLOCK = 64  # tokens


def log_sum_exp(scores_V: Float[np.ndarray, " V"]) -> float:
    """log Σ exp(x_i), minus infinity where nothing is left. Loud on NaN: a broken model must not write."""
    highest = float(scores_V.max(initial=-np.inf))
    if np.isnan(highest) or highest == np.inf:
        raise FloatingPointError(f"the model returned {highest} among its logits; its bundle is damaged")
    if highest == -np.inf:
        return highest
    return highest + float(np.log(np.exp(scores_V - highest).sum(dtype=np.float64)))


def log_softmax(scores_V: Float[np.ndarray, " V"]) -> Float[np.ndarray, " V"]:
    """Log-probabilities of scores of which at least one is finite."""
    return scores_V - log_sum_exp(scores_V)


def log_softmax_rows(logits_BV: Float[np.ndarray, "B V"]) -> Float[np.ndarray, "B V"]:
    """Log-probabilities of each row of a model's logits, in double precision. Loud on NaN, as `log_sum_exp` is."""
    highest_B1 = logits_BV.max(axis=1, keepdims=True).astype(np.float64)
    if not np.isfinite(highest_B1).all():
        raise FloatingPointError("the model returned no number among its logits; its bundle is damaged")
    shifted_BV: Float[np.ndarray, "B V"] = logits_BV - highest_B1
    shifted_BV -= np.log(np.exp(shifted_BV).sum(axis=1, keepdims=True))
    return shifted_BV


def top_log_probabilities(
    logits_NV: Float[np.ndarray, "N V"], number: int, never: Sequence[int] = ()
) -> tuple[Int[np.ndarray, "N J"], Float[np.ndarray, "N J"]]:
    """The `number` likeliest tokens of each row, in no order, of equal ones the first, and their log-probabilities;
    those in `never` have none (minus infinity). Loud on NaN.

    The vocabulary is read in blocks: what is among the `number` largest lies in one of as many blocks with the largest
    maxima, so only those are looked through. Exponentials are taken in the logits' own precision and summed in double.
    """
    rows, vocabulary = logits_NV.shape
    blocks = -(-vocabulary // _BLOCK)
    highest_N1 = logits_NV.max(axis=1, keepdims=True)
    if not np.isfinite(highest_N1).all():
        raise FloatingPointError("the model returned no number among its logits; its bundle is damaged")
    normaliser_N1 = highest_N1 + np.log(np.exp(logits_NV - highest_N1).sum(axis=1, keepdims=True, dtype=np.float64))
    padded_NV = np.full((rows, blocks * _BLOCK), -np.inf, dtype=logits_NV.dtype)
    padded_NV[:, :vocabulary] = logits_NV
    padded_NV[:, list(never)] = -np.inf
    by_block_NCW = padded_NV.reshape(rows, blocks, _BLOCK)
    kept_NC = np.sort(largest(by_block_NCW.max(axis=2), number), axis=1)
    within_NJ = np.take_along_axis(by_block_NCW, kept_NC[:, :, None], 1).reshape(rows, -1)
    place_NJ = largest(within_NJ, number)
    tokens_NJ = np.take_along_axis(kept_NC, place_NJ // _BLOCK, 1) * _BLOCK + place_NJ % _BLOCK
    return np.minimum(tokens_NJ, vocabulary - 1), np.take_along_axis(within_NJ, place_NJ, 1) - normaliser_N1


def largest(values_NC: Float[np.ndarray, "N C"], number: int) -> Int[np.ndarray, "N J"]:
    """Where the `number` largest of each row stand, of equal ones the first; all, where there are no more. In no
    order."""
    columns = values_NC.shape[1]
    if columns <= number:
        return np.broadcast_to(np.arange(columns), values_NC.shape)
    place_NJ = np.argpartition(values_NC, columns - number, axis=1)[:, columns - number :]
    least_N1 = np.take_along_axis(values_NC, place_NJ, 1).min(axis=1, keepdims=True)
    if np.count_nonzero(values_NC >= least_N1) == place_NJ.size:
        return place_NJ
    above_NC, equal_NC = values_NC > least_N1, values_NC == least_N1  # more than there is room for
    room_N1 = number - above_NC.sum(axis=1, keepdims=True)
    taken_NC = above_NC | (equal_NC & (equal_NC.cumsum(axis=1) <= room_N1))
    return np.nonzero(taken_NC)[1].reshape(place_NJ.shape)


def softmax(scores_V: Float[np.ndarray, " V"]) -> Float[np.ndarray, " V"]:
    """Probabilities of scores of which at least one is finite."""
    probabilities_V: Float[np.ndarray, " V"] = np.exp(log_softmax(scores_V))
    return probabilities_V


def draw(scores_V: Float[np.ndarray, " V"], rng: np.random.Generator) -> int:
    """A token, each with the probability that its score says; one number of the generator is used."""
    candidates = np.flatnonzero(np.isfinite(scores_V))
    cumulated = np.cumsum(softmax(scores_V[candidates]), dtype=np.float64)
    drawn = int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))
    return int(candidates[min(drawn, len(candidates) - 1)])
