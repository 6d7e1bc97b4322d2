"""What all routes share: the bundles, the kept states, and whether the server is about to stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from skaz.decoding.batch import Turn
from skaz.server.computing import Computing
from skaz.server.disconnect import unless_gone
from skaz.server.documents import Documents
from skaz.server.errors import ApiError
from skaz.server.inside_shelf import Shelf
from skaz.server.jobs import Jobs
from skaz.server.kept import KeptStates
from skaz.server.library import Library, Opened
from skaz.server.metrics import Metrics
from skaz.server.scheduler import Aborted, BusyError, Ticket
from skaz.server.settings import ServerSettings
from skaz.server.uploads import Uploads

Result = TypeVar("Result")

_EXPERIMENTS = 2  # of the lab, at once
_MARGIN_S = 5.0  # beyond a request's deadline, which the scheduler holds: should its thread ever be gone


class Service:
    """One server's state. Its methods are for the event loop's thread."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.library = Library(settings)
        self.kept = KeptStates(settings.limits.kept_bytes)
        self.inside = Shelf(self.library.path, settings.state_folder)
        self.metrics = Metrics(self.library, self.kept)
        state = settings.state_folder
        self.jobs: Jobs | None = None
        self.uploads: Uploads | None = None
        if settings.folder is not None and state is not None:
            served = frozenset(path.resolve().name for path in settings.bundles)
            self.jobs = Jobs(settings.folder, state / "jobs", served, settings.without_folders)
            self.uploads = Uploads(state / "uploads")
            self.uploads.tidy(self.jobs.may_read)
        self.documents = Documents(state / "documents") if state is not None else None
        self.stopping = asyncio.Event()
        self.experiments = asyncio.Semaphore(_EXPERIMENTS)
        self.computing = Computing(settings.limits.deadline_s)

    async def close(self) -> None:
        """The server ends: stories and computations are broken off, a training saves and rests."""
        self.stop(0.0)
        self.computing.close()
        if self.jobs is not None:
            await self.jobs.close()

    def stop(self, grace_s: float) -> None:
        """The server is about to end: what is under way may go on for so many seconds."""
        self.stopping.set()
        self.library.close(grace_s)
        asyncio.get_running_loop().call_later(grace_s, self.computing.stop)

    async def open(self, name: str) -> Opened:
        """The bundle, ready. Raises what `Library.open` does."""
        return await run_in_threadpool(self.library.open, name)

    async def open_teller(self, name: str) -> Opened:
        """The same, and it writes stories; ApiError 400 where it does not."""
        opened = await self.open(name)
        if opened.storyteller is None:
            raise ApiError(
                400,
                "wrong_task",
                "This bundle was trained on pairs and writes no stories; ask /api/translate or /api/transduce.",
            )
        return opened

    async def compute(self, request: Request, work: Callable[..., Result], *arguments: Any) -> Result:
        """Runs what takes a while in a thread, until the client leaves. Raises what `Computing.run` does."""
        return await unless_gone(request, self.computing.run(work, *arguments))

    def submit(self, opened: Opened, ticket: Ticket) -> None:
        """Puts a request's stories in line; ApiError 429 where too many wait, 503 where the server stops."""
        if self.stopping.is_set():
            raise ApiError(503, "shutting_down", "The server is stopping; ask again in a moment.", retry_after_s=5)
        assert opened.scheduler is not None
        try:
            opened.scheduler.submit(ticket)
        except BusyError as busy:
            self.metrics.refused.inc()
            raise ApiError(
                429, "too_many_requests", "Too many stories wait already; ask again in a moment.", busy.retry_after_s
            ) from None

    async def turns(self, opened: Opened, ticket: Ticket) -> AsyncIterator[list[tuple[int, Turn[Any] | Aborted]]]:
        """What comes of a request's stories, as it comes; whoever stops listening frees their places."""
        assert opened.scheduler is not None
        begun, live, told = time.monotonic(), set(range(len(ticket.jobs))), False
        clock = asyncio.get_running_loop()
        late = clock.call_later(ticket.deadline_s - begun + _MARGIN_S, ticket.abort, "deadline")
        try:
            while live:
                await ticket.news.wait()
                ticket.news.clear()
                news, ticket.pending = [each for each in ticket.pending if each[0] in live], []
                if not told and news:
                    self.metrics.first_token_s.observe(time.monotonic() - begun)
                    told = True
                live.difference_update(
                    row for row, what in news if isinstance(what, Aborted) or what.reason is not None
                )
                yield news
        finally:
            late.cancel()
            if live:
                opened.scheduler.cancel(ticket)

    def deadline_s(self) -> float:
        """When a request that begins now must have come to its end, by `time.monotonic`."""
        return time.monotonic() + self.settings.limits.deadline_s


def service_of(request: Request) -> Service:
    """The server's own state, for a route."""
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]


def client_of(request: Request, user: str | None) -> tuple[str, str]:
    """Who shares places with whom: an address, and on it whom the request names."""
    return (request.client.host if request.client is not None else "", user or "")
