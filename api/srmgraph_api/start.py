"""The page at /api: what can be asked here, as the OpenAPI description says it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from srmgraph_api.pages.site import Site


def router(site: Site) -> APIRouter:
    """Return the route of the page."""
    routes = APIRouter()

    @routes.get("/api", include_in_schema=False)
    def start(request: Request) -> Response:
        """List the operations, with links where a browser can follow them."""
        described = request.app.openapi()
        operations = [
            _operation(method, path, operation)
            for path, methods in described["paths"].items()
            for method, operation in methods.items()
        ]
        summary = described["info"]["summary"]
        return site.page(request, "operations.html", summary=summary, operations=operations)

    return routes


def _operation(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": operation["summary"],
        "description": operation.get("description", "").replace("\n", " ").replace("`", ""),
        "method": method.upper(),
        "path": path,
        "link": method == "get" and "{" not in path,
    }
