"""Models of ArchiMate over HTTP: what is served goes out, and what has come back is planned, and
applied if that is wanted.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from srmgraph_api import access, changes, conditions, model_jobs, negotiation
from srmgraph_api.conditions import Revision
from srmgraph_api.jobs import Refused
from srmgraph_api.problems import Problem, responses
from srmgraph_api.service import Service

_TYPES = {
    "application/xml": "exchange",
    "application/x-archimate": "archi",
    "application/zip": "bundle",
}
"""The media types of models, and the names of their formats; that of Archi's files is our own."""

_ENDINGS = {"exchange": "xml", "archi": "archimate", "bundle": "zip"}
_ACCEPTED = (*_TYPES, "text/xml", "application/octet-stream")
_PLANS = {"application/json": "json", "text/plain": "text"}
_EXAMPLE = """<?xml version="1.0" encoding="UTF-8"?>
<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/"
       xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="id-acme">
  <name xml:lang="en">Acme</name>
  <elements>
    <element identifier="id-payroll" xsi:type="BusinessService">
      <name xml:lang="en">Payroll</name>
    </element>
  </elements>
</model>
"""
Graph = Annotated[
    str | None,
    Query(
        description="the IRI of the graph that the model is about",
        examples=["https://example.org/mine"],
    ),
]


def router(service: Service) -> APIRouter:
    """Return the routes of models."""
    routes = APIRouter(tags=["ArchiMate"])

    @routes.get(
        "/archimate",
        summary="Get the graph as a model for Archi and other ArchiMate tools",
        response_class=Response,
        responses={
            200: {
                "description": "The model, with a view for each party and each ecosystem",
                "content": {media_type: {} for media_type in _TYPES},
            },
            **responses(400, 401, 403, 404, 406, 422, 429, 503, 504),
        },
    )
    async def read(
        request: Request,
        graph: Graph = None,
        format: Annotated[
            Literal["exchange", "archi", "bundle"] | None,
            Query(description="in place of what Accept says"),
        ] = None,
        revision: Revision = None,
    ) -> Response:
        """Exchange XML, a file of Archi, or a bundle with what ArchiMate cannot say, as Accept or
        the parameter asks for. Without a graph, all are drawn. The number in the tag is the
        revision: `base`, when the model comes back."""
        client = access.reader(service, request)
        number = service.revision if revision is None else revision
        name = None if graph is None else _iri(service, request, graph)
        client.check_graph(name) if name else None
        if format is None:
            media_type = negotiation.best(request, [*_TYPES])
        else:
            media_type = next(known for known, its in _TYPES.items() if its == format)
        chosen = _TYPES[media_type]
        headers = conditions.headers(number, chosen)
        if known := conditions.not_modified(request, headers):
            return known
        content = await service.read(
            client.line, model_jobs.drawn, number, name, chosen, client.scope()
        )
        if content is None:
            raise Problem(404, f"There is no graph <{name}>.")
        headers["Content-Disposition"] = f'attachment; filename="model.{_ENDINGS[chosen]}"'
        return Response(content, media_type=media_type, headers=headers)

    @routes.post(
        "/archimate",
        summary="Bring a model home: plan what would change, or change it",
        response_class=Response,
        responses={
            200: {
                "description": "What would change, or what was changed; the tag tells the revision",
                "content": {media_type: {} for media_type in _PLANS},
            },
            **responses(400, 401, 403, 404, 406, 409, 412, 413, 415, 422, 429, 503, 504, 507),
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    media_type: {"schema": {"type": "string", "format": "binary"}}
                    for media_type in _ACCEPTED
                }
                | {"application/xml": {"schema": {"type": "string"}, "example": _EXAMPLE}},
            },
            "parameters": [
                {
                    "name": "plan",
                    "in": "query",
                    "description": "show what would change, and change nothing",
                    "allowEmptyValue": True,
                    "schema": {"type": "string"},
                }
            ],
        },
    )
    async def write(
        request: Request,
        graph: Graph = None,
        base: Annotated[
            int | None, Query(ge=0, description="the revision that was exported")
        ] = None,
        allow_deletes: Annotated[
            bool,
            Query(alias="allow-deletes", description="remove what was removed in the model"),
        ] = False,
        settle: Annotated[
            Literal["ours", "theirs"] | None,
            Query(description="whose values stay where both sides have changed them since `base`"),
        ] = None,
    ) -> Response:
        """The content is a model of any tool: exchange XML, a file of Archi, or a zip with one.

        It is compared with the graph as it is, and as it was in the revision `base`, so that
        changes of both sides can be told apart. Nothing goes unless deletes are allowed. What both
        have changed is refused with 409 unless `settle` says whose values stay. With `?plan`, all
        of that is only told.
        """
        plans = "plan" in request.query_params
        client = access.reader(service, request) if plans else access.writer(service, request)
        name = _iri(service, request, graph)
        client.check_graph(name) if plans else client.check_writes(name)
        kind = negotiation.media_type(request)
        if kind and kind not in _ACCEPTED:
            raise Problem(415, f"The content is “{kind}”. Send one of: {', '.join(_ACCEPTED)}.")
        media_type = negotiation.best(request, [*_PLANS])
        format = _PLANS[media_type]
        terms = changes.terms(request, client)
        largest = service.settings.largest_upload
        content = await negotiation.body(request, largest)
        theirs = await service.read(client.line, model_jobs.read, content, largest)
        if plans:
            number = service.revision
            told: Any = await service.read(
                client.line,
                model_jobs.planned,
                number,
                base,
                name,
                theirs,
                allow_deletes,
                settle,
                format,
            )
        else:
            made = await service.write(
                client.line,
                model_jobs.apply,
                terms,
                base,
                name,
                theirs,
                content,
                allow_deletes,
                settle,
                format,
            )
            if isinstance(made, Refused):
                return changes.response(request, made)
            told, number = made.told, made.revision
        return Response(told, media_type=media_type, headers={"ETag": f'"r{number}"'})

    return routes


def _iri(service: Service, request: Request, graph: str | None) -> str:
    if graph is None:
        raise Problem(400, "Name the graph that the model is about: ?graph=IRI.")
    try:
        return negotiation.iri(graph, negotiation.address(service.settings.base, request))
    except ValueError as error:
        raise Problem(400, f"“{graph}” is no IRI: {error}.") from None
