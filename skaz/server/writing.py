"""/api/write: stories, token by token, and from any token of an earlier one on; /api/alternatives: what else could
stand there."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from skaz.decoding.settings import SamplingSettings, compose
from skaz.server.bodies import AlternativesBody, From, WriteBody
from skaz.server.disconnect import unless_gone
from skaz.server.errors import ApiError, documented
from skaz.server.kept import KeptRow, place_at
from skaz.server.library import Opened
from skaz.server.sampling_help import SLIDERS
from skaz.server.scheduler import Ticket
from skaz.server.service import Service, TheService, client_of
from skaz.server.sse import event, stream
from skaz.server.telling import ABORTED, Ended, Order, Tellings, Told, entry, likeliest, order_of
from skaz.tasks.writing import Storyteller, Wish, beginning_of

router = APIRouter(prefix="/api", tags=["write"])


@router.post(
    "/write",
    responses={200: {"content": {"text/event-stream": {}}}, **documented(409, 410, 429, 503)},
    response_class=JSONResponse,
)
async def write(body: WriteBody, request: Request, service: TheService) -> Response:
    """Writes stories. A stream of events: `start`, a `token` each, an `end` for each story, `done`; with "stream":
    false one object when all are written."""
    opened = await service.open_teller(body.bundle)
    assert opened.storyteller is not None
    order = await run_in_threadpool(_order, service, opened, opened.storyteller, body)
    ticket = Ticket(client_of(request, body.user), order.jobs, order.start, service.deadline_s())
    service.submit(opened, ticket)
    tellings = Tellings(opened, order, service.kept if body.keep else None)
    begun = _start_of(tellings, body)
    if body.stream:
        return stream(_events(service, ticket, tellings, begun, body.alternatives))
    return JSONResponse(await unless_gone(request, _whole(service, ticket, tellings, begun, body.alternatives)))


async def _events(
    service: Service, ticket: Ticket, tellings: Tellings, begun: dict[str, Any], alternatives: int
) -> AsyncIterator[bytes]:
    yield event("start", begun)
    cause: str | None = None
    async for news in service.turns(tellings.opened, ticket):
        parts = []
        for row, what in news:
            for told in tellings.hear(row, what):
                if isinstance(told, Told):
                    parts.append(event("token", token_of(told, tellings.opened, alternatives)))
                else:
                    cause = told.cause or cause
                    parts.append(event("end", _end_of(told)))
        if parts:
            yield b"".join(parts)
    if cause is not None:
        yield event("error", {"message": ABORTED[cause], "code": cause})
    yield event("done", {})


async def _whole(
    service: Service, ticket: Ticket, tellings: Tellings, begun: dict[str, Any], alternatives: int
) -> dict[str, Any]:
    tokens: list[list[dict[str, Any]]] = [[] for _ in ticket.jobs]
    rows: list[dict[str, Any]] = [{} for _ in ticket.jobs]
    async for news in service.turns(tellings.opened, ticket):
        for row, what in news:
            for told in tellings.hear(row, what):
                if isinstance(told, Told):
                    tokens[row].append(token_of(told, tellings.opened, alternatives))
                else:
                    rows[row] = {**_end_of(told), "tokens": tokens[row]}
    return {**begun, "rows": rows}


def _order(service: Service, opened: Opened, teller: Storyteller, body: WriteBody) -> Order:
    most = service.settings.limits.most_tokens
    if body.max_tokens is not None and body.max_tokens > most:
        raise ApiError(400, "too_many_tokens", f"max_tokens is {body.max_tokens}; this server writes {most} at most.")
    reads_only = body.max_tokens == 0
    wish = Wish(
        plan=body.plan,
        title=body.title,
        opening=body.opening if body.from_ is None else None,
        include=() if reads_only else body.include,
        ban=body.ban,
        length=body.length,
        sampling=body.settings.sampling(planned=any(map(str.strip, body.plan))),
        most_tokens=1 if reads_only else body.max_tokens,
        stop=body.stop,
    )
    seed = secrets.randbelow(2**31) if body.seed is None else body.seed
    source, request = teller.source(wish), teller.request(wish, seed)
    if request.stopping.max_tokens > most:
        request = replace(request, stopping=replace(request.stopping, max_tokens=most))
    place = None
    if body.from_ is not None:
        row = _kept_row(service, body.from_, opened)
        place = place_at(row, body.from_.index, opened.engine)
        if place is None:
            raise _no_place()
        request = replace(request, prefix=(*row.prefix, *row.tokens[: body.from_.index]))
    return order_of(
        source,
        request,
        body.n,
        start=place,
        stop=tuple(body.stop),
        reads_only=reads_only,
        first=_first(body.from_, teller),
        keeps=body.keep or body.alternatives > 0,
    )


def _first(place: From | None, teller: Storyteller) -> int | None:
    if place is None or place.token is None:
        return None
    vocabulary = teller.vocabulary
    if place.token >= vocabulary.size or vocabulary.never_V[place.token]:
        raise ApiError(400, "no_token", "This bundle has no such token to write.")
    return place.token


def _kept_row(service: Service, place: From | AlternativesBody, opened: Opened | None = None) -> KeptRow:
    of = (opened.name, opened.hash) if opened is not None else ()
    kept = service.kept.get(place.generation, *of)
    if kept is None:
        raise ApiError(410, "state_gone", "The states of this generation are no longer kept; send the text as opening.")
    if place.row >= len(kept.rows):
        raise _no_place()
    return kept.rows[place.row]


def _no_place() -> ApiError:
    return ApiError(400, "no_place", "This generation has no such place.")


def _start_of(tellings: Tellings, body: WriteBody) -> dict[str, Any]:
    order, opened = tellings.order, tellings.opened
    drawn = order.request.settings
    settings = {slider.name: getattr(drawn, slider.name) for slider in SLIDERS}
    settings["dry"] = drawn.dry.multiplier if drawn.dry is not None else None
    start: dict[str, Any] = {
        "generation": tellings.generation if body.keep else None,
        "seed": order.seed,
        "bundle": opened.name,
        "hash": opened.hash,
        "settings": settings,
    }
    if body.from_ is None and body.opening is not None:
        start["opening"] = beginning_of(body.opening)
    return start


def token_of(told: Told, opened: Opened, alternatives: int) -> dict[str, Any]:
    """A token as JSON has it; log-probabilities in nats."""
    token: dict[str, Any] = {
        "row": told.row,
        "index": told.number,
        "text": told.text,
        "token": told.written.token,
        "log_probability": told.written.log_probability,
        "filtered_log_probability": told.written.filtered_log_probability,
    }
    if alternatives and told.place is not None and opened.storyteller is not None:
        vocabulary = opened.storyteller.vocabulary
        token["alternatives"] = likeliest(
            np.where(vocabulary.never_V, -np.inf, told.place.logits_V), vocabulary, alternatives
        )
    return token


def _end_of(ended: Ended) -> dict[str, Any]:
    return {"row": ended.row, "finish_reason": ended.reason, "text": ended.text}


@router.post("/alternatives", responses=documented(409, 410))
async def alternatives(body: AlternativesBody, service: TheService) -> dict[str, Any]:
    """What could stand at a place: by the model alone (`before`) and as the settings leave it (`after`)."""
    row = _kept_row(service, body)
    kept = service.kept.get(body.generation)
    assert kept is not None
    opened = await service.open_teller(kept.bundle)
    if opened.hash != kept.hash or opened.storyteller is None:
        raise ApiError(410, "state_gone", "The bundle was trained anew since; send the text as opening.")
    place = place_at(row, body.index, opened.engine)
    if place is None:
        raise _no_place()
    vocabulary = opened.storyteller.vocabulary
    scores_V = np.where(vocabulary.never_V, -np.inf, place.logits_V.astype(np.float64))
    settings = body.settings.sampling(planned=False) if body.settings is not None else SamplingSettings()
    filtered_V = compose(settings, vocabulary.pieces)(scores_V, [*row.prefix, *row.tokens[: body.index]])
    token = row.tokens[body.index] if body.index < len(row.tokens) else None
    own = float(scores_V[token] - np.logaddexp.reduce(scores_V)) if token is not None else None
    return {
        **({"token": None, "text": None} if token is None or own is None else entry(token, own, vocabulary)),
        "log_probability": own,
        "before": likeliest(scores_V, vocabulary, body.count),
        "after": likeliest(filtered_V, vocabulary, body.count),
    }
