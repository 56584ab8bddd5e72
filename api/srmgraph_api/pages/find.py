"""Things found by their names."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from srmgraph_api.pages.site import Site
from srmgraph_api.pages.work import Term

_MOST = 100


def router(site: Site) -> APIRouter:
    """Return the route of the search."""
    routes = APIRouter()

    @routes.get("/find", include_in_schema=False)
    async def find(request: Request, text: str = "") -> Response:
        sought = " ".join(text.split())[:200]
        if sought.startswith(("http://", "https://", "urn:")):
            return RedirectResponse(site.url("/resource", iri=sought), 303)
        rows = (await site.rows(request, {"find": {"text": sought}}))["find"] if sought else []
        found: dict[str, tuple[Term, list[Term], bool]] = {}
        for row in rows:
            thing, kind, is_term = row["thing"], row["kind"], row["isTerm"]
            # What has no name of its own has no page either.
            if thing is not None and thing.iri:
                _, kinds, _ = found.setdefault(thing.iri, (thing, [], str(is_term) == "true"))
                kinds += [kind] if kind is not None else []
        groups = [
            [
                (thing, kinds)
                for thing, kinds, is_term in list(found.values())[:_MOST]
                if is_term is of
            ]
            for of in (False, True)
        ]
        is_cut = len(found) > _MOST
        return site.page(request, "find.html", sought=sought, groups=groups, is_cut=is_cut)

    return routes
