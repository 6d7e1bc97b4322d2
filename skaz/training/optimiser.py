"""AdamW over the model's parameters, and its state as named tensors."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from skaz.recipe import TrainingRecipe

_MOMENTS = ("exp_avg", "exp_avg_sq")


def make_optimiser(model: nn.Module, recipe: TrainingRecipe) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019), fused; biases do not decay."""
    matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": recipe.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
        betas=(recipe.beta1, recipe.beta2),
        eps=recipe.epsilon,
        fused=True,
    )


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """The same rate for every group."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def optimiser_tensors(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moments by their parameter's name, and the number of updates; empty before the first update."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        state = optimiser.state.get(parameter)
        if state:
            tensors[f"step.{name}"] = state["step"]
            for moment in _MOMENTS:
                tensors[f"{moment}.{name}"] = state[moment]
    return tensors


def restore_optimiser(model: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Puts back what `optimiser_tensors` gave."""
    for name, parameter in model.named_parameters():
        if f"step.{name}" in tensors:
            optimiser.state[parameter] = {
                "step": tensors[f"step.{name}"].clone(),
                **{moment: tensors[f"{moment}.{name}"].to(parameter.device) for moment in _MOMENTS},
            }
