"""/api/lab: the experiments of the course, as frames of data, words and pictures."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from skaz.errors import SkazError
from skaz.lab.experiments import NAMES, Experiment, Report, catalogue
from skaz.server.errors import documented
from skaz.server.service import Service, TheService
from skaz.server.sse import event, stream

router = APIRouter(prefix="/api/lab", tags=["lab"])

_FRAME_S = 1 / 15  # a page shows no more

Name = Literal[NAMES]  # type: ignore[valid-type]
Value = str | int | float | bool | None
Values = Annotated[dict[str, Value | list[Value | list[Value]]], Field(max_length=50)]


@router.get("", responses=documented(501))
async def experiments() -> dict[str, Any]:
    """The experiments, with their parameters."""
    return {"experiments": await run_in_threadpool(catalogue)}  # loads PyTorch the first time


@router.post("/{name}", responses={200: {"content": {"text/event-stream": {}}}, **documented(501)})
async def run(name: Name, service: TheService, values: Values | None = None) -> Response:
    """Runs an experiment. A stream of events: a `frame` each time more is known, at last `done`."""
    reports = await run_in_threadpool(Experiment(name).reports, values or {})  # raises what is wrong with the values
    return stream(_frames(reports, service))


def _next(reports: Iterator[Report]) -> Report | None:
    """The next report, None behind the last; computed by the calling thread alone."""
    import torch

    # networks so small gain nothing from a second thread, and beside other programs they wait for it
    torch.set_num_threads(1)
    return next(reports, None)


async def _frames(reports: Iterator[Report], service: Service) -> AsyncIterator[bytes]:
    """The frames, as many as a page shows, the last among them. Whoever leaves ends the experiment, or waits no more;
    a place is free when its thread is done with the frame that it computes."""
    told = 0.0
    async with service.experiments:
        while not service.stopping.is_set():
            try:
                report = await run_in_threadpool(_next, reports)
            except SkazError as error:
                yield event("error", {"message": str(error), "code": "experiment_failed"})
                return
            if report is None:
                break
            if report.done >= 1 or time.monotonic() - told >= _FRAME_S:
                told = time.monotonic()
                yield event("frame", report.as_object())
    yield event("done", {})
