"""What every request passes: its name, whether it may come in, the log and the counters.

Whoever sends X-Request-Id has named the request already, and finds that name in the log.
HEAD is answered as GET without its content, as HTTP demands (RFC 9110, section 9.3.2).
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from contextvars import ContextVar
from random import getrandbits

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from srmgraph_api.operations import Counters
from srmgraph_api.problems import problem, request_id

_LOG = logging.getLogger("srmgraph_api.requests")

client_name: ContextVar[str] = ContextVar("client_name", default="")
"""Who sent the request, as the log tells it: the name of a key."""


_NAME = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
"""What a request may be called: nothing that breaks a line of a log."""


class Gate:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, hosts: str, counters: Counters) -> None:
        """Let requests in to `app` that call the service by one of `hosts`, or by any if none."""
        self._app = app
        self._hosts = frozenset(hosts.lower().split())
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; see ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identifier = _identifier(scope)
        request_id.set(identifier)
        begun, method = time.perf_counter(), scope["method"]
        status = 500
        is_answered = False
        client_name.set("")

        async def tell(message: Message) -> None:
            nonlocal status, is_answered
            if message["type"] == "http.response.start":
                status, is_answered = message["status"], True
                message["headers"] = [
                    *(pair for pair in message["headers"] if pair[0] != b"x-request-id"),
                    (b"x-request-id", identifier.encode()),
                ]
            elif method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"} if method == "HEAD" else scope
        try:
            called = [value for name, value in scope["headers"] if name == b"host"]
            is_old = scope["http_version"] in ("0.9", "1.0") and not called
            if len(called) != 1 and not is_old:
                refused = problem(400, "A request calls the service by one name: Host.")
                await refused(inner, receive, tell)
            elif self._hosts and not is_old and _host(called[0]) not in self._hosts:
                # Another name for this address may be a page's way to get at a private service;
                # programs so old that they call no name run no pages.
                refused = problem(421, "The service is not known by the name that was called.")
                await refused(inner, receive, tell)
            else:
                await self._app(inner, receive, tell)
        except asyncio.CancelledError:
            # Nothing but the end of the service cancels requests: those that it did not wait for.
            if is_answered:
                raise
            ended = problem(503, "The service is being stopped. Send this again later.")
            await ended(inner, receive, tell)
        finally:
            seconds = time.perf_counter() - begun
            route = scope.get("route") or inner.get("route")
            path = getattr(route, "path", "other")
            self._counters.count(method, path, status, seconds)
            if _LOG.isEnabledFor(logging.INFO):
                _LOG.info("%s", _line(scope, identifier, status, seconds))


def _line(scope: Scope, identifier: str, status: int, seconds: float) -> str:
    told = {
        "request": identifier,
        "method": scope["method"],
        # Without what stands behind the question mark: it may be private.
        "path": scope["path"],
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "address": (scope.get("client") or ("",))[0],
        "key": client_name.get(),
    }
    return json.dumps(told, ensure_ascii=False)


def _identifier(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _NAME.fullmatch(value):
            told: str = value.decode("ascii")
            return told
    # It is to be told apart from others, not to be hard to guess.
    return f"{getrandbits(128):032x}"


def _host(called: bytes) -> str:
    host = called.decode("latin-1").lower()
    return host if host.endswith("]") else host.rpartition(":")[0] or host
