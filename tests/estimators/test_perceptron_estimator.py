"""The perceptron as a user meets it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris, load_wine, make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from skaz.estimators import NeuralNetworkClassifier, Perceptron, load

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 10, dtype=float), np.array([0, 1, 1, 0] * 10)
IRIS = load_iris(return_X_y=True)


def test_the_perceptron_parts_what_a_line_parts_and_not_xor() -> None:
    X, y = IRIS[0][:100], IRIS[1][:100]
    for rule in ("perceptron", "gradient"):
        assert Perceptron(rule=rule, random_state=0).fit(X, y).score(X, y) == 1.0
    assert Perceptron(random_state=0).fit(*XOR).score(*XOR) <= 0.75
    network = NeuralNetworkClassifier((8,), activation="tanh", learning_rate=0.05, random_state=0)
    assert network.fit(*XOR).score(*XOR) == 1.0


def test_a_separable_set_ends_with_a_pass_without_mistakes() -> None:
    fitted = Perceptron(random_state=0).fit(IRIS[0][:100], IRIS[1][:100])
    assert fitted.mistakes_curve_[-1] == 0
    assert 0 not in fitted.mistakes_curve_[:-1]
    assert fitted.loss_curve_[-1] == 0
    assert fitted.n_iter_ == len(fitted.loss_curve_) < 20


@pytest.mark.parametrize("y", [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0]])  # and, or, nand, nor
@pytest.mark.parametrize("pocket", [True, False])
def test_truth_tables_are_learned_at_every_rate(y, pocket) -> None:
    for seed in range(10):
        curves = []
        for rate in (0.1, 0.3, 1.0):  # 0.1 and 0.3 have no exact form
            fitted = Perceptron(pocket=pocket, learning_rate=rate, random_state=seed).fit(XOR[0][:4], y)
            assert fitted.predict(XOR[0][:4]).tolist() == y
            curves.append(fitted.mistakes_curve_)
            np.testing.assert_allclose(fitted.coef_ / rate, np.round(fitted.coef_ / rate), rtol=1e-12)
        assert curves[0] == curves[1] == curves[2]
        assert curves[0][-1] == 0


@pytest.mark.parametrize("unit", [0.1, 0.7, 1 / 3])
def test_ties_of_features_without_an_exact_form_are_mistakes_too(unit) -> None:
    corners = unit * np.array([[a, b, c] for a in range(-3, 4) for b in range(-3, 4) for c in range(-3, 4)])
    for seed, direction in enumerate([(1, 2, -3), (2, -2, 1), (3, 1, 1), (1, -1, 0)]):
        y = corners @ direction > 0.5 * unit
        fitted = Perceptron(random_state=seed).fit(corners, y)
        assert fitted.mistakes_curve_[-1] == 0
        assert fitted.score(corners, y) == 1.0


def test_a_rate_scales_the_weights_and_losses_alone(tmp_path: Path) -> None:
    """Also where a fit goes on, and was saved in between."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 2, (12, 4)).astype(float), rng.integers(0, 2, 12)
    make = Perceptron(max_iter=7, warm_start=True, pocket=False, random_state=0)
    one, tenth = (clone(make).set_params(learning_rate=rate).fit(X, y) for rate in (1.0, 0.1))
    for _ in range(4):
        tenth.save(tmp_path / "model")
        one, tenth = one.fit(X, y).partial_fit(X, y), load(tmp_path / "model").fit(X, y).partial_fit(X, y)
        assert tenth.mistakes_curve_ == one.mistakes_curve_
        np.testing.assert_array_equal(tenth.coef_, 0.1 * one.coef_)
        np.testing.assert_allclose(tenth.loss_curve_, 0.1 * np.array(one.loss_curve_))


def test_what_a_line_parts_is_learned_however_long_the_loss_jumps() -> None:
    rng = np.random.default_rng(0)
    X, direction = rng.normal(size=(400, 20)), rng.normal(size=20)
    scores = X @ direction
    X, y = X[np.abs(scores) > 0.3], scores[np.abs(scores) > 0.3] > 0
    fitted = Perceptron(random_state=0).fit(X, y)
    assert fitted.score(X, y) == 1.0
    patient = Perceptron(tol=1e-3, random_state=0).fit(X, y)  # who asks for patience has it
    assert patient.n_iter_ < fitted.n_iter_
    watched = Perceptron(early_stopping=True, random_state=0).fit(*XOR)
    assert watched.n_iter_ < 50
    with pytest.raises(ValueError, match="tol must be a number from 0 on, not 'auto'"):
        NeuralNetworkClassifier(tol="auto").fit(*XOR)


