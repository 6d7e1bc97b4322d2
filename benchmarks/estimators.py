"""The estimators beside scikit-learn's own and statsmodels', on data sets that come with them.

    python -m benchmarks.estimators

Classifiers: iris, wine, breast cancer and digits, standardised, ten folds, the same for all, and the mean of three
seeds; a fit's time is the processor's, its median. Forecasts: from several points in the last decades of each series,
everything before a point known; the mean absolute error over the horizon.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn import linear_model
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.datasets import co2, sunspots
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from benchmarks.harness import print_json, print_table
from skaz.estimators import Forecaster, NeuralNetworkClassifier, Perceptron

DATA = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer, "digits": load_digits}
PAIRS = {
    "Perceptron": (linear_model.Perceptron(), Perceptron(tol=1e-3)),  # which ends where scikit-learn's does
    "network": (MLPClassifier(), NeuralNetworkClassifier()),
}
FOLDS, SEEDS = 10, 3
Forecast = Callable[[np.ndarray], np.ndarray]


def measured(estimator: Any, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Accuracy of each fold, the mean over the seeds, and the median of the fits' seconds."""
    scores, seconds = np.zeros((FOLDS, SEEDS)), []
    clone(estimator).fit(X, y)  # what a library does once is not the fit's
    for fold, (train, test) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(X, y)):
        for seed in range(SEEDS):
            made = make_pipeline(StandardScaler(), clone(estimator).set_params(random_state=seed))
            begun = time.process_time()
            made.fit(X[train], y[train])
            seconds.append(time.process_time() - begun)
            scores[fold, seed] = made.score(X[test], y[test])
    return scores.mean(axis=1), float(np.median(seconds))


def classify() -> list[dict[str, Any]]:
    """Each data set with each pair of classifiers."""
    results = []
    for data, load in DATA.items():
        X, y = load(return_X_y=True)
        for kind, (theirs, ours) in PAIRS.items():
            their_scores, their_seconds = measured(theirs, X, y)
            our_scores, our_seconds = measured(ours, X, y)
            results.append(
                {
                    "data": data,
                    "kind": kind,
                    "theirs": their_scores.mean(),
                    "standard_error": their_scores.std(ddof=1) / FOLDS**0.5,
                    "ours": our_scores.mean(),
                    "their_s": their_seconds,
                    "our_s": our_seconds,
                }
            )
    return results


def seasonal_naive(horizon: int, season: int) -> Forecast:
    """What was a season ago."""
    return lambda past: np.array([past[len(past) - season + step % season] for step in range(horizon)])


def arima(horizon: int, order: tuple[int, int, int], seasonal: tuple[int, int, int, int]) -> Forecast:
    return lambda past: ARIMA(past, order=order, seasonal_order=seasonal).fit().forecast(horizon)


def smoothing(horizon: int, season: int, *, damped: bool) -> Forecast:
    def forecast(past: np.ndarray) -> np.ndarray:
        model = ETSModel(past, error="add", trend="add", damped_trend=damped, seasonal="add", seasonal_periods=season)
        ahead: np.ndarray = model.fit(disp=False).forecast(horizon)
        return ahead

    return forecast


def forecast_all() -> list[dict[str, Any]]:
    """Both series: mean absolute errors of every method, and what the 80 % intervals held."""
    spots = sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()
    months = co2.load_pandas().data["co2"].resample("MS").mean().interpolate().to_numpy()
    return [
        follow(
            "sunspots, 11 years ahead",
            spots,
            range(len(spots) - 66, len(spots) - 10, 5),
            Forecaster(11, random_state=0),
            {
                "seasonal naive": seasonal_naive(11, 11),
                "ARIMA": arima(11, (9, 0, 0), (0, 0, 0, 0)),
                "ETS": smoothing(11, 11, damped=True),
            },
        ),
        follow(
            "CO2, 12 months ahead",
            months,
            range(len(months) - 120, len(months) - 11, 12),
            Forecaster(12, season=12, random_state=0),
            {
                "seasonal naive": seasonal_naive(12, 12),
                "ARIMA": arima(12, (0, 1, 1), (0, 1, 1, 12)),
                "ETS": smoothing(12, 12, damped=False),
            },
        ),
    ]


def follow(
    name: str, series: np.ndarray, points: range, forecaster: Forecaster, others: dict[str, Forecast]
) -> dict[str, Any]:
    """From each point on, everything before it known."""
    errors: dict[str, list[float]] = {each: [] for each in (*others, "skaz")}
    held, seconds = [], []
    for point in points:
        past, came = series[:point], series[point : point + forecaster.horizon]
        for each, forecast in others.items():
            errors[each].append(float(np.abs(forecast(past) - came).mean()))
        begun = time.process_time()
        fitted = clone(forecaster).fit(past)
        seconds.append(time.process_time() - begun)
        errors["skaz"].append(float(np.abs(fitted.predict() - came).mean()))
        low, high = fitted.predict_interval()
        held.append(float(((low <= came) & (came <= high)).mean()))
    means = {each: float(np.mean(values)) for each, values in errors.items()}
    return {"series": name, "points": len(points), **means, "held": float(np.mean(held)), "fit_s": np.median(seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    warnings.simplefilter("ignore")  # scikit-learn's and statsmodels' of fits that didn't converge
    classified = classify()
    print_table(
        ["data", "kind", "scikit-learn", "skaz", "scikit-learn, ms", "skaz, ms"],
        [
            [
                row["data"],
                row["kind"],
                f"{row['theirs']:.4f} ± {row['standard_error']:.4f}",
                f"{row['ours']:.4f}",
                f"{row['their_s'] * 1e3:.1f}",
                f"{row['our_s'] * 1e3:.1f}",
            ]
            for row in classified
        ],
    )
    forecasts = forecast_all()
    print()
    print_table(
        ["series", "points", "seasonal naive", "ETS", "ARIMA", "skaz", "80 % intervals held", "s a fit"],
        [
            [
                row["series"],
                row["points"],
                *(f"{row[each]:.3g}" for each in ("seasonal naive", "ETS", "ARIMA", "skaz")),
                f"{row['held']:.0%}",
                f"{row['fit_s']:.1f}",
            ]
            for row in forecasts
        ],
    )
    print_json({"classifiers": classified, "forecasts": forecasts})


if __name__ == "__main__":
    main()
