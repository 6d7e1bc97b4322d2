"""Saved and loaded again: the same estimator, from files that hold nothing executable."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from skaz.errors import BundleError
from skaz.estimators import (
    NeuralNetworkClassifier,
    NeuralNetworkRegressor,
    Perceptron,
    SequenceClassifier,
    SequenceRegressor,
    load,
)

X, y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[y]
TEXTS = ["aab", "abba", "bab", "ccd", "dcc", "cddc"]


@pytest.mark.parametrize(
    ("estimator", "inputs", "wanted"),
    [
        (Perceptron(tol=None, max_iter=5, random_state=0, record_weights=True), X, NAMES),
        (NeuralNetworkClassifier((5, 4), tol=None, max_iter=5, random_state=0, record_weights=True), X, y),
        (NeuralNetworkRegressor(8, tol=None, max_iter=5, random_state=0), X[:, :2], X[:, 2:]),
        (SequenceClassifier(tol=None, max_iter=3, random_state=0), TEXTS, [0, 0, 0, 1, 1, 1]),
        (SequenceRegressor(tol=None, max_iter=3, random_state=0), [np.arange(n) for n in (3, 5, 4)], [3.0, 5.0, 4.0]),
    ],
)
def test_it_comes_back_as_it_was(estimator, inputs, wanted, tmp_path: Path) -> None:
    estimator.fit(inputs, wanted)
    estimator.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert type(again) is type(estimator)
    assert again.get_params() == estimator.get_params()
    np.testing.assert_array_equal(again.predict(inputs), estimator.predict(inputs))
    assert again.loss_curve_ == estimator.loss_curve_
    if estimator.record_weights:
        np.testing.assert_array_equal(again.at_pass(2).predict(inputs), estimator.at_pass(2).predict(inputs))
    again.partial_fit(inputs, wanted)  # it can learn on
    assert again.n_iter_ == estimator.n_iter_ + 1
    assert {file.name for file in (tmp_path / "model").iterdir()} == {"estimator.json", "model.safetensors"}


@pytest.mark.parametrize("seed", [3, np.int64(3)])
def test_a_seed_comes_back(seed, tmp_path: Path) -> None:
    Perceptron(random_state=seed, max_iter=2, tol=None).fit(X, y).save(tmp_path / "model")
    assert load(tmp_path / "model").random_state == 3


def test_faults_are_told(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(BundleError, match="no saved estimator"):
        load(path)
    Perceptron(random_state=0, max_iter=2, tol=None).fit(X, y).save(path)
    manifest = json.loads((path / "estimator.json").read_text())
    (path / "estimator.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(BundleError, match="install a newer skaz"):
        load(path)
    (path / "estimator.json").write_text(json.dumps({**manifest, "estimator": "system"}))
    with pytest.raises(BundleError, match="damaged"):
        load(path)
    (path / "estimator.json").write_text(json.dumps(manifest))
    with (path / "model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match=r"model\.safetensors is damaged"):
        load(path)
    (path / "model.safetensors").unlink()
    with pytest.raises(BundleError, match="missing"):
        load(path)
