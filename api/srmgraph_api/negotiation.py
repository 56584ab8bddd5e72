"""Which media type to answer with, and how much of a request to read.

Source: RFC 9110, section 12.5.1 (Accept).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import isnan
from typing import Any
from urllib.parse import urljoin

import pyoxigraph
from fastapi import Request
from starlette.datastructures import URL, FormData
from starlette.requests import ClientDisconnect
from starlette.types import Message

from srmgraph.syntax import FORMATS
from srmgraph_api.problems import Problem

LARGEST_BODY = 10_000_000
"""How many bytes a request may carry, unless its route says otherwise."""

GRAPH_TYPES = {format.media_type: name for name, format in FORMATS.items()}
"""The media types of RDF and the names of their formats."""

ROW_TYPES = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
"""The media types of SPARQL results and the names of their formats."""

_ALSO = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}


def best(request: Request, available: Sequence[str]) -> str:
    """Return the media type among `available` that the client likes best, the first if any will do.

    Raises Problem 406, which lists what is available.
    """
    return _best(",".join(request.headers.getlist("accept")) or "*/*", tuple(available))


def report_format(request: Request) -> str:
    """Return how a client wants to be told why its change was refused: as JSON, or in Turtle.

    Raises Problem 406.
    """
    media_type = best(
        request,
        ["application/problem+json", "application/json", "text/plain", *GRAPH_TYPES, "*/*"],
    )
    return "turtle" if media_type in GRAPH_TYPES else "json"


# Clients send the same few headers, which a server lets be as long as 64 kilobytes.
@lru_cache(256)
def _best(accept: str, available: tuple[str, ...]) -> str:
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    liked = {offered: _quality(offered, ranges) for offered in available}
    chosen = max(available, key=lambda offered: liked[offered])
    if liked[chosen] <= 0:
        raise Problem(
            406,
            f"None of the media types in “Accept: {accept}” is available here. "
            f"Available are: {', '.join(available)}.",
        )
    return chosen


def best_rows(request: Request) -> tuple[str, str]:
    """Return the media type and the format for rows; plain JSON and XML will do for SPARQL's."""
    chosen = best(request, [*ROW_TYPES, *_ALSO])
    return chosen, ROW_TYPES[_ALSO.get(chosen, chosen)]


def media_type(request: Request) -> str:
    """Return the media type of a request's content, without its parameters; empty if not told."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def address(base: str, request: Request) -> str:
    """Return the address of a request without its parameters, as the world knows it: under `base`
    or, without one, as it was called."""
    if base:
        return base.rstrip("/") + request.url.path
    scope = request.scope
    server = tuple(scope.get("server") or ())
    return _called(scope["scheme"], scope["path"], server, request.headers.get("host"))


# Most requests are for a few addresses.
@lru_cache(256)
def _called(scheme: str, path: str, server: tuple[Any, ...], host: str | None) -> str:
    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    scope = {"scheme": scheme, "path": path, "server": server or None, "headers": headers}
    return str(URL(scope={**scope, "query_string": b""}))


def iri(text: str, base: str) -> str:
    """Return an IRI that may be relative to another; raises ValueError."""
    return pyoxigraph.NamedNode(urljoin(base, text)).value


async def body(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """Return the content of a request, which may have so many bytes.

    Raises Problem 413 as soon as there is too much, and 415 for content that is compressed.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise Problem(415, f"The content is encoded as {encoding}. Send it as it is.")
    content = bytearray()
    try:
        async for part in request.stream():
            content += part
            if len(content) > largest:
                raise Problem(
                    413,
                    f"A request may carry {largest:,} bytes here. Larger files are checked and "
                    "loaded on the machine of the store, with: srmgraph validate FILE, "
                    "srmgraph load FILE",
                )
    except ClientDisconnect:
        raise _cut() from None
    return bytes(content)


async def form(request: Request, largest: int, *, files: int = 0, fields: int) -> FormData:
    """Return a form, which may have so many bytes in all, files and fields.

    Raises Problem 413 as soon as there is too much: the framework limits each field, but not all of
    them together and no file.
    """
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > largest:
            raise Problem(413, f"A form may have {largest:,} bytes here.")
        return message

    try:
        return await Request(request.scope, receive).form(max_files=files, max_fields=fields)
    except ClientDisconnect:
        raise _cut() from None


def _cut() -> Problem:
    return Problem(400, "The content ended before it was whole.")


def _range(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
            # Python knows a number that is none.
            quality = 0.0 if isnan(quality) else quality
    return name, quality


def _quality(offered: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The quality that the most specific range gives, 0 where none fits."""
    for fitting in (offered, f"{offered.partition('/')[0]}/*", "*/*"):
        found = [quality for name, quality in ranges if name == fitting]
        if found:
            return max(found)
    return 0.0
