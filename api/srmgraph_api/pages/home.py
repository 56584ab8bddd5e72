"""The map: who serves whom."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from srmgraph_api.pages.site import Site

_POLICY = {"style-src": "'self' 'sha256-pgvDUBa4IjFA2yuSJ2cqcyxmNYJMborsd0ORcRv9vw8='"}
"""Cytoscape puts one rule of style into the page: that its place is positioned."""


def router(site: Site) -> APIRouter:
    """Return the route of the map."""
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    async def home(request: Request) -> Response:
        answers = await site.rows(request, {"who-provides-to-whom-how-often": {}})
        cells = answers["who-provides-to-whom-how-often"]
        return site.page(request, "home.html", policy=_POLICY, cells=cells)

    return routes
