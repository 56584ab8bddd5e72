"""The page of a thing: what is said of it, in words."""

from __future__ import annotations

from fastapi import Request, Response

from srmgraph_api.pages.site import Site
from srmgraph_api.problems import Problem


async def page(site: Site, request: Request, iri: str, revision: int) -> Response:
    """Return the page about a thing; raises Problem 404 if nothing is said of it."""
    name = f"<{iri}>"
    answers = await site.rows(request, {"thing-facts": {"thing": name}}, revision)
    if not answers["thing-facts"]:
        raise Problem(404, f"Nothing is said of <{iri}> here.")
    return site.page(request, "thing.html", iri=iri, facts=answers["thing-facts"])
