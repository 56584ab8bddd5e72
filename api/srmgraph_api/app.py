"""The application, put together."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from srmgraph import ServiceGraph, knowledge
from srmgraph_api import documents, problems, queries, sparql, start, validation
from srmgraph_api.head import HeadMiddleware
from srmgraph_api.service import Service

FILES = "SRMGRAPH_FILES"
"""The environment variable that names the files to serve, separated as in PATH."""

ORIGINS = "SRMGRAPH_ORIGINS"
"""The environment variable that names whose web pages may read answers: `https://example.org …`,
separated by spaces; `*` is any."""


def create_app(graph: ServiceGraph | None = None) -> FastAPI:
    """Return the application that serves a graph.

    Without one, the files that the environment variable SRMGRAPH_FILES names are served, and
    without that all worked examples. They need not conform: a service shows what there is.
    Raises InputError for a file that cannot be read.
    """
    service = Service(_graph_of_environment() if graph is None else graph)
    app = FastAPI(
        title="srmgraph",
        version=version("srmgraph"),
        summary="Who provides what to whom: SPARQL, rules and questions over HTTP.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        # Their pages load scripts from another host; the page at / needs none.
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    for module in (start, sparql, validation, queries, documents):
        app.include_router(module.router(service))
    # A browser reaches what its user reaches: a service on this machine or behind a firewall. Were
    # any page allowed to read the answers, every site that the user visits could take the data.
    # The knowledge is the same everywhere and public; `documents` lets any page read it.
    if origins := os.environ.get(ORIGINS, "").split():
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["*"],
            expose_headers=["X-Request-Id"],
        )
    app.add_middleware(HeadMiddleware)
    return app


def _graph_of_environment() -> ServiceGraph:
    named = [Path(name) for name in os.environ.get(FILES, "").split(os.pathsep) if name]
    graph = ServiceGraph.open()
    for file in named or knowledge.example_files():
        graph.store.read(file)
    return graph
