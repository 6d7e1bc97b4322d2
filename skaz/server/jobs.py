"""Trainings: one at a time, each in a process of its own, with a log of events that a client can come back to.

The run itself, its checkpoint and all, is kept by `skaz train`'s own folder beside the bundle to be, so a job goes on
after a pause, and after the server was killed, as `skaz train --resume` does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from skaz.engine.bundle import is_bundle
from skaz.processes import behind_others, command_of, environment
from skaz.server.errors import ApiError
from skaz.server.job import ACTIVE, JOB, RESTING, Asked, Job, Standing, read_job
from skaz.server.training_choices import STAGES
from skaz.server.uploads import with_names
from skaz.tasks.run_folder import run_folder

log = logging.getLogger("skaz.server")

_FAULTS = "faults.txt"  # in a job's folder: what its process told of a fault
_LEAVE_S = 20.0  # for a run to save in, when the server stops
_LONGEST_LINE = 1_000_000
WORKER = command_of("skaz.server.worker")


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
        self._closing = self._has_unread = False
        for path in sorted(folder.glob(f"*/{JOB}")) if folder.is_dir() else []:
            job = read_job(path.parent)
            if job is None:
                self._has_unread = True
            else:
                self._jobs[job.name] = job

    def all(self) -> list[Job]:
        """All jobs, the last begun first."""
        return sorted(self._jobs.values(), key=lambda job: job.standing.started, reverse=True)

    def get(self, name: str) -> Job:
        """A job; ApiError 404 where there is none."""
        if name not in self._jobs:
            raise ApiError(404, "no_job", "There is no such training.")
        return self._jobs[name]

    def may_read(self, upload: str) -> bool:
        """Whether a job learns from the files of an upload, or could go on to: one that can't be read is thought to."""
        jobs = self._jobs.values()
        return self._has_unread or any(
            Path(path).parent.name == upload for job in jobs for path in job.standing.asked.paths
        )

    def create(self, asked: Asked) -> Job:
        """Puts a training in line. ApiError 409 where its name is taken, ResourceError where it can't be kept."""
        self._check_free(asked.name)
        name = secrets.token_hex(8)
        standing = Standing(asked, "waiting", datetime.now(UTC).isoformat(timespec="milliseconds"))
        job = Job(name, self._folder / name, standing, [])
        job.save()
        self._jobs[name] = job
        job.become("waiting")
        self._start_next()
        return job

    def resume(self, name: str) -> Job:
        """Puts a paused, stopped or failed job in line again. ApiError 409 where it is neither."""
        job = self.get(name)
        if job.standing.state not in RESTING:
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
        if job.has_told("begun") and is_bundle(out) and not run_folder(out).exists():
            # it ended before it could say that it had
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
            with (job.folder / _FAULTS).open("wb") as faults:
                job.process = process = await asyncio.create_subprocess_exec(
                    *WORKER,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=faults,
                    env=environment(),
                    **behind_others(),
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
                log.error("training ended without a word", extra={"code": code})
                job.become("failed", _last_words(job, code))
                job.tell("failed", {"message": job.standing.message})

    def _hear(self, job: Job, line: dict[str, Any]) -> None:
        name, data = line["event"], line["data"]
        if name == "finished" and data["reason"] == "stopped" and job.wanted == "paused":
            job.standing.bundle = data["bundle"]
            job.become("paused")
            return
        for told in data.keys() & {"text", "message"} if name in ("said", "failed") else ():
            data[told] = self._tidy(with_names(data[told], job.standing.asked.names))
        if "seconds" in data:
            job.standing.seconds = data["seconds"]
            job.standing.left_s = data.get("left_s", job.standing.left_s)
        job.tell(name, data)
        if name == "failed":
            job.become("failed", data["message"], code=data.get("code"), about=data.get("about"))
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


def _last_words(job: Job, code: int) -> str:
    """Of a process that ended without a word: what can be done, and where its fault stands."""
    after = (
        "it can go on from its last save" if job.has_told("saved") else "nothing was saved, so going on begins it anew"
    )
    faults = job.folder / _FAULTS
    where = "/".join(faults.parts[-4:])  # from the server's own folder on
    told = f" What it told of its fault stands in {where}." if faults.is_file() and faults.stat().st_size else ""
    return f"The training's process ended (code {code}); {after}.{told}"


def _send_stop(job: Job) -> None:
    process = job.process
    if process is not None and process.stdin is not None and not process.stdin.is_closing():
        process.stdin.write(b"stop\n")
        process.stdin.close()
