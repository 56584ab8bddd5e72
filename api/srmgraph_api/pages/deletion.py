"""The page that asks before a thing is deleted, and says what would go with it."""

from __future__ import annotations

import pyoxigraph
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from srmgraph.validation import Report
from srmgraph_api import access
from srmgraph_api.access import Client
from srmgraph_api.jobs import Refused, Terms
from srmgraph_api.pages import deleting, reports
from srmgraph_api.pages.deleting import Doomed
from srmgraph_api.pages.entries import FaultsError
from srmgraph_api.pages.site import Site
from srmgraph_api.problems import CHANGE_ERRORS, Problem, in_public


def router(site: Site) -> APIRouter:
    """Return the routes of deleting."""
    routes = APIRouter()
    service = site.service

    @routes.get("/delete", include_in_schema=False)
    async def ask(request: Request, iri: str) -> Response:
        if service.sessions.key(request) is None:
            return site.to_sign_in(request)
        client = access.reader(service, request)
        if not site.may(request, "write"):
            raise Problem(403, "This needs a key with the role write.")
        return await _page(request, client, iri)

    @routes.post("/delete", include_in_schema=False)
    async def delete(request: Request) -> Response:
        sent = await site.form(request)
        client = access.writer(service, request)
        iri, seen = str(sent.get("iri", "")), str(sent.get("seen", ""))
        if not seen.isdecimal():
            raise Problem(400, "Say which revision was seen, as the form does.")
        doomed = await _doomed(client, iri)
        terms = Terms(
            client.author, None, "", service.settings.checking == "all", graphs=client.graphs
        )
        try:
            made = await service.write(
                client.line, deleting.delete, terms, iri, int(seen), doomed.name, client.scope()
            )
        except FaultsError as error:
            return await _page(request, client, iri, problem=error.faults[""])
        except CHANGE_ERRORS as error:
            return await _page(request, client, iri, problem=in_public(error))
        if isinstance(made, Refused):
            assert isinstance(made.report, Report)
            if not made.report.fails():
                # What is broken lies where the key does not see it.
                return await _page(request, client, iri, problem=made.detail)
            return await _page(request, client, iri, report=made.report)
        return RedirectResponse(site.url("/history"), 303)

    async def _doomed(client: Client, iri: str) -> Doomed:
        try:
            pyoxigraph.NamedNode(iri)
        except ValueError as error:
            raise Problem(400, f"“{iri}” is no IRI: {error}.") from None
        found: Doomed | None = await service.read(
            client.line, deleting.look, service.revision, iri, client.scope()
        )
        if found is None:
            raise Problem(404, f"Nothing is stated of <{iri}> that could be deleted here.")
        return found

    async def _page(
        request: Request,
        client: Client,
        iri: str,
        *,
        problem: str = "",
        report: Report | None = None,
    ) -> Response:
        doomed = await _doomed(client, iri)
        return site.page(
            request,
            "delete.html",
            status=422 if problem or report else 200,
            iri=iri,
            doomed=doomed,
            is_confined=bool(client.graphs),
            problem=problem,
            report=reports.told(report.at_least("Violation")) if report else None,
        )

    return routes
