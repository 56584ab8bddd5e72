"""The pages of the history: who changed what when, and the way back."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from srmgraph.store.revisions import Revision
from srmgraph_api import access, jobs
from srmgraph_api.jobs import Terms
from srmgraph_api.pages import differences
from srmgraph_api.pages.site import Site
from srmgraph_api.problems import Problem


def page(site: Site, request: Request, kept: list[Revision]) -> Response:
    """Return the page that lists revisions, the newest first."""
    grown = [
        one.statements - (other.statements if other else 0)
        for one, other in zip(kept, [*kept[1:], None], strict=True)
    ]
    return site.page(
        request,
        "history.html",
        kept=list(zip(kept, grown, strict=True)),
        may_roll_back=site.may_go_back(request),
    )


async def difference(site: Site, request: Request, older: int, newer: int) -> Response:
    """Return the page that shows what one revision says and another does not."""
    service = site.service
    client = access.reader(service, request)
    described = [client.told(service.store.revisions.describe(number)) for number in (older, newer)]
    found = await service.read(client.line, differences.between, older, newer, client.scope())
    return site.page(
        request,
        "difference-of-revisions.html",
        older=described[0],
        newer=described[1],
        differences=found,
        most=differences.MOST_LINES,
        may_roll_back=site.may_go_back(request),
    )


def router(site: Site) -> APIRouter:
    """Return the route of the way back; `revisions` has those that machines use as well."""
    routes = APIRouter()

    @routes.post("/history/{number}/rollback", include_in_schema=False)
    async def rollback(request: Request, number: int) -> Response:
        form = await site.form(request)
        client = access.writer(site.service, request, "admin")
        client.check_all("going back changes all")
        if form.get("revision") != str(site.service.revision):
            raise Problem(
                412,
                "Someone else has changed the data since you looked. Look at the history again.",
            )
        terms = Terms(client.author, None, "")
        await site.service.write(client.line, jobs.rollback, terms, number)
        return RedirectResponse(site.url("/history"), 303)

    return routes
