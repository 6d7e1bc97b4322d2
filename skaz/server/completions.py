"""/v1: models and completions as OpenAI's API has them (https://platform.openai.com/docs/api-reference/completions), so
that its clients, and the writing front ends made for them, work unchanged.

The prompt is the story's opening. What is left out is as usual here, not as usual there: the temperature is skaz's own.
What can't be done is an error, never left out in silence.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from skaz.decoding.request import Job
from skaz.decoding.settings import SamplingSettings
from skaz.decoding.vocabulary import Vocabulary
from skaz.server.bodies import Body, Name, Text
from skaz.server.disconnect import unless_gone
from skaz.server.errors import ApiError, body_of, documented
from skaz.server.library import Opened
from skaz.server.scheduler import Ticket
from skaz.server.service import Service, TheService, client_of
from skaz.server.sse import stream, unnamed
from skaz.server.telling import ABORTED, Ended, Order, Tellings, Told, entry, likeliest
from skaz.tasks.writing import Wish, beginning_of

router = APIRouter(prefix="/v1", tags=["openai"])

_MOST_STORIES = 64  # of a request: prompts times alternatives
_DONE = b"data: [DONE]\n\n"

Penalty = Annotated[float, Field(ge=-2, le=2)]


class StreamOptions(Body):
    """What a stream tells beside."""

    include_usage: bool = False


class CompletionBody(Body):
    """As OpenAI has it."""

    model: Name
    prompt: Text | Annotated[list[Text], Field(min_length=1, max_length=_MOST_STORIES)] = ""
    max_tokens: Annotated[int | None, Field(ge=1)] = 16
    temperature: Annotated[float | None, Field(ge=0, le=100)] = None
    top_p: Annotated[float | None, Field(gt=0, le=1)] = None
    n: Annotated[int | None, Field(ge=1, le=_MOST_STORIES)] = 1
    best_of: Annotated[int | None, Field(ge=1, le=_MOST_STORIES)] = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    logprobs: Annotated[int | None, Field(ge=0, le=20)] = None
    echo: bool | None = False
    stop: (
        Annotated[str, Field(max_length=500)]
        | Annotated[list[Annotated[str, Field(min_length=1, max_length=500)]], Field(max_length=16)]
        | None
    ) = None
    presence_penalty: Penalty | None = 0
    frequency_penalty: Penalty | None = 0
    logit_bias: dict[Annotated[str, Field(pattern="^[0-9]{1,8}$")], Annotated[float, Field(ge=-100, le=100)]] | None = (
        None
    )
    seed: Annotated[int | None, Field(ge=-(2**63), lt=2**63)] = None
    suffix: Annotated[str | None, Field(max_length=1000)] = None
    user: Annotated[str | None, Field(max_length=200)] = None


@dataclass
class _Choice:
    """A story as it is told: its number, and the text that went before it."""

    index: int
    offset: int
    joins_blank: bool
    """Whether the prompt ended in blanks, which are not read and so not told again either."""
    texts: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)
    others: list[dict[str, float]] = field(default_factory=list)
    finish: str | None = None
    told: int = 0

    def text_of(self, told: Told) -> str:
        """The token's text as it follows the prompt."""
        if not self.joins_blank:
            return told.text
        text = told.text.lstrip(" ")
        self.joins_blank = not text
        return text


@router.post("/chat/completions", include_in_schema=False)
async def chat() -> None:
    """What clients of OpenAI's try first."""
    raise ApiError(404, "not_found", "No bundle is made for chats; send the story's beginning to /v1/completions.")


@router.get("/models", responses=documented())
async def models(service: TheService) -> dict[str, Any]:
    """The bundles that write stories."""
    described = await run_in_threadpool(_models, service)
    return {"object": "list", "data": described}


@router.get("/models/{model}", responses=documented())
async def model(model: Annotated[str, Path(max_length=255)], service: TheService) -> dict[str, Any]:
    """One of them."""
    for each in await run_in_threadpool(_models, service):
        if each["id"] == model:
            return each
    raise ApiError(404, "model_not_found", "There is no model of this name that writes stories; /v1/models lists them.")


@router.post(
    "/completions",
    responses={200: {"content": {"text/event-stream": {}}}, **documented(409, 429, 503, 504)},
    response_class=JSONResponse,
)
async def complete(body: CompletionBody, request: Request, service: TheService) -> Response:
    """Goes on from a prompt."""
    opened = await service.open_teller(body.model)
    order = await run_in_threadpool(_order, service, opened, body)
    ticket = Ticket(client_of(request, body.user), order.jobs, None, service.deadline_s())
    service.submit(opened, ticket)
    telling = _Telling(opened, order, body)
    if body.stream:
        return stream(_events(service, ticket, telling))
    return JSONResponse(await unless_gone(request, _whole(service, ticket, telling)))


