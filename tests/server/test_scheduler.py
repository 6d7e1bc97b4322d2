"""How the scheduler tells a request of its stories."""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path
from typing import Any

import skaz
from skaz.decoding.request import Job
from skaz.decoding.sampling import generate
from skaz.server import scheduler
from skaz.server.scheduler import Aborted, Scheduler, Ticket
from skaz.tasks.writing import Wish


def test_tokens_come_in_few_pieces_and_none_is_lost(bundle: Path) -> None:
    teller = skaz.load(bundle)
    wish = Wish(most_tokens=200, length=10_000)
    source, request = teller.source(wish), teller.request(wish, seed=4)
    written = [
        token.token
        for step in generate(teller.engine, teller.vocabulary, [source], request)
        for emitted in step.emitted
        for token in emitted.tokens
    ]
    begun = time.monotonic()
    pieces = asyncio.run(
        _heard(Scheduler(teller.engine, teller.vocabulary, rows=4, waiting=4), Job(tuple(source), request))
    )
    assert [token.token for piece in pieces for turn in piece for token in turn.tokens] == written
    assert len(pieces) <= 2 + (time.monotonic() - begun) / scheduler.PACE_S
    assert pieces[-1][-1].reason == "length"


def test_what_is_asked_of_a_closed_bundle_is_answered(bundle: Path) -> None:
    """Its scheduler has ended between the opening and the asking; where the server stops the story is broken off."""
    teller = skaz.load(bundle)
    wish = Wish(most_tokens=5, length=10_000)
    job = Job(tuple(teller.source(wish)), teller.request(wish, seed=4))

    def asked(grace_s: float) -> Any:
        closed = Scheduler(teller.engine, teller.vocabulary, rows=4, waiting=4)
        closed.stop(grace_s)
        assert closed.join(10)
        return asyncio.run(_heard(closed, job))[-1][-1]

    assert asked(math.inf).reason == "length"
    assert asked(0.0) == Aborted("shutting_down")


async def _heard(writing: Scheduler, job: Job) -> list[list[Any]]:
    """What a request of one story hears, a list for each time that it is told."""
    ticket = Ticket("somebody", [job], None, time.monotonic() + 60)
    writing.submit(ticket)
    pieces: list[list[Any]] = []
    while not (pieces and _is_last(pieces[-1][-1])):
        await ticket.news.wait()
        ticket.news.clear()
        pieces.append([what for _, what in ticket.pending])
        ticket.pending.clear()
    writing.stop()
    assert writing.join(10)
    return pieces


def _is_last(told: Any) -> bool:
    return isinstance(told, Aborted) or told.reason is not None
