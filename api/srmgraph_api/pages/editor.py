"""The page of the editor: queries of one's own, with kept questions to begin with."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Request, Response
from rdflib import OWL, RDF, RDFS, URIRef

from srmgraph import knowledge, queries
from srmgraph.queries import Question
from srmgraph_api import access, jobs
from srmgraph_api.pages import work
from srmgraph_api.pages.site import Site

_POLICY = {"style-src": "'self' 'sha256-zCK2EVMoPc04mRF/g5CotUvxbJPWS+8V0b+s9ptqQIk='"}
"""The table of answers puts one sheet of style into the page: for the handles of its columns."""


def router(site: Site) -> APIRouter:
    """Return the route of the editor."""
    routes = APIRouter()

    @routes.get("/editor", include_in_schema=False)
    async def editor(request: Request, question: str = "") -> Response:
        client = access.reader(site.service, request)
        text = ""
        if question:
            given = {k: v for k, v in request.query_params.items() if k != "question" and v}
            text = await site.service.read(
                client.line,
                jobs.bound,
                site.service.revision,
                question,
                given,
                client.scope(),
            )
        return site.page(
            request,
            "editor.html",
            policy=_POLICY,
            groups=_groups(),
            question=question,
            setup={
                "endpoint": site.url("/sparql"),
                "resource": f"{site.url('/resource')}?iri=",
                "query": text,
                "beginning": work.page_queries()["beginning"].text,
                "prefixes": knowledge.prefixes(),
                "terms": _terms(),
            },
        )

    return routes


def _groups() -> dict[str, list[Question]]:
    groups: dict[str, list[Question]] = {}
    for kept in queries.questions().values():
        groups.setdefault(kept.persona, []).append(kept)
    return dict(sorted(groups.items()))


@cache
def _terms() -> dict[str, list[str]]:
    """The IRIs of classes and properties that the ontology declares."""
    ontology = knowledge.ontology()
    kinds: dict[str, tuple[Any, ...]] = {
        "class": (OWL.Class, RDFS.Class),
        "property": (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty),
    }
    usual = {"class": [], "property": [str(RDF.type), str(RDFS.label), str(RDFS.comment)]}
    return {
        name: sorted(
            {
                *usual[name],
                *(
                    str(term)
                    for kind in found
                    for term in ontology.subjects(RDF.type, kind)
                    if isinstance(term, URIRef)
                ),
            }
        )
        for name, found in kinds.items()
    }
