"""SPARQL over HTTP, read only.

Source: SPARQL 1.1 Protocol, section 2.1 (query operation); SPARQL 1.1 Service Description.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response

from srmgraph.sparql import form
from srmgraph_api import negotiation, work
from srmgraph_api.negotiation import GRAPH_TYPES, ROW_TYPES
from srmgraph_api.problems import Problem, responses
from srmgraph_api.service import Service

_EXAMPLE = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?kind (COUNT(?thing) AS ?things) { ?thing a ?kind } GROUP BY ?kind ORDER BY ?kind LIMIT 3
"""
LONGEST_QUERY = 32_000
"""How many characters a query may have; `work` says why there must be an end."""

LARGEST_ANSWER = 50_000_000
"""How many bytes an answer may have."""

_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Rows or a truth value in a format of SPARQL results; a graph in one of RDF",
        "content": {media_type: {} for media_type in (*ROW_TYPES, *GRAPH_TYPES)},
    }
}
_BODY = {
    "required": True,
    "content": {
        _DIRECT: {"schema": {"type": "string"}, "example": _EXAMPLE},
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["query"],
                "properties": {"query": {"type": "string"}},
            },
            "example": {"query": _EXAMPLE},
        },
    },
}
_DESCRIPTION = """
PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
PREFIX formats: <http://www.w3.org/ns/formats/>
CONSTRUCT {
    ?service a sd:Service ;
        sd:endpoint ?service ;
        sd:supportedLanguage sd:SPARQL11Query ;
        sd:feature sd:UnionDefaultGraph ;
        sd:resultFormat ?format ;
        sd:defaultDataset [ a sd:Dataset ; sd:defaultGraph [ a sd:Graph ] ] .
} {
    VALUES ?service { <SERVICE> }
    VALUES ?format {
        formats:SPARQL_Results_JSON formats:SPARQL_Results_XML formats:SPARQL_Results_CSV
        formats:SPARQL_Results_TSV formats:Turtle formats:N-Triples formats:N-Quads formats:TriG
        formats:RDF_XML formats:JSON-LD
    }
}
"""


def router(service: Service) -> APIRouter:
    """Return the routes of SPARQL."""
    routes = APIRouter(tags=["SPARQL"])

    @routes.get(
        "/sparql",
        summary="Answer a SPARQL query",
        response_class=Response,
        responses={**_ANSWERS, **responses(400, 406, 413, 503, 504)},
    )
    async def get(
        request: Request,
        query: Annotated[
            str | None,
            Query(
                description="the query; without it, the service is described",
                openapi_examples={"kinds": {"summary": "Things by their kind", "value": _EXAMPLE}},
            ),
        ] = None,
    ) -> Response:
        """Queries see the union of all graphs unless they, or `default-graph-uri` and
        `named-graph-uri`, name the graphs that are asked."""
        if query is None and "update" not in request.query_params:
            return _described(service, request)
        return await _answered(service, request, _parameters(request.url.query))

    @routes.post(
        "/sparql",
        summary="Answer a SPARQL query that is too long for an address",
        response_class=Response,
        responses={**_ANSWERS, **responses(400, 406, 413, 415, 503, 504)},
        openapi_extra={"requestBody": _BODY},
    )
    async def post(request: Request) -> Response:
        """The query is the content itself, or the field `query` of a form."""
        content = await negotiation.body(request)
        kind = negotiation.media_type(request)
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise Problem(400, "The request is not in UTF-8.") from None
        if kind == _FORM:
            parameters = _parameters(text)
        elif kind == _DIRECT:
            parameters = _parameters(request.url.query) | {"query": [text]}
        else:
            raise Problem(415, f"The content is “{kind}”. Send one of: {_DIRECT}, {_FORM}.")
        return await _answered(service, request, parameters)

    return routes


def _parameters(encoded: str) -> dict[str, list[str]]:
    try:
        return parse_qs(encoded, keep_blank_values=True, max_num_fields=1000, errors="strict")
    except ValueError:
        raise Problem(400, "The parameters of the request are not in UTF-8.") from None


async def _answered(
    service: Service, request: Request, parameters: dict[str, list[str]]
) -> Response:
    if "update" in parameters:
        raise Problem(400, "This service answers queries only; it takes no updates.")
    queries = parameters.get("query", [])
    if len(queries) != 1:
        raise Problem(400, f"A request has one query; this one has {len(queries)}.")
    (query,) = queries
    if len(query) > LONGEST_QUERY:
        raise Problem(
            413, f"A query may have {LONGEST_QUERY:,} characters; this one has {len(query):,}."
        )
    if form(query) in ("CONSTRUCT", "DESCRIBE"):
        media_type = negotiation.best(request, [*GRAPH_TYPES])
        format = GRAPH_TYPES[media_type]
    else:
        media_type, format = negotiation.best_rows(request)
    content = await service.work.do(
        service.stated.store.answer,
        query,
        format,
        parameters.get("default-graph-uri", []),
        parameters.get("named-graph-uri", []),
        LARGEST_ANSWER,
        work.SECONDS,
    )
    return Response(content, media_type=media_type, headers={"Vary": "Accept"})


def _described(service: Service, request: Request) -> Response:
    media_type = negotiation.best(request, [*GRAPH_TYPES])
    own = str(request.url.replace(query=""))
    content = service.stated.store.answer(
        _DESCRIPTION.replace("<SERVICE>", f"<{own}>"), GRAPH_TYPES[media_type]
    )
    return Response(content, media_type=media_type, headers={"Vary": "Accept"})
