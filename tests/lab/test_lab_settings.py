"""Parameters: each has its words and its range, and a wrong one is named."""

from __future__ import annotations

import pytest

from skaz.errors import RecipeError, RequestError
from skaz.lab.experiments import NAMES, Experiment, catalogue


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_can_stand_in_a_form(name: str) -> None:
    parameters = Experiment(name).parameters
    assert parameters[-1].name == "seed"
    for each in parameters:
        assert each.help.en
        assert each.help.ru
        assert each.help.en != each.help.ru
        values = each.default if each.items else (each.default,)
        if each.items:
            assert each.items[0] <= len(values) <= each.items[1]
        if each.kind == "points":
            values = [coordinate for x, y, _ in values for coordinate in (x, y)]
        for value in values:
            if each.kind.startswith("choice"):
                assert value in each.range
            else:
                least, most = each.range
                assert least <= value <= most


def test_the_catalogue_is_what_a_page_is_built_from() -> None:
    listed = catalogue()
    assert [each["name"] for each in listed] == list(NAMES)
    forgetting = next(each for each in listed if each["name"] == "forgetting")
    cells = next(each for each in forgetting["parameters"] if each["name"] == "cells")
    assert cells["kind"] == "choices"
    assert "lstm" in cells["range"]
    assert set(cells["help"]) == {"en", "ru"}
    assert set(forgetting["title"]) == {"en", "ru"}


def test_a_list_may_come_as_text_or_as_one_value() -> None:
    length = Experiment("length")
    asked = {"words": 5, "units": 4}
    one = length.run({**asked, "lengths": "2, 7"})
    other = length.run({**asked, "lengths": [2, 7]})
    assert one.data == other.data
    assert [each["length"] for each in one.data["counts"]] == [2, 7]
    assert Experiment("linear").run({"layers": 2, "units": 4}).settings["layers"] == (2,)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("descent", {"learning_rate": 0.1}, 'Did you mean "learning_rates"?'),
        ("descent", {"passes": 0}, "passes (passes over the examples) is wrong"),
        ("forgetting", {"cells": ["lstn"]}, "it may be rnn, gru, lstm"),
        ("length", {"lengths": "many,more"}, "lengths (words of a sentence) must be whole numbers."),
        ("length", {"lengths": [3]}, "length >= 2"),
        ("boundary", {"points": [[9, 0, 1], [0, 0, 0]]}, "points"),
        ("boundary", {"points": [[0, 0, 2], [0, 0, 0]]}, "points"),
        ("context", {"context_size": 7}, "context_size (numbers in C) is wrong"),
    ],
)
def test_a_wrong_parameter_is_named_before_anything_runs(name: str, values: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Experiment(name).frames(values)
    assert said in str(caught.value)


def test_a_wrong_name_is_an_error_with_the_nearest() -> None:
    with pytest.raises(RequestError, match='Did you mean "context"'):
        Experiment("contxt")
