"""Things made ahead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skaz.training.ahead import Ahead


@given(st.integers(0, 9), st.lists(st.booleans(), max_size=30))
def test_the_items_are_the_same(length: int, makes: list[bool]) -> None:
    ahead = Ahead(iter(range(length)))
    found = []
    for make in makes:
        if make:
            ahead.make()
        else:
            found += [item for item in [next(ahead, None)] if item is not None]
    assert found + list(ahead) == list(range(length))


def test_one_is_made_and_not_two() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            yield number

    ahead = Ahead(items())
    assert made == []
    ahead.make()
    ahead.make()
    assert made == [0]
    assert next(ahead) == 0
    assert made == [0]


def test_what_its_making_raises_is_raised() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("damaged")

    ahead = Ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="damaged"):
        ahead.make()
