"""Gradient descent at several learning rates: too small, right, diverging.

The network is one unit without an activation and its loss the squared error, so the loss is a bowl whose steepest
curvature λ is known: a rate below 2/λ descends and one above climbs. What the rates do is measured beside that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from msgspec import Meta

from skaz.estimators import NeuralNetworkRegressor
from skaz.lab.frames import Frame
from skaz.lab.panels import Numbers, finite
from skaz.lab.settings import Settings, about

WANTED_F = np.array([1.5, -1.0])  # what the data are made with, of features of equal spread
BEYOND = 1e9  # a loss so many times the first will not come back


class DescentSettings(Settings, frozen=True):
    """The experiment's parameters."""

    learning_rates: Annotated[
        tuple[Annotated[float, Meta(ge=1e-6, le=100.0)], ...],
        about("learning rates to compare", "какие скорости обучения сравнивать", min_length=1, max_length=6),
    ] = (0.003, 0.03, 0.3, 0.8, 1.05)
    passes: Annotated[int, about("passes over the examples", "проходов по примерам", ge=1, le=2000)] = 60
    examples: Annotated[int, about("examples", "примеров", ge=4, le=5000)] = 200
    stretch: Annotated[
        float,
        about(
            "how many times wider the first feature is spread than the second: the valley's shape",
            "во сколько раз первый признак разбросан шире второго: форма оврага",
            ge=1.0,
            le=30.0,
        ),
    ] = 3.0
    noise: Annotated[float, about("noise in the targets", "шум в ответах", ge=0.0, le=5.0)] = 0.3


@dataclass(frozen=True)
class Descent:
    """A rate's way: the loss before the first pass and after each, and the two weights; None: beyond all numbers."""

    learning_rate: float
    losses: Numbers
    first_weights: Numbers
    second_weights: Numbers


@dataclass(frozen=True)
class DescentData:
    """What came out. `least`: the loss at the bottom; `edge`: 2/λ, the rate at which descent turns to climbing;
    `bottom`: the two weights there; `curvature`: the loss's second derivatives by them."""

    least: float
    edge: float
    bottom: tuple[float, float]
    curvature: tuple[tuple[float, float], tuple[float, float]]
    passes: int
    descents: tuple[Descent, ...]


def frames(settings: DescentSettings) -> Iterator[Frame[DescentData]]:
    """The data after each rate."""
    rng = np.random.default_rng(settings.seed)
    equal_BF = rng.normal(size=(settings.examples, 2))
    inputs_BF = equal_BF / [1.0, settings.stretch]
    targets_B = equal_BF @ WANTED_F + settings.noise * rng.normal(size=settings.examples)
    targets_B = (targets_B - targets_B.mean()) / targets_B.std()  # as the estimator would, so that its loss is ours
    with_bias_BG = np.column_stack([inputs_BF, np.ones(settings.examples)])
    bottom_G, *_ = np.linalg.lstsq(with_bias_BG, targets_B)
    hessian_GG = 2 * with_bias_BG.T @ with_bias_BG / settings.examples  # of the mean squared error
    (a, b), (c, d) = hessian_GG[:2, :2].tolist()
    data = DescentData(
        least=float(np.mean((with_bias_BG @ bottom_G - targets_B) ** 2)),
        edge=float(2 / np.linalg.eigvalsh(hessian_GG)[-1]),
        bottom=(float(bottom_G[0]), float(bottom_G[1])),
        curvature=((a, b), (c, d)),
        passes=settings.passes,
        descents=(),
    )
    rates = sorted(set(settings.learning_rates))
    for number, rate in enumerate(rates, 1):
        data = replace(data, descents=(*data.descents, _descend(rate, inputs_BF, targets_B, settings)))
        yield Frame(number / len(rates), data)


def _descend(rate: float, inputs_BF: np.ndarray, targets_B: np.ndarray, settings: DescentSettings) -> Descent:
    """Plain gradient descent from weights of zero over all examples at once."""
    network = NeuralNetworkRegressor(
        (),
        initialiser="zeros",
        weight_decay=0.0,
        solver="sgd",
        learning_rate=rate,
        batch_size=settings.examples,
        record_weights=True,
        random_state=settings.seed,
    )
    losses: list[float] = []
    for _ in range(settings.passes + 1):  # a pass tells the loss that it began with
        network.partial_fit(inputs_BF, targets_B)
        losses.append(network.loss_curve_[-1])
        if not losses[-1] < BEYOND * losses[0]:
            break
    weights_TF = np.array([each["layers.0.weight"][0] for each in network.weight_history_[: len(losses)]])
    return Descent(rate, finite(losses), finite(weights_TF[:, 0].tolist()), finite(weights_TF[:, 1].tolist()))
