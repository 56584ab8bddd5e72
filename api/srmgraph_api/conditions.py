"""Which revision is asked, and on which terms: the parameter, ETag, If-None-Match and If-Match.

Source: RFC 9110, sections 8.8.3 and 13.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import Query, Request, Response

from srmgraph_api.problems import Problem

Revision = Annotated[
    int | None,
    Query(ge=0, description="the number of a revision that is kept; the current one without it"),
]
"""The parameter that asks an older revision."""

_TAG = re.compile(r'(?:W/)?"r(\d+)[^"]*"')


def headers(number: int, format: str) -> dict[str, str]:
    """Return the headers of what a revision says in a format, its tag among them."""
    return {"ETag": f'"r{number}-{format}"', "Vary": "Accept, Authorization"}


def not_modified(request: Request, headers: Mapping[str, str]) -> Response | None:
    """Return the answer 304 with these headers if the client has what it asks for already."""
    known = request.headers.get("if-none-match", "").split(",")
    if headers["ETag"] in (one.strip().removeprefix("W/") for one in known):
        return Response(status_code=304, headers=headers)
    return None


def expected(request: Request, current: int) -> int | None:
    """Return the revision that If-Match names, the current one if it is among several; None if any
    will do.

    A tag that a proxy has weakened, because it compresses, will do as well: it is the revision that
    counts. Raises Problem 412 where no tag names a revision.
    """
    header = ",".join(request.headers.getlist("if-match"))
    if "if-match" not in request.headers or header.strip() == "*":
        return None
    named = [int(found[1]) for tag in header.split(",") if (found := _TAG.fullmatch(tag.strip()))]
    if not named:
        raise Problem(412, f'“If-Match: {header}” names no revision, such as "r12".')
    return current if current in named else max(named)


def presence(request: Request) -> bool | None:
    """Return whether what is written is to be there before (`If-Match: *`) or is not to be
    (`If-None-Match: *`); None if either will do."""
    if request.headers.get("if-none-match", "").strip() == "*":
        return False
    return True if request.headers.get("if-match", "").strip() == "*" else None
