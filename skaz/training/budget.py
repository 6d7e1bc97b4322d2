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


def used_fraction(budget: Budget, *, trained_s: float, step: int, epochs: float, reserve_s: float = 0.0) -> float:
    """The part of the budget used up. `reserve_s`: seconds kept for the last measurement and for saving, so
    that a run in minutes ends on time."""
    match budget.unit:
        case "minutes":
            return trained_s / max(budget.amount * 60.0 - reserve_s, 1e-9)
        case "epochs":
            return epochs / budget.amount
        case "steps":
            return step / budget.amount
