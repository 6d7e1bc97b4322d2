"""The server as a process that is told to stop, as a service manager does it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from skaz.server.settings import Limits
from tests.ports import free_port
from tests.server.conftest import read_events


def test_a_file_is_no_folder_to_keep_things_in(
    started: Callable[..., subprocess.Popen[bytes]], bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    process = started("serve", bundle, "--port", free_port(), "--folder", tmp_path / "file")
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert b"--folder" in said
    assert b"Traceback" not in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_lets_a_story_come_to_its_end(
    started: Callable[..., subprocess.Popen[bytes]], bundle: Path, number: signal.Signals
) -> None:
    port = free_port()
    process = started("serve", bundle, "--port", port)
    assert process.stderr is not None
    assert f":{port}".encode() in process.stderr.readline()  # it takes requests now
    long = {"bundle": "teller", "seed": 1, "length": 10_000, "max_tokens": Limits().most_tokens}
    with httpx2.stream("POST", f"http://127.0.0.1:{port}/api/write", json=long, timeout=60) as answer:
        events = read_events(answer)
        assert [next(events)[0], next(events)[0]] == ["start", "token"]
        process.send_signal(number)
        rest = list(events)
    assert [name for name, _ in rest[-2:]] == ["end", "done"]
    assert rest[-2][1]["finish_reason"] == "length"
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert all(json.loads(line)["level"] == "info" for line in said.splitlines()), said


@pytest.mark.parametrize(("more", "lines"), [((), 0), (("--log",), 1)])
def test_the_studio_writes_no_log_into_the_terminal_unless_asked(
    started: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, more: tuple[str, ...], lines: int
) -> None:
    port = free_port()
    process = started("studio", tmp_path, "--no-browser", "--port", port, *more)
    assert process.stdout is not None
    assert f":{port}".encode() in process.stdout.readline()
    assert httpx2.get(f"http://127.0.0.1:{port}/api/bundles", timeout=60).status_code == 200
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert len(said.splitlines()) == lines, said
