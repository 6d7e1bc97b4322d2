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
RATES = 2001  # from zero to the edge, of which the best is looked for
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
    `bottom`: the two weights there; `curvature`: the loss's second derivatives by them. `best_rate`: which of all rates
    leaves least of the way in so many passes, `best_left` what it leaves, `equal_left` what the best rate would leave
    with features of equal spread."""

    least: float
    edge: float
    bottom: tuple[float, float]
    curvature: tuple[tuple[float, float], tuple[float, float]]
    best_rate: float
    best_left: float
    equal_left: float
    passes: int
    descents: tuple[Descent, ...]


def frames(settings: DescentSettings) -> Iterator[Frame[DescentData]]:
    """The data after each rate."""
    rng = np.random.default_rng(settings.seed)
    equal_BF = rng.normal(size=(settings.examples, 2))
    inputs_BF = equal_BF / [1.0, settings.stretch]
    targets_B = equal_BF @ WANTED_F + settings.noise * rng.normal(size=settings.examples)
    targets_B = (targets_B - targets_B.mean()) / targets_B.std()  # as the estimator would, so that its loss is ours
    least, bottom_G, hessian_GG = _bowl(inputs_BF, targets_B)
    (a, b), (c, d) = hessian_GG[:2, :2].tolist()
    best_rate, best_left = best_of_all_rates(bottom_G, hessian_GG, settings.passes)
    _, equal_G, equal_GG = _bowl(inputs_BF / inputs_BF.std(axis=0), targets_B)
    data = DescentData(
        least=least,
        edge=float(2 / np.linalg.eigvalsh(hessian_GG)[-1]),
        bottom=(float(bottom_G[0]), float(bottom_G[1])),
        curvature=((a, b), (c, d)),
        best_rate=best_rate,
        best_left=best_left,
        equal_left=best_of_all_rates(equal_G, equal_GG, settings.passes)[1],
        passes=settings.passes,
        descents=(),
    )
    rates = sorted(set(settings.learning_rates))
    for number, rate in enumerate(rates, 1):
        data = replace(data, descents=(*data.descents, _descend(rate, inputs_BF, targets_B, settings)))
        yield Frame(number / len(rates), data)


def _bowl(inputs_BF: np.ndarray, targets_B: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The mean squared error over two weights and a bias: its least value, where it is, and its second derivatives."""
    with_bias_BG = np.column_stack([inputs_BF, np.ones(len(inputs_BF))])
    bottom_G, *_ = np.linalg.lstsq(with_bias_BG, targets_B)
    least = float(np.mean((with_bias_BG @ bottom_G - targets_B) ** 2))
    return least, bottom_G, 2 * with_bias_BG.T @ with_bias_BG / len(inputs_BF)


def best_of_all_rates(bottom_G: np.ndarray, hessian_GG: np.ndarray, passes: int) -> tuple[float, float]:
    """The rate below the edge that leaves least of the way after so many passes, and what it leaves: of the way down
    from weights of zero each direction's part, λc², becomes (1 − ηλ)² of it in a pass."""
    curvatures_G, directions_GG = np.linalg.eigh(hessian_GG)
    parts_G = curvatures_G * (directions_GG.T @ bottom_G) ** 2
    rates_R = np.linspace(0, 2 / curvatures_G[-1], RATES)
    left_R = (1 - np.outer(rates_R, curvatures_G)) ** (2 * passes) @ parts_G / parts_G.sum()
    best = int(np.argmin(left_R))
    return float(rates_R[best]), float(left_R[best])


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
