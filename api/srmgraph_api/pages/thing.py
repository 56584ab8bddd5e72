"""The page of a thing, and the page of why something is true of it."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from rdflib import RDF

from srmgraph.errors import ParameterError
from srmgraph_api import access, jobs
from srmgraph_api.pages import things
from srmgraph_api.pages.entries import sheet_for
from srmgraph_api.pages.site import Site
from srmgraph_api.pages.things import Finding, Told
from srmgraph_api.problems import Problem

_FORMATS = {
    "Turtle": "turtle",
    "JSON-LD": "json-ld",
    "N-Triples": "n-triples",
    "RDF/XML": "rdf-xml",
}


async def page(site: Site, request: Request, iri: str, revision: int) -> Response:
    """Return the page about a thing; raises Problem 404 if nothing is said of it."""
    client = access.reader(site.service, request)
    service = site.service

    async def told() -> Told | None:
        found: Told | None = await service.read(
            client.line, things.tell, revision, client.scope(), iri
        )
        return found

    async def checked() -> list[Finding] | None:
        # Rules look at the whole; a key for some graphs does not see all that they look at.
        if client.graphs:
            return []
        try:
            found: list[Finding] | None = await service.read(
                client.line, things.check, revision, iri
            )
        except Problem:
            # What takes too long or needs too much must not keep the rest of the page away.
            return None
        return found

    about, findings = await asyncio.gather(told(), checked())
    if about is None:
        raise Problem(404, f"Nothing is said of <{iri}> here.")
    may_write = revision == service.revision and site.may(request, "write")
    return site.page(
        request,
        "thing.html",
        iri=iri,
        told=about,
        findings=findings,
        formats=_FORMATS,
        most=things.MOST_ROWS,
        may_change=may_write and _has_form(about),
        may_delete=may_write and bool(about.stated) and not site.documented(iri),
        number=revision if revision != service.revision else None,
    )


def _has_form(told: Told) -> bool:
    """Whether something is stated of it that a form shows."""
    kinds = (
        value.term.iri
        for one in (*told.stated, *told.inferred)
        if one.term.iri == str(RDF.type)
        for value in one.values
    )
    return bool(told.stated) and sheet_for(kinds) is not None


def router(site: Site) -> APIRouter:
    """Return the route of reasons, as a page."""
    routes = APIRouter()

    @routes.get("/why", include_in_schema=False)
    async def why(request: Request, subject: str, predicate: str, object: str) -> Response:
        client = access.reader(site.service, request)
        statement = [subject, predicate, object]
        revision = site.service.revision

        try:
            text = await site.service.read(
                client.line, jobs.explained, revision, statement, False, "text", client.scope()
            )
        except ParameterError as error:
            raise Problem(422, str(error)) from None
        return site.page(
            request,
            "why.html",
            text=text,
            statement=statement,
            subject=subject.strip("<>"),
        )

    return routes
