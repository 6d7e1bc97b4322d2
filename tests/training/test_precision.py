"""Devices: what can't be trained on is told in words."""

from __future__ import annotations

import pytest

from skaz.errors import RecipeError
from skaz.training.precision import resolve_device


@pytest.mark.parametrize("name", ["meta", "nonsense", "hpu", "cuda:99"])
def test_a_device_that_computes_nothing_here_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=rf'no device "{name}" to compute on; use "auto", "cpu", or "cuda"'):
        resolve_device(name)
