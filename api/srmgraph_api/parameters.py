"""The parameters of a request, read once and quickly: a query has many signs that are written %XX.

Source: the URL Standard of WHATWG, section 5.1 (application/x-www-form-urlencoded).
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from urllib.parse import unquote_to_bytes

from fastapi import Request

from srmgraph_api.problems import Problem

Parameters = dict[str, list[str]]
"""The values of each parameter by its name, in their order."""

_MOST = 1000
_KEPT = "srmgraph.parameters"
_NO_CODE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def of_address(request: Request) -> Parameters:
    """Return the parameters behind the question mark; raises Problem 400."""
    known: Parameters | None = request.scope.get(_KEPT)
    if known is None:
        known = request.scope[_KEPT] = decoded(request.scope["query_string"])
    return known


def decoded(encoded: bytes) -> Parameters:
    """Return the parameters that a form says; raises Problem 400."""
    found: Parameters = {}
    fields = encoded.split(b"&")
    if len(fields) > _MOST:
        raise Problem(400, f"The request has more than {_MOST} parameters.")
    try:
        for field in fields:
            if field:
                name, _, value = field.partition(b"=")
                found.setdefault(_text(name), []).append(_text(value))
    except UnicodeDecodeError:
        raise Problem(400, "The parameters of the request are not in UTF-8.") from None
    return found


def _text(encoded: bytes) -> str:
    plain = encoded.replace(b"+", b" ")
    if b"%" not in plain:
        return plain.decode()
    # Quoted-printable is decoded in C, but ends lines and treats other signs in ways of its own.
    if b"\n" in plain or plain[-1:] in b" \t\r" or _NO_CODE.search(plain):
        return unquote_to_bytes(plain).decode()
    return a2b_qp(plain.replace(b"=", b"=3D").replace(b"%", b"=")).decode()
