"""What is computed in threads ends with the time, with the client, and with the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from skaz.server.settings import Limits, ServerSettings
from tests.ports import free_port

LONG = {"bundle": "turner", "text": ["ab" * 5000] * 8}
SHORT = {"bundle": "turner", "text": "abc"}


@pytest.fixture
def turner(transducer: Any, tmp_path: Path) -> Path:
    (tmp_path / "turner").symlink_to(transducer.bundle)
    return tmp_path


def test_no_computation_takes_longer_than_its_deadline(turner: Path, serve: Callable[..., Any]) -> None:
    with serve(ServerSettings(folder=turner, limits=Limits(deadline_s=0.5))) as hasty:
        for _ in range(3):
            answer = hasty.client.post("/api/transduce", json=LONG)
            assert (answer.status_code, answer.json()["error"]["code"]) == (504, "deadline")
        assert hasty.client.post("/api/transduce", json=SHORT).status_code == 200


def test_who_leaves_frees_the_thread(turner: Path, serve: Callable[..., Any]) -> None:
    with serve(ServerSettings(folder=turner)) as served:
        for _ in range(3 + (os.cpu_count() or 1)):
            with pytest.raises(httpx2.TimeoutException):
                served.client.post("/api/transduce", json=LONG, timeout=0.1)
        assert served.client.post("/api/transduce", json=SHORT, timeout=20).status_code == 200
        while served.service.computing.busy:
            time.sleep(0.01)


def test_a_server_that_stops_breaks_computations_off(turner: Path, serve: Callable[..., Any]) -> None:
    with serve(ServerSettings(folder=turner)) as ending:
        answers: list[httpx2.Response] = []
        asking = threading.Thread(target=lambda: answers.append(ending.client.post("/api/transduce", json=LONG)))
        asking.start()
        while not ending.service.computing.busy:
            time.sleep(0.01)
        ending.service.computing.stop()
        asking.join(20)
        assert (answers[0].status_code, answers[0].json()["error"]["code"]) == (503, "shutting_down")


def test_no_thread_keeps_a_process_that_is_told_to_stop(turner: Path, tmp_path: Path) -> None:
    """A thread that asks nobody whether it is still waited for."""
    port, program = free_port(), tmp_path / "program.py"
    program.write_text(
        "import time\n"
        "from pathlib import Path\n"
        "from skaz.server import reading_routes, running\n"
        "from skaz.server.settings import Limits, ServerSettings\n"
        "reading_routes._search = lambda *_: time.sleep(600)\n"
        f"settings = ServerSettings(folder=Path({str(turner)!r}), port={port}, limits=Limits(grace_s=0.5))\n"
        "running.serve(settings, lambda address: print(address, flush=True))\n",
        encoding="utf-8",
    )
    process = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        url = f"http://127.0.0.1:{port}/api/transduce"
        threading.Timer(0.5, process.send_signal, [signal.SIGTERM]).start()
        assert httpx2.post(url, json=SHORT, timeout=20).json()["error"]["code"] == "shutting_down"
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
