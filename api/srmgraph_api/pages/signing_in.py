"""The page for signing in with a key, and out again."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from srmgraph_api import negotiation
from srmgraph_api.pages.site import Site
from srmgraph_api.problems import Problem

_LONGEST = 20_000
"""How many bytes the form may have: a key, and where to go on."""


def router(site: Site) -> APIRouter:
    """Return the routes of signing in."""
    routes = APIRouter()

    @routes.get("/sign-in", include_in_schema=False)
    def ask(request: Request, to: str = "/") -> Response:
        return site.page(request, "sign-in.html", to=_own(to), problem="")

    @routes.post("/sign-in", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        _check_origin(request)
        form = await negotiation.form(request, _LONGEST, fields=5)
        text, to = form.get("key"), form.get("to")
        key = site.service.keys.find(text.strip()) if isinstance(text, str) else None
        target = _own(to if isinstance(to, str) else "/")
        if key is None:
            problem = "This key is not known, or was revoked."
            return site.page(request, "sign-in.html", status=401, to=target, problem=problem)
        answer = RedirectResponse(site.url(target), 303)
        site.service.sessions.begin(request, answer, key)
        return answer

    @routes.post("/sign-out", include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        await site.form(request)
        answer = RedirectResponse(site.url("/"), 303)
        site.service.sessions.end(request, answer)
        return answer

    return routes


def _own(address: str) -> str:
    """An address to go on to, if it is one of this service."""
    is_own = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_own and address.isprintable() else "/"


def _check_origin(request: Request) -> None:
    """Refuse a form that another site sends: it would sign the user in as somebody else."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, "Sign in from the page of this service.")
