"""The short way to the operations that are asked most, which leaves out the framework's layers.

These cost more than all else that the front does for a look-up. The framework describes the
operations all the same, and answers what comes with a parameter that it has to check.
"""

from __future__ import annotations

from collections.abc import Iterable
from inspect import iscoroutinefunction

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from srmgraph_api import parameters, problems

_CHECKED = "revision"


class Quick:
    """A layer that answers for some routes, whose functions read what they need from the request.

    The signatures of these functions describe them, and are gone by only if a revision is asked.
    """

    def __init__(self, inner: ASGIApp, app: FastAPI, routers: Iterable[APIRouter]) -> None:
        """Answer for the asynchronous routes of `routers`, and pass all else on to `inner`; `app`
        knows how errors are told."""
        self._inner = inner
        self._app = app
        routes = [
            route
            for routes in routers
            for route in routes.routes
            if isinstance(route, APIRoute) and iscoroutinefunction(route.endpoint)
        ]
        self._fixed = {
            (method, route.path): route
            for route in routes
            for method in route.methods or ()
            if not route.param_convertors
        }
        self._named = [route for route in routes if route.param_convertors]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on; see ASGI."""
        route = self._route(scope) if scope["type"] == "http" else None
        if route is None:
            await self._inner(scope, receive, send)
            return
        scope["app"], scope["route"] = self._app, route
        request = Request(scope, receive)
        try:
            if _CHECKED in parameters.of_address(request):
                await self._inner(scope, receive, send)
                return
            response = await route.endpoint(request, **scope.get("path_params", {}))
        except Exception as error:
            response = await problems.answer(self._app, request, error)
        await response(scope, receive, send)

    def _route(self, scope: Scope) -> APIRoute | None:
        method, path = scope["method"], scope["path"]
        if (fixed := self._fixed.get((method, path))) is not None:
            return fixed
        for route in self._named:
            found = route.path_regex.match(path)
            if found and method in (route.methods or ()):
                scope["path_params"] = found.groupdict()
                return route
        return None
