"""The learning rate as a pure function of the part of the budget that is used up."""

from __future__ import annotations

import math

from skaz.recipe import TrainingRecipe


def learning_rate(fraction: float, recipe: TrainingRecipe) -> float:
    """Linear warm-up, then a cosine down to `final_rate` of the highest (Loshchilov and Hutter 2017)."""
    fraction = min(max(fraction, 0.0), 1.0)
    if fraction < recipe.warmup:
        return recipe.learning_rate * max(fraction / recipe.warmup, 0.01)
    way = (fraction - recipe.warmup) / (1.0 - recipe.warmup)
    cosine = 0.5 * (1.0 + math.cos(math.pi * way))
    return recipe.learning_rate * (recipe.final_rate + (1.0 - recipe.final_rate) * cosine)
