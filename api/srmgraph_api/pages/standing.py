"""The page of the standing report: which rules the data keep, and which not."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask

from srmgraph.errors import StoreError
from srmgraph.store.revisions import Revision
from srmgraph.validation.report import SEVERITIES
from srmgraph_api import access
from srmgraph_api.access import Client
from srmgraph_api.pages import reports
from srmgraph_api.pages.reports import Counts
from srmgraph_api.pages.site import Site
from srmgraph_api.problems import Problem

_SMALL = 20_000
"""Up to how many statements older revisions are checked for what they would have found."""

_SECONDS = 4.0


def router(site: Site) -> APIRouter:
    """Return the route of the report."""
    routes = APIRouter()
    service = site.service
    known: dict[int, Counts] = {}

    @routes.get("/validation", include_in_schema=False)
    async def report(
        request: Request, graph: str = "", organization: str = "", severity: str = ""
    ) -> Response:
        client = access.reader(service, request)
        if graph:
            client.check_graph(graph)
        if severity not in ("", *SEVERITIES):
            raise Problem(400, f"There is no severity “{severity}”, only {', '.join(SEVERITIES)}.")
        number = service.revision
        told = await service.read(
            client.line,
            reports.standing,
            number,
            graph,
            organization,
            severity,
            client.scope(),
        )
        history = [] if client.graphs else service.store.history()
        # What has a report beside it is told at once.
        await look_back(client, history, 0)
        page = site.page(
            request,
            "validation.html",
            told=told,
            graph=graph,
            organization=organization,
            most=reports.MOST_ASKED,
            may_write=site.may(request, "write"),
            severity=severity,
            severities=SEVERITIES,
            trend=[(one, known[one.number]) for one in history if one.number in known],
        )
        if any(one.number not in known and one.statements <= _SMALL for one in history):
            # Whoever looks again sees more; nobody waits for it.
            page.background = BackgroundTask(look_back, client, history, _SMALL)
        return page

    async def look_back(client: Client, history: list[Revision], largest: int) -> None:
        missing = [one.number for one in history if one.number not in known]
        if missing:
            with suppress(Problem, StoreError):
                known.update(
                    await service.read(client.line, reports.counts, missing, _SECONDS, largest)
                )

    return routes
