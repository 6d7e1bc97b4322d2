"""Errors as every route tells them: an HTTP status and {"error": {"message", "type", "code"}}."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from skaz.errors import BundleError, CorpusError, DependencyError, RecipeError, ResourceError, SkazError
from skaz.server.faults import UNREADABLE, sentence_of, unreadable
from skaz.server.settings import ServerSettings

log = logging.getLogger("skaz.server")

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {404: "not_found", 405: "method_not_allowed"}
_OF_SKAZ: dict[type[SkazError], tuple[int, str]] = {
    BundleError: (409, "bundle_unusable"),
    CorpusError: (400, "texts_unusable"),
    RecipeError: (400, "setting_unusable"),
    DependencyError: (501, "not_installed"),
    ResourceError: (507, "no_room"),
}
_ANY = (400, "request_unusable")  # another of skaz's own


class ApiError(HTTPException):
    """An answer that is an error: the status, a short name for programs, one sentence for people; and `about`, of some,
    what the sentence says, for who says it in another language."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        retry_after_s: int | None = None,
        about: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(status, message)
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s
        self.about = about


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    type: str
    code: str
    about: dict[str, Any] | None = None
    """Of some: what the message says, as values; `reason` is a short name."""


class ErrorBody(BaseModel):
    """An error, as every route tells it."""

    error: ErrorDetail


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: the errors that it may answer with, those of all routes among them."""
    return {status: {"model": ErrorBody} for status in sorted({400, 401, 403, 404, 413, 422, 500, *statuses})}


def body_of(status: int, code: str, message: str, about: dict[str, Any] | None = None) -> dict[str, Any]:
    """The JSON of an error."""
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    told: dict[str, Any] = {"message": message, "type": kind, "code": code}
    return {"error": told if about is None else {**told, "about": about}}


def code_of(error: SkazError) -> str:
    """The short name of an error of skaz's own."""
    return _OF_SKAZ.get(type(error), _ANY)[1]


def told(error: SkazError, sentence: str) -> ApiError:
    """An error of skaz's own as an answer."""
    status, code = _OF_SKAZ.get(type(error), _ANY)
    return ApiError(status, code, sentence)


def _sentence(error: HTTPException) -> str:
    """What is wrong with a request that no route has looked at."""
    if error.status_code == 404:
        return "There is nothing at this address; /openapi.json tells every route."
    if error.status_code == 405:
        return "This address takes another method; /openapi.json tells which."
    return unreadable(error) if error.detail == UNREADABLE else f"{error.detail}."


def add_handlers(app: FastAPI, settings: ServerSettings) -> None:
    """Has the application answer every error in the one form."""

    def answer(error: ApiError) -> JSONResponse:
        headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s is not None else {}
        if error.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if error.status == 408:  # what may still come belongs to no request
            headers["Connection"] = "close"
        return JSONResponse(body_of(error.status, error.code, error.message, error.about), error.status, headers)

    @app.exception_handler(ApiError)
    async def of_api(request: Request, error: ApiError) -> JSONResponse:
        return answer(error)

    @app.exception_handler(SkazError)
    async def of_skaz(request: Request, error: SkazError) -> JSONResponse:
        return answer(told(error, settings.without_folders(str(error))))

    @app.exception_handler(RequestValidationError)
    async def of_body(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(ApiError(422, "invalid_body", sentence_of(error, request.headers.get("content-type"))))

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> JSONResponse:
        code = _CODES.get(error.status_code, "invalid_request")
        sentence = _sentence(error)
        response = answer(ApiError(error.status_code, code, sentence))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def of_fault(request: Request, error: Exception) -> JSONResponse:
        log.error("fault", extra={"error": type(error).__name__})
        return answer(ApiError(500, "fault", "The server has a fault, which its log tells of; try again."))
