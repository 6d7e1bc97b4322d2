"""Networks with scikit-learn's interface. Needs the extra `estimators`; imported when a name is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skaz.estimators.forecaster import Forecaster
    from skaz.estimators.neural_network import NeuralNetworkClassifier, NeuralNetworkRegressor
    from skaz.estimators.perceptron import Perceptron
    from skaz.estimators.saving import load
    from skaz.estimators.sequences import SequenceClassifier, SequenceRegressor

_HOMES = {
    "Forecaster": "skaz.estimators.forecaster",
    "NeuralNetworkClassifier": "skaz.estimators.neural_network",
    "NeuralNetworkRegressor": "skaz.estimators.neural_network",
    "Perceptron": "skaz.estimators.perceptron",
    "SequenceClassifier": "skaz.estimators.sequences",
    "SequenceRegressor": "skaz.estimators.sequences",
    "load": "skaz.estimators.saving",
}

_PACKAGES = {"sklearn": "scikit-learn", "torch": "PyTorch"}

__all__ = [
    "Forecaster",
    "NeuralNetworkClassifier",
    "NeuralNetworkRegressor",
    "Perceptron",
    "SequenceClassifier",
    "SequenceRegressor",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'skaz.estimators' has no attribute {name!r}")
    from importlib import import_module

    try:
        home = import_module(_HOMES[name])
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _PACKAGES:
            raise
        from skaz.errors import DependencyError

        package = _PACKAGES[missing]
        raise DependencyError(f'The estimators need {package}: pip install "skaz[estimators]".') from None
    return getattr(home, name)


def __dir__() -> list[str]:
    return __all__