class _Telling:
    """A request's stories as OpenAI's objects."""

    def __init__(self, opened: Opened, order: Order, body: CompletionBody) -> None:
        self.tellings = Tellings(opened, order)
        self.body = body
        self._name, self._created = f"cmpl-{secrets.token_hex(12)}", int(time.time())
        prompts = _prompts(body)
        each = len(order.jobs) // len(prompts)
        self.choices = [
            _Choice(index, len(prompt) if body.echo else 0, prompt != beginning_of(prompt))
            for index, prompt in enumerate(prompt for prompt in prompts for _ in range(each))
        ]
        self.prompts = [prompt for prompt in prompts for _ in range(each)]
        self.prompt_tokens = sum(len(job.request.prefix) for job in order.jobs[::each])

    def add(self, told: Told) -> None:
        """Takes a token."""
        choice = self.choices[told.row]
        text = choice.text_of(told)
        choice.texts.append(text)
        if self.body.logprobs is not None:
            choice.tokens.append(text)
            choice.offsets.append(choice.offset)
            choice.log_probabilities.append(told.written.log_probability)
            choice.others.append(self._others(told))
        choice.offset += len(text)

    def end(self, ended: Ended) -> None:
        """Takes a story's end."""
        self.choices[ended.row].finish = "length" if ended.reason == "length" else "stop"

    def object(self, choices: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """A completion, or a part of one."""
        return {
            "id": self._name,
            "object": "text_completion",
            "created": self._created,
            "model": self.body.model,
            "choices": list(choices),
            **more,
        }

    def part(self, row: int, *, echo: bool = False) -> dict[str, Any]:
        """What has come of a story since it was last asked for."""
        choice, since = self.choices[row], self.choices[row].told
        choice.told = len(choice.texts)
        text = (self.prompts[row] if echo else "") + "".join(choice.texts[since:])
        return {
            "text": text,
            "index": choice.index,
            "logprobs": self._logprobs(choice, since),
            "finish_reason": choice.finish,
        }

    def usage(self) -> dict[str, int]:
        """What was read and written, in tokens."""
        written = sum(len(choice.texts) for choice in self.choices)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": written,
            "total_tokens": self.prompt_tokens + written,
        }

    def _logprobs(self, choice: _Choice, since: int) -> dict[str, Any] | None:
        if self.body.logprobs is None:
            return None
        return {
            "tokens": choice.tokens[since:],
            "token_logprobs": choice.log_probabilities[since:],
            "top_logprobs": choice.others[since:],
            "text_offset": choice.offsets[since:],
        }

    def _others(self, told: Told) -> dict[str, float]:
        """Of a token: the likeliest that could stand there, and the token itself, whether it is among them or not."""
        teller = self.tellings.opened.storyteller
        assert teller is not None
        itself = entry(told.written.token, told.written.log_probability, teller.vocabulary)
        if not self.body.logprobs or told.place is None:
            return {itself["text"]: itself["log_probability"]}
        scores_V = np.where(teller.vocabulary.never_V, -np.inf, told.place.logits_V)
        best = likeliest(scores_V, teller.vocabulary, self.body.logprobs)
        others: dict[str, float] = {}
        for each in (*best, itself):
            others.setdefault(each["text"], each["log_probability"])
        return others


async def _events(service: Service, ticket: Ticket, telling: _Telling) -> AsyncIterator[bytes]:
    usage = {"usage": None} if telling.body.stream_options and telling.body.stream_options.include_usage else {}
    if telling.body.echo:
        yield b"".join(
            unnamed(telling.object([telling.part(row, echo=True)], **usage)) for row in range(len(telling.choices))
        )
    cause: str | None = None
    async for news in service.turns(telling.tellings.opened, ticket):
        parts = []
        for row, what in news:
            came = False
            for told in telling.tellings.hear(row, what):
                came = True
                if isinstance(told, Told):
                    telling.add(told)
                else:
                    cause = told.cause or cause
                    telling.end(told)
            if came:
                parts.append(unnamed(telling.object([telling.part(row)], **usage)))
        if cause is not None:
            yield unnamed(body_of(503, cause, ABORTED[cause]))
            yield _DONE
            return
        if parts:
            yield b"".join(parts)
    if usage:
        yield unnamed(telling.object([], usage=telling.usage()))
    yield _DONE


