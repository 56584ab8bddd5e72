"""What a change over HTTP is told, and what it tells."""

from __future__ import annotations

import json

from fastapi import Request, Response

from srmgraph_api import negotiation
from srmgraph_api.access import Client
from srmgraph_api.conditions import expected, presence
from srmgraph_api.jobs import Made, Refused, Terms
from srmgraph_api.problems import problem


def terms(request: Request, client: Client) -> Terms:
    """Return on which terms a request wants its change; raises Problem 412."""
    service = request.app.state.service
    return Terms(
        client.author,
        expected(request, service.revision),
        negotiation.report_format(request),
        service.settings.checking == "all",
        presence(request),
        client.graphs,
    )


def response(request: Request, made: Made | Refused, location: str | None = None) -> Response:
    """Return what is answered: 204, 201 for a new graph, or 422 with the report.

    The report is a member of the problem details, or the answer itself where RDF is asked for.
    """
    if isinstance(made, Refused):
        assert isinstance(made.report, str), "a request over HTTP names a format"
        format = negotiation.report_format(request)
        if format == "json":
            return problem(422, made.detail, {"report": json.loads(made.report)})
        return Response(made.report, status_code=422, media_type="text/turtle")
    headers = {"ETag": f'"r{made.revision}"'}
    if made.created and location:
        headers["Location"] = location
    return Response(status_code=201 if made.created else 204, headers=headers)
