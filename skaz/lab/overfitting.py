"""Networks that learn their examples by heart: training loss falls, held-out loss turns; and what is done about it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning

from skaz.errors import RequestError
from skaz.estimators import NeuralNetworkClassifier
from skaz.lab.frames import Frame
from skaz.lab.settings import Settings, about
from skaz.lab.shares import Shares, shares_over

HELD_OUT = 1000  # and as many more to judge what each network ends with
SPAN = 2.4
Remedy = Literal["none", "dropout", "decay", "early stopping"]


class OverfittingSettings(Settings, frozen=True):
    """The experiment's parameters."""

    examples: Annotated[int, about("examples to learn from", "примеров для обучения", ge=10, le=1000)] = 60
    noise: Annotated[float, about("how far the two moons blur", "насколько размыты две луны", ge=0.0, le=1.0)] = 0.35
    units: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=512)], ...],
        about(
            "units of a hidden layer, of each network that grows wider",
            "нейронов в скрытом слое каждой сети, растущей вширь",
            min_length=1,
            max_length=5,
        ),
    ] = (2, 8, 128)
    layers: Annotated[int, about("hidden layers of these networks", "скрытых слоёв в этих сетях", ge=1, le=6)] = 2
    depths: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=10)], ...],
        about(
            "hidden layers, of each network that grows deeper",
            "скрытых слоёв в каждой сети, растущей вглубь",
            min_length=1,
            max_length=5,
        ),
    ] = (1, 2, 4, 6)
    deep_units: Annotated[
        int, about("units of a hidden layer of these", "нейронов в скрытом слое этих сетей", ge=1, le=512)
    ] = 8
    passes: Annotated[int, about("passes over the examples", "проходов по примерам", ge=2, le=5000)] = 400
    learning_rate: Annotated[float, about("learning rate", "скорость обучения", ge=1e-5, le=1.0)] = 0.01
    dropout: Annotated[
        float, about("the first remedy: units dropped", "первое средство: доля отключаемых нейронов", ge=0.0, le=0.9)
    ] = 0.5
    decay: Annotated[float, about("the second: weight decay", "второе: затухание весов", ge=0.0, le=100.0)] = 2.0
    patience: Annotated[
        int,
        about(
            "the third: passes without gain before it stops",
            "третье: проходов без улучшения до остановки",
            ge=1,
            le=1000,
        ),
    ] = 20


@dataclass(frozen=True)
class Fitted:
    """A network's mean loss in each pass, on the examples (while it learnt) and held out. What it ends with, with early
    stopping the weights of its best pass: `kept`, the mean loss on other examples, which chose no pass, and the share
    of these that is wrong; and what it gives class 1 on a grid."""

    units: int
    layers: int
    remedy: Remedy
    training: tuple[float, ...]
    held_out: tuple[float, ...]
    kept: float
    wrong: float
    shares: Shares

    @property
    def best_pass(self) -> int:
        """At which the held-out loss was least."""
        return int(np.argmin(self.held_out)) + 1


@dataclass(frozen=True)
class OverfittingData:
    """What came out: networks of growing width and of growing depth without a remedy, then the widest with each."""

    span: float
    x: tuple[float, ...]
    y: tuple[float, ...]
    classes: tuple[int, ...]
    wider: tuple[Fitted, ...]
    deeper: tuple[Fitted, ...]
    remedied: tuple[Fitted, ...]


def frames(settings: OverfittingSettings) -> Iterator[Frame[OverfittingData]]:
    """The data after each network."""
    widths, depths = sorted(set(settings.units)), sorted(set(settings.depths))
    widest = (widths[-1],) * settings.layers
    runs: list[tuple[str, tuple[int, ...], Remedy, dict[str, Any]]] = [
        *(("wider", (units,) * settings.layers, "none", {}) for units in widths),
        *(("deeper", (settings.deep_units,) * layers, "none", {}) for layers in depths),
        ("remedied", widest, "dropout", {"dropout": settings.dropout}),
        ("remedied", widest, "decay", {"weight_decay": settings.decay}),
        ("remedied", widest, "early stopping", {"early_stopping": True, "n_iter_no_change": settings.patience}),
    ]
    examples = _moons(settings.examples, settings, settings.seed)
    x, y = examples[0].T.tolist()
    fitted: dict[str, tuple[Fitted, ...]] = {"wider": (), "deeper": (), "remedied": ()}
    for number, (row, hidden_layers, remedy, changed) in enumerate(runs, 1):
        fitted[row] += (_fit(hidden_layers, remedy, changed, examples, settings),)
        data = OverfittingData(SPAN, tuple(x), tuple(y), tuple(examples[1].tolist()), **fitted)
        yield Frame(number / len(runs), data)


def _moons(examples: int, settings: OverfittingSettings, seed: int) -> tuple[np.ndarray, np.ndarray]:
    inputs_BF, classes_B = make_moons(examples, noise=settings.noise, random_state=seed)
    return (inputs_BF - [0.5, 0.25]) * 1.2, classes_B


def _fit(
    hidden_layers: tuple[int, ...],
    remedy: Remedy,
    changed: dict[str, Any],
    examples: tuple[np.ndarray, np.ndarray],
    settings: OverfittingSettings,
) -> Fitted:
    held_out_BF, held_out_B = _moons(HELD_OUT, settings, settings.seed + 1)
    # patience is for early stopping alone: the others make all their passes
    parameters = {"weight_decay": 0.0, "tol": 0.0 if remedy == "early stopping" else None, **changed}
    network = NeuralNetworkClassifier(
        hidden_layers,
        learning_rate=settings.learning_rate,
        max_iter=settings.passes,
        random_state=settings.seed,
        **parameters,
    )
    try:
        with warnings.catch_warnings():  # that the passes ran out before the patience did is no fault here
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(*examples, X_val=held_out_BF, y_val=held_out_B)
    except ValueError:  # its loss is no longer a number
        raise _blown_up(remedy, settings) from None
    others_BF, others_B = _moons(HELD_OUT, settings, settings.seed + 2)
    curve, kept = network.validation_loss_curve_, -network.predict_log_proba(others_BF)[np.arange(HELD_OUT), others_B]
    if not np.isfinite([*curve, *kept]).all():
        raise _blown_up(remedy, settings)
    return Fitted(
        hidden_layers[0],
        len(hidden_layers),
        remedy,
        tuple(network.loss_curve_),
        tuple(curve),
        float(kept.mean()),
        float(1 - network.score(others_BF, others_B)),
        shares_over(network, SPAN),
    )


def _blown_up(remedy: Remedy, settings: OverfittingSettings) -> RequestError:
    """For a network whose loss is no longer a number, with the settings that drove it there."""
    given = {"learning_rate": settings.learning_rate, **({"decay": settings.decay} if remedy == "decay" else {})}
    return RequestError(
        f"In the experiment overfitting a network's loss is no longer a number with "
        f"{' and '.join(f'{name}={value:g}' for name, value in given.items())}; lower {' or '.join(given)}."
    )
