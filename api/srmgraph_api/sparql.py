"""SPARQL over HTTP: queries for those who may read, updates for those who may write.

Source: SPARQL 1.1 Protocol; SPARQL 1.1 Service Description.
"""

from __future__ import annotations

from typing import Annotated, Any

import rdflib
from fastapi import APIRouter, Query, Request, Response

from srmgraph.sparql import form
from srmgraph.store import EmbeddedStore
from srmgraph.terms import n_triples
from srmgraph_api import access, changes, conditions, jobs, negotiation, parameters
from srmgraph_api.access import Client
from srmgraph_api.conditions import Revision
from srmgraph_api.negotiation import GRAPH_TYPES, ROW_TYPES
from srmgraph_api.parameters import Parameters
from srmgraph_api.problems import Problem, responses
from srmgraph_api.service import Service

_EXAMPLE = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?kind (COUNT(?thing) AS ?things) { ?thing a ?kind } GROUP BY ?kind ORDER BY ?kind LIMIT 3
"""
_UPDATE_EXAMPLE = "INSERT DATA { GRAPH <https://example.org/mine> { } }"
LONGEST_QUERY = 32_000
"""How many characters a query may have."""

LONGEST_UPDATE = 10_000_000
"""How many characters an update may have; it may carry data."""

_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Rows or a truth value in a format of SPARQL results; a graph in one of RDF",
        "content": {media_type: {} for media_type in (*ROW_TYPES, *GRAPH_TYPES)},
    }
}
_BODY = {
    "required": True,
    "content": {
        _QUERY: {"schema": {"type": "string"}, "example": _EXAMPLE},
        _UPDATE: {"schema": {"type": "string"}},
        _FORM: {
            "schema": {
                "type": "object",
                "properties": {"query": {"type": "string"}, "update": {"type": "string"}},
            },
            "example": {"query": _EXAMPLE},
        },
    },
}
_DESCRIPTION = """
@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .
@prefix formats: <http://www.w3.org/ns/formats/> .
@prefix regimes: <http://www.w3.org/ns/entailment/> .
@prefix profiles: <http://www.w3.org/ns/owl-profile/> .
SERVICE a sd:Service ;
    sd:endpoint SERVICE ;
    sd:supportedLanguage sd:SPARQL11Query , sd:SPARQL11Update ;
    sd:feature sd:UnionDefaultGraph ;
    REGIME ;
    sd:resultFormat formats:SPARQL_Results_JSON , formats:SPARQL_Results_XML ,
        formats:SPARQL_Results_CSV , formats:SPARQL_Results_TSV , formats:Turtle ,
        formats:N-Triples , formats:N-Quads , formats:TriG , formats:RDF_XML , formats:JSON-LD ;
    sd:inputFormat formats:Turtle , formats:N-Triples , formats:RDF_XML , formats:JSON-LD ;
    sd:defaultDataset [ a sd:Dataset ; sd:defaultGraph [ a sd:Graph ] ] .