async def _whole(service: Service, ticket: Ticket, telling: _Telling) -> dict[str, Any]:
    async for news in service.turns(telling.tellings.opened, ticket):
        for row, what in news:
            for told in telling.tellings.hear(row, what):
                if isinstance(told, Told):
                    telling.add(told)
                    continue
                telling.end(told)
                if told.cause is not None:
                    raise ApiError(504 if told.cause == "deadline" else 503, told.cause, ABORTED[told.cause])
    return telling.object(_chosen(telling), usage=telling.usage())


def _chosen(telling: _Telling) -> list[dict[str, Any]]:
    """The choices; with best_of the n of each prompt with the highest log-probability per token."""
    body = telling.body
    n, best_of = body.n or 1, body.best_of or body.n or 1
    rows = list(range(len(telling.choices)))
    if best_of > n:
        groups = [rows[begin : begin + best_of] for begin in range(0, len(rows), best_of)]
        rows = [row for group in groups for row in sorted(group, key=lambda row: -_mean(telling, row))[:n]]
    parts = [telling.part(row, echo=bool(body.echo)) for row in rows]
    return [{**part, "index": index} for index, part in enumerate(parts)]


def _mean(telling: _Telling, row: int) -> float:
    logs = telling.tellings.log_probabilities[row]
    return sum(logs) / max(len(logs), 1)


def _prompts(body: CompletionBody) -> list[str]:
    return [body.prompt] if isinstance(body.prompt, str) else body.prompt


def _order(service: Service, opened: Opened, body: CompletionBody) -> Order:
    teller, most = opened.storyteller, service.settings.limits.most_tokens
    assert teller is not None
    _check(body, most, teller.vocabulary)
    stops = [body.stop] if isinstance(body.stop, str) else list(body.stop or ())
    stops = [stop for stop in stops if stop]
    stated: dict[str, Any] = {"temperature": body.temperature, "top_p": body.top_p}
    sampling = SamplingSettings(
        **{name: value for name, value in stated.items() if value is not None},
        presence_penalty=body.presence_penalty or 0.0,
        frequency_penalty=body.frequency_penalty or 0.0,
        bias=tuple((int(token), nats) for token, nats in (body.logit_bias or {}).items()),
    )
    seed = secrets.randbelow(2**31) if body.seed is None else body.seed % 2**63
    jobs: list[Job] = []
    for prompt in _prompts(body):
        wish = Wish(opening=prompt or None, sampling=sampling, most_tokens=body.max_tokens, stop=stops)
        source, request = tuple(teller.source(wish)), teller.request(wish, seed)
        keeps = bool(body.logprobs)
        jobs += [Job(source, request, number, keeps=keeps) for number in range(body.best_of or body.n or 1)]
    return Order(tuple(jobs), None, tuple(stops), seed)


def _check(body: CompletionBody, most_tokens: int, vocabulary: Vocabulary) -> None:
    """What the schema can't say; ApiError 400."""
    count = len(_prompts(body)) * (body.best_of or body.n or 1)
    tokens = [int(token) for token in body.logit_bias or {}]
    never = next((token for token in tokens if token < vocabulary.size and vocabulary.never_V[token]), None)
    faults = {
        "suffix can't be kept: these models write from left to right": bool(body.suffix),
        f"{count} stories are too many for one request; {_MOST_STORIES} at most": count > _MOST_STORIES,
        "best_of must be n or more": body.best_of is not None and body.best_of < (body.n or 1),
        "best_of can't be streamed": bool(body.stream) and (body.best_of or 1) > (body.n or 1),
        "echo can't be had together with logprobs": bool(body.echo) and body.logprobs is not None,
        "stream_options go with stream": body.stream_options is not None and not body.stream,
        f"max_tokens is {body.max_tokens}; this server writes {most_tokens} at most": (body.max_tokens or 1)
        > most_tokens,
        f"logit_bias names a token beyond the vocabulary of {vocabulary.size}": max(tokens, default=0)
        >= vocabulary.size,
        f"logit_bias names token {never}, which is never written": never is not None,
        "logit_bias names a token twice": len(set(tokens)) < len(tokens),
    }
    for fault, holds in faults.items():
        if holds:
            raise ApiError(400, "request_unusable", f"{fault}.")


def _models(service: Service) -> list[dict[str, Any]]:
    found = []
    for name, path in service.library.paths().items():
        task, created = service.library.task(name, path)
        if task == "write":
            found.append({"id": name, "object": "model", "created": created, "owned_by": "skaz"})
    return found
