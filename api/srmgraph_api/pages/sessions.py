"""Signing in: a browser that has shown a key is known by a cookie for some hours.

The cookie holds 256 random bits and nothing else; which key it stands for is known to this process
alone, and ends when the key is revoked, when the time is over, when the service ends, or on signing
out. Scripts cannot read it (HttpOnly) and other sites cannot send it along with a form (SameSite);
besides, a form that changes something carries a token that other sites cannot know.
"""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass, field
from hashlib import sha256

from fastapi import Request, Response

from srmgraph.keys import Key, Keys

_HOURS = 8
_MOST = 10_000


@dataclass(frozen=True)
class _Session:
    key: str
    ends: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))


class Sessions:
    """Who is signed in at a service, which the world knows under the address `base`, if any."""

    def __init__(self, keys: Keys, base: str) -> None:
        self._keys = keys
        self._base = base
        # By a hash of the cookie, so that a copy of the memory opens nothing.
        self._open: dict[str, _Session] = {}

    def begin(self, request: Request, response: Response, key: Key) -> None:
        """Let the browser that gets `response` be known as the owner of a key."""
        self.end(request, response)
        now = time.time()
        self._open = {name: one for name, one in self._open.items() if one.ends > now}
        while len(self._open) >= _MOST:
            self._open.pop(next(iter(self._open)))
        cookie = secrets.token_urlsafe(32)
        self._open[_hash(cookie)] = _Session(key.id, now + _HOURS * 3600)
        response.set_cookie(
            self._name(request),
            cookie,
            max_age=_HOURS * 3600,
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="lax",
        )

    def end(self, request: Request, response: Response) -> None:
        """Forget the browser that sent `request`."""
        name = self._name(request)
        self._open.pop(_hash(request.cookies.get(name, "")), None)
        response.delete_cookie(name, secure=self._is_secure(request), httponly=True, samesite="lax")

    def key(self, request: Request) -> Key | None:
        """Return the key that a request's cookie stands for, if it is still one."""
        session = self._session(request)
        if session is None:
            return None
        return next((key for key in self._keys.all() if key.id == session.key), None)

    def token(self, request: Request) -> str:
        """Return what forms of this browser carry; empty for one that is not signed in."""
        session = self._session(request)
        return session.token if session is not None else ""

    def is_genuine(self, request: Request, token: str) -> bool:
        """Whether a form was sent from a page that this browser got from here."""
        session = self._session(request)
        return session is not None and hmac.compare_digest(session.token.encode(), token.encode())

    def _session(self, request: Request) -> _Session | None:
        cookie = request.cookies.get(self._name(request)) if self._open else None
        session = self._open.get(_hash(cookie)) if cookie else None
        return session if session is not None and session.ends > time.time() else None

    def _is_secure(self, request: Request) -> bool:
        # Behind a proxy that ends TLS, a request may look as if it had come without.
        return request.url.scheme == "https" or self._base.startswith("https:")

    def _name(self, request: Request) -> str:
        # Browsers take a name with this prefix over TLS only, for this host only.
        return "__Host-srmgraph" if self._is_secure(request) else "srmgraph"


def _hash(cookie: str) -> str:
    return sha256(cookie.encode()).hexdigest()
