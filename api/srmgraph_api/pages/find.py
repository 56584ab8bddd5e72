"""Things found by their names."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from srmgraph_api import negotiation
from srmgraph_api.pages.entries import SCHEMES, sheet_for
from srmgraph_api.pages.finding import Found
from srmgraph_api.pages.site import Site
from srmgraph_api.pages.work import Term

_MOST = 100
_HTML, _JSON = "text/html", "application/json"


def router(site: Site) -> APIRouter:
    """Return the route of the search."""
    routes = APIRouter()

    @routes.get("/find", include_in_schema=False)
    async def find(request: Request, text: str = "", of: str = "") -> Response:
        """As a page or, for completion, as JSON; `of` are the forms (see /enter) for its kinds."""
        sought = " ".join(text.split())[:200]
        is_page = negotiation.best(request, [_HTML, _JSON]) == _HTML
        if sought.startswith(SCHEMES) and is_page:
            return RedirectResponse(site.url("/resource", iri=sought), 303)
        found = await site.found(request, sought, _MOST + 1) if sought else []
        if not is_page:
            return JSONResponse({"things": _completed(found[:_MOST], of.split())})
        groups = [
            [one for one in found[:_MOST] if one.is_term is is_term] for is_term in (False, True)
        ]
        is_cut = len(found) > _MOST
        return site.page(request, "find.html", sought=sought, groups=groups, is_cut=is_cut)

    return routes


def _completed(found: list[Found], of: list[str]) -> list[dict[str, str]]:
    """What completes a text in a field that takes things of some forms; of any, if none is named.

    `value` is what the field takes: the name or, where several things have it, the IRI.
    """
    fitting = [one.thing for one in found if not one.is_term and (not of or _slug(one.kinds) in of)]
    known = Counter(thing.text for thing in fitting)
    return [
        {"value": thing.text if known[thing.text] == 1 else f"<{thing.iri}>", "name": thing.text}
        for thing in fitting
    ]


def _slug(kinds: list[Term]) -> str:
    sheet = sheet_for(kind.iri for kind in kinds)
    return sheet.slug if sheet else ""
