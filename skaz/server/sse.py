"""Server-sent events, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi.responses import StreamingResponse

_encode = msgspec.json.Encoder().encode


def event(name: str, data: Any, number: int | None = None) -> bytes:
    """One event; `number` is its id, which a client that comes back names as the last it has seen."""
    numbered = b"" if number is None else b"id: %d\n" % number
    return b"event: %s\n%sdata: %s\n\n" % (name.encode(), numbered, _encode(data))


def unnamed(data: Any) -> bytes:
    """One event without a name, as OpenAI's streams have them."""
    return b"data: %s\n\n" % _encode(data)


def stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """The answer that tells these events as they come."""
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