"""

_INFERRING = (
    "sd:defaultEntailmentRegime regimes:OWL-RDF-Based ;"
    "sd:defaultSupportedEntailmentProfile profiles:RL"
)
_NOT_INFERRING = "sd:defaultEntailmentRegime regimes:Simple"


def router(service: Service) -> APIRouter:
    """Return the routes of SPARQL."""
    routes = APIRouter(tags=["SPARQL"])

    @routes.get(
        "/sparql",
        summary="Answer a SPARQL query",
        response_class=Response,
        responses={**_ANSWERS, **responses(400, 401, 403, 404, 406, 413, 422, 429, 503, 504)},
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
        revision: Revision = None,
    ) -> Response:
        """Queries see the union of all graphs unless they, or `default-graph-uri` and
        `named-graph-uri`, name the graphs that are asked."""
        given = parameters.of_address(request)
        if "update" in given:
            raise Problem(400, "An update changes data: send it by POST.")
        if query is None and "query" not in given:
            return _described(service, request)
        return await _answered(service, request, access.reader(service, request), given, revision)

    @routes.post(
        "/sparql",
        summary="Answer a SPARQL query, or make an update",
        response_class=Response,
        responses={
            **_ANSWERS,
            204: {"description": "The update was made"},
            **responses(400, 401, 403, 404, 406, 412, 413, 415, 422, 429, 503, 504, 507),
        },
        openapi_extra={"requestBody": _BODY},
    )
    async def post(request: Request, revision: Revision = None) -> Response:
        """The query or update is the content itself, or the field `query` or `update` of a form.
        An update is made as a whole or not at all; what does not conform afterwards is refused."""
        # Who may not read may not write, and sends nothing that is taken in.
        client = access.reader(service, request)
        given = await _posted(request, (_QUERY, _UPDATE))
        if "update" in given:
            return await _updated(service, request, access.writer(service, request), given)
        return await _answered(service, request, client, given, revision)

    @routes.post(
        "/update",
        summary="Change data by a SPARQL update",
        response_class=Response,
        status_code=204,
        responses={
            204: {"description": "The update was made"},
            **responses(400, 401, 403, 412, 413, 415, 422, 429, 503, 504, 507),
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    _UPDATE: {"schema": {"type": "string"}, "example": _UPDATE_EXAMPLE},
                    _FORM: {"schema": {"type": "object"}, "example": {"update": _UPDATE_EXAMPLE}},
                },
            }
        },
    )
    async def update(request: Request) -> Response:
        """As at /sparql, for tools that keep the two apart."""
        client = access.writer(service, request)
        return await _updated(service, request, client, await _posted(request, (_UPDATE,)))

    return routes


async def _posted(request: Request, kinds: tuple[str, ...]) -> Parameters:
    content = await negotiation.body(request, LONGEST_UPDATE)
    kind = negotiation.media_type(request)
    if kind not in (_FORM, *kinds):
        raise Problem(415, f"The content is “{kind}”. Send one of: {', '.join((*kinds, _FORM))}.")
    of_address = parameters.of_address(request)
    if kind == _FORM:
        return parameters.decoded(content) | {
            name: values for name, values in of_address.items() if name not in ("query", "update")
        }
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Problem(400, "The request is not in UTF-8.") from None
    return of_address | {"query" if kind == _QUERY else "update": [text]}


def _single(all_given: Parameters, name: str, longest: int) -> str:
    given = all_given.get(name, [])
    if len(given) != 1:
        raise Problem(400, f"A request has one {name}; this one has {len(given)}.")
    if len(given[0]) > longest:
        raise Problem(
            413, f"A {name} may have {longest:,} characters; this one has {len(given[0]):,}."
        )
    return given[0]


async def _answered(
    service: Service, request: Request, client: Client, given: Parameters, revision: int | None
) -> Response:
    query = _single(given, "query", LONGEST_QUERY)
    if form(query) in ("CONSTRUCT", "DESCRIBE"):
        media_type = negotiation.best(request, [*GRAPH_TYPES])
        format = GRAPH_TYPES[media_type]
    else:
        media_type, format = negotiation.best_rows(request)
    number = service.revision if revision is None else revision
    headers = conditions.headers(number, format)
    if known := conditions.not_modified(request, headers):
        return known
    default = given.get("default-graph-uri", [])
    named = given.get("named-graph-uri", [])
    for name in (*default, *named) if client.graphs else ():
        client.check_graph(name)
    if client.graphs and not (default or named):
        default = named = client.scope()
    content = await service.read(
        client.line,
        jobs.answer,
        number,
        query,
        format,
        default,
        named,
        service.settings.largest_answer,
        negotiation.address(service.settings.base, request),
    )
    return Response(content, media_type=media_type, headers=headers)


async def _updated(
    service: Service, request: Request, client: Client, given: Parameters
) -> Response:
    text = _single(given, "update", LONGEST_UPDATE)
    client.check_all("an update may reach others")
    made = await service.write(
        client.line,
        jobs.update,
        changes.terms(request, client),
        text,
        given.get("using-graph-uri", []),
        given.get("using-named-graph-uri", []),
        negotiation.address(service.settings.base, request),
    )
    return changes.response(request, made)


def _described(service: Service, request: Request) -> Response:
    media_type = negotiation.best(request, [*GRAPH_TYPES])
    own = n_triples(rdflib.URIRef(negotiation.address(service.settings.base, request)))
    regime = _INFERRING if service.settings.checking == "all" else _NOT_INFERRING
    described = EmbeddedStore()
    text = _DESCRIPTION.replace("REGIME", regime).replace("SERVICE", own)
    described.parse(text, "turtle")
    content = described.answer("CONSTRUCT WHERE { ?s ?p ?o }", GRAPH_TYPES[media_type])
    return Response(content, media_type=media_type, headers={"Vary": "Accept"})
