"""Logs: a JSON object a line, with what was asked and how it went, and never a word of anybody's text."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("skaz.server")

_OWN = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message", "taskName"}
_QUIET = {"/healthz", "/readyz", "/metrics"}


class JsonLines(logging.Formatter):
    """A record as one line of JSON; what was given as `extra` stands beside."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{name: value for name, value in record.__dict__.items() if name not in _OWN},
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Has the server's log, and uvicorn's, go to standard error as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("skaz.server", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = [handler], False
        logger.setLevel(level if name == "skaz.server" else logging.WARNING)


class Watch:
    """ASGI middleware: a line of log and the measures of each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.monotonic() - begun
            route = getattr(scope.get("route"), "path", "") or "none"
            service = getattr(scope["app"].state, "service", None) if "app" in scope else None
            if service is not None:
                service.metrics.requests.labels(scope["method"], route, str(status)).inc()
                service.metrics.seconds.labels(route).observe(seconds)
            if scope["path"] not in _QUIET:
                client = scope["client"][0] if scope.get("client") else ""
                told = {"method": scope["method"], "route": route, "status": status, "client": client}
                log.info("request", extra={**told, "seconds": round(seconds, 4)})
