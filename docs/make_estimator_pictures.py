"""Makes the pictures of docs/estimators.md by the estimators' own plots: python docs/make_estimator_pictures.py"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits, make_moons
from sklearn.model_selection import train_test_split
from statsmodels.datasets import co2, sunspots

from skaz.estimators import Forecaster, NeuralNetworkClassifier, Perceptron

HERE = Path(__file__).parent


def save(figure: Figure, name: str) -> None:
    """As an SVG that is the same each time."""
    figure.savefig(HERE / f"{name}.svg", metadata={"Date": None})


def boundary() -> None:
    """What one unit can do, and what a hidden layer adds."""
    X, y = make_moons(160, noise=0.2, random_state=0)
    network = NeuralNetworkClassifier((16, 16), learning_rate=0.02, record_weights=True, max_iter=150, tol=None)
    network.set_params(random_state=0).fit(X, y)
    shown = {
        "a perceptron": Perceptron(random_state=0).fit(X, y),
        "two hidden layers, after 5 passes": network.at_pass(5),
        "after 150": network,
    }
    figure = Figure(figsize=(9, 3), layout="constrained")
    for axes, (title, estimator) in zip(figure.subplots(1, 3, sharey=True), shown.items(), strict=True):
        estimator.plot_decision_boundary(X, y, ax=axes)
        axes.set(title=title, xlabel="", ylabel="")
        axes.get_legend().remove()
        axes.set_title(title, fontsize=10)
    save(figure, "estimators_boundary")


def overfitting() -> None:
    """A loss that turns, and what the first layer of digits looks for."""
    X, y = make_moons(300, noise=0.35, random_state=0)
    X, X_val, y, y_val = train_test_split(X, y, test_size=200, random_state=0)
    network = NeuralNetworkClassifier((64, 64), learning_rate=0.01, max_iter=120, tol=None, random_state=0)
    network.fit(X, y, X_val=X_val, y_val=y_val)
    digits, classes = load_digits(return_X_y=True)
    perceptron = Perceptron(rule="gradient", solver="sgd", weight_decay=0.01, max_iter=60, tol=None, random_state=0)
    perceptron.fit(digits / 16, classes)
    figure = Figure(figsize=(9, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    network.plot_losses(left)
    perceptron.plot_weights(image_shape=(8, 8), ax=right)
    right.set_title("ten perceptrons' weights: digits 0 to 9", fontsize=10)
    save(figure, "estimators_losses")


def forecast() -> None:
    """Two series that statsmodels brings, the last stretch unknown to the forecaster."""
    months = co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
    spots = sunspots.load_pandas().data
    years = spots["SUNACTIVITY"].set_axis(spots["YEAR"].astype(int).astype(str)).rename("sunspots")
    years.index = years.index.astype("period[Y]")
    figure = Figure(figsize=(9, 3), layout="constrained")
    for axes, series, horizon, shown, unit in zip(
        figure.subplots(1, 2), (years, months), (11, 12), (80, 60), ("sunspots", "CO₂, parts per million"), strict=True
    ):
        past = series[:-horizon]
        fitted = Forecaster(horizon, intervals=(0.5, 0.8), random_state=0).fit(past)
        fitted.plot_forecast(series[-horizon:], past=past[-shown:], ax=axes)
        axes.set_ylabel(unit)
    figure.axes[0].legend(frameon=False, fontsize=8, loc="upper left")
    figure.axes[1].legend(frameon=False, fontsize=8, loc="upper left")
    save(figure, "estimators_forecast")


if __name__ == "__main__":
    torch.set_num_threads(1)
    mpl.rcParams.update({"svg.hashsalt": "skaz", "svg.fonttype": "none", "font.size": 9})
    boundary()
    overfitting()
    forecast()
