"""Who is answered, and how much may be sent."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skaz.errors import RequestError
from skaz.server.security import POLICY
from skaz.server.settings import Limits, ServerSettings

KEY = "a key of some length"


def test_other_machines_need_a_key() -> None:
    with pytest.raises(RequestError, match="--api-key"):
        ServerSettings(host="0.0.0.0")
    assert ServerSettings(host="0.0.0.0", api_key=KEY).host == "0.0.0.0"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "evil.example"}, "wrong_host"),
        ({"Origin": "https://evil.example"}, "wrong_origin"),
        ({"Origin": "null"}, "wrong_origin"),
        ({"Origin": "http://["}, "wrong_origin"),
    ],
)
def test_pages_of_other_sites_get_no_answer(live: Any, headers: dict[str, str], code: str) -> None:
    answer = live.client.get("/api/bundles", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, code)
    assert "access-control-allow-origin" not in answer.headers


def test_every_answer_has_the_policy(live: Any) -> None:
    for path in ("/healthz", "/api/bundles", "/nowhere"):
        assert live.client.get(path).headers["content-security-policy"] == POLICY


def test_every_route_but_health_asks_for_the_key(bundle: Path, serve: Callable[..., Any]) -> None:
    with serve(ServerSettings(bundles=(bundle,), api_key=KEY)) as locked:
        assert locked.client.get("/v1/models").status_code == 200
        schema = locked.client.get("/openapi.json").json()
        for path in (*schema["paths"], "/openapi.json", "/nowhere"):
            for given in ("", "Bearer wrong", f"Basic {KEY}"):
                status = locked.client.get(path, headers={"Authorization": given}).status_code
                assert (status == 401) == (path not in ("/healthz", "/readyz")), (path, status)


def test_bodies_are_bounded(bundle: Path, serve: Callable[..., Any]) -> None:
    with serve(ServerSettings(bundles=(bundle,), limits=Limits(body_bytes=1000))) as small:
        told = small.client.post("/api/write", content=b"x" * 2000)
        in_parts = small.client.post("/api/write", content=(b"x" * 100 for _ in range(20)))
        for answer in (told, in_parts):
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_without_a_folder_nothing_is_kept(bundle: Path, serve: Callable[..., Any]) -> None:
    with serve(ServerSettings(bundles=(bundle,))) as bare:
        for path in ("/api/documents", "/api/jobs"):
            assert bare.client.get(path).json()["error"]["code"] == "no_folder"
        assert bare.client.get("/").headers["content-type"].startswith("text/plain")  # no pages


def test_no_answer_tells_where_bundles_lie(bundle: Path, serve: Callable[..., Any], tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "torn")
    (tmp_path / "torn" / "tokenizer.json").unlink()
    with serve(ServerSettings(folder=tmp_path)) as server:
        listed = server.client.get("/api/bundles").json()["bundles"][0]
        written = server.client.post("/api/write", json={"bundle": "torn"}).json()["error"]
        for sentence in (listed["unusable"], written["message"]):
            assert "torn can't be used: tokenizer.json is missing" in sentence
            assert str(tmp_path) not in sentence
