"""What takes a while, in threads: no more of it at once than there are processors, and none of it for longer than
somebody waits.

A thread can't be ended from outside. So a network that runs for a request asks before each step whether it is still
waited for (`PatientEngine`); what runs no network is left to its end, and its answer goes to nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

import numpy as np
from jaxtyping import Float32, Int

from skaz.engine.interface import Engine, State
from skaz.processes import cores
from skaz.server.errors import ApiError

Result = TypeVar("Result")

_GIVEN_UP = {
    "deadline": (504, "This took too long and was broken off; ask for less at once."),
    "shutting_down": (503, "The server is stopping; ask again in a moment."),
}


class GaveUpError(Exception):
    """Nobody waits any more for what this thread computes."""


class _Patience:
    """How long a request waits for its computation. `cause`: why it waits no more; the computation's thread reads
    it."""

    def __init__(self) -> None:
        self.cause: str | None = None
        self.ended = asyncio.Event()

    def give_up(self, cause: str) -> None:
        self.cause = self.cause or cause
        self.ended.set()


_patience: ContextVar[_Patience | None] = ContextVar("patience", default=None)  # of the request that a thread works for


class Computing:
    """The threads of a server. Its methods are for the event loop's thread."""

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._threads = ThreadPoolExecutor(cores(), "skaz computes")
        self._waiting: set[_Patience] = set()
        self._running: set[Future[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether a thread is still at work, whoever waits for it."""
        return any(not each.done() for each in list(self._running))

    async def run(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """What the work returns. ApiError 504 where it takes too long, 503 where the server stops; who cancels this
        has the thread give up as well."""
        patience = _Patience()
        clock = asyncio.get_running_loop().call_later(self._deadline_s, patience.give_up, "deadline")
        future = self._threads.submit(_work, patience, work, *arguments)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        computed: asyncio.Future[Result] = asyncio.wrap_future(future)
        ended: asyncio.Future[bool] = asyncio.ensure_future(patience.ended.wait())
        computed.add_done_callback(lambda each: each.cancelled() or each.exception())  # else asyncio tells it once more
        both: list[asyncio.Future[Any]] = [computed, ended]
        self._waiting.add(patience)
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if patience.cause is None:
                return computed.result()
            status, sentence = _GIVEN_UP[patience.cause]
            raise ApiError(status, patience.cause, sentence)
        finally:
            patience.give_up("client_left")
            self._waiting.discard(patience)
            clock.cancel()
            ended.cancel()
            computed.cancel()  # if no thread has begun with it, none will

    def stop(self) -> None:
        """The server ends: nobody waits any more."""
        for each in self._waiting:
            each.give_up("shutting_down")

    def close(self) -> None:
        """Nothing is begun any more."""
        self.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _work(patience: _Patience, work: Callable[..., Result], *arguments: Any) -> Result:
    former = _patience.set(patience)
    try:
        return work(*arguments)
    finally:
        _patience.reset(former)


class PatientEngine(Generic[State]):
    """An engine that asks before it reads or steps whether the request that it runs for still waits; GaveUpError where
    it does not. In a thread that works for no request it is as the engine itself."""

    def __init__(self, engine: Engine[State]) -> None:
        self._engine = engine

    @property
    def vocabulary_size(self) -> int:
        return self._engine.vocabulary_size

    def start(self, sources: Sequence[Sequence[int]]) -> State:
        """The state after reading each source."""
        _check()
        return self._engine.start(sources)

    def step(self, tokens_B: Int[np.ndarray, " B"], state: State) -> tuple[Float32[np.ndarray, "B V"], State]:
        """Feeds one token to each row."""
        _check()
        return self._engine.step(tokens_B, state)

    def attended_step(
        self, tokens_B: Int[np.ndarray, " B"], state: State
    ) -> tuple[Float32[np.ndarray, "B V"], State, Float32[np.ndarray, "B S"] | None]:
        """A step, and the shares of attention."""
        _check()
        return self._engine.attended_step(tokens_B, state)

    def gather(self, state: State, rows: Int[np.ndarray, " R"]) -> State:
        """The state of these rows, in this order."""
        return self._engine.gather(state, rows)

    def join(self, states: Sequence[State]) -> State:
        """The rows of all these states as one state, in their order."""
        return self._engine.join(states)

    def alone(self, state: State, row: int, earlier: State | None = None) -> State:
        """One row as a state by itself."""
        return self._engine.alone(state, row, earlier)


def _check() -> None:
    patience = _patience.get()
    if patience is not None and patience.cause is not None:
        raise GaveUpError
