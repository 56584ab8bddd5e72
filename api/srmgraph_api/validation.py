"""Validation over HTTP: data come in, a report goes out, nothing is kept."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from srmgraph import knowledge
from srmgraph_api import access, jobs, negotiation
from srmgraph_api.negotiation import GRAPH_TYPES
from srmgraph_api.problems import Problem, responses
from srmgraph_api.service import Service

_REPORT_TYPES = {
    "application/json": "json",
    "text/turtle": "turtle",
    "text/plain": "text",
    "application/xml": "junit",
    "application/sarif+json": "sarif",
    "text/html": "html",
    "application/x-ndjson": "jsonl",
}


def router(service: Service) -> APIRouter:
    """Return the route of validation; what is served plays no part in it."""
    routes = APIRouter(tags=["Rules"])

    @routes.post(
        "/validate",
        summary="Check data against the rules",
        response_class=Response,
        responses={
            200: {
                "description": "The report, whether the data conform or not; `conforms` says it",
                "content": {media_type: {} for media_type in _REPORT_TYPES},
            },
            **responses(400, 401, 406, 413, 415, 422, 429, 503, 504),
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    media_type: {"schema": {"type": "string"}} for media_type in GRAPH_TYPES
                }
                | {"text/turtle": {"schema": {"type": "string"}, "example": _example()}},
            }
        },
    )
    async def validate(
        request: Request,
        show: Annotated[
            Literal["violation", "warning", "info"],
            Query(description="leave out what is milder"),
        ] = "info",
    ) -> Response:
        """The content is RDF in the format that Content-Type tells. Nothing is stored.

        The report is JSON, whole or line by line, a SHACL validation report in Turtle, text or a
        page for people, JUnit's XML or SARIF, as Accept asks for.
        """
        client = access.reader(service, request)
        kind = negotiation.media_type(request)
        if kind not in GRAPH_TYPES:
            raise Problem(415, f"The content is “{kind}”. Send one of: {', '.join(GRAPH_TYPES)}.")
        media_type = negotiation.best(request, [*_REPORT_TYPES])
        content = await negotiation.body(request)
        report = await service.read(
            client.line, jobs.check, content, GRAPH_TYPES[kind], show, _REPORT_TYPES[media_type]
        )
        return Response(report, media_type=media_type, headers={"Vary": "Accept"})

    return routes


def _example() -> str:
    return knowledge.example_files()[0].read_text(encoding="utf-8")
