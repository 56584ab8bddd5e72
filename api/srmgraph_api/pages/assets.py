"""Style sheets, scripts and pictures of the pages: kept by browsers until they change."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request, Response

from srmgraph import documentation
from srmgraph_api.problems import Problem

FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"


def router() -> APIRouter:
    """Return the route of the files."""
    routes = APIRouter()

    @routes.get("/static/{name:path}", include_in_schema=False)
    def static(request: Request, name: str) -> Response:
        if name not in _files():
            raise Problem(404, f"There is no file “{name}”.")
        tag = version(name)
        headers = {
            "ETag": f'"{tag}"',
            "Cache-Control": _FOR_EVER if request.query_params.get("v") == tag else "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        kind = _TYPES.get(Path(name).suffix, "text/plain; charset=utf-8")
        return Response(_content(name), headers={**headers, "Content-Type": kind})

    return routes


def version(name: str) -> str:
    """Return a short hash of a file's content; raises KeyError for a file that is not there."""
    return _versions()[name]


@cache
def _files() -> dict[str, Path]:
    own = {
        file.relative_to(FOLDER).as_posix(): file
        for file in sorted(FOLDER.rglob("*"))
        if file.is_file()
    }
    # The documentation stands alone as well, and has them with it.
    return {**own, **{style.name: style for style in documentation.STYLES}}


@cache
def _versions() -> dict[str, str]:
    return {name: sha256(_content(name)).hexdigest()[:12] for name in _files()}


@cache
def _content(name: str) -> bytes:
    return _files()[name].read_bytes()
