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


def expected(request: Request) -> int | None:
    """Return the revision that If-Match names; None if any will do.

    Raises Problem 412 for a tag that no revision has.
    """
    header = request.headers.get("if-match", "*").strip()
    if header == "*":
        return None
    found = _TAG.fullmatch(header)
    if found is None:
        raise Problem(412, f'“If-Match: {header}” names no revision, such as "r12".')
    return int(found[1])
