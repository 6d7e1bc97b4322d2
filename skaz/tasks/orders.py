"""How a process that trains for another one hears from it and answers.

What to train comes as one line of JSON on standard input, "stop" as a second one; the end of standard input says that
whoever gave the order is gone. Answers are lines of JSON on standard output.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any


@dataclass(frozen=True)
class Order:
    """What to train, whether to stop by now, and where to answer."""

    asked: dict[str, Any]
    stopping: threading.Event
    _out: IO[str]

    def answer(self, message: dict[str, Any]) -> None:
        """Writes one line of JSON, which is lost where nobody is left to read it."""
        with suppress(OSError):
            self._out.write(json.dumps(message) + "\n")
            self._out.flush()


def take_order(when_alone: Callable[[threading.Event], None]) -> Order:
    """Reads the order, and goes on listening in a thread; `when_alone` is called there, with what says to stop, once
    standard input has ended. A signal to end is heard as "stop": whoever gave the order may have got it as well, and
    wants what was learnt. What libraries print from here on goes to standard error: it is no answer."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lines, stopping = _lines(sys.stdin.fileno()), threading.Event()
    asked = json.loads(next(lines))
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopping.set())

    def listen() -> None:
        for line in lines:
            if line.strip() == b"stop":
                stopping.set()
        when_alone(stopping)

    threading.Thread(target=listen, daemon=True).start()
    return Order(asked, stopping, out)


def _lines(file: int) -> Iterator[bytes]:
    """Lines as they come. `sys.stdin` can't be read in a thread that is still waiting when Python ends."""
    waiting = b""
    while some := os.read(file, 1 << 16):
        *whole, waiting = (waiting + some).split(b"\n")
        yield from whole
