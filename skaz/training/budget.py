"""How long a run is: in minutes, epochs or updates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from skaz.recipe import TrainingRecipe

DEFAULT_MINUTES = 10.0


@dataclass(frozen=True)
class Budget:
    """An amount of one unit. Only a budget in minutes looks at the clock; with the others a run can be
    repeated bit for bit."""

    unit: Literal["minutes", "epochs", "steps"]
    amount: float

    @property
    def seconds(self) -> float | None:
        return self.amount * 60.0 if self.unit == "minutes" else None


def budget_of(recipe: TrainingRecipe) -> Budget:
    """The recipe's budget; without one, ten minutes."""
    if recipe.epochs is not None:
        return Budget("epochs", recipe.epochs)
    if recipe.steps is not None:
        return Budget("steps", float(recipe.steps))
    return Budget("minutes", DEFAULT_MINUTES if recipe.minutes is None else recipe.minutes)


def used_fraction(
    budget: Budget, *, trained_s: float, step: int, epochs: float, spent_s: float = 0.0, reserve_s: float = 0.0
) -> float:
    """The part of the budget's training that is done. A run in minutes ends on time: `spent_s`, seconds gone before
    the training began, and `reserve_s`, kept for the last measurement and for saving, leave the training so much
    less."""
    match budget.unit:
        case "minutes":
            left_s = budget.amount * 60.0 - spent_s - reserve_s
            return trained_s / left_s if left_s > 0 else 1.0
        case "epochs":
            return epochs / budget.amount
        case "steps":
            return step / budget.amount
