"""Networks as a user meets them: they learn, they tell how it went, they say what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_moons
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaz.estimators import NeuralNetworkClassifier, NeuralNetworkRegressor, Perceptron, base, fitting, load
from skaz.training.descent import GradientDescent

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 10, dtype=float), np.array([0, 1, 1, 0] * 10)
IRIS = load_iris(return_X_y=True)


@pytest.mark.parametrize("activation", ["identity", "relu", "leaky_relu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_every_activation_and_loss_learns(activation, loss) -> None:
    network = NeuralNetworkClassifier(
        (16,), activation=activation, loss=loss, learning_rate=0.03, max_iter=100, tol=None, random_state=0
    )
    assert make_pipeline(StandardScaler(), network).fit(*IRIS).score(*IRIS) > 0.93


@pytest.mark.parametrize("weight_decay", [0, 0.1])
def test_below_the_sign_nothing_is_learned_and_weights_at_most_decay(weight_decay) -> None:
    network = NeuralNetworkClassifier(
        (8,), activation="sign", weight_decay=weight_decay, max_iter=5, tol=None, record_weights=True, random_state=0
    ).fit(*IRIS)
    first, last = network.weight_history_[0], network.weight_history_[-1]
    kept = (1 - network.learning_rate * weight_decay) ** 5
    np.testing.assert_allclose(last["layers.0.weight"], kept * first["layers.0.weight"], rtol=1e-6 if kept < 1 else 0)
    assert (first["layers.1.weight"] != last["layers.1.weight"]).any()


@pytest.mark.parametrize("loss", ["squared", "absolute"])
def test_numbers_are_predicted_in_their_own_units(loss) -> None:
    X = np.linspace(-2, 2, 200)[:, None]
    y = np.column_stack([1e6 + 1e5 * np.sin(2 * X[:, 0]), 1e-4 * X[:, 0] ** 2])
    fitted = NeuralNetworkRegressor((32, 32), loss=loss, learning_rate=0.01, tol=None, random_state=0).fit(X, y)
    assert fitted.score(X, y) > 0.95
    assert fitted.predict(X).shape == (200, 2)


def test_the_same_seed_gives_the_same_fit_and_torch_is_left_alone() -> None:
    before = torch.get_rng_state()
    make = NeuralNetworkClassifier((8,), dropout=0.2, max_iter=5, tol=None, random_state=3)
    one, two = make.fit(*IRIS).predict_proba(IRIS[0]), clone(make).fit(*IRIS).predict_proba(IRIS[0])
    np.testing.assert_array_equal(one, two)
    assert (one != clone(make).set_params(random_state=4).fit(*IRIS).predict_proba(IRIS[0])).any()
    assert torch.equal(torch.get_rng_state(), before)


def test_early_stopping_keeps_the_best_weights() -> None:
    X, y = make_moons(120, noise=0.4, random_state=0)
    held_out = make_moons(200, noise=0.4, random_state=1)
    network = NeuralNetworkClassifier(
        (64, 64), learning_rate=0.02, early_stopping=True, random_state=0, record_weights=True, max_iter=300
    ).fit(X, y, X_val=held_out[0], y_val=held_out[1])
    best = int(np.argmin(network.validation_loss_curve_)) + 1
    assert network.n_iter_ == best + 11  # as scikit-learn counts its patience of 10
    np.testing.assert_array_equal(network.predict_proba(X), network.at_pass(best).predict_proba(X))
    alone = clone(network).fit(X, y)  # holds a tenth out by itself
    assert len(alone.validation_loss_curve_) == alone.n_iter_


def test_weight_decay_and_dropout_hold_weights_down() -> None:
    X, y = make_moons(100, noise=0.3, random_state=0)
    make = NeuralNetworkClassifier((32,), learning_rate=0.01, max_iter=200, tol=None, random_state=0)
    plain = make.fit(X, y)
    decayed = clone(make).set_params(weight_decay=1.0).fit(X, y)
    dropped = clone(make).set_params(dropout=0.5).fit(X, y)
    assert np.abs(decayed.coefs_[0]).mean() < 0.7 * np.abs(plain.coefs_[0]).mean()
    assert dropped.loss_curve_[-1] > plain.loss_curve_[-1]


def test_it_lives_in_pipelines_searches_and_tables() -> None:
    table = load_iris(as_frame=True).frame
    X, y = table.drop(columns="target"), table["target"].map({0: "a", 1: "b", 2: "c"})
    made = make_pipeline(StandardScaler(), NeuralNetworkClassifier(max_iter=30, tol=None, random_state=0))
    search = GridSearchCV(made, {"neuralnetworkclassifier__hidden_layer_sizes": [(4,), (16,)]}, cv=3).fit(X, y)
    assert set(search.predict(X)) <= {"a", "b", "c"}
    assert list(search.best_estimator_[-1].classes_) == ["a", "b", "c"]
    assert cross_val_score(made, X, y, cv=3).mean() > 0.8
    direct = NeuralNetworkClassifier(max_iter=2, tol=None).fit(X, y)
    assert list(direct.feature_names_in_) == list(X.columns)
    with pytest.raises(ValueError, match="feature names"):
        direct.predict(X.rename(columns={X.columns[0]: "other"}))


def test_partial_fit_learns_from_a_stream() -> None:
    X, y = load_digits(return_X_y=True)
    X, order = X / 16, np.random.default_rng(0).permutation(len(X))
    network = NeuralNetworkClassifier(learning_rate=0.01, random_state=0)
    for _ in range(5):
        for part in np.array_split(order, 8):
            network.partial_fit(X[part], y[part], classes=np.arange(10))
    assert network.score(X, y) > 0.93
    assert network.n_iter_ == 40


def test_warm_start_goes_on() -> None:
    make = NeuralNetworkClassifier(max_iter=20, tol=None, warm_start=True, random_state=0)
    first = make.fit(*IRIS).loss_curve_[-1]
    assert make.fit(*IRIS).loss_curve_[0] < first * 1.05


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_going_on_is_by_the_parameters_as_they_are_now(go_on, solver) -> None:
    make = NeuralNetworkClassifier(solver=solver, max_iter=3, tol=None, warm_start=True, random_state=0).fit(*IRIS)
    before = make.coefs_[0].copy()
    make.set_params(learning_rate=1e-12, solver="sgd", weight_decay=0.0)
    getattr(make, go_on)(*IRIS)
    np.testing.assert_allclose(make.coefs_[0], before, atol=1e-9)
    assert isinstance(make._optimiser, GradientDescent)


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
def test_every_pass_draws_its_own_noise(go_on, tmp_path: Path) -> None:
    """And the same one in two runs, saved in between or not."""
    make = NeuralNetworkClassifier(
        (8,), solver="sgd", learning_rate=1e-12, dropout=0.5, max_iter=1, tol=None, warm_start=True, random_state=0
    )
    one, two, losses = make.fit(*IRIS), clone(make).fit(*IRIS), []
    for _ in range(4):
        getattr(one, go_on)(*IRIS)
        two.save(tmp_path / "model")
        two = load(tmp_path / "model")
        getattr(two, go_on)(*IRIS)
        losses.append(one.loss_curve_[-1])
        assert two.loss_curve_[-1] == losses[-1]
    assert len(set(losses)) == 4  # the weights stood still


def test_going_on_keeps_the_moments() -> None:
    """So that two passes in one fit and in two, each over all examples at once, are the same."""
    make = NeuralNetworkClassifier(batch_size=150, max_iter=2, tol=None, warm_start=True, random_state=0)
    whole = clone(make).fit(*IRIS).coefs_[0]
    parts = make.set_params(max_iter=1).fit(*IRIS).fit(*IRIS).coefs_[0]
    np.testing.assert_allclose(parts, whole, rtol=1e-5)


def test_a_partial_fit_that_leaves_all_numbers_is_told() -> None:
    X, y = IRIS[0], IRIS[0][:, 0]
    network = NeuralNetworkRegressor((4,), learning_rate=1e6, solver="sgd", random_state=0)

    def thirty_passes() -> None:
        for _ in range(30):
            network.partial_fit(X, y)

    with pytest.raises(ValueError, match=r"In pass \d+ the loss is no longer a number: give a smaller learning_rate"):
        thirty_passes()
    assert np.isfinite(network.loss_curve_).all()
    network = clone(network).set_params(learning_rate=1e-3)
    thirty_passes()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("warm_start", [False, True])
def test_a_fit_that_comes_to_no_end_leaves_the_estimator_as_it_was(error, warm_start, monkeypatch) -> None:
    passes_left = [0]

    def one_pass(*arguments) -> float:
        passes_left[0] -= 1
        if passes_left[0] < 0:
            raise error
        return fitting.one_pass(*arguments)

    monkeypatch.setattr(base, "one_pass", one_pass)
    network = NeuralNetworkClassifier((4,), max_iter=9, tol=None, warm_start=warm_start, random_state=0)
    with pytest.raises(error):
        network.fit(*IRIS)
    with pytest.raises(NotFittedError):
        network.predict(IRIS[0])
    passes_left[0] = 15
    network.fit(*IRIS)
    before = network.predict_proba(IRIS[0])
    other = IRIS if warm_start else (IRIS[0][:100, :3], IRIS[1][:100])
    for go_on, examples in [(network.fit, other), (network.partial_fit, IRIS)]:
        with pytest.raises(error):
            go_on(*examples)
        np.testing.assert_array_equal(network.predict_proba(IRIS[0]), before)
        assert network.n_iter_ == 9
    passes_left[0] = 1
    assert network.partial_fit(*IRIS).n_iter_ == 10


def test_a_failed_first_fit_is_none() -> None:
    network = NeuralNetworkClassifier(max_iter=3, tol=None, learning_rate=1e30, solver="sgd")
    with pytest.raises(ValueError, match="no longer a number"):
        network.fit(*IRIS)
    assert network.set_params(learning_rate=0.01).partial_fit(*IRIS, classes=[0, 1, 2]).n_iter_ == 1


def test_a_target_that_is_constant_but_for_rounding_is_left_as_it_is() -> None:
    assert NeuralNetworkRegressor(max_iter=1, tol=None).fit(IRIS[0], np.full(150, 0.1))._targets.scales == [1.0]


def test_unfinished_fits_warn() -> None:
    with pytest.warns(ConvergenceWarning, match="raise max_iter"):
        NeuralNetworkClassifier(max_iter=2).fit(*IRIS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activation": "rely"}, 'activation must be one of .* Did you mean "relu"'),
        ({"initialiser": 3}, "initialiser must be one of"),
        ({"hidden_layer_sizes": (4, 0)}, "hidden_layer_sizes must be a whole number from 1 on, not 0"),
        ({"learning_rate": -1}, "learning_rate must be a number above 0, not -1"),
        ({"validation_fraction": 0}, "validation_fraction must be a number above 0 and below 1, not 0"),
        ({"validation_fraction": 2}, "validation_fraction must be a number above 0 and below 1, not 2"),
        ({"early_stopping": "no"}, "early_stopping must be True or False, not 'no'"),
        ({"verbose": "loud"}, "verbose must be True or False, not 'loud'"),
        ({"warm_start": 1}, "warm_start must be True or False, not 1"),
        ({"record_weights": None}, "record_weights must be True or False, not None"),
        ({"dropout": 1.0}, "dropout must be a number from 0 on and below 1"),
        ({"batch_size": 0}, "batch_size"),
        ({"max_iter": 1.5}, "max_iter must be a whole number"),
        ({"solver": "sdg"}, "sgd"),
        ({"loss": "hinge"}, "loss must be one of"),
        ({"early_stopping": True, "validation_fraction": 0.001}, "set early_stopping=False"),
        ({"learning_rate": 1e30, "solver": "sgd"}, "smaller learning_rate, or scale the features"),
    ],
)
def test_parameters_that_can_t_be(change, message) -> None:
    with pytest.raises(ValueError, match=message):
        NeuralNetworkClassifier(max_iter=30, tol=None).set_params(**change).fit(*IRIS)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (IRIS[0][:10], IRIS[1], "inconsistent numbers of samples"),
        (IRIS[0][:50], IRIS[1][:50], r"two at least; got 1 class, \[0\]: give examples of another"),
        (IRIS[0], IRIS[1] + 0.5, "Unknown label type"),
    ],
)
def test_examples_that_can_t_be(X, y, message) -> None:
    for estimator in (NeuralNetworkClassifier(), Perceptron()):
        with pytest.raises(ValueError, match=message):
            estimator.fit(X, y)


def test_weights_that_were_not_recorded() -> None:
    fitted = Perceptron(max_iter=5, random_state=0).fit(*IRIS)
    with pytest.raises(ValueError, match="record_weights=True"):
        fitted.at_pass(1)
    recorded = Perceptron(max_iter=5, random_state=0, record_weights=True).fit(*IRIS)
    for number in (recorded.n_iter_ + 1, "last"):
        with pytest.raises(ValueError, match=f"number must be a whole number from 0 to 5, or -1 .*, not {number!r}"):
            recorded.at_pass(number)


def test_weights_that_were_recorded_too_late_are_none_of_a_pass() -> None:
    fitted = Perceptron(random_state=0, max_iter=3, tol=None).fit(*IRIS)
    fitted.set_params(record_weights=True).partial_fit(*IRIS)
    with pytest.raises(ValueError, match="not recorded from the first pass on"):
        fitted.at_pass(0)
    assert len(fitted.fit(*IRIS).partial_fit(*IRIS).weight_history_) == 5


def test_held_out_examples_come_with_their_targets() -> None:
    with pytest.raises(ValueError, match="X_val and y_val go together"):
        NeuralNetworkClassifier().fit(*IRIS, X_val=IRIS[0])


@pytest.mark.parametrize(
    ("make", "X_val", "y_val", "message"),
    [
        (NeuralNetworkClassifier, IRIS[0], IRIS[1] + 5, r"^y_val has classes .*, \[0 1 2\]: \[5 6 7\]"),
        (NeuralNetworkRegressor, IRIS[0], IRIS[0], "^y_val has 4 targets, and the first fit had 1"),
        (NeuralNetworkClassifier, IRIS[0][:, :2], IRIS[1], "^In X_val and y_val: X has 2 features, but .* expecting 4"),
    ],
)
def test_held_out_examples_that_can_t_be_are_named(make, X_val, y_val, message) -> None:
    with pytest.raises(ValueError, match=message):
        make().fit(*IRIS, X_val=X_val, y_val=y_val)


def test_numpys_booleans_are_flags_too() -> None:
    fitted = NeuralNetworkClassifier(max_iter=2, tol=None, early_stopping=np.bool_(True)).fit(*IRIS)
    assert len(fitted.validation_loss_curve_) == 2


def test_pandas_and_arrays_agree() -> None:
    frame = pd.DataFrame(IRIS[0], columns=list("abcd"))
    make = NeuralNetworkClassifier(max_iter=5, tol=None, random_state=0)
    one = clone(make).fit(frame, pd.Series(IRIS[1])).predict_proba(frame)
    np.testing.assert_array_equal(one, clone(make).fit(*IRIS).predict_proba(IRIS[0]))
