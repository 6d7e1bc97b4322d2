"""Trainings: one at a time, each in a process of its own, with a log of events that a client can come back to.

A job's folder holds `job.json` (what was asked, and how it stands) and `events.jsonl` (a line an event; its number is
the line's). The run itself, its checkpoint and all, is kept by `skaz train`'s own folder beside the bundle to be, so
a job goes on after a pause, and after the server was killed, as `skaz train --resume` does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from skaz.engine.bundle import is_bundle
from skaz.files import write_text
from skaz.processes import command_of, environment
from skaz.server.errors import ApiError
from skaz.server.training_choices import STAGES
from skaz.tasks.run_folder import run_folder

log = logging.getLogger("skaz.server")

State = Literal["waiting", "running", "paused", "stopped", "finished", "failed"]
ACTIVE: tuple[State, ...] = ("waiting", "running")
_ID = re.compile(r"[0-9a-f]{16}\Z")
_JOB, _EVENTS = "job.json", "events.jsonl"
_LEAVE_S = 20.0  # for a run to save in, when the server stops
_LONGEST_LINE = 1_000_000
WORKER = command_of("skaz.server.worker")


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


class Job:
    """A job and its events."""

    def __init__(self, name: str, folder: Path, standing: Standing, events: list[tuple[str, Any]]) -> None:
        self.name, self.folder, self.standing, self.events = name, folder, standing, events
        self.news = asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None
        self.wanted: State | None = None
        """What was asked of a running process: paused, or stopped."""

    def tell(self, name: str, data: dict[str, Any]) -> None:
        """Adds an event, on disk too, and wakes who watches."""
        line = json.dumps({"event": name, "data": data}, ensure_ascii=False)
        with (self.folder / _EVENTS).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self.events.append((name, data))
        self.news.set()
        self.news = asyncio.Event()

    def become(self, state: State, message: str | None = None) -> None:
        """Changes the state, on disk too, and tells it."""
        self.standing.state, self.standing.message = state, message
        self.save()
        self.tell("state", {"state": state, "message": message})

    def begin(self) -> None:
        """It runs now, and nothing else is asked of it yet."""
        self.wanted = None
        self.become("running")

    def save(self) -> None:
        """Writes how it stands."""
        write_text(self.folder / _JOB, msgspec.json.encode(self.standing).decode() + "\n")

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
        }


class Jobs:
    """The jobs of a server; for its event loop's thread."""

    def __init__(
        self,
        bundles: Path,
        folder: Path,
        served: frozenset[str] = frozenset(),
        tidy: Callable[[str], str] = lambda sentence: sentence,
    ) -> None:
        """`served`: names of bundles that lie elsewhere; `tidy` makes of a sentence one that may go to a client."""
        self._bundles, self._folder, self._served, self._tidy = bundles, folder, served, tidy
        self._jobs: dict[str, Job] = {}
        self._running: asyncio.Task[None] | None = None
        self._closing = False
        for path in sorted(folder.glob(f"*/{_JOB}")) if folder.is_dir() else []:
            job = _read(path.parent)
            if job is not None:
                self._jobs[job.name] = job

    def all(self) -> list[Job]:
        """All jobs, the last begun first."""
        return sorted(self._jobs.values(), key=lambda job: job.standing.started, reverse=True)

    def get(self, name: str) -> Job:
        """A job; ApiError 404 where there is none."""
        if name not in self._jobs:
            raise ApiError(404, "no_job", "There is no such training.")
        return self._jobs[name]

    def create(self, asked: Asked) -> Job:
        """Puts a training in line. ApiError 409 where its name is taken."""
        self._check_free(asked.name)
        name = secrets.token_hex(8)
        standing = Standing(asked, "waiting", datetime.now(UTC).isoformat(timespec="milliseconds"))
        (self._folder / name).mkdir(parents=True)
        job = self._jobs[name] = Job(name, self._folder / name, standing, [])
        job.become("waiting")
        self._start_next()
        return job

    def resume(self, name: str) -> Job:
        """Puts a paused, stopped or failed job in line again. ApiError 409 where it is neither."""
        job = self.get(name)
        if job.standing.state not in ("paused", "stopped", "failed"):
            raise ApiError(409, "wrong_state", f"The training is {job.standing.state}; only a halted one can go on.")
        if any(_took_name(other, job) for other in self._jobs.values()):
            raise ApiError(409, "name_taken", f"A later training is named {job.standing.asked.name}; begin a new one.")
        job.become("waiting")
        self._start_next()
        return job

    def halt(self, name: str, wanted: Literal["paused", "stopped"]) -> Job:
        """Has a job save and end; what it has learnt is a bundle. ApiError 409 where it is over."""
        job = self.get(name)
        if job.standing.state == "running":
            job.wanted = wanted
            _send_stop(job)
        elif job.standing.state in ("waiting", "paused"):
            job.become(wanted)
        else:
            raise ApiError(409, "wrong_state", f"The training is {job.standing.state} already.")
        return job

    async def watch(self, job: Job, after: int, ending: asyncio.Event) -> AsyncIterator[tuple[int, str, Any]]:
        """The events after a number, those to come too, until the job is over or `ending` is set."""
        number = after
        over = asyncio.ensure_future(ending.wait())
        try:
            while True:
                news = job.news
                while number < len(job.events):
                    number += 1
                    name, data = job.events[number - 1]
                    yield number, name, data
                if job.standing.state not in ACTIVE or ending.is_set():
                    return
                waiting = asyncio.ensure_future(news.wait())
                await asyncio.wait({waiting, over}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
        finally:
            over.cancel()

    async def close(self) -> None:
        """The server stops: the job that runs saves and is paused."""
        self._closing = True
        for job in self._jobs.values():
            if job.standing.state == "running":
                job.wanted = "paused"
                _send_stop(job)
        if self._running is not None:
            try:
                await asyncio.wait_for(asyncio.shield(self._running), _LEAVE_S)
            except TimeoutError:
                for job in self._jobs.values():
                    if job.process is not None:
                        job.process.kill()
                await self._running

    def bundle(self, job: Job) -> Path:
        """Where a job's bundle lies; ApiError 409 where it has made none."""
        path = self._bundles / (job.standing.bundle or job.standing.asked.name)
        if job.standing.bundle is None or not is_bundle(path):
            raise ApiError(409, "no_bundle", "The training has made no bundle yet, or it was taken away.")
        return path

    def _check_free(self, name: str) -> None:
        names = {job.standing.asked.name for job in self._jobs.values() if job.standing.state != "failed"}
        if name in names or name in self._served or (self._bundles / name).exists():
            raise ApiError(409, "name_taken", f"There is something named {name} already; choose another name.")
        if run_folder(self._bundles / name).exists():  # of a job that failed, or of skaz train: nothing of it is lost
            raise ApiError(
                409,
                "name_taken",
                f"A training named {name} did not come to its end; go on with it, or choose another name.",
            )

    def _start_next(self) -> None:
        if self._closing or (self._running is not None and not self._running.done()):
            return
        waiting = [job for job in reversed(self.all()) if job.standing.state == "waiting"]
        if waiting:
            self._running = asyncio.get_running_loop().create_task(self._run(waiting[0]))
            self._running.add_done_callback(lambda _: self._start_next())

    async def _run(self, job: Job) -> None:
        asked, out = job.standing.asked, self._bundles / job.standing.asked.name
        has_begun = any(name == "begun" for name, _ in job.events)
        if has_begun and is_bundle(out) and not run_folder(out).exists():  # it ended before it could say that it had
            self._hear(job, {"event": "finished", "data": {"bundle": out.name, "reason": "budget"}})
            return
        order = {
            "paths": asked.paths,
            "out": str(out),
            "size": asked.size,
            "settings": {
                "task": asked.task,
                "training.minutes": asked.minutes,
                "training.stages": STAGES,
                **asked.settings,
            },
            "resume": run_folder(out).exists(),
            "texts": str(self._folder.parent),
            "names": asked.names,
        }
        job.begin()
        try:
            job.process = process = await asyncio.create_subprocess_exec(
                *WORKER,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment(),
                limit=_LONGEST_LINE,
            )
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(order).encode() + b"\n")
            if job.wanted is not None:  # while the process was on its way
                _send_stop(job)
            async for line in process.stdout:
                self._hear(job, json.loads(line))
            code = await process.wait()
        except Exception as error:
            log.exception("training failed", extra={"error": type(error).__name__})
            code = -1
            if job.process is not None and job.process.returncode is None:
                job.process.kill()
        finally:
            job.process = None
        if job.standing.state == "running":  # it went without a word
            if job.wanted == "paused":
                job.become("paused")
            else:
                job.become("failed", f"The training's process ended (code {code}); it can go on from its last save.")
                job.tell("failed", {"message": job.standing.message})

    def _hear(self, job: Job, line: dict[str, Any]) -> None:
        name, data = line["event"], line["data"]
        if name == "finished" and data["reason"] == "stopped" and job.wanted == "paused":
            job.standing.bundle = data["bundle"]
            job.become("paused")
            return
        for told in data.keys() & {"text", "message"} if name in ("said", "failed") else ():
            for path, called in job.standing.asked.names.items():
                data[told] = data[told].replace(path, called).replace(Path(path).name, called)
            data[told] = self._tidy(data[told])
        if "seconds" in data:
            job.standing.seconds = data["seconds"]
            job.standing.left_s = data.get("left_s", job.standing.left_s)
        job.tell(name, data)
        if name == "failed":
            job.become("failed", data["message"])
        elif name == "finished":
            job.standing.bundle = data["bundle"]
            if data["reason"] == "stopped":
                job.become("stopped")
            else:
                job.standing.left_s = 0.0
                job.become("finished")