def test_the_pocket_is_never_worse_than_any_pass() -> None:
    X, y = make_moons(200, noise=0.3, random_state=1)
    fitted = Perceptron(max_iter=100, random_state=0, record_weights=True).fit(X, y)
    best = max(fitted.at_pass(number).score(X, y) for number in range(1, fitted.n_iter_ + 1))
    assert fitted.score(X, y) == best
    assert fitted.at_pass(-1).score(X, y) < best  # the last pass, whose loss ends the curve
    margins = (2 * y - 1) * fitted.at_pass(-1).decision_function(X)
    assert fitted.loss_curve_[-1] == pytest.approx(np.maximum(0, -margins).mean())


def test_a_score_of_0_is_right_to_the_pocket_where_it_is_to_predict() -> None:
    X, y = XOR[0][:4], XOR[1][:4]
    fitted = Perceptron(max_iter=50, random_state=0, record_weights=True).fit(X, y)
    assert fitted.at_pass(7).score(X, y) == 0.75
    assert fitted.score(X, y) == 0.75


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.sampled_from([0.1, 1.0, 1 / 3]), st.sampled_from([0.1, 1.0]))
def test_no_pass_has_a_better_score_than_the_pocket(seed: int, examples: int, unit: float, rate: float) -> None:
    random = np.random.default_rng(seed)
    X, y = unit * random.integers(-2, 3, (examples, 2)), random.integers(0, 2, examples)  # with ties
    y[:2] = 0, 1
    fitted = Perceptron(max_iter=12, learning_rate=rate, random_state=seed, record_weights=True).fit(X, y)
    passes = [fitted.at_pass(number).score(X, y) for number in range(fitted.n_iter_ + 1)]
    assert fitted.score(X, y) == max(passes)


def test_a_pocket_goes_on_from_the_weights_that_it_had() -> None:
    X, y = make_moons(100, noise=0.2, random_state=0)
    fitted = Perceptron(random_state=0, max_iter=200, warm_start=True).fit(X, y)
    before = fitted.score(X, y)
    assert fitted.set_params(max_iter=1, tol=None).fit(X, y).score(X, y) >= before


def test_a_past_pass_learns_for_itself() -> None:
    fitted = Perceptron(random_state=0, max_iter=5, tol=None, record_weights=True).fit(*IRIS)
    curve = list(fitted.mistakes_curve_)
    fitted.at_pass(2).partial_fit(*IRIS)
    assert fitted.mistakes_curve_ == curve


def test_probabilities_come_with_gradients_alone() -> None:
    assert not hasattr(Perceptron(), "predict_proba")
    for method in ("predict_proba", "predict_log_proba"):
        with pytest.raises(AttributeError, match=r'^The perceptron rule gives no .*: fit with rule="gradient"'):
            getattr(Perceptron(), method)
    fitted = Perceptron(rule="gradient", random_state=0, max_iter=50, tol=None).fit(*IRIS)
    np.testing.assert_allclose(fitted.predict_proba(IRIS[0]).sum(axis=1), 1)
    np.testing.assert_allclose(fitted.decision_function(IRIS[0]), IRIS[0] @ fitted.coef_.T + fitted.intercept_)


def test_gradient_descent_is_the_formula() -> None:
    """One full-batch step of binary cross-entropy from zero: w = rate · mean((y - 1/2) x)."""
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    fitted = Perceptron(rule="gradient", solver="sgd", learning_rate=0.3, batch_size=len(X), max_iter=1, tol=None).fit(
        X, y
    )
    np.testing.assert_allclose(
        fitted.coefs_[0][:, 0], 0.3 * ((y - 0.5)[:, None] * X).mean(axis=0), rtol=1e-4, atol=1e-7
    )


@pytest.mark.parametrize("load_data", [load_iris, load_wine, load_breast_cancer])
def test_gradients_by_themselves_end_below_logistic_regressions_loss(load_data) -> None:
    X, y = load_data(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    fitted = Perceptron(rule="gradient", random_state=0).fit(X, y)
    assert fitted.n_iter_ < fitted.max_iter
    scores_BY = fitted.decision_function(X).reshape(len(X), -1)
    for label, scores_B in zip(fitted.classes_[-scores_BY.shape[1] :], scores_BY.T, strict=True):
        usual = LogisticRegression().fit(X, y == label).predict_proba(X)[:, 1]
        assert log_loss(y == label, 1 / (1 + np.exp(-scores_B))) < log_loss(y == label, usual)


def test_gradients_by_themselves_end_at_the_least_loss_where_there_is_one() -> None:
    X, y = make_moons(160, noise=0.2, random_state=0)
    free = LogisticRegression(C=1e6).fit(X, y)
    fitted = Perceptron(rule="gradient", random_state=0).fit(X, y)
    assert log_loss(y, fitted.predict_proba(X)) < 1.001 * log_loss(y, free.predict_proba(X))
    assert fitted.score(X, y) == free.score(X, y)
