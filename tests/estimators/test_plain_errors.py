"""What students give that can't be, and the sentence that tells them: what is wrong, where, what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from skaz.estimators import (
    Forecaster,
    NeuralNetworkClassifier,
    NeuralNetworkRegressor,
    Perceptron,
    SequenceClassifier,
    SequenceRegressor,
)

X, y = load_iris(return_X_y=True)
TABLE = pd.DataFrame(X, columns=list("abcd"))
QUICK = {"max_iter": 1, "tol": None, "random_state": 0}
READERS = [NeuralNetworkClassifier, NeuralNetworkRegressor, Perceptron, SequenceClassifier, SequenceRegressor]


def with_cell(value: object) -> pd.DataFrame:
    """The table with another value in row 3 of column c."""
    changed = TABLE.astype(object)
    changed.loc[3, "c"] = value
    return changed


@pytest.mark.parametrize("make", READERS)
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "X contains NaN .* in row 3 of column 'c': leave such rows out of X and y, or fill .* SimpleImputer"),
        (None, "X contains NaN .* in row 3 of column 'c'"),
        (np.inf, "X contains infinity in row 3 of column 'c'"),
        ("red", "X has texts in column 'c', 'red' say, .*: .*get_dummies or .*OneHotEncoder, or leave the column out"),
    ],
)
def test_a_cell_is_named(make, value, message) -> None:
    with pytest.raises(ValueError, match=message):
        make(**QUICK).fit(with_cell(value), y)
    with pytest.raises(ValueError, match=message):
        make(**QUICK).fit(TABLE, y).predict(with_cell(value))
    with pytest.raises(ValueError, match=message.replace("'c'", "2")):
        make(**QUICK).fit(with_cell(value).to_numpy(), y)


@pytest.mark.parametrize("vector", [X[:, 0], list(X[:, 0]), TABLE["a"]])
def test_one_dimension_is_one_too_few(vector) -> None:
    with pytest.raises(ValueError, match=r"Reshape your data: X.reshape\(-1, 1\) if .*, X.reshape\(1, -1\) if"):
        NeuralNetworkClassifier(**QUICK).fit(vector, y)
    with pytest.raises(ValueError, match=r"X is one sequence of numbers, .*: \[X\] is a list of this alone"):
        SequenceClassifier(**QUICK).fit(vector, y)


def test_the_one_sequence_is_mended_as_the_error_says() -> None:
    fitted = SequenceClassifier(**QUICK).fit(X, y)
    with pytest.raises(ValueError, match="X is one sequence"):
        fitted.predict(X[0])
    assert len(fitted.predict([X[0]])) == 1


@pytest.mark.parametrize("make", READERS)
def test_nothing_to_predict(make) -> None:
    with pytest.raises(ValueError, match=r"the target y is None: call fit\(X, y\)"):
        make(**QUICK).fit(X, None)
    for values in ([0, 1, None] * 50, np.where(np.arange(150) == 2, np.nan, y)):
        with pytest.raises(ValueError, match=r"y contains NaN .* in row 2: leave such rows out of X and y"):
            make(**QUICK).fit(X, values)


@pytest.mark.parametrize("values", [np.array(["a"] * 150), ["a"] * 150, pd.Series(["a"] * 150, dtype="category")])
def test_texts_are_classes_and_no_numbers(values) -> None:
    for regressor in (NeuralNetworkRegressor(**QUICK), SequenceRegressor(**QUICK)):
        with pytest.raises(ValueError, match=r"y has texts, 'a' say, .* by NeuralNetworkClassifier and"):
            regressor.fit(X, values)
    assert NeuralNetworkRegressor(**QUICK).fit(X, np.array(["1", "2", "3"] * 50)).n_iter_ == 1  # numbers as texts


def test_of_a_series_what_is_missing_is_filled() -> None:
    forecaster = Forecaster(2, max_iter=1, calibrate=False)
    for columns, series, message in [
        (with_cell(np.nan), X[:, 0], "X contains NaN .* in row 3 of column 'c': fill what is missing"),
        (TABLE, with_cell(np.nan)["c"], "y contains NaN .* in row 3: fill what is missing"),
        (with_cell(np.nan), None, "X contains NaN .* in row 3 of column 'c': fill what is missing"),
    ]:
        with pytest.raises(ValueError, match=message):
            forecaster.fit(columns, series)


def test_what_has_no_sentence_here_is_told_by_scikit_learn() -> None:
    with pytest.raises(TypeError, match="argument must be a string or a real number"):
        NeuralNetworkClassifier(**QUICK).fit(TABLE.assign(c=[{}] * 150), y)
    with pytest.raises(ValueError, match="Found array with dim 3"):
        NeuralNetworkClassifier(**QUICK).fit(X[:, :, None], y)


@pytest.mark.parametrize("make", READERS)
@pytest.mark.parametrize("nothing", [[], np.zeros((0, 4)), TABLE[:0]])
def test_no_examples(make, nothing) -> None:
    with pytest.raises(ValueError, match=r"^X has no examples: give one at least$"):
        make(**QUICK).fit(nothing, [])
    with pytest.raises(ValueError, match=r"^X has no examples"):
        make(**QUICK).fit(X, y).predict(np.zeros((0, 4)))


def test_a_gap_of_y_has_the_advice_for_y() -> None:
    for make in READERS:
        with pytest.raises(ValueError, match=r"in row 2: leave such rows out of X and y$"):
            make(**QUICK).fit(X, np.where(np.arange(150) == 2, np.nan, y))


def test_a_gap_in_sequences_is_named() -> None:
    for sequence, place in (
        (np.array([1, np.inf]), "infinity in sequence 1, step 1"),
        (np.ones((2, 2)), "in sequence 0, s"),
    ):
        first = np.ones(3) if sequence.ndim == 1 else np.array([[1, 1], [2, np.nan], [3, 3]])
        with pytest.raises(ValueError, match=f"{place}.*: leave such sequences out of X and y, or fill"):
            SequenceRegressor(**QUICK).fit([first, sequence], [1, 2])


def test_of_two_columns_of_texts_one_is_to_be_given() -> None:
    frame = pd.DataFrame({"name": ["anna", "oleg"], "town": ["a", "b"]})
    with pytest.raises(ValueError, match=r"in column 'name', 'anna' say, .* give it, X\[\['name'\]\] say"):
        SequenceClassifier(**QUICK).fit(frame, [0, 1])
    with pytest.raises(ValueError, match=r"give it, X\[:, \[0\]\] say"):
        SequenceClassifier(**QUICK).fit(frame.to_numpy(), [0, 1])
    assert SequenceClassifier(**QUICK).fit(frame[["name"]], [0, 1]).n_iter_ == 1


@pytest.mark.filterwarnings("error")
def test_numbers_too_large_are_one_error() -> None:
    with pytest.raises(ValueError, match=r"y has numbers too large to be scaled, 2e\+300 say"):
        NeuralNetworkRegressor(**QUICK).fit(X, 1e300 * y)
    with pytest.raises(ValueError, match="X has numbers too large"):
        SequenceRegressor(**QUICK).fit([np.array([-1e300, 1e300]), np.ones(3)], [1, 2])
    with pytest.raises(ValueError, match="The series has numbers too large"):
        Forecaster(2).fit(1e300 * X[:, 0])
    with pytest.raises(ValueError, match=r"With learning_rate=1e\+308 the weights are too large to be numbers"):
        Perceptron(learning_rate=1e308).fit(X, y)
