"""Recurrent estimators as a user meets them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError

from skaz.estimators import SequenceClassifier, SequenceRegressor
from skaz.estimators.sequence_inputs import SequenceExamples, Sequences, kind_of

RNG = np.random.default_rng(0)


def texts(count: int) -> tuple[list[str], list[str]]:
    """Brackets that close, and those that don't: no single letter tells."""
    made, labels = [], []
    for _ in range(count):
        inside = "".join(RNG.choice(list("xyz"), RNG.integers(1, 6)))
        opens = RNG.random() < 0.5
        made.append(f"({inside})" if opens else f"){inside}(")
        labels.append("closed" if opens else "open")
    return made, labels


def waves(count: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Sines of lengths and speeds of their own."""
    speeds = RNG.uniform(0.2, 1.0, count)
    return [np.sin(speed * np.arange(RNG.integers(10, 25))) for speed in speeds], speeds


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "mingru"])
def test_texts_are_told_apart_by_order(cell) -> None:
    X, y = texts(200)
    fitted = SequenceClassifier(cell=cell, max_iter=20, learning_rate=0.02, tol=None, random_state=0).fit(X, y)
    assert fitted.score(*texts(100)) > 0.95
    assert fitted.predict(["(xй)"]).tolist() == ["closed"]  # a letter that was not met


def test_a_pandas_column_of_texts() -> None:
    X, y = texts(20)
    make = SequenceClassifier(max_iter=2, tol=None, random_state=0)
    np.testing.assert_array_equal(
        make.fit(pd.Series(X), pd.Series(y)).predict_proba(pd.Series(X)), make.fit(X, y).predict_proba(X)
    )


def test_a_table_of_one_column_of_texts_is_its_column() -> None:
    X, y = texts(20)
    table = pd.DataFrame({"text": X})
    make = SequenceClassifier(max_iter=2, tol=None, random_state=0)
    expected = make.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(make.predict_proba(table), expected)
    for form in (table, table.to_numpy()):
        np.testing.assert_array_equal(make.fit(form, y).predict_proba(form), expected)
    with pytest.raises(ValueError, match=r"X is a table, and the first fit had texts; .* X\['text'\]"):
        make.predict(table.assign(other=1))


def test_the_rows_of_a_data_frame_are_sequences_not_its_names() -> None:
    rows = RNG.normal(size=(6, 4))
    fitted = SequenceClassifier(max_iter=1, tol=None, random_state=0).fit([*rows], [0, 1] * 3)
    for table in (pd.DataFrame(rows), pd.DataFrame(rows, columns=list("abcd"))):
        np.testing.assert_array_equal(fitted.predict_proba(table), fitted.predict_proba([*rows]))


def test_words_are_tokens_too() -> None:
    X = ["a good day", "a bad day", "what a good film", "what a bad film"] * 10
    fitted = SequenceClassifier(tokens="words", max_iter=20, learning_rate=0.02, tol=None, random_state=0)
    fitted.fit(X, [1, 0, 1, 0] * 10)
    assert fitted.predict(["good", "bad"]).tolist() == [1, 0]


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_speeds_are_read_from_waves_of_all_lengths(pooling) -> None:
    fitted = SequenceRegressor(
        hidden_size=16, pooling=pooling, bidirectional=True, max_iter=30, learning_rate=0.02, tol=None, random_state=0
    ).fit(*waves(200))
    X, speeds = waves(50)
    assert fitted.score(X, speeds) > 0.8


def test_padding_and_company_change_nothing() -> None:
    X, speeds = waves(20)
    fitted = SequenceRegressor(max_iter=2, tol=None, pooling="mean", bidirectional=True, layers=2).fit(X, speeds)
    alone = np.concatenate([fitted.predict([each]) for each in X])
    np.testing.assert_allclose(fitted.predict(X), alone, rtol=1e-10)


def test_a_table_a_cube_and_lists_are_the_same_sequences() -> None:
    table = RNG.normal(size=(30, 6))
    y = table[:, -1] > 0
    forms = [table, table[:, :, None], [row[:, None] for row in table], [*table]]
    make = SequenceClassifier(max_iter=3, tol=None, random_state=0)
    answers = [make.fit(form, y).predict_proba(form) for form in forms]
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])


def test_kinds() -> None:
    assert kind_of(["ab", "c"]) == kind_of(np.array(["ab", "c"], dtype=object)) == "texts"
    assert kind_of([[1, 2], [3, 4]]) == kind_of(np.zeros((2, 2))) == "table"
    assert kind_of([[1, 2], [3]]) == kind_of([np.zeros(2), np.zeros(2)]) == kind_of(np.zeros((2, 3, 1))) == "sequences"


@pytest.mark.parametrize("others", [[[1, 2, 3], [1, 2, 3, 4]], [[1, 2, 3, 4]], [np.zeros(3), np.zeros(2)]])
def test_lists_of_one_length_are_a_table_and_arrays_are_not(others) -> None:
    X, y = [[1, 2, 3], [3, 4, 5], [0, 1, 0], [5, 6, 7]], [0, 1, 0, 1]
    make = SequenceClassifier(max_iter=2, tol=None, random_state=0).fit(X, y)
    with pytest.raises(
        ValueError, match=r"steps, and the fit had .* with 3; .* list of arrays: \[np.array\(each\) for"
    ):
        make.predict(others)
    with pytest.raises(ValueError, match="steps, and the fit had a table"):
        make.partial_fit(others, y[: len(others)])
    assert make.predict([np.zeros(3), np.ones(3)]).shape == (2,)
    assert make.fit([np.array(each) for each in X], y).predict(others).shape == (len(others),)


def test_a_feature_that_is_constant_but_for_rounding_is_left_as_it_is() -> None:
    steps = [np.column_stack([np.full(10, 0.1), RNG.normal(size=10)]) for _ in range(9)]
    assert SequenceRegressor(max_iter=1, tol=None).fit(steps, np.arange(9.0)).scale_[0] == 1.0


def test_how_numbers_are_standardised_and_which_symbols_are_known_is_told() -> None:
    steps = [RNG.normal(3, 5, (length, 2)) for length in (4, 7, 5)]
    fitted = SequenceRegressor(max_iter=1, tol=None, random_state=0).fit(steps, np.arange(3.0))
    np.testing.assert_allclose(fitted.mean_, np.concatenate(steps).mean(axis=0))
    np.testing.assert_allclose(fitted.scale_, np.concatenate(steps).std(axis=0))
    with pytest.raises(AttributeError, match=r"fitted to numbers, .*: see mean_ and scale_"):
        fitted.symbols_  # noqa: B018
    words = SequenceClassifier(tokens="words", max_iter=1, tol=None).fit(["to be", "not to"], [0, 1])
    assert words.symbols_ == ("be", "not", "to")
    with pytest.raises(AttributeError, match=r"fitted to texts, .*: see symbols_"):
        words.scale_  # noqa: B018
    with pytest.raises(NotFittedError):
        SequenceClassifier().mean_  # noqa: B018


def test_every_sequence_comes_once_a_pass_beside_its_target() -> None:
    lengths = RNG.integers(1, 9, 70)
    sequences = Sequences.of([torch.full((int(length), 1), float(number)) for number, length in enumerate(lengths)])
    examples = SequenceExamples(sequences, torch.arange(70))
    for generator in (None, torch.Generator().manual_seed(1)):
        seen = []
        for (values_BSF, lengths_B), targets in examples.batches(8, generator):
            assert values_BSF[:, 0, 0].tolist() == targets.tolist()
            assert lengths_B.tolist() == lengths[targets.numpy()].tolist()
            seen += targets.tolist()
        assert sorted(seen) == list(range(70))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (["ab", ""], r"X\[1\] is a sequence of zero length; leave it out"),
        ([np.zeros(3), np.zeros(0)], r"X\[1\] is a sequence of zero length"),
        ([np.zeros(3), np.array([1, np.nan])], "contains NaN .* in sequence 1, step"),
        ([np.zeros((3, 2)), np.zeros((3, 1))], "differing numbers of features"),
        ([np.zeros((3, 2, 1)), np.zeros((3, 2, 1))], "has 3 dimensions"),
        ([np.array(["a"]), np.array(["b"])], "is no sequence of numbers"),
        (["ab", "c", "d"], "inconsistent numbers of samples"),
        (np.array([[1, np.nan], [1, 2]]), "contains NaN"),
    ],
)
def test_sequences_that_can_t_be(X, message) -> None:
    with pytest.raises(ValueError, match=message):
        SequenceClassifier().fit(X, [0, 1])


def test_texts_and_others_are_not_mixed() -> None:
    with pytest.raises(TypeError, match=r"X\[1\] is no text but int"):
        SequenceClassifier().fit(["ab", 3], [0, 1])
    fitted = SequenceClassifier(max_iter=1, tol=None).fit(["ab", "c"], [0, 1])
    with pytest.raises(ValueError, match="X is one text; give a list"):
        fitted.predict("ab")
    with pytest.raises(ValueError, match="X has no examples"):
        fitted.predict([])
    numbers = SequenceClassifier(max_iter=1, tol=None).fit([np.zeros((3, 2)), np.ones((2, 2))], [0, 1])
    with pytest.raises(ValueError, match="has 1 features a step, and the first fit had 2"):
        numbers.predict([np.zeros(3)])


@pytest.mark.parametrize("change", [{"cell": "lst"}, {"hidden_size": 0}, {"pooling": "max"}, {"tokens": "bytes"}])
def test_parameters_that_can_t_be(change) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(change))} must be"):
        SequenceClassifier(**change).fit(["a", "b"], [0, 1])
