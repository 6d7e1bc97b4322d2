"""AdamW and plain gradient descent, by torch's fused kernels.

torch's own classes of them load its compiler, a thousand modules, as soon as one is made: a second of every training's
start, for something that is not used. So these keep the moments, and hand the arithmetic to the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd


class Group(NamedTuple):
    """Parameters that decay alike; a decay of 0 is none."""

    parameters: list[nn.Parameter]
    decay: float

    def moved(self) -> tuple[list[nn.Parameter], list[Tensor]]:
        """Its parameters that have a gradient, and their gradients."""
        moved = [each for each in self.parameters if each.grad is not None]
        return moved, [each.grad for each in moved if each.grad is not None]


class Descent(Protocol):
    """Moves parameters by their gradients."""

    groups: Sequence[Group]
    rate: float  # of the next step
    state: dict[nn.Parameter, dict[str, Tensor]]  # what is remembered of the steps before, by its name

    def step(self) -> None:
        """Moves the parameters that have a gradient."""


class AdamW:
    """AdamW (Loshchilov and Hutter 2019), which decays weights beside the gradient's moments."""

    def __init__(
        self,
        groups: Sequence[Group],
        *,
        rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self.groups = groups
        self.rate = rate
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {}
        self._betas, self._epsilon = betas, epsilon

    @torch.no_grad()
    def step(self) -> None:
        """Moves the parameters that have a gradient."""
        for group in self.groups:
            moved, gradients = group.moved()
            states = [self._state_of(parameter) for parameter in moved]
            adamw(
                [*moved],
                gradients,
                [state["exp_avg"] for state in states],
                [state["exp_avg_sq"] for state in states],
                [],
                [state["step"] for state in states],
                fused=True,
                amsgrad=False,
                beta1=self._betas[0],
                beta2=self._betas[1],
                lr=self.rate,
                weight_decay=group.decay,
                eps=self._epsilon,
                maximize=False,
            )

    def _state_of(self, parameter: nn.Parameter) -> dict[str, Tensor]:
        if parameter not in self.state:
            self.state[parameter] = {
                "step": torch.zeros((), device=parameter.device),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }
        return self.state[parameter]


class GradientDescent:
    """Plain gradient descent; the decay is part of the gradient."""

    def __init__(self, groups: Sequence[Group], *, rate: float) -> None:
        self.groups = groups
        self.rate = rate
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {}  # nothing is remembered

    @torch.no_grad()
    def step(self) -> None:
        """Moves the parameters that have a gradient."""
        for group in self.groups:
            moved, gradients = group.moved()
            sgd(
                [*moved],
                gradients,
                [],
                fused=True,
                weight_decay=group.decay,
                momentum=0.0,
                lr=self.rate,
                dampening=0.0,
                nesterov=False,
                maximize=False,
            )
