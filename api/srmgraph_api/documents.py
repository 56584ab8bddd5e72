"""The knowledge itself over HTTP: ontology, rules and JSON-LD context."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Annotated, Any

import rdflib
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from srmgraph import knowledge
from srmgraph.adapters import jsonld, rdf
from srmgraph.documentation import Site as Documentation
from srmgraph.syntax import FORMATS
from srmgraph_api import negotiation
from srmgraph_api.conditions import not_modified
from srmgraph_api.negotiation import GRAPH_TYPES
from srmgraph_api.pages.site import Site
from srmgraph_api.problems import Problem, responses

_GRAPHS: dict[str, Callable[[], rdflib.Graph]] = {
    "ontology": knowledge.ontology,
    "shapes": knowledge.shapes,
}
_PAGES = {
    "ontology": "/documentation/index.html",
    "shapes": "/documentation/index.html#rules",
}
_HTML = "text/html"
_SUMMARIES = {
    "ontology": "Get the ontology: what exists",
    "shapes": "Get the rules: what must hold",
}


def router(site: Site) -> APIRouter:
    """Return the routes of the knowledge."""
    routes = APIRouter(tags=["Knowledge"])
    for name in _GRAPHS:
        _add(routes, site, name)

    @routes.get(
        "/context.jsonld",
        summary="Get the JSON-LD context",
        response_class=Response,
        responses={200: {"content": {"application/ld+json": {}}}},
    )
    def context(request: Request) -> Response:
        """With it, plain JSON means what the ontology says."""
        return _cached(request, jsonld.text(knowledge.context()).encode(), "application/ld+json")

    @routes.get("/documentation/{address:path}", include_in_schema=False)
    def documentation(request: Request, address: str) -> Response:
        told = site.documentation
        if address not in told.addresses:
            raise Problem(404, f"There is no page “{address}” in the documentation.")
        page = site.page(
            request, "documentation.html", title=told.title(address), content=_part(told, address)
        )
        # The frame tells who is signed in, so it counts as well.
        headers = {
            "ETag": _tag(bytes(page.body)),
            **{name: page.headers[name] for name in ("Cache-Control", "Vary")},
        }
        page.headers.update(headers)
        return not_modified(request, headers) or page

    return routes


def _add(routes: APIRouter, site: Site, name: str) -> None:
    answers: dict[int | str, dict[str, Any]] = {
        200: {"content": {media_type: {} for media_type in GRAPH_TYPES}},
        303: {"description": "The page about it, for browsers"},
    }

    @routes.get(
        f"/{name}",
        summary=_SUMMARIES[name],
        response_class=Response,
        responses={**answers, **responses(406)},
        operation_id=name,
    )
    def negotiated(request: Request) -> Response:
        """In the format of RDF that Accept asks for, or under an ending, as in `.ttl`; browsers
        are sent to a page."""
        media_type = negotiation.best(request, [*GRAPH_TYPES, _HTML])
        if media_type == _HTML:
            return RedirectResponse(site.url(_PAGES[name]), 303, {"Vary": "Accept"})
        return _cached(request, _text(name, GRAPH_TYPES[media_type]), media_type)

    @routes.get(
        f"/{name}/{{version}}",
        summary=f"{_SUMMARIES[name].partition(':')[0]} in a version",
        response_class=Response,
        responses={**answers, **responses(404, 406)},
        operation_id=f"{name}_version",
    )
    def versioned(
        request: Request, version: Annotated[str, Path(examples=[knowledge.version()])]
    ) -> Response:
        """The version that is served has a lasting address; others are at the releases of the
        project."""
        if version != knowledge.version():
            raise Problem(404, f"Served is the version {knowledge.version()}, not {version}.")
        return negotiated(request)

    @routes.get(f"/{name}.{{ending}}", include_in_schema=False)
    def by_ending(request: Request, ending: str) -> Response:
        for format in FORMATS.values():
            if ending in format.endings:
                return _cached(request, _text(name, format.name), format.media_type)
        known = ", ".join(f".{ending}" for format in FORMATS.values() for ending in format.endings)
        raise Problem(404, f"There is no /{name}.{ending}. Known endings are: {known}.")


@cache
def _part(told: Documentation, address: str) -> Markup:
    return told.part(address)


@cache
def _text(name: str, format: str) -> bytes:
    return rdf.serialize(_GRAPHS[name](), format)


def _cached(request: Request, content: bytes, media_type: str) -> Response:
    headers = {
        "ETag": _tag(content),
        "Vary": "Accept",
        "Cache-Control": "public, max-age=300",
        "Access-Control-Allow-Origin": "*",
    }
    return not_modified(request, headers) or Response(
        content, media_type=media_type, headers=headers
    )


def _tag(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:16]}"'
