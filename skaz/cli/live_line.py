"""A line on a terminal that tells how far something is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text


class LiveLine(AbstractContextManager["LiveLine"]):
    """The last line of a terminal, which changes and goes in the end; nothing where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, transient=True, refresh_per_second=4) if console.is_terminal else None

    @property
    def is_seen(self) -> bool:
        """Whether there is a terminal."""
        return self._live is not None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, line: str) -> None:
        """Puts this into the line."""
        if self._live is not None:
            self._live.update(Text(line, no_wrap=True, overflow="ellipsis"))


def stage_told(stage: str, done: float) -> str:
    """How far a stage of preparing is."""
    return f"{stage} {done:4.0%}"


@contextmanager
def preparing_line() -> Iterator[Callable[[str, float], None]]:
    """A live line for reading and tokenising."""
    with LiveLine(Console(file=sys.stderr)) as line:
        yield lambda stage, done: line.show(stage_told(stage, done))
