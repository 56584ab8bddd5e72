"""Linked data: every IRI of the graph answers with what is said of it.

Source: Linked Data design issues (Berners-Lee, 2006); Cool URIs for the Semantic Web.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.exceptions import HTTPException

from srmgraph import knowledge
from srmgraph_api import access, conditions, jobs, negotiation
from srmgraph_api.conditions import Revision
from srmgraph_api.negotiation import GRAPH_TYPES
from srmgraph_api.pages import thing
from srmgraph_api.pages.site import Site
from srmgraph_api.problems import Problem, responses
from srmgraph_api.service import Service

_HTML = "text/html"
_TYPES = {name: media_type for media_type, name in GRAPH_TYPES.items()}


def router(service: Service, site: Site) -> APIRouter:
    """Return the routes of things; to be added last, for one of them takes what no other took."""
    routes = APIRouter(tags=["Things"])

    @routes.get(
        "/resource",
        summary="Get what is said of a thing",
        response_class=Response,
        responses={
            200: {"content": {media_type: {} for media_type in (*GRAPH_TYPES, _HTML)}},
            **responses(400, 401, 404, 406, 429, 503, 504),
        },
    )
    async def resource(
        request: Request,
        iri: Annotated[
            str,
            Query(
                description="the IRI of the thing",
                examples=[f"{knowledge.ontology_iri()}"],
            ),
        ],
        format: Annotated[
            str | None,
            Query(
                description=f"one of {', '.join(GRAPH_TYPES.values())}, in place of Accept",
                examples=["turtle"],
            ),
        ] = None,
        revision: Revision = None,
    ) -> Response:
        """In the format of RDF that Accept asks for; browsers are shown a page."""
        try:
            name = negotiation.iri(iri, negotiation.address(service.settings.base, request))
        except ValueError as error:
            raise Problem(400, f"“{iri}” is no IRI: {error}.") from None
        media_type = _TYPES.get(format) if format else None
        if format and media_type is None:
            raise Problem(400, f"There is no format “{format}”, only {', '.join(_TYPES)}.")
        return await _described(service, site, request, name, revision, media_type)

    @routes.get("/{path:path}", include_in_schema=False)
    async def own(request: Request, path: str) -> Response:
        """A thing whose IRI is an address of this service."""
        if request.url.path in request.app.openapi()["paths"]:
            # It is there, but not to be got.
            raise HTTPException(405)
        try:
            name = negotiation.iri(negotiation.address(service.settings.base, request), "")
        except ValueError:
            raise Problem(404, f"There is nothing at {request.url.path}.") from None
        return await _described(service, site, request, name, None)

    return routes


async def _described(
    service: Service,
    site: Site,
    request: Request,
    name: str,
    revision: int | None,
    media_type: str | None = None,
) -> Response:
    client = access.reader(service, request)
    number = service.revision if revision is None else revision
    media_type = media_type or negotiation.best(request, [*GRAPH_TYPES, _HTML])
    if media_type == _HTML:
        return await thing.page(site, request, name, number)
    headers = conditions.headers(number, GRAPH_TYPES[media_type])
    if known := conditions.not_modified(request, headers):
        return known
    content = await service.read(
        client.line, jobs.described, number, name, GRAPH_TYPES[media_type], client.scope()
    )
    if content is None:
        raise Problem(404, f"Nothing is said of <{name}> here. What there is, is listed at /.")
    return Response(content, media_type=media_type, headers=headers)
