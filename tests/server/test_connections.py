"""Clients that begin a request and do not go on with it, and what is gone while a server runs."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from skaz.server.settings import Limits, ServerSettings
from tests.ports import free_port


def _answer(port: int, sent: bytes) -> bytes:
    """All that a server answers to these bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def test_a_body_that_stays_away_is_answered(bundle: Path, serve: Callable[..., Any]) -> None:
    head = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
    with serve(ServerSettings(bundles=(bundle,), limits=Limits(deadline_s=0.5))) as live:
        answer = _answer(int(live.url.rpartition(":")[2]), head)
    assert answer.startswith(b"HTTP/1.1 408")
    assert json.loads(answer.rpartition(b"\r\n")[2])["error"]["code"] == "body_unfinished"


def test_heads_that_are_not_ended_are_closed_and_stalled_clients_hold_up_no_end(
    started: Callable[..., subprocess.Popen[bytes]], bundle: Path
) -> None:
    port = free_port()
    process = started("serve", bundle, "--port", port, "--deadline", 1)
    assert process.stderr is not None
    assert f":{port}".encode() in process.stderr.readline()
    assert _answer(port, b"GET /v1/mo") == b""
    assert httpx2.get(f"http://127.0.0.1:{port}/v1/models", timeout=30).status_code == 200  # and it serves on
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert b"Traceback" not in said
    assert b"traceback" not in said


def test_a_bundle_that_is_gone_takes_no_other_with_it(bundle: Path, serve: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(bundle, tmp_path / name)
    with serve(ServerSettings(bundles=(tmp_path / "one", tmp_path / "two"))) as live:
        assert [each["id"] for each in live.client.get("/v1/models").json()["data"]] == ["one", "two"]
        (tmp_path / "one").rename(tmp_path / "away")
        assert [each["id"] for each in live.client.get("/v1/models").json()["data"]] == ["two"]
        told = {each["name"]: each.get("unusable") for each in live.client.get("/api/bundles").json()["bundles"]}
    assert told["two"] is None
    assert "one can't be read" in str(told["one"])


def test_a_head_is_that_of_the_answer_to_get(live: Any) -> None:
    for path in ("/healthz", "/v1/models", "/metrics"):
        answer = live.client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert live.client.head("/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "hint"),
    [
        ("POST", "/v1/chat/completions", 404, "/v1/completions"),
        ("POST", "/v1/embeddings", 404, "/openapi.json"),
        ("GET", "/v1/completions", 405, "/openapi.json"),
    ],
)
def test_an_address_of_another_kind_is_told_where_to_go(
    live: Any, method: str, path: str, status: int, hint: str
) -> None:
    answer = live.client.request(method, path)
    assert answer.status_code == status
    assert hint in answer.json()["error"]["message"]


def test_a_name_that_is_none_is_told_what_there_is(live: Any) -> None:
    answer = live.client.post("/api/write", json={"bundle": "gpt-4"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_bundle")
    assert "teller" in answer.json()["error"]["message"]


def test_a_locked_phrase_of_a_plan_stays_at_its_place(live: Any) -> None:
    def drawn(*keep: tuple[int, str]) -> Any:
        locked = [{"position": place, "text": text} for place, text in keep]
        return live.client.post("/api/plan", json={"bundle": "teller", "seed": 1, "count": 1, "keep": locked})

    plan = drawn((3, "fox")).json()["plan"]
    assert (len(plan), plan[3]) == (4, "fox")
    twice = drawn((0, "fox"), (0, "wolf"))
    assert twice.status_code == 422
    assert "one position" in twice.json()["error"]["message"]
