"""The pages as files: what a browser, and a monitor that only looks, is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from skaz.server import pages
from skaz.server.settings import ServerSettings


def test_who_only_looks_is_told_what_a_browser_is_told(
    live: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGES", tmp_path)
    (tmp_path / "index.html").write_text("<p>Здесь.</p>", encoding="utf-8")
    whole, looked_at = live.client.get("/"), live.client.head("/")
    assert (whole.status_code, whole.text) == (200, "<p>Здесь.</p>")
    assert (looked_at.status_code, looked_at.content) == (200, b"")
    assert looked_at.headers["content-length"] == str(len(whole.content))


def test_a_server_without_pages_says_what_it_has(serve: Callable[..., Any], bundle: Path) -> None:
    with serve(ServerSettings(bundles=(bundle,))) as server:
        whole, looked_at = server.client.get("/"), server.client.head("/")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    for named in ("/v1", "/openapi.json", "skaz studio"):
        assert named in whole.text
    assert (looked_at.status_code, looked_at.content) == (200, b"")


def test_pages_that_are_not_built_say_so(live: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGES", tmp_path)
    answer = live.client.get("/")
    assert (answer.status_code, "not built" in answer.text) == (503, True)


def test_scripts_are_scripts_whatever_the_system_calls_their_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows other programs have a say in what `mimetypes` tells."""
    monkeypatch.setattr("starlette.responses.guess_type", lambda *_: ("text/plain", None))
    (tmp_path / "assets").mkdir()
    for name in ("app.js", "app.css"):
        (tmp_path / "assets" / name).write_text("")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    monkeypatch.setattr(pages, "PAGES", tmp_path)
    with TestClient(_app_of(pages.mount)) as client:
        names = ("assets/app.js", "assets/app.css", "favicon.svg")
        told = {name: client.get(name).headers["content-type"] for name in names}
    assert told == {
        "assets/app.js": "text/javascript; charset=utf-8",
        "assets/app.css": "text/css; charset=utf-8",
        "favicon.svg": "image/svg+xml",
    }


def _app_of(mount: Callable[[FastAPI], None]) -> FastAPI:
    app = FastAPI()
    mount(app)
    return app