def _took_name(other: Job, job: Job) -> bool:
    """Whether another job was begun later under the same name: what lies there is its run."""
    return other.standing.asked.name == job.standing.asked.name and other.standing.started > job.standing.started


def _send_stop(job: Job) -> None:
    process = job.process
    if process is not None and process.stdin is not None and not process.stdin.is_closing():
        process.stdin.write(b"stop\n")
        process.stdin.close()


def _read(folder: Path) -> Job | None:
    """A job from its folder; one that ran when the server was killed is paused. None where its file is damaged."""
    try:
        standing = msgspec.json.decode((folder / _JOB).read_bytes(), type=Standing)
        lines = (folder / _EVENTS).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError, msgspec.DecodeError):
        return None
    if not _ID.match(folder.name):
        return None
    events = []
    for line in lines:
        try:
            each = json.loads(line)
            events.append((each["event"], dict(each["data"])))
        except (ValueError, KeyError, TypeError):
            continue  # the last line of a server that was killed
    job = Job(folder.name, folder, standing, events)
    if standing.state in ACTIVE:
        for _, data in events:  # they told it more often than the standing was saved
            standing.seconds, standing.left_s = (
                data.get("seconds", standing.seconds),
                data.get("left_s", standing.left_s),
            )
        job.become("paused", "The server was ended; the training can go on from its last save.")
    return job
