"""A perceptron learns what a line parts, cannot learn XOR, and one hidden layer can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple

import numpy as np

from skaz.estimators import NeuralNetworkClassifier, Perceptron
from skaz.lab.frames import Frame
from skaz.lab.settings import Settings, about
from skaz.lab.shares import Shares, shares_over
from skaz.nn.activations import Activation

SPAN = 2.2  # the plane that is looked at: from -SPAN to SPAN both ways
SNAPSHOTS = 8


class PerceptronSettings(Settings, frozen=True):
    """The experiment's parameters."""

    examples: Annotated[int, about("examples of each set", "примеров в каждом наборе", ge=8, le=2000)] = 120
    gap: Annotated[
        float,
        about(
            "how far the separable set keeps from its line",
            "как далеко от прямой держатся примеры разделимого набора",
            ge=0.0,
            le=1.0,
        ),
    ] = 0.03
    passes: Annotated[
        int, about("passes over the examples, at most", "проходов по примерам, не больше", ge=1, le=1000)
    ] = 50
    hidden_units: Annotated[int, about("units of the hidden layer", "нейронов в скрытом слое", ge=1, le=100)] = 8
    activation: Annotated[Activation, about("activation of the hidden layer", "активация скрытого слоя")] = "tanh"
    hidden_passes: Annotated[
        int, about("passes of the network with it", "проходов сети со скрытым слоем", ge=1, le=5000)
    ] = 300
    learning_rate: Annotated[float, about("its learning rate", "её скорость обучения", ge=1e-5, le=1.0)] = 0.03


@dataclass(frozen=True)
class ExampleSet:
    """Points of the plane, and the class of each, 0 or 1."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    classes: tuple[int, ...]


@dataclass(frozen=True)
class LinePass:
    """A perceptron's weights after a pass, and how many examples then lie on the wrong side."""

    weights: tuple[float, float]
    bias: float
    wrong: int


@dataclass(frozen=True)
class HiddenPass:
    """What the network with a hidden layer gives class 1 on a grid over the plane (rows from the lowest up)."""

    number: int
    wrong: int
    shares: Shares


@dataclass(frozen=True)
class PerceptronData:
    """What came out; a part that has not run yet is empty."""

    span: float
    separable: ExampleSet
    xor: ExampleSet
    hidden_units: int
    separable_passes: tuple[LinePass, ...] = ()
    xor_passes: tuple[LinePass, ...] = ()
    hidden_passes: tuple[HiddenPass, ...] = ()
    activation: Activation = "tanh"


class _Examples(NamedTuple):
    inputs_BF: np.ndarray
    classes_B: np.ndarray

    @property
    def plain(self) -> ExampleSet:
        x, y = self.inputs_BF.T
        return ExampleSet(tuple(x.tolist()), tuple(y.tolist()), tuple(self.classes_B.tolist()))


def frames(settings: PerceptronSettings) -> Iterator[Frame[PerceptronData]]:
    """The data pass by pass, so that the boundary can be seen to move: the separable set, XOR, XOR with a hidden
    layer."""
    rng = np.random.default_rng(settings.seed)
    separable, xor = _separable(settings, rng), _xor(settings, rng)
    data = PerceptronData(SPAN, separable.plain, xor.plain, settings.hidden_units, activation=settings.activation)
    trainings: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("separable_passes", _line_passes(separable, settings)),
        ("xor_passes", _line_passes(xor, settings)),
        ("hidden_passes", _hidden_passes(xor, settings)),
    )
    for number, (part, passes) in enumerate(trainings):
        for shown in range(1, len(passes) + 1):
            changed: dict[str, Any] = {part: passes[:shown]}
            data = replace(data, **changed)
            yield Frame((number + shown / len(passes)) / 3, data)


def _separable(settings: PerceptronSettings, rng: np.random.Generator) -> _Examples:
    """Points on either side of a slanting line, none nearer to it than the gap; of a few all may lie on one side, and
    then they are drawn again."""
    normal_F, offset = np.array([0.6, 0.8]), 0.2
    while True:
        found: list[np.ndarray] = []
        while len(found) < settings.examples:
            point_F = rng.uniform(-2, 2, 2)
            if abs(point_F @ normal_F - offset) > settings.gap:
                found.append(point_F)
        inputs_BF = np.array(found)
        classes_B = (inputs_BF @ normal_F > offset).astype(int)
        if len(set(classes_B.tolist())) == 2:
            return _Examples(inputs_BF, classes_B)


def _xor(settings: PerceptronSettings, rng: np.random.Generator) -> _Examples:
    """Four clouds, one a quarter: class 1 where the coordinates' signs differ."""
    signs_BF = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])[np.arange(settings.examples) % 4]
    inputs_BF = signs_BF * (0.25 + np.abs(rng.normal(0.7, 0.3, signs_BF.shape)))
    return _Examples(inputs_BF, (signs_BF.prod(axis=1) < 0).astype(int))


def _line_passes(examples: _Examples, settings: PerceptronSettings) -> tuple[LinePass, ...]:
    """Rosenblatt's rule: the line after each pass, until nothing is wrong or the passes are used up."""
    perceptron = Perceptron(max_iter=settings.passes, tol=None, record_weights=True, random_state=settings.seed).fit(
        *examples
    )
    passes = []
    for number in range(1, perceptron.n_iter_ + 1):
        then = perceptron.at_pass(number)
        (w0, w1), bias = then.coefs_[0][:, 0].tolist(), float(then.intercepts_[0][0])
        passes.append(LinePass((w0, w1), bias, _wrong(then, examples)))
    return tuple(passes)


def _hidden_passes(examples: _Examples, settings: PerceptronSettings) -> tuple[HiddenPass, ...]:
    """A network with one hidden layer at a few passes on its way, nearer together at the beginning."""
    network = NeuralNetworkClassifier(
        (settings.hidden_units,),
        activation=settings.activation,
        learning_rate=settings.learning_rate,
        max_iter=settings.hidden_passes,
        tol=None,
        record_weights=True,
        random_state=settings.seed,
    ).fit(*examples)
    numbers = sorted({round(each) for each in np.geomspace(1, settings.hidden_passes, SNAPSHOTS)})
    passes = []
    for number in numbers:
        then = network.at_pass(number)
        passes.append(HiddenPass(number, _wrong(then, examples), shares_over(then, SPAN)))
    return tuple(passes)


def _wrong(network: Perceptron | NeuralNetworkClassifier, examples: _Examples) -> int:
    return int((network.predict(examples.inputs_BF) != examples.classes_B).sum())
