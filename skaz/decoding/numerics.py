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
