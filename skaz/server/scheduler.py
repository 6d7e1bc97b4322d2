"""Continuous batching: a thread that steps all stories of a bundle together, while they come and go.

A story is a row of the batch. At every step rows that are over leave, those whose clients have left too, and waiting
ones take their places. Clients get places in equal shares: the next place goes to the client with the fewest, and
where all are taken, a client that has two more than one who waits gives one up; its story is parked as it stands (its
whole past is one small state) and goes on later as if nothing had been.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Literal

from skaz.decoding.batch import Batch, Turn
from skaz.decoding.placement import Place
from skaz.decoding.request import Job
from skaz.decoding.row import Row
from skaz.decoding.vocabulary import Vocabulary
from skaz.engine.interface import Engine

log = logging.getLogger("skaz.server")

_CHECK_S = 0.2  # between looks at the deadlines
_LONGEST_WAIT_S = 0.05  # for the event loop to send what it was given
PACE_S = 1 / 30  # between two tellings of one request: eyes follow no faster, and each costs calls to the system
_MOST_AT_ONCE = 16  # stories whose sources are read before the next step: reading holds up those that write

Cause = Literal["deadline", "shutting_down", "fault"]


@dataclass(frozen=True)
class Aborted:
    """A story that was broken off, and why."""

    cause: Cause


News = list[tuple[int, Turn[Any] | Aborted]]
"""What came of a request's stories, by their numbers."""


class BusyError(Exception):
    """There are too many stories waiting; `retry_after_s`: when to ask again."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too many stories wait")
        self.retry_after_s = retry_after_s


@dataclass(eq=False)
class Ticket:
    """The stories of one request. What comes of them lies in `pending` (row number, what came) once `news` is set."""

    client: Hashable
    jobs: Sequence[Job]
    start: Place[Any] | None
    """Where the stories go on from; None: each begins with its source."""
    deadline_s: float
    """By `time.monotonic`."""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    pending: News = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False
    told_s: float = 0.0
    """When the scheduler last told of it; for the scheduler's thread."""

    def abort(self, cause: Cause) -> None:
        """Tells of all its stories that they were broken off."""
        self.deliver([(row, Aborted(cause)) for row in range(len(self.jobs))])

    def deliver(self, news: News) -> None:
        """Tells what came of its stories."""
        self.pending += news
        self.news.set()


Key = tuple[Ticket, int]


