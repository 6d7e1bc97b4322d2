"""The studio's pages, as they were built: index.html, and assets whose names hold their hashes."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

PAGES = Path(__file__).parents[1] / "studio" / "pages"
_NOT_BUILT = (
    "The studio's pages are not built: see that npm is there, or a network, and install skaz again, "
    'pip install --force-reinstall --no-deps ".[serve]"\n'
)
# what Python says of a name is what other programs have told Windows: a browser runs no script that is text/plain
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
_SIGNPOST = """\
skaz serves here, to programs:
  /v1            as OpenAI's API: /v1/models, /v1/completions
  /api           skaz's own routes
  /openapi.json  every route, with its requests and answers
For pages to write on, start skaz studio.
"""


class _ForEver(StaticFiles):
    """A file that has its hash in its name never changes."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        if isinstance(response, FileResponse) and (kind := _TYPES.get(Path(response.path).suffix)):
            response.headers["Content-Type"] = kind if kind.startswith(("image", "font")) else f"{kind}; charset=utf-8"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def mount_signpost(app: FastAPI) -> None:
    """Where there are no pages, / says what there is instead."""

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def signpost() -> Response:
        return PlainTextResponse(_SIGNPOST)


def mount(app: FastAPI) -> None:
    """Serves the pages at /."""

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def index() -> Response:
        page = PAGES / "index.html"
        if not page.is_file():
            return PlainTextResponse(_NOT_BUILT, 503)
        return FileResponse(page, headers={"Cache-Control": "no-cache"})

    @app.api_route("/favicon.svg", methods=["GET", "HEAD"], include_in_schema=False)
    async def icon() -> Response:
        path = PAGES / "favicon.svg"
        return FileResponse(path, media_type=_TYPES[".svg"]) if path.is_file() else PlainTextResponse("", 404)

    app.mount("/assets", _ForEver(directory=PAGES / "assets", check_dir=False), name="assets")
