"""The application: routes, the guard before them, and what happens when it stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from skaz.server import (
    about_routes,
    completions,
    document_routes,
    inside_routes,
    lab_routes,
    pages,
    reading_routes,
    training_routes,
    writing,
)
from skaz.server.errors import add_handlers
from skaz.server.logs import Watch
from skaz.server.security import Guard
from skaz.server.service import Service
from skaz.server.settings import ServerSettings

_DESCRIPTION = """
Small recurrent networks that write stories, translate, and turn strings into strings. `/v1` is as OpenAI's API has it;
`/api` is skaz's own. Every error is `{"error": {"message", "type", "code"}}`.
"""


def create_app(settings: ServerSettings) -> FastAPI:
    """The service as an ASGI application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = Service(settings)
        yield
        await app.state.service.close()

    app = FastAPI(
        title="skaz",
        version=version("skaz"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    add_handlers(app, settings)
    with_routes = (about_routes, completions, writing, reading_routes, training_routes, document_routes, inside_routes)
    for routes in with_routes:
        app.include_router(routes.router)
    if settings.pages:
        app.include_router(lab_routes.router)
        pages.mount(app)
    else:
        pages.mount_signpost(app)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Watch)
    return app