class Scheduler:
    """Writes the stories of all requests to one bundle."""

    def __init__(self, engine: Engine[Any], vocabulary: Vocabulary, *, rows: int, waiting: int) -> None:
        self._batch: Batch[Key, Any] = Batch(engine, vocabulary)
        self._most_rows, self._most_waiting = rows, waiting
        self._lines: dict[Hashable, deque[tuple[Key, Row[Any] | None]]] = {}
        self._running: Counter[Hashable] = Counter()
        self._here: dict[Key, None] = {}  # in the batch, in the order in which they came
        self._orders: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._row_s = 1.0  # how long a story takes, smoothed
        self._began_s: dict[Key, float] = {}
        self._fresh: dict[Key, Job] = {}  # have a place and no state yet
        self._untold: dict[Ticket, News] = {}
        self._checked_s = 0.0
        self._told = threading.Event()
        self._told.set()
        self._stop_at_s: float | None = None
        self.steps = 0
        self.tokens = 0
        self._has_ended = True
        self._begin()

    # For the event loop's thread

    @property
    def rows(self) -> int:
        """Stories in the batch."""
        return len(self._here)

    @property
    def waiting(self) -> int:
        """Stories that wait for a place."""
        return self._waiting

    def submit(self, ticket: Ticket) -> None:
        """Puts a request's stories in line, after `stop` too: who opened a bundle before it was closed is not left
        without an answer. Raises BusyError where too many wait."""
        with self._lock:
            free = self._most_rows - len(self._here)
            if self._waiting and self._waiting + len(ticket.jobs) > self._most_waiting + max(free, 0):
                raise BusyError(max(1, round(self._row_s * self._waiting / self._most_rows)))
            self._waiting += len(ticket.jobs)
            self._orders.put(lambda: self._line_up(ticket))
            self._begin()

    def cancel(self, ticket: Ticket) -> None:
        """Its client has left: its stories leave before the next step."""
        ticket.cancelled = True

        def order() -> None:
            self._drop(ticket)
            self._untold.pop(ticket, None)

        self._orders.put(order)

    def stop(self, grace_s: float = 0.0) -> None:
        """No story goes on after so many seconds (math.inf: all come to their own ends); the thread ends when none is
        left."""

        def order() -> None:
            self._stop_at_s = time.monotonic() + grace_s

        self._orders.put(order)

    def _begin(self) -> None:
        """The thread begins, unless it is there."""
        if self._has_ended:
            self._has_ended = False
            self._thread = threading.Thread(target=self._run, name="skaz-scheduler", daemon=True)
            self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Waits for the thread's end, after `stop`; whether it came."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # For the scheduler's thread

    def _run(self) -> None:
        while True:
            self._obey(wait=not self._here and not any(self._lines.values()))
            now = time.monotonic()
            if self._ends():
                return
            if now - self._checked_s > _CHECK_S:
                self._checked_s = now
                self._abort_late(now)
            try:
                self._balance()
                self._admit()
                self._batch.begin(self._fresh)
                self._fresh = {}
                turns = self._batch.step(self._hand_over, self._wait_for_loops) if self._here else {}
            except Exception as error:
                log.exception("step failed", extra={"error": type(error).__name__})
                self._abort(lambda ticket: True, "fault")
                continue
            self._tell(turns)

    def _ends(self) -> bool:
        if self._stop_at_s is None or self._here or any(self._lines.values()):
            return False
        with self._lock:
            self._has_ended = self._orders.empty()
            return self._has_ended

    def _obey(self, *, wait: bool) -> None:
        if wait and self._stop_at_s is None:
            self._orders.get()()
        while True:
            try:
                order = self._orders.get_nowait()
            except Empty:
                return
            order()

    def _line_up(self, ticket: Ticket) -> None:
        line = self._lines.setdefault(ticket.client, deque())
        line.extend(((ticket, number), None) for number in range(len(ticket.jobs)))

    def _balance(self) -> None:
        """Parks stories of clients that have two places more than one who waits."""
        if len(self._here) < self._most_rows or not self._lines:
            return
        for client, line in list(self._lines.items()):
            if not line:
                continue
            richest, most = self._running.most_common(1)[0]
            if most < self._running[client] + 2:
                continue
            key = next(each for each in reversed(self._here) if each[0].client == richest)
            row = self._batch.leave(key)
            self._forget(key)
            self._lines.setdefault(richest, deque()).appendleft((key, row))
            with self._lock:
                self._waiting += 1
            self._take_from(client)

    def _admit(self) -> None:
        while len(self._here) < self._most_rows and len(self._fresh) < _MOST_AT_ONCE:
            clients = [client for client, line in self._lines.items() if line]
            if not clients:
                break
            self._take_from(min(clients, key=lambda client: self._running[client]))
        self._lines = {client: line for client, line in self._lines.items() if line}

    def _take_from(self, client: Hashable) -> None:
        """Gives a client's next story a place."""
        line = self._lines.pop(client)
        self._lines[client] = line  # last among those with as few
        key, row = line.popleft()
        with self._lock:
            self._waiting -= 1
        ticket, number = key
        self._here[key] = None
        self._running[client] += 1
        self._began_s.setdefault(key, time.monotonic())
        if row is not None:
            self._batch.come_back(key, row)
        elif ticket.start is not None:
            self._batch.go_on(key, ticket.jobs[number], ticket.start)
        else:
            self._fresh[key] = ticket.jobs[number]

    def _forget(self, key: Key) -> None:
        del self._here[key]
        self._running[key[0].client] -= 1
        if not self._running[key[0].client]:
            del self._running[key[0].client]

    def _drop(self, ticket: Ticket) -> None:
        for key in [key for key in self._here if key[0] is ticket]:
            self._batch.leave(key)
            self._forget(key)
            self._began_s.pop(key, None)
        for client, line in self._lines.items():
            kept = deque(entry for entry in line if entry[0][0] is not ticket)
            with self._lock:
                self._waiting -= len(line) - len(kept)
            self._lines[client] = kept

    def _abort_late(self, now: float) -> None:
        if self._stop_at_s is not None and now >= self._stop_at_s:
            self._abort(lambda ticket: True, "shutting_down")
        self._abort(lambda ticket: now >= ticket.deadline_s, "deadline")

    def _abort(self, chosen: Callable[[Ticket], bool], cause: Cause) -> None:
        waiting = [key for line in self._lines.values() for key, _ in line]
        keys = [key for key in (*self._here, *waiting) if chosen(key[0])]
        for ticket in {key[0]: None for key in keys}:
            self._drop(ticket)
        for ticket, number in keys:
            self._untold.setdefault(ticket, []).append((number, Aborted(cause)))
        self._hand_over()

    def _tell(self, turns: dict[Key, Turn[Any]]) -> None:
        self.steps += 1
        for key, turn in turns.items():
            ticket, number = key
            self._untold.setdefault(ticket, []).append((number, turn))
            self.tokens += len(turn.tokens)
            if turn.reason is not None:
                self._forget(key)
                self._row_s += 0.1 * (time.monotonic() - self._began_s.pop(key) - self._row_s)
        if not self._here:  # no step follows, which would hand it over
            self._hand_over()

    def _hand_over(self) -> None:
        """Gives the event loops what is to be told now: a request's first token and each story's end at once, the
        rest not too often. All of a step goes at once, when the model begins to compute the next one: that needs no
        interpreter, and the loop has it for itself."""
        now = time.monotonic()
        due = {
            ticket: news
            for ticket, news in self._untold.items()
            if now - ticket.told_s >= PACE_S or any(map(_is_last, news))
        }
        for ticket in due:
            ticket.told_s = now
            del self._untold[ticket]
        for loop in {ticket.loop: None for ticket in due}:
            self._told.clear()
            mine = {ticket: news for ticket, news in due.items() if ticket.loop is loop}
            try:
                loop.call_soon_threadsafe(_deliver, mine, loop, self._told)
            except RuntimeError:
                self._told.set()  # the loop is closed: nobody listens any more

    def _wait_for_loops(self) -> None:
        """Until the last step's tokens are on their way. Were tokens drawn at the same time, each of the loop's many
        small calls to the system would lose the interpreter to this thread, and wait for it milliseconds."""
        self._told.wait(_LONGEST_WAIT_S)


def _is_last(told: tuple[int, Turn[Any] | Aborted]) -> bool:
    _, what = told
    return isinstance(what, Aborted) or what.reason is not None


def _deliver(due: dict[Ticket, News], loop: asyncio.AbstractEventLoop, told: threading.Event) -> None:
    for ticket, news in due.items():
        if not ticket.cancelled:
            ticket.deliver(news)
    loop.call_soon(loop.call_soon, told.set)  # those who wait for news run in between
