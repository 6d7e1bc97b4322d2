"""How long a run is: in minutes, epochs or updates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from skaz.errors import RequestError
from skaz.recipe import TrainingRecipe

DEFAULT_MINUTES = 10.0
MUCH_SPENT = 1 / 3  # of a budget in minutes, before the training begins


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


def check_time_left(budget: Budget, spent_s: float, *, prepared: bool) -> None:
    """RequestError where preparing has left no time to train in; `prepared`: it began with a prepared corpus."""
    seconds = budget.seconds
    if seconds is not None and spent_s >= seconds:
        once = "" if prepared else ", or prepare once with skaz prepare"
        raise RequestError(
            f"Preparing took {spent_s:.1f} s and the budget is {seconds:.1f} s, so nothing would be trained; give "
            f"--minutes {math.ceil(3 * spent_s / 60)}, say{once}."
        )


def warning_of_time(budget: Budget, spent_s: float) -> str | None:
    """What to tell where preparing took much of the time; None where it did not."""
    seconds = budget.seconds
    if seconds is None or spent_s <= MUCH_SPENT * seconds:
        return None
    return (
        f"budget {seconds:.0f} s: preparing took {spent_s:.0f} s of it, and training has the rest; more --minutes give "
        "it more"
    )


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
