"""scikit-learn's own contract, without an exception."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skaz.estimators import (
    Forecaster,
    NeuralNetworkClassifier,
    NeuralNetworkRegressor,
    Perceptron,
    SequenceClassifier,
    SequenceRegressor,
)

QUICK = [
    Perceptron(max_iter=100),
    Perceptron(rule="gradient", max_iter=100),
    NeuralNetworkClassifier(max_iter=100, learning_rate=0.01),
    NeuralNetworkRegressor(max_iter=100, learning_rate=0.01),
    SequenceClassifier(hidden_size=8, max_iter=10, learning_rate=0.05),
    SequenceRegressor(hidden_size=8, max_iter=40, learning_rate=0.05),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(QUICK)
def test_scikit_learns_checks(estimator: BaseEstimator, check) -> None:
    check(estimator)


# a forecast is of a place in time, so the rows of predict's X, the steps to come, have an order that can't be changed
OF_ROWS_WITHOUT_ORDER = {"check_methods_sample_order_invariance", "check_methods_subset_invariance"}


def forecaster_checks() -> list[Any]:
    forecaster = Forecaster(window=1, max_iter=30, hidden_size=4, learning_rate=0.1, calibrate=False)
    return [
        pytest.param(estimator, check, id=check.func.__name__ + str(number))
        for number, (estimator, check) in enumerate(estimator_checks_generator(forecaster))
        if check.func.__name__ not in OF_ROWS_WITHOUT_ORDER
    ]


@pytest.mark.parametrize(("estimator", "check"), forecaster_checks())
def test_scikit_learns_checks_that_go_for_series(estimator: BaseEstimator, check) -> None:
    check(estimator)
