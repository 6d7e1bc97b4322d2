"""Who may ask, from where, and how much: looked at before any route, for every route.

A page of another site can make a browser send requests to this machine, and by a name that it lets point here it can
even read the answers (DNS rebinding). So a server without a key answers only to the names of this machine, and no
server to a page that it did not serve itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skaz.server.connections import bounded, too_large
from skaz.server.errors import ApiError, body_of
from skaz.server.settings import ServerSettings, is_loopback

OPEN_ROUTES = frozenset({"/healthz", "/readyz"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI middleware: host, origin, key and size of each request; the headers of each answer."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings
        self._key = _digest(settings.api_key) if settings.api_key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                return  # there are none here; the connection is refused
            await self._app(scope, receive, send)
            return
        fault = self._fault(scope["path"], Headers(scope=scope))
        if fault is not None:
            await _refuse(fault, _with_headers(send))
            return
        if scope["method"] == "HEAD" and not scope["path"].endswith("/events"):
            scope = {**scope, "method": "GET"}  # uvicorn, whose scope is as it was, sends the answer's headers alone
        limit = self._limit(scope["path"])
        await self._app(scope, bounded(receive, limit, self._settings.limits.deadline_s), _with_headers(send))

    def _fault(self, path: str, headers: Headers) -> ApiError | None:
        host = headers.get("host", "")
        if len(headers.getlist("host")) > 1:
            return ApiError(400, "wrong_host", "This request has two Host headers; send one.")
        if self._key is None and not is_loopback(_name_of(host)):
            return ApiError(403, "wrong_host", "This server answers to the names of its own machine only.")
        origin = headers.get("origin")
        if origin is not None and _site_of(origin) != host:
            return ApiError(403, "wrong_origin", "This server answers to its own pages only.")
        if self._key is not None and path not in OPEN_ROUTES and not self._knows(headers):
            return ApiError(401, "wrong_key", "This server needs its key: send it as Authorization: Bearer KEY.")
        length = headers.get("content-length", "")
        limit = self._limit(path)
        if length.isascii() and length.isdigit() and int(length[:20]) > limit:
            return too_large(limit)
        return None

    def _knows(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(_digest(given.strip()), self._key or b"")
        return right and kind.lower() == "bearer"

    def _limit(self, path: str) -> int:
        limits = self._settings.limits
        if path.startswith("/api/documents"):
            return limits.document_bytes
        return limits.upload_bytes if path == "/api/uploads" else limits.body_bytes


def _digest(key: str) -> bytes:
    """Of one length whatever the key's, so that the comparison tells nothing."""
    return hashlib.sha256(key.encode("utf-8", errors="replace")).digest()


def _site_of(origin: str) -> str | None:
    """Of an Origin header, the host with its port; None where it is no address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _name_of(host: str) -> str:
    """Of a Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lstrip("[")
    return host.partition(":")[0]


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending


async def _refuse(fault: ApiError, send: Send) -> None:
    body = json.dumps(body_of(fault.status, fault.code, fault.message)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if fault.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
