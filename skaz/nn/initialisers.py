"""Initial weights, drawn from the run's generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skaz.recipe import Initialiser, ModelRecipe

UNIFORM_BOUND = 0.08  # Sutskever, Vinyals and Le 2014, section 3.4
EMBEDDING_STD = 0.1


def initialise_matrix(weight: Tensor, name: Initialiser, generator: torch.Generator) -> None:
    """Fills one matrix: Xavier (Glorot and Bengio 2010), He (He et al. 2015), orthogonal (Saxe et al. 2014),
    or uniform within 0.08."""
    match name:
        case "xavier":
            nn.init.xavier_uniform_(weight, generator=generator)
        case "he":
            nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)
        case "orthogonal":
            nn.init.orthogonal_(weight, generator=generator)
        case "uniform":
            nn.init.uniform_(weight, -UNIFORM_BOUND, UNIFORM_BOUND, generator=generator)


def initialise(model: nn.Module, recipe: ModelRecipe, generator: torch.Generator) -> None:
    """Sets every weight of the model, in the order of their names. Matrices that hold several gates are
    drawn gate by gate, since the gates are separate maps; biases begin at zero, save the LSTM's forget gate
    (Jozefowicz et al. 2015)."""
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if "embedding" in name or "output_VE" in name:
                nn.init.normal_(parameter, std=EMBEDDING_STD, generator=generator)
            elif parameter.dim() < 2:
                nn.init.zeros_(parameter)
            elif "weight_hh" in name:
                for gate in torch.split(parameter, parameter.shape[1]):
                    initialise_matrix(gate, recipe.recurrent_initialiser, generator)
            elif "weight_ih" in name:
                gates = parameter.shape[0] // _hidden_size(model, name)
                for gate in parameter.chunk(gates):
                    initialise_matrix(gate, recipe.initialiser, generator)
            else:
                initialise_matrix(parameter, recipe.initialiser, generator)
        for module in model.modules():
            if isinstance(module, nn.LSTM):
                size = module.hidden_size
                module.get_parameter("bias_ih_l0")[size : 2 * size].fill_(recipe.forget_bias)


def _hidden_size(model: nn.Module, weight_name: str) -> int:
    """Units of the layer that a weight belongs to."""
    return model.get_parameter(weight_name.replace("weight_ih", "weight_hh")).shape[1]
