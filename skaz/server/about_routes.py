"""/healthz, /readyz, /metrics; /api/bundles, /api/settings: what there is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool

from skaz.errors import SkazError
from skaz.server.errors import ApiError, documented
from skaz.server.sampling_help import settings_help
from skaz.server.service import Service, TheService

router = APIRouter()


@router.get("/healthz", tags=["about"])
async def health() -> dict[str, str]:
    """Whether the server runs. Needs no key."""
    return {"status": "ok"}


@router.get("/readyz", tags=["about"], responses=documented(503))
async def ready(service: TheService) -> dict[str, str]:
    """Whether the server takes requests; not while it stops. Needs no key."""
    if service.stopping.is_set():
        raise ApiError(503, "shutting_down", "The server is stopping.")
    return {"status": "ready"}


@router.get("/metrics", tags=["about"], response_class=PlainTextResponse, responses=documented())
def metrics(service: TheService) -> PlainTextResponse:  # in a thread: it waits while a bundle is opened
    """Measures for Prometheus."""
    return PlainTextResponse(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/api/bundles", tags=["about"], responses=documented())
async def bundles(service: TheService) -> dict[str, Any]:
    """The bundles that are there; one that can't be used says why in `unusable`."""
    return {"bundles": await run_in_threadpool(_described, service)}


@router.get("/api/settings", tags=["about"], responses=documented())
async def settings() -> dict[str, Any]:
    """How tokens may be drawn, a sentence each."""
    return {"settings": settings_help()}


def _described(service: Service) -> list[dict[str, Any]]:
    found = []
    for name, path in service.library.paths().items():
        try:
            found.append(service.library.describe(name, path))
        except SkazError as error:
            found.append({"name": name, "unusable": service.settings.without_folders(str(error))})
    return found
