"""Initial weights, drawn from the run's generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skaz.nn.parallel_cells import ParallelCell
from skaz.recipe import Initialiser, ModelRecipe


def initialise_matrix(weight: Tensor, name: Initialiser, generator: torch.Generator, units: int | None = None) -> None:
    """Fills one matrix: Xavier (Glorot and Bengio 2010), He (He et al. 2015), orthogonal (Saxe et al. 2014),
    uniform within 1/√n or normal with a deviation of 1/√n, where n is `units`, without it the matrix's inputs (LeCun et
    al. 1998, section 4.6), or zeros, at which all units of a layer are alike and learn alike."""
    match name:
        case "xavier":
            nn.init.xavier_uniform_(weight, generator=generator)
        case "he":
            nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)
        case "orthogonal":
            nn.init.orthogonal_(weight, generator=generator)
        case "uniform":
            bound = (units or weight.shape[1]) ** -0.5
            nn.init.uniform_(weight, -bound, bound, generator=generator)
        case "normal":
            nn.init.normal_(weight, std=(units or weight.shape[1]) ** -0.5, generator=generator)
        case "zeros":
            nn.init.zeros_(weight)


def initialise(model: nn.Module, recipe: ModelRecipe, generator: torch.Generator) -> None:
    """Sets every weight of the model, in the order of their names. Matrices that hold several gates are
    drawn gate by gate, since the gates are separate maps; biases begin at zero, save that gates begin by keeping
    (Jozefowicz et al. 2015, of the LSTM's forget gate); norms begin by scaling nothing. Embeddings have unit variance;
    tied ones are drawn as the output layer that they are as well, and so are small."""
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if "embedding" in name:
                nn.init.normal_(parameter, generator=generator)
            elif parameter.dim() < 2:
                nn.init.zeros_(parameter)
            elif "weight_hh" in name:
                for gate in torch.split(parameter, parameter.shape[1]):
                    initialise_matrix(gate, recipe.recurrent_initialiser, generator)
            elif "weight_ih" in name:
                units = _hidden_size(model, name)  # uniform goes by these, as torch's own does
                for gate in torch.split(parameter, units):
                    initialise_matrix(gate, recipe.initialiser, generator, units)
            else:
                initialise_matrix(parameter, recipe.initialiser, generator)
        for module in model.modules():
            match module:
                case nn.LSTM():
                    size = module.hidden_size
                    module.get_parameter("bias_ih_l0")[size : 2 * size].fill_(recipe.forget_bias)
                case nn.LayerNorm():
                    nn.init.ones_(module.weight)
                case ParallelCell():  # its first gate forgets, or, of MinGRU, updates
                    sign = -1.0 if module.kind == "mingru" else 1.0
                    module.bias_ih_l0[: module.hidden_size].fill_(sign * recipe.forget_bias)


def frequency_bias(counts_V: Tensor) -> Tensor:
    """The output layer's bias at which every token is as likely as it is frequent: log p (zero for the most
    frequent: bfloat16 is finest there), with a hundredth of a meeting for the tokens never met.

    Begun at zero, hundreds of tokens that never come (bytes, most of them) would each have to be unlearned,
    and AdamW, which takes steps of one length however small the gradient, would do so along the hidden states'
    mean, at the cost of every token that does come: 0.13 nats per character after one million of them.
    """
    smoothed_V = counts_V.double() + 0.01
    return (smoothed_V / smoothed_V.max()).log().float()


def _hidden_size(model: nn.Module, weight_name: str) -> int:
    """Units of the layer that a weight belongs to."""
    return int(model.get_submodule(weight_name.rpartition(".")[0]).hidden_size)  # type: ignore[arg-type]
