"""Errors as problem details: what is wrong and what to do, never a traceback.

Source: RFC 9457. Each has the member `requestId`, which the header X-Request-Id repeats; errors
in a text have `line` and `column` where they are known.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from srmgraph.errors import (
    BusyStoreError,
    ChangedStoreError,
    ClosureTooLargeError,
    ConflictError,
    FullStoreError,
    InconsistentError,
    InputError,
    MissingFileError,
    ParameterError,
    QuestionError,
    ShapesError,
    SrmgraphError,
    StoreError,
    UnknownQuestionError,
    UnknownRevisionError,
    UnprovedError,
)
from srmgraph.inference.formats import render

_LOG = logging.getLogger("srmgraph_api")

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The name of the request that is being answered."""

_STATUS: dict[type[SrmgraphError], int] = {
    UnknownQuestionError: 404,
    UnprovedError: 404,
    InconsistentError: 422,
    ClosureTooLargeError: 422,
    ParameterError: 400,
    # The files of the service are faulty, not the request.
    QuestionError: 500,
    MissingFileError: 500,
    ShapesError: 500,
    ChangedStoreError: 412,
    ConflictError: 409,
    UnknownRevisionError: 404,
    BusyStoreError: 503,
    FullStoreError: 507,
    StoreError: 500,
}

_DETAILS: dict[type[SrmgraphError], str] = {
    BusyStoreError: "Someone else is writing to the store. Try again later.",
    FullStoreError: "There is no room on the disk for this. The store is as it was.",
}
"""What is told where the error itself names the folder of the store, which is for its owner."""

_EXAMPLES = {
    400: "line 1, column 10: A bracket is still open at the end.",
    404: "There is no question “roles”. Did you mean which-roles-does-a-party-play?",
    406: "None of the media types in “Accept: image/png” is available here. …",
    401: "This needs a key with the role write, as `Authorization: Bearer srm_…`. …",
    403: "This needs the role write; the key has the role read.",
    408: "The content did not come in time. Send it again.",
    409: "Both sides have changed the same, so nothing was changed. Settle whose counts: …",
    412: "The store has changed: it is at revision 13, not at 12. …",
    413: "A request may carry 10,000,000 bytes. …",
    415: "The content is “text/csv”. Send one of: text/turtle, …",
    422: "What would be does not conform, 1 violation. Nothing was changed.",
    429: "As many of your requests wait as may (64). Send fewer at a time.",
    503: "The service is busy. Try again later.",
    504: "The answer was not found within 60 seconds. Ask for less.",
    507: _DETAILS[FullStoreError],
}


CHANGE_ERRORS = (InconsistentError, BusyStoreError, FullStoreError, UnknownRevisionError)
"""What may keep a change from being made though nothing is wrong with the service."""

_PASSING = (429, 503, 507)
"""What is another day's luck: whoever sends the same again may have it."""

_LATER = "30"
"""After how many seconds one may try again, unless it is said more exactly."""


class Problem(Exception):
    """An answer that is not what was asked for: a status of HTTP and a sentence."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.detail = detail
        self.headers = headers
        super().__init__(detail)


def install(app: FastAPI) -> None:
    """Let an application answer every error with problem details."""

    async def ours(request: Request, error: Exception) -> Response:
        known = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)
        if known == 500:
            return await unforeseen(request, error)
        place = {
            name: value
            for name in ("line", "column")
            if (value := getattr(error, name, None)) is not None
        }
        assert isinstance(error, SrmgraphError)
        detail = in_public(error)
        if isinstance(error, tuple(_DETAILS)):
            _LOG.warning("request %s: %s", request_id.get(), error)
        if isinstance(error, ConflictError):
            return told(request, problem(known, detail, {"conflicting": error.conflicts}))
        if isinstance(error, InconsistentError) and error.proofs:
            return told(request, _contradiction(request, error))
        return told(request, problem(known, detail, place))

    async def chosen(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return told(request, problem(error.status, error.detail, headers=error.headers))

    async def frameworks(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = {
            404: f"There is nothing at {request.url.path}. What there is, is listed at /.",
            405: f"{request.method} is not possible at {request.url.path}.",
        }.get(error.status_code, str(error.detail))
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(_methods(request))
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=headers)
        return told(request, problem(error.status_code, detail, headers=headers))

    async def parameters(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = [f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors()]
        return told(request, problem(400, f"The request is not understood. {'; '.join(faults)}."))

    async def unforeseen(request: Request, error: Exception) -> Response:
        answer = problem(500, "The service itself went wrong. Please report the requestId.")
        _LOG.error("request %s", answer.headers["x-request-id"], exc_info=error)
        return told(request, answer)

    app.add_exception_handler(SrmgraphError, ours)
    app.add_exception_handler(Problem, chosen)
    app.add_exception_handler(HTTPException, frameworks)
    app.add_exception_handler(RequestValidationError, parameters)
    app.add_exception_handler(Exception, unforeseen)


def in_public(error: SrmgraphError) -> str:
    """Return what anybody may be told of an error: not where files lie."""
    told = str(error.message if isinstance(error, InputError) else error)
    return next((text for kind, text in _DETAILS.items() if isinstance(error, kind)), told)


async def answer(app: FastAPI, request: Request, error: Exception) -> Response:
    """Return how an application tells of an error, for requests that its framework does not see."""
    tells = app.exception_handlers
    tell: Any = next(tells[kind] for kind in type(error).__mro__ if kind in tells)
    told: Response = await tell(request, error)
    return told


def _contradiction(request: Request, error: InconsistentError) -> Response:
    """What contradicts what: the proofs are a member of the problem details or, where RDF is asked
    for, the answer itself."""
    from srmgraph_api import negotiation

    if negotiation.report_format(request) == "turtle":
        content = render(error.proofs, "turtle")
        return Response(content, status_code=422, media_type="text/turtle")
    proofs = json.loads(render(error.proofs, "json"))["proofs"]
    more = {"proofs": proofs, "text": render(error.proofs, "text")}
    return problem(422, str(error), more)


def told(request: Request, answer: Response) -> Response:
    """Return a problem as whoever asks can read it: as a page, where there are pages."""
    show = getattr(request.app.state, "show_problem", None)
    shown: Response = answer if show is None else show(request, answer)
    return shown


def _methods(request: Request) -> list[str]:
    """Return every method that is possible at the path of a request; routers tell those of one."""
    described = request.app.openapi()["paths"]
    path = request.scope["path"]
    # A graph is known by its name too; all else that has a name in its path can only be got.
    known = described.get("/graphs" if path.startswith("/graphs/") else path, {"get": {}})
    found = {method.upper() for method in known}
    return sorted(found | {"HEAD"} if "GET" in found else found)


def problem(
    status: int,
    detail: str,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a response with problem details."""
    identifier = request_id.get() or str(uuid4())
    later = {"Retry-After": _LATER} if status in _PASSING else {}
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "requestId": identifier,
        **(more or {}),
    }
    return Response(
        json.dumps(content, ensure_ascii=False),
        status_code=status,
        media_type="application/problem+json",
        headers={**later, **(headers or {}), "X-Request-Id": identifier},
    )


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how these statuses are described in OpenAPI.

    What may be too large may also come too slowly.
    """
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                "application/problem+json": {
                    "example": {
                        "type": "about:blank",
                        "title": HTTPStatus(status).phrase,
                        "status": status,
                        "detail": _EXAMPLES[status],
                        "requestId": "0f9a4f0e-8a55-4be5-a6a3-3f2f0f2f7f5e",
                    }
                }
            },
        }
        for status in sorted({*statuses, *((408,) if 413 in statuses else ())})
    }
