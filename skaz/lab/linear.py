"""Layers without an activation are one matrix, however many there are; with ReLU they are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor

from skaz.lab.frames import Frame
from skaz.lab.settings import Settings, about
from skaz.nn.feed_forward import FeedForward, initialise_layers

INPUTS, OUTPUTS = 6, 3
EXAMPLES = 1000
ALONG = 121  # points of the line through the inputs that is drawn
SAME = 1e-24  # the variance of outputs that differ by rounding alone, as a part of their squares


class LinearSettings(Settings, frozen=True):
    """The experiment's parameters."""

    layers: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=100)], ...],
        about("layers of the networks", "сколько слоёв в сетях", min_length=1, max_length=12),
    ] = (1, 2, 3, 5, 10)
    units: Annotated[int, about("units of a hidden layer", "нейронов в скрытом слое", ge=1, le=512)] = 32


@dataclass(frozen=True)
class Collapse:
    """A network of so many layers. `identity_64`, `identity_32`: the greatest difference between its outputs without
    activations and those of its matrices' product, as a part of the greatest output, in 64 and 32 bits; `apart_64`,
    `apart_32`: their difference, root mean square, in standard deviations of the outputs; squared, it is a share of
    variance, as the next one is. `relu_left`: of the outputs with ReLU, the share of their variance, of each about its
    own mean, that the best single matrix leaves."""

    layers: int
    identity_64: float
    identity_32: float
    apart_64: float
    apart_32: float
    relu_left: float


@dataclass(frozen=True)
class LinearData:
    """What came out; `along`: places on a straight line through the inputs, and the first output of the deepest network
    there, with either activation, from -1 to 1."""

    precision_64: float
    precision_32: float
    networks: tuple[Collapse, ...]
    along: tuple[float, ...]
    identity_outputs: tuple[float, ...]
    relu_outputs: tuple[float, ...]


def frames(settings: LinearSettings) -> Iterator[Frame[LinearData]]:
    """The data after each network."""
    depths = sorted(set(settings.layers))
    generator = torch.Generator().manual_seed(settings.seed)
    inputs_BF = torch.randn(EXAMPLES, INPUTS, dtype=torch.float64, generator=generator)
    networks: list[Collapse] = []
    for number, depth in enumerate(depths, 1):
        with torch.no_grad():  # no yield in it: it holds for a thread, and another may ask for the next frame
            plain, bent = _networks(depth, settings)
            most_64, apart_64 = _difference(plain.double(), inputs_BF)
            most_32, apart_32 = _difference(plain.float(), inputs_BF.float())
            left = left_by_a_matrix(bent, inputs_BF)
            networks.append(Collapse(depth, most_64, most_32, apart_64, apart_32, left))
            places, drawn = _along(generator, plain.double(), bent)
        yield Frame(
            number / len(depths),
            LinearData(
                float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps), tuple(networks), places, *drawn
            ),
        )


def _networks(depth: int, settings: LinearSettings) -> tuple[FeedForward, FeedForward]:
    """Two with the same weights, without an activation and with ReLU."""
    sizes = (INPUTS, *[settings.units] * (depth - 1), OUTPUTS)
    plain, bent = FeedForward(sizes, "identity"), FeedForward(sizes, "relu")
    initialise_layers(plain, "he", torch.Generator().manual_seed(settings.seed))
    for layer in plain.layers:  # biases too, so that their way through the product is seen
        layer.get_parameter("bias").copy_(torch.linspace(-0.5, 0.5, len(layer.get_parameter("bias"))))
    bent.load_state_dict(plain.state_dict())
    return plain, bent.double()


def one_matrix(network: FeedForward) -> tuple[Tensor, Tensor]:
    """The network's layers multiplied out, as if it had no activation: W = W_n … W_1, and the biases carried along,
    b = W_n b' + b_n."""
    first, *rest = network.layers
    weight_YF: Tensor = first.get_parameter("weight")
    bias_Y: Tensor = first.get_parameter("bias")
    for layer in rest:
        above_YH = layer.get_parameter("weight")
        weight_YF, bias_Y = above_YH @ weight_YF, above_YH @ bias_Y + layer.get_parameter("bias")
    return weight_YF, bias_Y


def _difference(network: FeedForward, inputs_BF: Tensor) -> tuple[float, float]:
    """The greatest, as a part of the greatest output; and root mean square, in standard deviations of the outputs."""
    weight_YF, bias_Y = one_matrix(network)
    outputs_BY = network(inputs_BF)
    answers_BY = inputs_BF @ weight_YF.mT + bias_Y
    most = float((outputs_BY - answers_BY).abs().max() / outputs_BY.abs().max())
    return most, _left(outputs_BY.double(), answers_BY.double()) ** 0.5


def left_by_a_matrix(network: FeedForward, inputs_BF: Tensor) -> float:
    """What least squares, the best single matrix with a bias, leaves of the outputs' variance."""
    outputs_BY = network(inputs_BF)
    with_bias_BG = torch.cat([inputs_BF, inputs_BF.new_ones(len(inputs_BF), 1)], dim=1)
    best_GY = torch.linalg.lstsq(with_bias_BG, outputs_BY).solution
    left = _left(outputs_BY, with_bias_BG @ best_GY)
    return round(left, 9)  # the last digits of LAPACK's answer hang on where in memory the matrices lie


def _left(outputs_BY: Tensor, answers_BY: Tensor) -> float:
    """The share of the outputs' variance, of each about its own mean, that the answers leave."""
    spread = float((outputs_BY - outputs_BY.mean(dim=0)).square().sum())
    if spread <= SAME * float(outputs_BY.square().sum()):
        return 0.0  # the units are dead: the answer is always the same, and a bias gives it
    return float((outputs_BY - answers_BY).square().sum()) / spread


def _along(generator: torch.Generator, *networks: FeedForward) -> tuple[tuple[float, ...], list[tuple[float, ...]]]:
    """Places on a line, and each network's first output there, scaled to end within -1 and 1."""
    places = torch.linspace(-3, 3, ALONG, dtype=torch.float64)
    direction_F = torch.randn(
        INPUTS, dtype=torch.float64, generator=torch.Generator().manual_seed(generator.initial_seed())
    )
    drawn = []
    for network in networks:
        outputs = network(places[:, None] * direction_F)[:, 0]
        centred = outputs - outputs.mean()
        drawn.append(tuple((centred / centred.abs().max().clamp_min(1e-30)).tolist()))
    return tuple(places.tolist()), drawn
