"""Revisions over HTTP: listed, compared, gone back to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from srmgraph.errors import QueryError
from srmgraph_api import access, changes, jobs
from srmgraph_api.pages import differences, history
from srmgraph_api.pages.site import Site, wants_html
from srmgraph_api.problems import Problem, responses
from srmgraph_api.service import Service


def router(service: Service, site: Site) -> APIRouter:
    """Return the routes of the history."""
    routes = APIRouter(tags=["History"])

    @routes.get(
        "/history",
        summary="List the revisions",
        response_model=None,
        responses={
            200: {
                "description": "All revisions that are kept",
                "content": {"application/json": {}, "text/html": {}},
            },
            **responses(401),
        },
    )
    def listed(request: Request) -> Response | dict[str, Any]:
        """Those that are kept, the newest first: when, by whom and why each was made. A key for
        some graphs is not told by whom and why others were changed. Browsers are shown a page."""
        client = access.reader(service, request)
        kept = [client.told(one) for one in service.store.history()]
        if wants_html(request):
            return history.page(site, request, kept)
        return {
            "revisions": [
                {
                    "number": one.number,
                    "created": one.created.isoformat(),
                    "author": one.author,
                    "message": one.message,
                    "statements": one.statements,
                }
                for one in kept
            ]
        }

    @routes.get(
        "/history/{older}/{newer}",
        summary="Compare two revisions",
        response_class=Response,
        responses={
            200: {"content": {"application/rdf-patch": {}, "text/html": {}}},
            **responses(400, 401, 403, 404, 422, 429, 503, 504),
        },
    )
    async def compare(
        request: Request,
        older: Annotated[int, Path(ge=0, examples=[0])],
        newer: Annotated[int, Path(ge=0, examples=[0])],
    ) -> Response:
        """A line for each statement that was added (A) or deleted (D), as RDF Patch. Browsers are
        shown a page."""
        client = access.reader(service, request)
        if wants_html(request):
            return await history.difference(site, request, older, newer)
        client.check_all("a comparison shows all")
        largest = service.settings.largest_answer
        try:
            content = await service.read(client.line, differences.patch, older, newer, largest)
        except QueryError:
            raise Problem(
                400,
                f"They differ in more than {largest:,} bytes. Compare revisions that lie closer to "
                f"each other, or on the machine of the store: srmgraph history {older} {newer}",
            ) from None
        return Response(content, media_type="application/rdf-patch")

    @routes.post(
        "/rollback",
        summary="Go back to an older revision",
        response_class=Response,
        status_code=204,
        responses={
            204: {"description": "There is a new revision that holds what the older one did"},
            **responses(401, 403, 404, 406, 412, 429, 503, 504, 507),
        },
    )
    async def rollback(
        request: Request, revision: Annotated[int, Query(ge=0, examples=[0])]
    ) -> Response:
        """Nothing is lost: what was current is in the history. If-Match refuses to undo what
        nobody has seen yet."""
        client = access.writer(service, request, "admin")
        client.check_all("going back changes all")
        made = await service.write(
            client.line, jobs.rollback, changes.terms(request, client), revision
        )
        return changes.response(request, made)

    return routes
