"""How activations and gradients spread through many layers, before any training, under each initialiser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import torch

from skaz.lab.frames import Frame
from skaz.lab.panels import Numbers, finite
from skaz.lab.settings import Settings, about
from skaz.nn.feed_forward import FeedForward, initialise_layers
from skaz.recipe import Initialiser

Bend = Literal["tanh", "relu", "sigmoid", "gelu"]
EXAMPLES = 256


class InitialWeightsSettings(Settings, frozen=True):
    """The experiment's parameters."""

    layers: Annotated[int, about("hidden layers", "скрытых слоёв", ge=2, le=200)] = 50
    units: Annotated[int, about("units of a layer", "нейронов в слое", ge=2, le=512)] = 128
    initialisers: Annotated[
        tuple[Initialiser, ...],
        about("initialisers to compare", "какие инициализации сравнивать", min_length=1, max_length=6),
    ] = ("zeros", "uniform", "normal", "xavier", "he", "orthogonal")
    activations: Annotated[
        tuple[Bend, ...], about("activations of the layers", "активации слоёв", min_length=1, max_length=4)
    ] = ("tanh", "relu")


@dataclass(frozen=True)
class Spread:
    """A network's layers, first to last: how far their outputs differ between examples, each unit's standard deviation
    as a root mean square over the units; and the root mean square of the gradient by their outputs, that at the
    network's scores being 1."""

    initialiser: Initialiser
    activation: Bend
    outputs: Numbers
    gradients: Numbers


@dataclass(frozen=True)
class InitialWeightsData:
    """What came out."""

    layers: int
    spreads: tuple[Spread, ...]


def frames(settings: InitialWeightsSettings) -> Iterator[Frame[InitialWeightsData]]:
    """The data after each network."""
    kinds = [
        (activation, initialiser)
        for activation in dict.fromkeys(settings.activations)
        for initialiser in dict.fromkeys(settings.initialisers)
    ]
    spreads: list[Spread] = []
    for number, (activation, initialiser) in enumerate(kinds, 1):
        spreads.append(_spread(initialiser, activation, settings))
        yield Frame(number / len(kinds), InitialWeightsData(settings.layers, tuple(spreads)))


def _spread(initialiser: Initialiser, activation: Bend, settings: InitialWeightsSettings) -> Spread:
    """One pass forwards over numbers of unit variance, one back from scores' gradients of unit variance."""
    generator = torch.Generator().manual_seed(settings.seed)
    inputs_BF = torch.randn(EXAMPLES, settings.units, dtype=torch.float64, generator=generator)
    from_above_BY = torch.randn(EXAMPLES, settings.units, dtype=torch.float64, generator=generator)
    network = FeedForward([settings.units] * (settings.layers + 2), activation).double()
    initialise_layers(network, initialiser, generator)
    *hidden, scores_BY = network.layer_outputs(inputs_BF)
    for values_BH in hidden:
        values_BH.retain_grad()
    (scores_BY * from_above_BY).sum().backward()  # type: ignore[no-untyped-call]
    outputs = [deviation(values_BH.detach()) for values_BH in hidden]
    gradients = [_size(values_BH.grad) if values_BH.grad is not None else 0.0 for values_BH in hidden]
    return Spread(initialiser, activation, finite(outputs), finite(gradients))


def deviation(values_BH: torch.Tensor) -> float:
    """Of the units over the examples. What a unit says to every example alike is no signal, however large."""
    return _size(values_BH - values_BH.mean(dim=0))


def _size(values: torch.Tensor) -> float:
    return float(values.square().mean().sqrt())
