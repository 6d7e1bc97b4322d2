"""/api/write and /api/alternatives: streams, kept states, stop strings, many at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from skaz.server.settings import Limits, ServerSettings
from skaz.tasks.writing import load


def told(events: list[tuple[str, Any]], row: int = 0) -> str:
    return "".join(data["text"] for name, data in events if name == "token" and data["row"] == row)


def test_a_stream_is_the_story_that_the_command_writes(live: Any, bundle: Path) -> None:
    asked = {"bundle": "teller", "plan": ["lantern", "river"], "seed": 7, "n": 2, "max_tokens": 40}
    events = live.events("/api/write", asked)
    assert [name for name, _ in events if name != "token"] == ["start", "end", "end", "done"]
    ends = {data["row"]: data for name, data in events if name == "end"}
    story = load(bundle).write(["lantern", "river"], seed=7)
    assert story.text.startswith(ends[0]["text"])
    assert told(events) == ends[0]["text"]
    assert told(events, 1) == ends[1]["text"] != ends[0]["text"]
    start = events[0][1]
    assert start["settings"]["temperature"] == 0.3  # a plan's
    assert start["seed"] == 7
    again = live.write(**{**asked, "seed": start["seed"]})
    assert [row["text"] for row in again["rows"]] == [ends[0]["text"], ends[1]["text"]]


def test_an_opening_keeps_its_paragraph_s_end(live: Any) -> None:
    starts = [
        live.events("/api/write", {"bundle": "teller", "seed": 1, "opening": "One day.\n" + end}) for end in ("", " ")
    ]
    assert starts[0][0][1]["opening"] == starts[1][0][1]["opening"] == "One day.\n"
    assert told(starts[0], 0) == told(starts[1], 0)


def test_going_back_reads_nothing_and_goes_on_in_the_same_words(live: Any) -> None:
    greedy = {"bundle": "teller", "keep": True, "max_tokens": 20, "settings": {"temperature": 0}}
    first = live.events("/api/write", {**greedy, "opening": "One day the "})
    assert first[0][1]["opening"] == "One day the"
    tokens = [data for name, data in first if name == "token"]
    assert len(tokens) > 3
    place = {"generation": first[0][1]["generation"], "row": 0, "index": 2}
    steps = live.service.library.open("teller").scheduler.steps
    again = live.events("/api/write", {**greedy, "from": place})
    assert [d["token"] for n, d in again if n == "token"][: len(tokens) - 2] == [d["token"] for d in tokens[2:]]
    written = len([1 for name, _ in again if name == "token"])
    assert live.service.library.open("teller").scheduler.steps - steps <= written + 1  # one more draws the end
    other = next(
        each["token"]
        for each in live.client.post("/api/alternatives", json=place).json()["before"]
        if each["token"] != tokens[2]["token"] and each["text"]
    )
    branch = live.events("/api/write", {**greedy, "from": {**place, "token": other}})
    assert next(data for name, data in branch if name == "token")["token"] == other
    last = live.events(
        "/api/write", {**greedy, "max_tokens": 3, "length": 100, "from": {**place, "index": len(tokens)}}
    )
    assert len([1 for name, _ in last if name == "token"]) == 3


def test_alternatives_before_and_after_the_filters(live: Any) -> None:
    nothing = live.events("/api/write", {"bundle": "teller", "keep": True, "max_tokens": 0, "opening": "One day"})
    assert [name for name, _ in nothing] == ["start", "end", "done"]
    place = {"generation": nothing[0][1]["generation"], "index": 0, "count": 5}
    plain = live.client.post("/api/alternatives", json={**place, "settings": {"top_k": 2, "top_p": None}}).json()
    assert plain["token"] is None
    assert len(plain["before"]) == 5
    assert [each["token"] for each in plain["after"]] == [each["token"] for each in plain["before"][:2]]
    logs = [each["log_probability"] for each in plain["before"]]
    assert logs == sorted(logs, reverse=True)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"bundle": "telle"}, 404, "no_bundle"),
        ({"bundle": "../teller"}, 404, "no_bundle"),
        ({"bundle": "turner"}, 400, "wrong_task"),
        ({"bundle": "teller", "opning": "x"}, 422, "invalid_body"),
        ({"bundle": "teller", "settings": {"top_p": 2}}, 422, "invalid_body"),
        ({"bundle": "teller", "max_tokens": 10**6}, 400, "too_many_tokens"),
        ({"bundle": "teller", "from": {"generation": "gone", "index": 0}}, 410, "state_gone"),
        ({"bundle": "teller", "include": ["a" * 400], "max_tokens": 1}, 400, "request_unusable"),
    ],
)
def test_what_can_t_be_done_is_said(live: Any, body: dict[str, Any], status: int, code: str) -> None:
    answer = live.client.post("/api/write", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"]


def test_keys_are_told_in_plain_words(live: Any) -> None:
    def told(body: dict[str, Any]) -> str:
        return str(live.client.post("/api/write", json=body).json()["error"]["message"])

    wrong = told({"bundle": "teller", "settings": {"temprature": 1}})
    assert wrong == 'There is no key "settings.temprature" here; /openapi.json tells which there are.'
    assert told({"plan": ["kite"]}) == 'The key "bundle" is missing.'


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"text": ["a"] * 257}, "text: it has 257 items, and may have 256; send less."),
        ({"text": "a" * 10_001}, "text: it has 10,001 characters, and may have 10,000; send less."),
        ({"text": ["a", "b" * 10_001]}, "text.1: it has 10,001 characters, and may have 10,000; send less."),
        ({"text": ["a", 2]}, "text.1: it must be text."),
        ({"text": 5}, "text: it must be text or a list."),
        ({"text": "a", "beam": 65}, "beam: it must be at most 64."),
        ({"text": "a", "beam": 0}, "beam: it must be at least 1."),
        ({"text": "a", "beam": "x"}, "beam: it must be a whole number."),
        (b"{bad", "The body is not JSON: expecting property name enclosed in double quotes at character 2."),
        (b"", "There is no body; send a JSON object."),
        (b"[]", "The body must be an object; send a JSON object."),
        (b'{"text": "\xff"}', "The body can't be read: it is not UTF-8; send JSON in UTF-8."),
        (
            b"[" * 100_000,
            "The body can't be read: it is nested too deep; send JSON that is nested a few levels deep.",
        ),
    ],
)
def test_what_is_wrong_with_a_body_is_told_in_plain_words(live: Any, body: Any, told: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps({"bundle": "turner", **body}).encode()
    answer = live.client.post("/api/transduce", content=raw, headers={"Content-Type": "application/json"})
    assert answer.json()["error"]["message"] == told
    assert answer.status_code == (400 if "can't be read" in told else 422)


def test_json_must_be_called_so(live: Any) -> None:
    for headers in ({}, {"Content-Type": "text/plain"}):
        answer = live.client.post("/api/transduce", content=b'{"bundle": "turner", "text": "ab"}', headers=headers)
        assert answer.status_code == 422
        assert answer.json()["error"]["message"].endswith("send it with the header Content-Type: application/json.")
    answer = live.client.post("/v1/completions", json={"model": "teller", "prompt": [1, 2, 3]})
    assert answer.json()["error"]["message"] == "prompt.0: it must be text."


def test_a_stop_string_is_not_told_wherever_its_tokens_end(live: Any) -> None:
    asked = {"seed": 3, "max_tokens": 60, "plan": ["drum"]}
    whole = live.write(**asked)["rows"][0]["text"]
    stop = whole[len(whole) // 2 : len(whole) // 2 + 3]
    row = live.write(**asked, stop=[stop])["rows"][0]
    assert row["text"] == whole[: whole.index(stop)]
    assert "".join(token["text"] for token in row["tokens"]) == row["text"]
    assert row["finish_reason"] == "stopped"


def test_many_at_once_are_each_what_they_are_alone(live: Any) -> None:
    asked = [{"seed": seed, "max_tokens": 30, "plan": ["kite"], "user": str(seed % 3)} for seed in range(24)]
    alone = [live.write(**each)["rows"][0]["text"] for each in asked]
    with ThreadPoolExecutor(24) as pool:
        together = list(pool.map(lambda each: live.write(**each)["rows"][0]["text"], asked))
    assert together == alone


def test_who_leaves_frees_the_place(live: Any) -> None:
    scheduler = live.service.library.open("teller").scheduler
    body = {"bundle": "teller", "max_tokens": 4000, "n": 8, "length": 10_000}
    with live.client.stream("POST", "/api/write", json=body) as answer:
        lines = answer.iter_lines()  # kept: a stream whose reader is gone is closed
        next(lines)
        _until(lambda: scheduler.rows == 8)
    _until(lambda: scheduler.rows == 0)


def test_too_many_are_told_to_come_again(bundle: Path, serve: Callable[..., Any]) -> None:
    limits = Limits(rows=1, waiting=1)
    with serve(ServerSettings(bundles=(bundle,), limits=limits)) as small:
        long = {"bundle": "teller", "max_tokens": 4000, "length": 10_000}
        leave = threading.Event()

        def hold() -> None:
            with small.client.stream("POST", "/api/write", json=long) as answer:
                lines = answer.iter_lines()  # kept: a stream whose reader is gone is closed
                next(lines)
                leave.wait(30)

        held = [threading.Thread(target=hold) for _ in range(2)]
        for each in held:
            each.start()
        scheduler = small.service.library.open("teller").scheduler
        _until(lambda: scheduler.rows == 1 and scheduler.waiting == 1)
        answer = small.client.post("/api/write", json={**long, "stream": False, "max_tokens": 1, "length": None})
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) >= 1
        leave.set()
        for each in held:
            each.join()


def test_no_request_takes_longer_than_its_deadline(bundle: Path, serve: Callable[..., Any]) -> None:
    with serve(ServerSettings(bundles=(bundle,), limits=Limits(deadline_s=0.2))) as hasty:
        events = hasty.events("/api/write", {"bundle": "teller", "max_tokens": 4000, "length": 10_000})
        assert events[-3][1]["finish_reason"] == "aborted"
        assert told(events) == events[-3][1]["text"]
        assert [(name, data.get("code")) for name, data in events[-2:]] == [("error", "deadline"), ("done", None)]


def test_a_server_that_stops_says_so(bundle: Path, serve: Callable[..., Any]) -> None:
    with serve(ServerSettings(bundles=(bundle,))) as ending:
        long = {"bundle": "teller", "max_tokens": 4000, "length": 10_000}
        with ThreadPoolExecutor() as pool:
            coming = pool.submit(ending.events, "/api/write", long)
            _until(lambda: any(each.scheduler.rows for each in ending.service.library.opened()))
            ending.service.stopping.set()
            ending.service.library.close(0.0)
            assert [data["code"] for name, data in coming.result(30) if name == "error"] == ["shutting_down"]
        assert ending.client.get("/readyz").status_code == 503
        assert ending.client.post("/api/write", json=long).json()["error"]["code"] == "shutting_down"


def test_places_are_shared_by_clients_not_by_requests(bundle: Path, serve: Callable[..., Any]) -> None:
    with serve(ServerSettings(bundles=(bundle,), limits=Limits(rows=4))) as small:
        greedy = {"bundle": "teller", "max_tokens": 4000, "length": 10_000, "n": 8, "user": "greedy"}
        with small.client.stream("POST", "/api/write", json=greedy) as answer:
            lines = answer.iter_lines()  # kept: a stream whose reader is gone is closed
            next(lines)
            scheduler = small.service.library.open("teller").scheduler
            _until(lambda: scheduler.rows == 4)
            assert small.write(max_tokens=5, user="modest")["rows"][0]["tokens"]  # and did not wait for the greedy one


def _until(holds: Callable[[], bool]) -> None:
    """Waits for what happens in another thread; a test that waits in vain ends by its timeout."""
    while not holds():
        time.sleep(0.005)
