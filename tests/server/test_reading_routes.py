"""Score, overlap, pairs, settings: what is told agrees with what it is told of."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from skaz.decoding.settings import SamplingSettings
from skaz.server.sampling_help import SLIDERS
from skaz.server.settings import ServerSettings


def test_a_text_is_scored_token_by_token(live: Any) -> None:
    text = "Ann had a lantern. Мила — key!"
    scored = live.client.post("/api/score", json={"bundle": "teller", "text": text}).json()
    assert "".join(token["text"] for token in scored["tokens"]) == text
    nats = -sum(token["log_probability"] for token in scored["tokens"])
    assert scored["bits_per_character"] == pytest.approx(nats / math.log(2) / len(text))


def test_pairs(live: Any) -> None:
    asked = {"bundle": "turner", "text": ["abc", ""], "n_best": 2, "alignments": True}
    results = live.client.post("/api/transduce", json=asked).json()["results"]
    assert [len(each) for each in results] == [2, 1]
    assert results[0][0]["score"] >= results[0][1]["score"]
    assert live.client.post("/api/translate", json=asked).json()["error"]["code"] == "wrong_task"
    attended = live.client.post("/api/attend", json={"bundle": "turner", "source": "abc"}).json()
    assert len(attended["attention"]) == len(attended["target_tokens"])
    assert all(sum(row) == pytest.approx(1, abs=1e-4) for row in attended["attention"])


def test_unknown_training_texts_are_said_to_be(bundle: Path, serve: Callable[..., Any], tmp_path: Path) -> None:
    """On a server of its own: what another has trained on the same texts is known there."""
    with serve(ServerSettings(bundles=(bundle,), folder=tmp_path)) as stranger:
        answer = stranger.client.post("/api/overlap", json={"bundle": "teller", "text": "a"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_training_texts")


def test_each_setting_is_explained(live: Any) -> None:
    told = live.client.get("/api/settings").json()["settings"]
    known = {field.name for field in fields(SamplingSettings)}
    assert {slider.name for slider in SLIDERS} == known - {"ban", "bias", "presence_penalty", "frequency_penalty"}
    assert all(each["help"]["en"].endswith(".") and each["help"]["ru"].endswith(".") for each in told)


def test_what_there_is(live: Any) -> None:
    bundles = {each["name"]: each for each in live.client.get("/api/bundles").json()["bundles"]}
    assert bundles["teller"]["can"]["plan"]
    assert bundles["turner"]["task"] == "transduce"
    assert (bundles["teller"]["language"], bundles["turner"]["language"]) == ("en", None)
    live.write(max_tokens=3)
    metrics = live.client.get("/metrics").text
    assert 'skaz_tokens_total{bundle="teller"}' in metrics
    assert 'route="/api/write",status="200"' in metrics


def test_who_measures_while_a_bundle_is_opened_holds_nobody_up(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, opening = threading.Event(), threading.Event()

    def opened() -> list[Any]:
        asked.set()
        opening.wait(20)
        return []

    monkeypatch.setattr(live.service.library, "opened", opened)
    answers: list[Any] = []
    measuring = threading.Thread(target=lambda: answers.append(live.client.get("/metrics")))
    measuring.start()
    assert asked.wait(20)
    assert live.client.get("/healthz").status_code == 200
    assert not answers
    opening.set()
    measuring.join(20)
    assert answers[0].status_code == 200
