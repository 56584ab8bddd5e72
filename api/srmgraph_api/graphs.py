"""Named graphs over HTTP: read, replaced, added to and removed.

Source: SPARQL 1.1 Graph Store HTTP Protocol. A graph is named by the address at which it is found,
or by the parameter `graph`; `default` is the default graph.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Query, Request, Response

from srmgraph.errors import UnknownFormatError
from srmgraph_api import access, changes, conditions, jobs, negotiation
from srmgraph_api.conditions import Revision
from srmgraph_api.negotiation import GRAPH_TYPES
from srmgraph_api.problems import Problem, responses
from srmgraph_api.service import Service

_CONTENT: dict[str, Any] = {
    "content": {media_type: {} for media_type in (*GRAPH_TYPES, "application/json")}
}
_EXAMPLE = '<https://example.org/acme> <http://www.w3.org/2000/01/rdf-schema#label> "Acme" .\n'
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {"schema": {"type": "string"}} for media_type in (*GRAPH_TYPES, jobs.FORM)
        }
        | {"application/n-triples": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}
_READING = responses(400, 401, 403, 404, 406, 429, 503, 504)
_WRITING = responses(400, 401, 403, 412, 413, 415, 422, 429, 503, 504, 507)
Graph = Annotated[
    str | None,
    Query(description="the IRI of the graph", examples=["https://example.org/mine"]),
]


def router(service: Service) -> APIRouter:
    """Return the routes of the graphs."""
    routes = APIRouter(tags=["Graphs"])

    async def read(request: Request, graph: Graph = None, revision: Revision = None) -> Response:
        """In the format of RDF that Accept asks for. Without a name, the graphs are listed. An
        address here that is no graph may be a thing: then it is told what is said of it."""
        client = access.reader(service, request)
        number = service.revision if revision is None else revision
        if _lists(request):
            content = await service.read(client.line, jobs.listed, number, client.scope())
            return Response(
                content, media_type="application/json", headers=conditions.headers(number, "json")
            )
        name = _name(service, request)
        client.check_graph(name)
        media_type = negotiation.best(request, [*GRAPH_TYPES])
        headers = conditions.headers(number, GRAPH_TYPES[media_type])
        if known := conditions.not_modified(request, headers):
            return known
        is_address = "graph" not in request.query_params
        held: bytes | None = await service.read(
            client.line, jobs.graph, number, name, GRAPH_TYPES[media_type], is_address
        )
        if held is None:
            raise _none(name)
        return Response(held, media_type=media_type, headers=headers)

    async def put(request: Request, graph: Graph = None) -> Response:
        """Let the content be all that the graph holds. What does not conform then is refused, with
        the report. If-Match refuses to overwrite what has changed meanwhile, and If-None-Match with
        `*` what is there at all."""
        return await _written(service, request, _name(service, request), replaces=True)

    async def post(request: Request, graph: Graph = None) -> Response:
        """Add the content to the graph; without a name, make a new graph of it."""
        name = _new(service, request) if _lists(request) else _name(service, request)
        return await _written(service, request, name, replaces=False)

    async def delete(request: Request, graph: Graph = None) -> Response:
        """Remove the graph with all that it holds."""
        client = access.writer(service, request)
        name = _name(service, request)
        client.check_writes(name)
        made = await service.write(client.line, jobs.remove, changes.terms(request, client), name)
        if made is None:
            raise _none(name)
        return changes.response(request, made)

    listed: dict[int | str, dict[str, Any]] = {
        200: {"description": "The graph, or a list of graphs", **_CONTENT}
    }
    made: dict[int | str, dict[str, Any]] = {
        201: {"description": "There is a new graph"},
        204: {"description": "The graph is as it was wanted"},
    }
    gone: dict[int | str, dict[str, Any]] = {204: {"description": "The graph is gone"}}
    for path in ("/graphs", "/graphs/{name:path}"):
        shown = path == "/graphs"
        routes.add_api_route(
            path, read, methods=["GET"], summary="Get a graph, or list them all",
            response_class=Response, responses={**listed, **_READING}, include_in_schema=shown,
        )  # fmt: skip
        routes.add_api_route(
            path, put, methods=["PUT"], summary="Replace a graph", status_code=204,
            response_class=Response, responses={**made, **_WRITING}, openapi_extra=_BODY,
            include_in_schema=shown,
        )  # fmt: skip
        routes.add_api_route(
            path, post, methods=["POST"], summary="Add to a graph", status_code=204,
            response_class=Response, responses={**made, **_WRITING}, openapi_extra=_BODY,
            include_in_schema=shown,
        )  # fmt: skip
        routes.add_api_route(
            path, delete, methods=["DELETE"], summary="Remove a graph", status_code=204,
            response_class=Response, responses={**gone, **_WRITING, **responses(404)},
            include_in_schema=shown,
        )  # fmt: skip
    return routes


def _lists(request: Request) -> bool:
    """Whether no graph is named."""
    is_root = request.scope["path"].rstrip("/").endswith("/graphs")
    return is_root and not {"graph", "default"} & set(request.query_params)


def _name(service: Service, request: Request) -> str | None:
    """Return the IRI of the graph that a request is about; None is the default graph."""
    given = request.query_params.getlist("graph")
    is_default = "default" in request.query_params
    if len(given) + is_default > 1:
        raise Problem(400, "A request is about one graph; this one names several.")
    if is_default:
        return None
    if not given:
        if _lists(request):
            raise Problem(400, "Name the graph: ?graph=IRI, ?default or /graphs/NAME.")
        return negotiation.address(service.settings.base, request)
    try:
        return negotiation.iri(given[0], negotiation.address(service.settings.base, request))
    except ValueError as error:
        raise Problem(400, f"“{given[0]}” is no IRI: {error}.") from None


def _new(service: Service, request: Request) -> str:
    return f"{negotiation.address(service.settings.base, request).rstrip('/')}/{uuid4()}"


def _none(name: str | None) -> Problem:
    return Problem(404, f"There is no graph <{name}>." if name else "The default graph is empty.")


async def _written(
    service: Service, request: Request, name: str | None, *, replaces: bool
) -> Response:
    client = access.writer(service, request)
    client.check_writes(name)
    terms = changes.terms(request, client)
    source = kind = negotiation.media_type(request)
    if kind == jobs.FORM:
        kind = request.headers["content-type"]
    elif kind not in GRAPH_TYPES:
        raise Problem(415, f"The content is “{kind}”. Send one of: {', '.join(GRAPH_TYPES)}.")
    content = await negotiation.body(request, service.settings.largest_upload)
    base = name or negotiation.address(service.settings.base, request)
    try:
        lines = await service.read(client.line, jobs.statements, content, kind, base)
    except UnknownFormatError as error:
        raise Problem(415, error.message) from None
    made = await service.write(client.line, jobs.put, terms, name, lines, source, replaces)
    return changes.response(request, made, name)
