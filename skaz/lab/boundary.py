"""Points that one moves and layers that one adds: the boundary while a network learns them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from msgspec import Meta

from skaz.estimators import NeuralNetworkClassifier
from skaz.lab.frames import Frame
from skaz.lab.settings import Settings, about
from skaz.lab.shares import Shares, shares_over
from skaz.nn.activations import Activation

SPAN = 2.2  # the plane that is looked at: from -SPAN to SPAN both ways
FRAMES = 60

Coordinate = Annotated[float, Meta(ge=-SPAN, le=SPAN)]
Point = tuple[Coordinate, Coordinate, Annotated[int, Meta(ge=0, le=1)]]


def _two_rings() -> tuple[Point, ...]:
    """A class within the other: no line parts them."""
    rings = ((12, 0.6, 0), (24, 1.6, 1))
    return tuple(
        (round(radius * math.cos(at), 2), round(radius * math.sin(at), 2), label)
        for count, radius, label in rings
        for at in (2 * math.pi * number / count for number in range(count))
    )


class BoundarySettings(Settings, frozen=True):
    """The experiment's parameters."""

    points: Annotated[
        tuple[Point, ...],
        about("the points: x, y and the class of each", "точки: x, y и класс каждой", min_length=2, max_length=300),
    ] = _two_rings()
    hidden_layers: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=64)], ...],
        about("units of each hidden layer", "нейронов в каждом скрытом слое", min_length=0, max_length=5),
    ] = (6,)
    activation: Annotated[Activation, about("activation of the hidden layers", "активация скрытых слоёв")] = "tanh"
    passes: Annotated[int, about("passes over the points", "проходов по точкам", ge=1, le=3000)] = 300
    learning_rate: Annotated[float, about("learning rate", "скорость обучения", ge=1e-5, le=1.0)] = 0.03
    decay: Annotated[float, about("weight decay", "затухание весов", ge=0.0, le=1.0)] = 0.0


@dataclass(frozen=True)
class Passed:
    """After so many passes: the mean loss of the pass, in nats, and how many points are on the wrong side."""

    number: int
    loss_nats: float
    wrong: int


@dataclass(frozen=True)
class BoundaryData:
    """What came out so far. `shares`: what the network gives class 1 on a grid over the plane, the lowest row first."""

    span: float
    points: tuple[tuple[float, float, int], ...]
    hidden_layers: tuple[int, ...]
    passes: tuple[Passed, ...] = ()
    shares: Shares = ()
    activation: Activation = "tanh"


def frames(settings: BoundarySettings) -> Iterator[Frame[BoundaryData]]:
    """The boundary as it moves: a frame each few passes."""
    table = np.array(settings.points)
    inputs_BF, classes_B = table[:, :2], table[:, 2].astype(int)
    network = NeuralNetworkClassifier(
        settings.hidden_layers,
        activation=settings.activation,
        learning_rate=settings.learning_rate,
        weight_decay=settings.decay,
        random_state=settings.seed,
    )
    data = BoundaryData(SPAN, settings.points, settings.hidden_layers, activation=settings.activation)
    every = math.ceil(settings.passes / FRAMES)
    for number in range(1, settings.passes + 1):
        network.partial_fit(inputs_BF, classes_B, classes=[0, 1])
        wrong = int((network.predict(inputs_BF) != classes_B).sum())
        passed = Passed(number, float(network.loss_curve_[-1]), wrong)
        data = replace(data, passes=(*data.passes, passed))
        if number % every == 0 or number == settings.passes:
            yield Frame(number / settings.passes, replace(data, shares=shares_over(network, SPAN)))
