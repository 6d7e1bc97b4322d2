"""Running the application under uvicorn, to its end."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from skaz.errors import RequestError
from skaz.server.app import create_app
from skaz.server.connections import MuteConnections, cut_off
from skaz.server.logs import log_to_stderr
from skaz.server.service import Service
from skaz.server.settings import ServerSettings

_MARGIN_S = 5  # beyond the grace: after these uvicorn would cancel what is still answered, and log it as a fault
_TELLING_S = 2.0  # for streams to tell their end in, once their stories are broken off


class _Server(uvicorn.Server):
    """uvicorn's server, which lets the stories in the making come to their end before it goes."""

    def __init__(
        self, config: uvicorn.Config, app: FastAPI, settings: ServerSettings, ready: Callable[[str], None]
    ) -> None:
        super().__init__(config)
        self._app, self._settings, self._ready = app, settings, ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._mute = MuteConnections(settings.limits.deadline_s)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._loop = asyncio.get_running_loop()
            self._ready(address_of(self._settings))

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:  # once a second
            self._mute.close(self.server_state.connections, time.monotonic())
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """As uvicorn's, but that it keeps no signal to end the process by: who was told to stop and did has exit code
        0. A second Ctrl-C waits for nothing."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop_writing)  # a signal comes amid anything, with locks held
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    def _stop_writing(self) -> None:
        service: Service = self._app.state.service
        if not service.stopping.is_set():
            grace_s = self._settings.limits.grace_s
            service.stop(grace_s)
            asyncio.get_running_loop().call_later(grace_s + _TELLING_S, cut_off, self.server_state.connections)


def serve(
    settings: ServerSettings, ready: Callable[[str], None] = lambda address: None, *, log_level: int = logging.INFO
) -> None:
    """Serves until it is told to stop (SIGTERM, Ctrl-C). `ready` hears the address once requests are taken; from
    `log_level` on the log is written: INFO has a line a request. Raises RequestError where the address can't be had."""
    log_to_stderr(log_level)
    app, listening = create_app(settings), _listen(settings)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=int(settings.limits.grace_s) + _MARGIN_S,
        timeout_keep_alive=30,
        ws="none",
        proxy_headers=False,
    )
    _Server(config, app, settings, ready).run(sockets=[listening])
    service: Service | None = getattr(app.state, "service", None)
    if service is not None and service.computing.busy:  # Python would wait for its thread, and nobody else does
        logging.shutdown()
        os._exit(0)


def address_of(settings: ServerSettings) -> str:
    """As a browser takes it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _listen(settings: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio leaves Nagle on
    if sys.platform == "win32":  # where the other option lets two servers have one port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        of_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        raise RequestError(
            f"{settings.host}:{settings.port} can't be had ({error.strerror}); choose another "
            f"{'--host' if of_host else '--port'}."
        ) from None
    return listening
