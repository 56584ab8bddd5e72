"""The page at /: what can be asked here, as the OpenAPI description says it. No script, no colour
from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response

from srmgraph_api.service import Service

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui; max-width: 48rem; margin: 2rem auto; padding: 0 1rem }}
code {{ font-size: .95em }}
dt {{ margin-top: 1.25rem; font-weight: 600 }}
dd {{ margin: 0 }}
dd code {{ display: block; overflow-x: auto; opacity: .75 }}
</style>
<h1>{title}</h1>
<p>{summary}</p>
<dl>
{operations}
</dl>
<p>All of it for machines: <a href="openapi.json">openapi.json</a></p>
</html>
"""


def router(service: Service) -> APIRouter:
    """Return the route of the page."""
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    def start(request: Request) -> Response:
        """List the operations, with links where a browser can follow them."""
        described = request.app.openapi()
        operations = "\n".join(
            _operation(method, path, operation)
            for path, methods in described["paths"].items()
            for method, operation in methods.items()
        )
        info = described["info"]
        page = _PAGE.format(
            title=escape(f"{info['title']} {info['version']}"),
            summary=escape(info["summary"]),
            operations=operations,
        )
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": policy})

    return routes


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    call = escape(f"{method.upper()} {path}")
    if method == "get" and "{" not in path:
        call = f'<a href="{escape(path[1:])}">{call}</a>'
    about = escape(operation.get("description", "").replace("\n", " ").replace("`", ""))
    return f"<dt>{escape(operation['summary'])}</dt><dd>{about} <code>{call}</code></dd>"
