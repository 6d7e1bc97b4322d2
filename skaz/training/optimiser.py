"""What turns gradients into updates, and its state as named tensors."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import TrainingRecipe
from skaz.training.descent import AdamW, Descent, Group
from skaz.training.muon import Muon
from skaz.training.precision import working_type


class Optimiser:
    """Muon over the matrices that lead from units to units, AdamW (Loshchilov and Hutter 2019), fused, over the
    rest: embeddings and the output layer, whose rows are met one by one, and vectors, biases among them, which do
    not decay. Or AdamW over all, as the recipe says."""

    def __init__(self, model: Seq2Seq, recipe: TrainingRecipe) -> None:
        self._names: dict[Tensor, str] = {parameter: name for name, parameter in model.named_parameters()}
        self._muon_rate = recipe.muon_rate
        self._on_gpu = model.device.type == "cuda"
        matrices = [each for each in model.parameters() if each.dim() > 1]
        vectors = [each for each in model.parameters() if each.dim() <= 1]
        inner: list[nn.Parameter] = []
        if recipe.optimiser == "muon":
            rowwise = {id(each.weight) for each in model.modules() if isinstance(each, nn.Embedding)}
            rowwise.add(id(model.output_VE))
            inner = [each for each in matrices if id(each) not in rowwise and min(each.shape) > 1]
        of_muon = {id(each) for each in inner}
        self._adamw = AdamW(
            [Group([each for each in matrices if id(each) not in of_muon], recipe.decay), Group(vectors, 0.0)],
            betas=(recipe.beta1, recipe.beta2),
            epsilon=recipe.epsilon,
        )
        self._parts: list[Descent] = [self._adamw]
        if inner:
            self._parts.append(
                Muon(
                    Group(inner, recipe.decay),
                    rate=0.0,
                    momentum=recipe.momentum,
                    iterations=recipe.muon_iterations,
                    precision=working_type(model.device, recipe.precision),
                )
            )
        self.learning_rate = recipe.learning_rate

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return self._adamw.rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        for part in self._parts:
            part.rate = rate * (self._muon_rate if isinstance(part, Muon) else 1.0)

    def zero_grad(self) -> None:
        """Drops the gradients; on a GPU they stay where they are, as noughts, for what is recorded knows them by their
        place."""
        gradients = [parameter.grad for parameter in self._names if parameter.grad is not None]
        if self._on_gpu and gradients:
            torch._foreach_zero_(gradients)
        else:
            for parameter in self._names:
                parameter.grad = None

    def step(self) -> None:
        """Moves the parameters by their gradients."""
        for part in self._parts:
            part.step()

    def tensors(self) -> dict[str, Tensor]:
        """What is remembered of former updates, as "moment.parameter"; empty before the first."""
        return {
            f"{moment}.{self._names[parameter]}": tensor
            for part in self._parts
            for parameter, state in part.state.items()
            for moment, tensor in state.items()
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Puts back what `tensors` gave."""
        moments: dict[str, dict[str, Tensor]] = {name: {} for name in self._names.values()}
        for key, tensor in tensors.items():
            moment, _, name = key.partition(".")
            moments[name][moment] = tensor.clone()
        for part in self._parts:
            for parameter in (each for group in part.groups for each in group.parameters):
                if moments[self._names[parameter]]:
                    part.state[parameter] = moments[self._names[parameter]]
