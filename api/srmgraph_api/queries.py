"""Kept questions over HTTP: listed, described and asked."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from srmgraph import queries
from srmgraph.adapters import rdf
from srmgraph.errors import ParameterError
from srmgraph.queries import Question
from srmgraph_api import access, jobs, negotiation, parameters
from srmgraph_api.conditions import Revision
from srmgraph_api.negotiation import GRAPH_TYPES, ROW_TYPES
from srmgraph_api.problems import responses
from srmgraph_api.service import Service

_QUERY = "application/sparql-query"


def router(service: Service) -> APIRouter:
    """Return the routes of the kept questions."""
    routes = APIRouter(tags=["Questions"])
    first = next(iter(queries.questions()))

    @routes.get(
        "/queries",
        summary="List the questions",
        response_class=Response,
        responses={
            200: {"description": "All questions", "content": {"application/json": {}}},
            **responses(406),
        },
    )
    def questions(request: Request) -> Response:
        """What each asks, who asks it and which parameters it takes; as JSON or as RDF."""
        media_type = negotiation.best(request, ["application/json", *GRAPH_TYPES])
        content: bytes | str
        if media_type == "application/json":
            listed = [_described(kept) for kept in queries.questions().values()]
            content = json.dumps({"queries": listed}, ensure_ascii=False)
        else:
            content = rdf.serialize(queries.describe(), GRAPH_TYPES[media_type])
        return Response(content, media_type=media_type, headers={"Vary": "Accept"})

    @routes.get(
        "/queries/{name}",
        summary="Ask a question",
        response_class=Response,
        responses={
            200: {
                "description": "The rows of the answer, or the query itself",
                "content": {media_type: {} for media_type in (*ROW_TYPES, _QUERY)},
            },
            **responses(400, 401, 404, 406, 422, 429, 503, 504),
        },
        openapi_extra={
            "parameters": [
                {
                    "name": "name",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string"},
                    "description": "one of the names listed at /queries",
                    "example": first,
                }
            ]
        },
    )
    async def ask(request: Request, name: str, revision: Revision = None) -> Response:
        """The parameters of the question are those of the address: a name as it stands in the data,
        a prefixed name, an IRI, or a date. With `Accept: application/sparql-query`, the answer is
        the query itself, with the parameters in their places."""
        client = access.reader(service, request)
        queries.question(name)
        given: dict[str, str] = {}
        for key, values in parameters.of_address(request).items():
            if key == "revision":
                continue
            if len(values) > 1:
                raise ParameterError(f"The parameter “{key}” is given twice; a question takes one.")
            given[key] = values[0]
        number = service.revision if revision is None else revision
        media_type = negotiation.best(request, [*ROW_TYPES, "application/json", _QUERY])
        content: str | bytes
        if media_type == _QUERY:
            content = await service.read(
                client.line, jobs.bound, number, name, given, client.scope()
            )
        else:
            media_type, format = negotiation.best_rows(request)
            content = await service.read(
                client.line, jobs.ask, number, name, given, format, client.scope()
            )
        return Response(content, media_type=media_type, headers={"Vary": "Accept, Authorization"})

    return routes


def _described(kept: Question) -> dict[str, Any]:
    return {
        "name": kept.name,
        "summary": kept.summary,
        "help": kept.help,
        "askedBy": kept.persona,
        "usesInference": kept.uses_inference,
        "parameters": [
            {
                "name": parameter.name,
                "help": parameter.help,
                "default": parameter.default,
                "datatype": parameter.datatype,
            }
            for parameter in kept.parameters
        ],
        "href": f"/queries/{kept.name}",
    }
