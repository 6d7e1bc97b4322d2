"""Where stories end."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding.sampling import Request, generate
from skaz.decoding.settings import SamplingSettings
from skaz.decoding.stopping import Stopping, end_bias, is_overdue, stop_at
from skaz.errors import RequestError

PIECES = [" one", " two", " three", ".", ","]


def test_bias_by_hand() -> None:
    wanted = Stopping(length=10)
    assert end_bias(wanted, 0.5, True) == float("-inf")
    assert end_bias(wanted, 0.9, True) == 0
    assert end_bias(wanted, 1.15, True) == pytest.approx(3.0)
    assert end_bias(wanted, 1.15, False) == 0
    assert end_bias(wanted, 1.6, False) == 0
    assert end_bias(wanted, 1.6, False, runs_on=True) == pytest.approx(12.0)
    assert end_bias(wanted, 1.15, False, runs_on=True) == 0
    assert end_bias(Stopping(), 5.0, True) == 0
    assert is_overdue(wanted, 1.3, True)
    assert not is_overdue(wanted, 1.3, False)
    assert not is_overdue(Stopping(), 9.0, True)


@given(st.integers(0, 200), st.integers(4, 20))
@settings(deadline=None, max_examples=50)
def test_a_story_ends_near_the_wanted_length(fake: SimpleNamespace, seed: int, length: int) -> None:
    engine, vocabulary = fake.Engine(len(PIECES) + 3, seed, sharpness=1.0), fake.vocabulary(PIECES)
    drawn_as_it_is = SamplingSettings(temperature=1.0, top_p=None)  # colder, the toy falls into a loop of commas
    request = Request(settings=drawn_as_it_is, stopping=Stopping(400, length), seed=seed)
    steps = list(generate(engine, vocabulary, [[1]], request))
    tokens = fake.stories(steps, 1)[0]
    words = len(vocabulary.text(tokens).split())
    reason = steps[-1].finished[0].reason
    assert words >= 0.6 * length
    if reason == "stopped":
        assert words >= 1.3 * length
        assert PIECES[tokens[-1] - 3] == "."
    assert reason in ("end", "stopped")
    sentence_ends = [i for i in range(len(tokens)) if PIECES[tokens[i] - 3] == "."]
    overdue = [i for i in sentence_ends if len(vocabulary.text(tokens[: i + 1]).split()) >= 1.3 * length]
    assert not overdue or overdue[0] == len(tokens) - 1


def test_the_end_may_come_early_where_nothing_else_may(fake: SimpleNamespace) -> None:
    engine, vocabulary = fake.Engine(3, 0), fake.vocabulary([])
    steps = list(generate(engine, vocabulary, [[1]], Request(stopping=Stopping(length=10))))
    assert steps[-1].finished[0].reason == "end"


def test_stop_strings(fake: SimpleNamespace) -> None:
    engine, vocabulary = fake.Engine(len(PIECES) + 3, 0, end_logit=-99), fake.vocabulary(PIECES)
    request = Request((6, 4), stopping=Stopping(400, stop=stop_at(". two", ".,")), seed=3)
    steps = list(generate(engine, vocabulary, [[1]], request))
    text = vocabulary.text(fake.stories(steps, 1)[0])
    assert steps[-1].finished[0].reason == "stopped"
    assert text.endswith((". two", ".,"))
    assert text.count(". two") + text.count(".,") == 1
    last = replace(request, stopping=replace(request.stopping, max_tokens=len(fake.stories(steps, 1)[0])))
    again = list(generate(engine, vocabulary, [[1]], last))
    assert (fake.stories(again, 1), again[-1].finished[0].reason) == (fake.stories(steps, 1), "stopped")


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"max_tokens": 0}, "max_tokens is 0; it must be 1 or more"),
        ({"length": 0}, "length is 0; it must be 1 or more"),
    ],
)
def test_errors(settings: dict[str, object], advice: str) -> None:
    with pytest.raises(RequestError, match=advice):
        Stopping(**settings)
    with pytest.raises(RequestError, match="empty"):
        stop_at("")


def test_an_unknown_unit_is_an_error() -> None:
    # Where the tests also check types, the checker is the first to say so.
    with pytest.raises((RequestError, TypeError), match=r"'words'.*'tokens'"):
        Stopping(unit="pages")  # type: ignore[arg-type]


def test_where_no_sentence_comes_a_story_ends_between_words(fake: SimpleNamespace) -> None:
    class Cycle(fake.Engine):  # type: ignore[misc,name-defined]
        """Writes "ab ab ab …", and would as soon end at any place."""

        def _logits(self, row: np.ndarray) -> np.ndarray:
            logits_V = np.full(6, -30.0)
            logits_V[{3: 4, 4: 5}.get(int(row[-1]), 3)] = 8.0
            logits_V[2] = 0.0
            return logits_V

    vocabulary = fake.vocabulary(["a", "b", " "])
    for seed in range(20):
        drawn = SamplingSettings(temperature=1.0, top_p=None)
        request = Request(settings=drawn, stopping=Stopping(900, 70), seed=seed)
        steps = list(generate(Cycle(6), vocabulary, [[1]], request))
        text = vocabulary.text(fake.stories(steps, 1)[0])
        assert 200 < len(text) < 900
        assert not text.endswith("a")
