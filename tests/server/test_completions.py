"""/v1 as OpenAI's own client sees it."""

from __future__ import annotations

from typing import Any

import openai
import pytest

ENDLESS = {"2": -100}  # the end token


@pytest.fixture
def client(live: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{live.url}/v1", api_key="not needed", max_retries=0)


def test_models_are_the_bundles_that_write(client: openai.OpenAI) -> None:
    there = [model.id for model in client.models.list()]
    assert "teller" in there
    assert "turner" not in there  # it transduces; what other tests have trained may be there as well
    assert client.models.retrieve("teller").owned_by == "skaz"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("turner")


def test_a_completion_goes_on_from_its_prompt(client: openai.OpenAI) -> None:
    asked = {"model": "teller", "prompt": "One day the", "max_tokens": 12, "seed": 5, "logit_bias": ENDLESS}
    whole = client.completions.create(**asked, n=2, logprobs=3)
    text = whole.choices[0].text
    assert text != whole.choices[1].text
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 24
    logprobs = whole.choices[0].logprobs
    assert logprobs is not None
    assert "".join(logprobs.tokens or []) == text
    for token, log_probability, others in zip(
        logprobs.tokens or [], logprobs.token_logprobs or [], logprobs.top_logprobs or [], strict=True
    ):
        assert others[token] == pytest.approx(log_probability, abs=1e-3)  # what was drawn is always among them
        assert len(others) <= 4
    assert logprobs.text_offset == [
        text.index(t, o) for t, o in zip(logprobs.tokens, logprobs.text_offset, strict=True)
    ]
    parts = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert "".join(part.choices[0].text for part in parts if part.choices) == text
    assert parts[-1].usage is not None
    assert parts[-1].usage.completion_tokens == 12
    assert parts[-2].choices[0].finish_reason == "length"


def test_a_blank_at_the_prompt_s_end_does_not_come_twice(client: openai.OpenAI) -> None:
    asked = {"model": "teller", "max_tokens": 8, "seed": 5}
    texts = [client.completions.create(prompt=prompt, **asked).choices[0].text for prompt in ("One day", "One day ")]
    assert texts[0].lstrip() == texts[1]


def test_a_line_break_at_the_prompt_s_end_is_read(client: openai.OpenAI) -> None:
    asked = {"model": "teller", "max_tokens": 1, "seed": 5, "logit_bias": ENDLESS}
    read = [
        client.completions.create(prompt=prompt, **asked).usage.prompt_tokens
        for prompt in ("One day.", "One day. ", "One day.\n", "One day.\n ")
    ]
    assert read[0] == read[1] < read[2] == read[3]


def test_penalties_and_biases_do_what_they_say(client: openai.OpenAI) -> None:
    asked = {"model": "teller", "prompt": "One day", "max_tokens": 40, "temperature": 0.01, "seed": 1, "logprobs": 0}
    free = client.completions.create(**asked, logit_bias=ENDLESS).choices[0]
    penalised = client.completions.create(**asked, logit_bias=ENDLESS, frequency_penalty=2, presence_penalty=2).choices[
        0
    ]
    assert free.logprobs is not None
    assert penalised.logprobs is not None
    assert len(set(penalised.logprobs.tokens or [])) > len(set(free.logprobs.tokens or []))
    one = client.completions.create(**{**asked, "max_tokens": 5}, logit_bias={"97": 100}).choices[0].text
    assert len(set(one.strip())) == 1


def test_several_prompts_stops_echo_and_the_best_of_several(client: openai.OpenAI) -> None:
    asked = {"model": "teller", "max_tokens": 40, "seed": 2}
    several = client.completions.create(prompt=["Ann", "Tom"], stop=[".", "!"], echo=True, **asked)
    assert [choice.text[:3] for choice in several.choices] == ["Ann", "Tom"]
    assert all("." not in choice.text for choice in several.choices)
    best = client.completions.create(prompt="Ann", best_of=4, **asked).choices
    assert len(best) == 1


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"model": "nobody"}, openai.NotFoundError),
        ({"suffix": "end"}, openai.BadRequestError),
        ({"echo": True, "logprobs": 1}, openai.BadRequestError),
        ({"best_of": 2, "n": 1, "stream": True}, openai.BadRequestError),
        ({"logit_bias": {"999999": 1}}, openai.BadRequestError),
        ({"logit_bias": {"3": 100}}, openai.BadRequestError),  # <plan>, which is never written
        ({"logit_bias": {"97": 1, "097": -1}}, openai.BadRequestError),
        ({"extra_body": {"top_q": 1}}, openai.UnprocessableEntityError),
    ],
)
def test_nothing_is_left_out_in_silence(client: openai.OpenAI, asked: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        client.completions.create(**{"model": "teller", "prompt": "a", **asked})
