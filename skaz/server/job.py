"""A training as the server keeps it: how it stands, and its events.

A job's folder holds `job.json` (what was asked, and how it stands) and `events.jsonl` (a line an event; its number is
the line's).
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from skaz.errors import ResourceError
from skaz.files import write_text

log = logging.getLogger("skaz.server")

State = Literal["waiting", "running", "paused", "stopped", "finished", "failed"]
ACTIVE: tuple[State, ...] = ("waiting", "running")
RESTING: tuple[State, ...] = ("paused", "stopped", "failed")
_ID = re.compile(r"[0-9a-f]{16}\Z")
JOB, _EVENTS = "job.json", "events.jsonl"


class Asked(msgspec.Struct, frozen=True):
    """What to train."""

    name: str
    paths: list[str]
    task: str
    size: str | None
    minutes: float
    settings: dict[str, Any]
    names: dict[str, str] = {}
    """Of uploaded files: what they were called, by their paths here."""


class Standing(msgspec.Struct):
    """How a job stands, as its file has it."""

    asked: Asked
    state: State
    started: str
    seconds: float = 0.0
    left_s: float | None = None
    bundle: str | None = None
    message: str | None = None
    code: str | None = None
    """Of a failure: its short name, as the routes have it."""
    about: dict[str, Any] | None = None


class Job:
    """A job and its events. Where its files can't be written it goes on: how it stands is known here, and what could
    not be told to the disk is told with what comes next."""

    def __init__(
        self, name: str, folder: Path, standing: Standing, events: list[tuple[str, Any]], written_bytes: int = 0
    ) -> None:
        """`written_bytes`: of the events' file, all whole lines."""
        self.name, self.folder, self.standing, self.events = name, folder, standing, events
        self.news = asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None
        self.wanted: State | None = None
        """What was asked of a running process: paused, or stopped."""
        self._written_bytes, self._unwritten = written_bytes, b""

    def tell(self, name: str, data: dict[str, Any]) -> None:
        """Adds an event, on disk too, and wakes who watches."""
        line = json.dumps({"event": name, "data": data}, ensure_ascii=False)
        self._unwritten += line.encode() + b"\n"
        with _if_possible(), (self.folder / _EVENTS).open("ab") as file:
            file.truncate(self._written_bytes)  # of a line that was cut off nothing stays
            file.write(self._unwritten)
            file.flush()
            self._written_bytes += len(self._unwritten)
            self._unwritten = b""
        self.events.append((name, data))
        self.news.set()
        self.news = asyncio.Event()

    def become(self, state: State, message: str | None = None, *, code: str | None = None, about: Any = None) -> None:
        """Changes the state, on disk too, and tells it. Of a failure: `code` and what it is `about`, for programs."""
        self.standing.state, self.standing.message = state, message
        self.standing.code, self.standing.about = code, about
        with _if_possible():
            self.save()
        self.tell("state", {"state": state, "message": message})

    def begin(self) -> None:
        """It runs now, and nothing else is asked of it yet."""
        self.wanted = None
        self.become("running")

    def save(self) -> None:
        """Writes how it stands. Raises ResourceError where there is no room."""
        write_text(self.folder / JOB, msgspec.json.encode(self.standing).decode() + "\n")

    def has_told(self, name: str) -> bool:
        """Whether there was such an event."""
        return any(each == name for each, _ in self.events)

    @property
    def can_go_on(self) -> bool:
        """Whether it rests and going on may lead further: of texts that can't be learnt from it never does."""
        is_hopeless = self.standing.code == "texts_unusable" and not self.has_told("begun")
        return self.standing.state in RESTING and not is_hopeless

    def as_json(self) -> dict[str, Any]:
        """For the routes."""
        standing, asked = self.standing, self.standing.asked
        return {
            "job": self.name,
            "name": asked.name,
            "state": standing.state,
            "minutes": asked.minutes,
            "seconds": standing.seconds,
            "left_s": standing.left_s,
            "size": asked.size,
            "task": asked.task,
            "started": standing.started,
            "bundle": standing.bundle,
            "message": standing.message,
            "code": standing.code,
            "about": standing.about,
            "can_go_on": self.can_go_on,
            "wanted": self.wanted if standing.state in ACTIVE else None,
        }


def read_job(folder: Path) -> Job | None:
    """A job from its folder; one that ran when the server was killed is paused. None where its file is damaged."""
    try:
        standing = msgspec.json.decode((folder / JOB).read_bytes(), type=Standing)
        events_file = folder / _EVENTS
        told = events_file.read_bytes() if events_file.exists() else b""
    except (OSError, msgspec.DecodeError):
        return None
    if not _ID.match(folder.name):
        return None
    whole = told[: told.rfind(b"\n") + 1]  # the last line of a server that was killed may have been cut off
    events = []
    for line in whole.splitlines():
        try:
            each = json.loads(line)
            events.append((each["event"], dict(each["data"])))
        except (ValueError, KeyError, TypeError):
            continue
    job = Job(folder.name, folder, standing, events, len(whole))
    if standing.state in ACTIVE:
        for _, data in events:  # they told it more often than the standing was saved
            standing.seconds, standing.left_s = (
                data.get("seconds", standing.seconds),
                data.get("left_s", standing.left_s),
            )
        job.become("paused", "The server was ended; the training can go on from its last save.")
    return job


@contextmanager
def _if_possible() -> Iterator[None]:
    """Writes where that can be done; the log says where it can't."""
    try:
        yield
    except (OSError, ResourceError) as error:
        log.warning("a training's files can't be written", extra={"error": str(error)})
