"""The application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from srmgraph import ServiceGraph
from srmgraph_api import (
    documents,
    explain,
    graphs,
    models,
    operations,
    problems,
    queries,
    resources,
    revisions,
    sparql,
    start,
    validation,
)
from srmgraph_api.connections import Connection
from srmgraph_api.gate import Gate
from srmgraph_api.operations import Counters
from srmgraph_api.pages import (
    assets,
    checking,
    data_entry,
    deletion,
    editor,
    find,
    history,
    home,
    questions,
    signing_in,
    site,
    standing,
    thing,
    what_if,
)
from srmgraph_api.quick import Quick
from srmgraph_api.service import Service
from srmgraph_api.settings import Settings, read
from srmgraph_api.traffic import Traffic


class Application(FastAPI):
    """What is served: the framework's application, behind layers that all requests pass first."""

    outermost: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see ASGI."""
        await self.outermost(scope, receive, send)

    async def framework(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that has passed them."""
        await super().__call__(scope, receive, send)


def create_app(graph: ServiceGraph | None = None, settings: Settings | None = None) -> Application:
    """Return the application that serves a store, set up as `Settings` says.

    A graph that is given is served as it is now, in place of the store of the settings. It need not
    conform: a service shows what there is. Raises InputError for a file that cannot be read, and
    StoreError.
    """
    settings = settings or read()
    service = Service(settings, graph)
    counters = Counters(service)
    pages = site.Site(service)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        yield
        await service.stop()

    app = Application(
        title="srmgraph",
        version=version("srmgraph"),
        summary="Who provides what to whom: SPARQL, rules and questions over HTTP.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        # Their pages load scripts from another host; the page at /api needs none.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    problems.install(app)
    sparql_routes, question_routes = sparql.router(service), queries.router(service)
    for routes in (
        start.router(pages),
        sparql_routes,
        graphs.router(service),
        revisions.router(service, pages),
        validation.router(service),
        explain.router(service),
        models.router(service),
        question_routes,
        documents.router(pages),
        operations.router(service, counters),
        assets.router(),
        home.router(pages),
        find.router(pages),
        what_if.router(pages),
        thing.router(pages),
        questions.router(pages),
        standing.router(pages),
        checking.router(pages),
        data_entry.router(pages),
        deletion.router(pages),
        editor.router(pages),
        history.router(pages),
        signing_in.router(pages),
        # The last, for it takes every address that no other took.
        resources.router(service, pages),
    ):
        app.include_router(routes)
    site.install(app, pages)
    layers: ASGIApp = Quick(app.framework, app, (sparql_routes, question_routes))
    # A browser reaches what its user reaches: a service on this machine or behind a firewall. Were
    # any page allowed to read the answers, every site that the user visits could take the data.
    # The knowledge is the same everywhere and public; `documents` lets any page read it.
    if settings.origins:
        layers = CORSMiddleware(
            layers,
            allow_origins=settings.origins.split(),
            allow_methods=["GET", "HEAD", "POST", "PUT", "DELETE"],
            allow_headers=["*"],
            expose_headers=["ETag", "Location", "X-Request-Id"],
        )
    Connection.most, Connection.seconds = settings.connections, settings.arriving_seconds
    bounded = Traffic(layers, settings.arriving, settings.largest_upload, settings.arriving_seconds)
    app.outermost = Gate(bounded, settings.hosts, counters)
    return app
