"""Connections that would keep a server waiting: what a client began and does not go on with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from starlette.types import Message, Receive

from skaz.server.errors import ApiError

_HEAD_S = 30.0  # for a request's first lines


class MuteConnections:
    """Finds those that have sent no whole head of a request for so long, which uvicorn waits for without end."""

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = min(_HEAD_S, deadline_s)
        self._since: dict[Any, float] = {}

    def close(self, connections: Iterable[Any], now_s: float) -> None:
        """Closes them; to be called time and again. `connections`: uvicorn's protocols."""
        self._since = {each: self._since.get(each, now_s) for each in connections if _wants_a_head(each)}
        for each, since_s in self._since.items():
            if now_s - since_s >= self._deadline_s:
                each.transport.close()


def _wants_a_head(connection: Any) -> bool:
    """Whether it answers no request and has not just answered one (then uvicorn's own clock runs)."""
    answers = connection.cycle is not None and not connection.cycle.response_complete
    return not answers and connection.timeout_keep_alive_task is None


def cut_off(connections: Iterable[Any]) -> None:
    """Closes all at once, also one whose client reads nothing: whoever answers there finds the client gone."""
    for each in list(connections):
        each.transport.abort()


def bounded(receive: Receive, most_bytes: int, deadline_s: float) -> Receive:
    """`receive`, which raises ApiError once more bytes of a body came than may, or none came for so long."""
    read, whole = 0, False

    async def receiving() -> Message:
        nonlocal read, whole
        if whole:  # then it is waited for the client to go, which may last
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), deadline_s)
        except TimeoutError:
            raise ApiError(
                408, "body_unfinished", f"The rest of the body did not come for {deadline_s:g} seconds; send it whole."
            ) from None
        whole = not message.get("more_body", False)
        read += len(message.get("body", b""))
        if read > most_bytes:
            raise too_large(most_bytes)
        return message

    return receiving


def too_large(most_bytes: int) -> ApiError:
    """The answer to a body of more bytes."""
    return ApiError(413, "too_large", f"This is too large: {most_bytes:,} bytes at most.")
