"""Reasons over HTTP: why a statement is true, and what contradicts what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from srmgraph.errors import ParameterError
from srmgraph_api import access, jobs, negotiation
from srmgraph_api.conditions import Revision
from srmgraph_api.problems import Problem, responses
from srmgraph_api.service import Service

_TYPES = {
    "text/plain": "text",
    "application/json": "json",
    "image/svg+xml": "svg",
    "text/vnd.mermaid": "mermaid",
    "text/turtle": "turtle",
}


def router(service: Service) -> APIRouter:
    """Return the route of reasons."""
    routes = APIRouter(tags=["Rules"])

    @routes.get(
        "/explain",
        summary="Ask why a statement is true, or what contradicts what",
        response_class=Response,
        responses={
            200: {
                "description": "The proof, or all of them",
                "content": {media_type: {} for media_type in _TYPES},
            },
            **responses(400, 401, 404, 406, 422, 429, 503, 504),
        },
    )
    async def explain(
        request: Request,
        subject: Annotated[str | None, Query(description="a name, prefixed name or <IRI>")] = None,
        predicate: Annotated[str | None, Query(description="the property, likewise")] = None,
        object: Annotated[str | None, Query(description='the value, likewise or "text"')] = None,
        all: Annotated[bool, Query(description="every proof, not only the shortest")] = False,
        revision: Revision = None,
    ) -> Response:
        """As text, JSON, a picture or RDF (PROV-O), as Accept asks for. Without a statement, what
        contradicts what is told. A statement that does not follow is not found."""
        client = access.reader(service, request)
        given = [text for text in (subject, predicate, object) if text is not None]
        if len(given) not in (0, 3):
            raise Problem(
                422, "A statement is a subject, a predicate and an object. Give all three, or none."
            )
        number = service.revision if revision is None else revision
        media_type = negotiation.best(request, [*_TYPES])
        try:
            content = await service.read(
                client.line,
                jobs.explained,
                number,
                given,
                all,
                _TYPES[media_type],
                client.scope(),
            )
        except ParameterError as error:
            raise Problem(422, str(error)) from None
        return Response(content, media_type=media_type, headers={"Vary": "Accept, Authorization"})

    return routes
