"""The map: who serves whom."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from srmgraph_api.pages.site import Site


def router(site: Site) -> APIRouter:
    """Return the route of the map."""
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    async def home(request: Request) -> Response:
        answers = await site.rows(request, {"who-provides-to-whom-how-often": {}})
        cells = answers["who-provides-to-whom-how-often"]
        return site.page(request, "home.html", cells=cells)

    return routes
