"""Experiments of the lab as a server runs them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from skaz.lab.experiments import Report
from skaz.server import lab_routes
from skaz.server.settings import ServerSettings


class Slow:
    """An experiment whose first frame takes until it is let go."""

    begun = 0
    go_on = threading.Event()

    def __init__(self, name: str) -> None:
        self.name = name

    def reports(self, values: Mapping[str, Any]) -> Iterator[Report]:
        Slow.begun += 1
        Slow.go_on.wait(60)
        yield Report(self.name, 1.0, {}, {}, None, ())


def test_no_more_than_two_run_at_once_and_who_has_left_begins_none(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Any], tmp_path: Path
) -> None:
    import torch  # noqa: F401  a thread loads it before it begins, which takes seconds

    monkeypatch.setattr(lab_routes, "Experiment", Slow)
    with serve(ServerSettings(folder=tmp_path, pages=True)) as served:
        try:
            for _ in range(5):
                with pytest.raises(httpx2.TimeoutException):
                    served.client.post("/api/lab/context", json={}, timeout=0.3)
            assert served.client.get("/healthz").status_code == 200  # by then it has noticed that the last one left
            assert Slow.begun == 2
        finally:
            Slow.go_on.set()
        told = served.events("/api/lab/context", {})
        assert [name for name, _ in told] == ["frame", "done"]
        assert Slow.begun == 3


def test_wrong_values_are_an_answer_and_no_event(live: Any) -> None:
    answer = live.client.post("/api/lab/boundary", json={"hidden_layers": [99]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "setting_unusable")
