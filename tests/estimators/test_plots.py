"""Pictures: axes in, axes out, and on them what the fit recorded."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.datasets import load_digits, load_iris

mpl.use("Agg")

from skaz.estimators import Forecaster, NeuralNetworkClassifier, Perceptron

X, y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="module")
def network() -> NeuralNetworkClassifier:
    made = NeuralNetworkClassifier((6,), max_iter=8, tol=None, learning_rate=0.02, record_weights=True, random_state=0)
    return made.fit(X[::2], NAMES[::2], X_val=X[1::2], y_val=NAMES[1::2])


def test_losses_are_the_recorded_ones(network) -> None:
    axes = Figure().add_subplot()
    assert network.plot_losses(axes) is axes
    training, held_out = axes.lines[:2]
    assert list(training.get_ydata()) == network.loss_curve_
    assert list(held_out.get_ydata()) == network.validation_loss_curve_


def test_the_boundary_is_where_predictions_change(network) -> None:
    axes = Figure().add_subplot()
    network.plot_decision_boundary(X, NAMES, features=(2, 3), ax=axes)
    assert sum(len(each.get_offsets()) for each in axes.collections if len(each.get_offsets()) > 1) == 150
    assert [each.get_text() for each in axes.get_legend().get_texts()] == list(network.classes_)
    with pytest.raises(ValueError, match="are no two of the 4 features"):
        network.plot_decision_boundary(X, NAMES, features=(2, 4))


def test_features_of_a_boundary_may_be_named() -> None:
    table = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    fitted = Perceptron(max_iter=2, tol=None, random_state=0).fit(table, y)
    axes = fitted.plot_decision_boundary(table, y, features=("d", "b"), ax=Figure().add_subplot())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("d", "b")
    assert axes.get_legend().get_frame_on()  # its points are no examples
    for wrong in (("d", "e"), ("a", "a"), ("a",)):
        with pytest.raises(ValueError, match="are no two of the 4 features of X: a, b, c, d"):
            fitted.plot_decision_boundary(table, y, features=wrong)
    with pytest.raises(ValueError, match="drawn over two features, and X has one"):
        Perceptron(max_iter=2, tol=None).fit(X[:, :1], y).plot_decision_boundary(X[:, :1], y)


def test_the_confusion_matrix_counts(network) -> None:
    axes = network.plot_confusion_matrix(X, NAMES, Figure().add_subplot())
    counts = sum(int(text.get_text()) for text in axes.texts)
    assert counts == 150


def test_movement_begins_at_nought(network) -> None:
    axes = network.plot_weight_movement(Figure().add_subplot())
    assert len(axes.lines) == 2
    for line in axes.lines:
        assert line.get_ydata()[0] == 0
        assert line.get_ydata()[-1] > 0
        assert len(line.get_ydata()) == 9


def test_weights_as_colours_and_as_pictures(network) -> None:
    axes = network.plot_weights(ax=Figure().add_subplot())
    np.testing.assert_array_equal(axes.images[0].get_array(), network.coefs_[0])
    digits = load_digits(return_X_y=True)
    fitted = Perceptron(max_iter=2, tol=None, random_state=0).fit(*digits)
    tiles = fitted.plot_weights(image_shape=(8, 8), ax=Figure().add_subplot()).images[0].get_array()
    np.testing.assert_allclose(tiles[:8, :8], fitted.coefs_[0][:, 0].reshape(8, 8))
    with pytest.raises(ValueError, match="not as many points"):
        fitted.plot_weights(image_shape=(8, 7))
    np.testing.assert_array_equal(
        network.plot_weights(-1, ax=Figure().add_subplot()).images[0].get_array(), network.coefs_[1]
    )
    for layer in (2, "a"):
        with pytest.raises(ValueError, match=f"layer must be a whole number from 0 to 1, or -1 for .*, not {layer!r}"):
            network.plot_weights(layer)


def test_a_forecast_with_what_came() -> None:
    series = np.sin(np.arange(80) / 2)
    fitted = Forecaster(4, max_iter=5, intervals=(0.8, 0.5), random_state=0).fit(series[:-4])
    axes = fitted.plot_forecast(series[-4:], past=series[:-4], ax=Figure().add_subplot())
    before, forecast, came = axes.lines
    assert len(before.get_ydata()) == 76
    np.testing.assert_array_equal(forecast.get_ydata(), fitted.predict())
    np.testing.assert_array_equal(came.get_ydata(), series[-4:])
    assert len(axes.collections) == 2


def test_axes_are_made_where_none_are_given(network) -> None:
    from matplotlib import pyplot as plt

    axes = network.plot_losses()
    assert axes.get_xlabel() == "pass"
    plt.close(axes.figure)
