"""Probabilities from logits, safe against overflow and minus infinity."""

import numpy as np
from jaxtyping import Float


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
