"""Probabilities from logits, safe against overflow and minus infinity."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

_DEEP = 64  # tokens of a block
_AT_ONCE = 1 << 16  # numbers that stay in a processor's second cache


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
    maxima, so only those are looked through. A block is a column of the vocabulary written in lines, since maxima of
    lines are many times as fast as maxima along them. Exponentials are taken and summed in the logits' own precision,
    whose sums of many are made of sums of few.
    """
    highest_N1 = logits_NV.max(axis=1, keepdims=True)
    if not np.isfinite(highest_N1).all():
        raise FloatingPointError("the model returned no number among its logits; its bundle is damaged")
    normaliser_N1 = highest_N1 + np.log(_sums_of_exponentials(logits_NV, highest_N1))
    rows, vocabulary = logits_NV.shape
    blocks = max(1, vocabulary // _DEEP)
    in_lines_NDC = logits_NV[:, : vocabulary // blocks * blocks].reshape(rows, -1, blocks)
    barred = np.asarray(never, dtype=np.int64)
    maxima_NC = _maxima(in_lines_NDC, barred)
    kept_NC = np.sort(largest(maxima_NC, number), axis=1)
    lines = np.arange(in_lines_NDC.shape[1])
    behind = np.arange(lines.size * blocks, vocabulary)
    tokens_NL = (lines[:, None] * blocks + kept_NC[:, None, :]).reshape(rows, -1)  # in the order of the vocabulary
    tokens_NL = np.concatenate((tokens_NL, np.broadcast_to(behind, (rows, behind.size))), axis=1)
    looked_through_NL = np.take_along_axis(logits_NV, tokens_NL, 1)
    looked_through_NL[np.isin(tokens_NL, barred)] = -np.inf
    place_NJ = largest(looked_through_NL, number)
    tokens_NJ = np.take_along_axis(tokens_NL, place_NJ, 1)
    found_NJ = np.take_along_axis(looked_through_NL, place_NJ, 1)
    np.put_along_axis(maxima_NC, kept_NC, -np.inf, 1)
    for row in np.flatnonzero(maxima_NC.max(axis=1) >= found_NJ.min(axis=1)).tolist():
        # of equal ones an earlier token may lie in a block that was not looked through
        allowed_V = logits_NV[row].copy()
        allowed_V[barred] = -np.inf
        tokens_NJ[row] = np.argsort(-allowed_V, kind="stable")[: tokens_NJ.shape[1]]
        found_NJ[row] = allowed_V[tokens_NJ[row]]
    return tokens_NJ, found_NJ - normaliser_N1


def _sums_of_exponentials(
    logits_NV: Float[np.ndarray, "N V"], highest_N1: Float[np.ndarray, "N 1"]
) -> Float[np.ndarray, "N 1"]:
    """Σ exp(x − max x) of each row, some rows at a time, so that what is in between needs no memory."""
    rows, vocabulary = logits_NV.shape
    sums_N1 = np.empty((rows, 1))
    at_once = max(1, _AT_ONCE // vocabulary)
    room_RV = np.empty((min(at_once, rows), vocabulary), logits_NV.dtype)
    for first in range(0, rows, at_once):
        part = slice(first, first + at_once)
        shifted_RV = np.subtract(logits_NV[part], highest_N1[part], out=room_RV[: rows - first])
        np.exp(shifted_RV, out=shifted_RV)
        sums_N1[part] = shifted_RV.sum(axis=1, keepdims=True)
    return sums_N1


def _maxima(in_lines_NDC: Float[np.ndarray, "N D C"], barred: Int[np.ndarray, " barred"]) -> Float[np.ndarray, "N C"]:
    """The largest number of each block without the tokens that are barred."""
    lines, blocks = in_lines_NDC.shape[1:]
    maxima_NC: Float[np.ndarray, "N C"] = in_lines_NDC.max(axis=1)
    line, block = np.divmod(barred[barred < lines * blocks], blocks)
    touched, place = np.unique(block, return_inverse=True)
    part_NDT = in_lines_NDC[:, :, touched]
    part_NDT[:, line, place] = -np.inf
    maxima_NC[:, touched] = part_NDT.max(axis=1)
    return maxima_NC


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
