"""A server in a thread of its own, on a port of its own, with a small bundle."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from skaz.server.app import create_app
from skaz.server.settings import ServerSettings


@dataclass
class Live:
    """A server that runs: its address, a client for it, its application."""

    url: str
    client: httpx2.Client
    service: Any

    def events(self, path: str, body: dict[str, Any]) -> list[tuple[str, Any]]:
        """The events that a route streams."""
        with self.client.stream("POST", path, json=body) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in answer.headers
            return list(read_events(answer))

    def write(self, **body: Any) -> dict[str, Any]:
        """A story in one piece."""
        answer = self.client.post("/api/write", json={"bundle": "teller", "stream": False, **body})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def read_events(answer: httpx2.Response) -> Iterator[tuple[str, Any]]:
    """The events of an answer as they come."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@contextmanager
def running(settings: ServerSettings) -> Iterator[Live]:
    """Serves until the block ends."""
    app = create_app(settings)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    key = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    try:
        with httpx2.Client(base_url=url, timeout=60, headers=key) as client:
            yield Live(url, client, app.state.service)
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def serve() -> Callable[[ServerSettings], Any]:
    """`with serve(settings) as live:`"""
    return running


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, bundle: Path, transducer: Any) -> Iterator[Live]:
    """A studio's server on a folder with the small bundles."""
    folder = tmp_path_factory.mktemp("studio")
    shutil.copytree(bundle, folder / "teller")
    shutil.copytree(transducer.bundle, folder / "turner")
    with running(ServerSettings(folder=folder, pages=True)) as served:
        yield served
