"""scikit-learn's own contract, without an exception."""

from __future__ import annotations

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from skaz.estimators import (
    NeuralNetworkClassifier,
    NeuralNetworkRegressor,
    Perceptron,
    SequenceClassifier,
    SequenceRegressor,
)

QUICK = [
    Perceptron(),
    Perceptron(rule="gradient", learning_rate=0.5),
    NeuralNetworkClassifier(max_iter=100, learning_rate=0.01),
    NeuralNetworkRegressor(max_iter=100, learning_rate=0.01),
    SequenceClassifier(cell="gru", hidden_size=8, max_iter=20, learning_rate=0.03),
    SequenceRegressor(cell="gru", hidden_size=8, max_iter=60, learning_rate=0.03),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(QUICK)
def test_scikit_learns_checks(estimator: BaseEstimator, check) -> None:
    check(estimator)
