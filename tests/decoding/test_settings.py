"""Settings are checked where they are made; the pipeline is the filters in their documented order."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding import filters
from skaz.decoding.filters import Dry
from skaz.decoding.request import Request
from skaz.decoding.settings import SamplingSettings, compose
from skaz.decoding.stopping import Stopping
from skaz.errors import RequestError


@pytest.mark.parametrize(
    ("settings", "name", "advice"),
    [
        ({"temperature": -1.0}, "temperature", "0 or more"),
        ({"temperature": float("nan")}, "temperature", "0 or more"),
        ({"temperature": "1"}, "temperature", "a number, 0 or more"),
        ({"top_p": "1"}, "top_p", "above 0 and at most 1"),
        ({"top_k": 0}, "top_k", "1 or more"),
        ({"top_p": 0.0}, "top_p", "above 0 and at most 1"),
        ({"top_p": 1.5}, "top_p", "above 0 and at most 1"),
        ({"min_p": 1.1}, "min_p", "from 0 to 1"),
        ({"typical": -0.1}, "typical", "above 0"),
        ({"repetition_penalty": 0.5}, "repetition_penalty", "1 or more"),
        ({"repetition_window": 0}, "repetition_window", "1 or more"),
        ({"no_repeat_ngram": 0}, "no_repeat_ngram", "1 or more"),
        ({"ban": ((),)}, "ban", "at least one token"),
        ({"repetition_penalty": 1e308}, "repetition_penalty", "1 or more, to 1,000,000"),
        ({"frequency_penalty": -1e308}, "frequency_penalty", "a number from -1,000,000"),
        ({"presence_penalty": float("nan")}, "presence_penalty", "a number from"),
        ({"bias": ((-1, 50.0),)}, "a token of bias", "0 or more"),
        ({"bias": ((5, float("nan")),)}, "a bias", "a number from"),
        ({"bias": ((5, float("inf")),)}, "a bias", "a number from"),
        ({"ban": ((5, -3),)}, "a token of ban", "0 or more"),
        ({"dry": Dry(multiplier=1e308)}, "dry.multiplier", "to 1,000,000"),
        ({"dry": Dry(base=0.5)}, "dry.base", "from 1 to 10"),
        ({"dry": Dry(allowed_length=0)}, "dry.allowed_length", "1 or more"),
    ],
)
def test_errors_name_the_setting_and_its_range(settings: dict[str, object], name: str, advice: str) -> None:
    with pytest.raises(RequestError) as caught:
        SamplingSettings(**settings)
    assert str(caught.value).startswith(f"{name} is ")
    assert advice in str(caught.value)


@given(st.integers(0, 1000), st.lists(st.integers(0, 19), max_size=30))
def test_the_pipeline_is_the_filters_in_order(seed: int, context: list[int]) -> None:
    logits_V = np.random.default_rng(seed).normal(size=20) * 3
    settings = SamplingSettings(
        0.7, 15, 0.9, 0.01, 0.95, 1.2, 16, 3, Dry(allowed_length=1, breakers=(".",)), ban=((4,),)
    )
    scores_V = filters.repetition_penalty(logits_V, context, 1.2, 16)
    scores_V = filters.dry(scores_V, context, Dry(allowed_length=1), frozenset({1}))
    scores_V = filters.no_repeat_ngram(scores_V, context, 3)
    scores_V = filters.ban(scores_V, context, ((4,),))
    scores_V = filters.typical(filters.top_k(scores_V, 15), 0.95)
    scores_V = filters.min_p(filters.top_p(scores_V, 0.9), 0.01)
    wanted_V = filters.temperature(scores_V, 0.7)
    np.testing.assert_array_equal(compose(settings, ["a", ".", *"bcdefghijklmnopqrs"])(logits_V, context), wanted_V)


def test_temperature_zero_is_the_likeliest_whatever_else_is_set() -> None:
    logits_V = np.log(np.array([0.5, 0.3, 0.15, 0.05]))
    scores_V = compose(SamplingSettings(temperature=0.0, typical=0.2))(logits_V, [])
    assert np.isfinite(scores_V).tolist() == [True, False, False, False]


def test_a_plan_is_followed_more_safely_unless_a_person_says_how() -> None:
    assert SamplingSettings.usual(planned=False) == SamplingSettings()
    assert SamplingSettings.usual(planned=True).temperature < SamplingSettings().temperature
    assert SamplingSettings.usual(planned=True, top_k=5, temperature=0.9) == SamplingSettings(0.9, top_k=5)


@pytest.mark.parametrize("named", [{"bias": ((99_999, 1.0),)}, {"ban": ((4, 99_999),)}])
def test_a_token_beyond_the_vocabulary_is_refused(fake: SimpleNamespace, named: dict[str, object]) -> None:
    vocabulary = fake.vocabulary(["a", "b"])
    with pytest.raises(RequestError, match="99999; it must be below 5"):
        fake.write(fake.Engine(5), vocabulary, [[1]], Request(settings=SamplingSettings(**named)))


@pytest.mark.filterwarnings("error")
@given(st.floats(1, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
@settings(deadline=None, max_examples=20)
def test_settings_that_are_taken_can_be_written_by(
    fake: SimpleNamespace, repetition: float, presence: float, bias: float
) -> None:
    chosen = SamplingSettings(
        repetition_penalty=repetition,
        presence_penalty=presence,
        frequency_penalty=bias,
        bias=((3, bias),),
        dry=Dry(1e6),
    )
    fake.write(fake.Engine(6, end_logit=-9), fake.vocabulary(["a", "b", "c"]), [[1]], Request((), chosen, Stopping(9)))
