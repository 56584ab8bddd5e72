"""Logins to a server: HTTP Basic, HTTP Digest and bearer tokens. None of them shows its secret."""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
import threading
from collections.abc import Iterable, Iterator
from typing import Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

from srmgraph.errors import StoreError

_DIGESTS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class Login(Protocol):
    """What is sent along with each request so that the server knows who asks."""

    def header(self, method: str, target: str) -> str | None:
        """Return the Authorization header for a request, or None as long as there is none."""

    def accepts(self, challenges: Iterable[str], target: str, sent: str | None) -> bool:
        """Return whether the request is worth sending again after these WWW-Authenticate headers.

        `sent` is the Authorization header that was refused.
        """

    def hide(self, text: str) -> str:
        """Return a text without the secret, should it be in there."""


class Basic:
    """A name and a password, sent as they are: only over https, or within one machine."""

    def __init__(self, user: str, password: str) -> None:
        pair = f"{user}:{password}".encode()
        self._password = password
        self._encoded = base64.b64encode(pair).decode()

    def __repr__(self) -> str:
        return "Basic(…)"

    def header(self, method: str, target: str) -> str | None:
        """See `Login`."""
        return f"Basic {self._encoded}"

    def accepts(self, challenges: Iterable[str], target: str, sent: str | None) -> bool:
        """See `Login`."""
        return False

    def hide(self, text: str) -> str:
        """See `Login`."""
        return _hidden(text, self._password, self._encoded)


class Bearer:
    """A token, sent as it is: only over https, or within one machine."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "Bearer(…)"

    def header(self, method: str, target: str) -> str | None:
        """See `Login`."""
        return f"Bearer {self._token}"

    def accepts(self, challenges: Iterable[str], target: str, sent: str | None) -> bool:
        """See `Login`."""
        return False

    def hide(self, text: str) -> str:
        """See `Login`."""
        return _hidden(text, self._token)


class Digest:
    """A name and a password that is proven, never sent (RFC 7616, quality of protection “auth”)."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        # By the path, because a server may use other numbers for each of its endpoints.
        self._challenges: dict[str, tuple[dict[str, str], Iterator[int]]] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Digest(…)"

    def header(self, method: str, target: str) -> str | None:
        """See `Login`."""
        with self._lock:
            if (known := self._challenges.get(target.partition("?")[0])) is None:
                return None
            challenge, counter = known
            count = f"{next(counter):08x}"
        return self._answer(challenge, count, method, target)

    def accepts(self, challenges: Iterable[str], target: str, sent: str | None) -> bool:
        """See `Login`."""
        for challenge in challenges:
            scheme, _, rest = challenge.partition(" ")
            fields = parse_keqv_list(parse_http_list(rest)) if scheme.lower() == "digest" else {}
            if fields and fields.get("algorithm", "MD5").upper().removesuffix("-SESS") in _DIGESTS:
                with self._lock:
                    self._challenges[target.partition("?")[0]] = (fields, itertools.count(1))
                # A number of the server's may be too old; when it is new, the password is wrong.
                return sent is None or "nc=00000001" not in sent
        return False

    def hide(self, text: str) -> str:
        """See `Login`."""
        return _hidden(text, self._password)

    def _answer(self, challenge: dict[str, str], count: str, method: str, target: str) -> str:
        algorithm = challenge.get("algorithm", "MD5")
        digest = _DIGESTS[algorithm.upper().removesuffix("-SESS")]

        def hashed(*parts: str) -> str:
            return digest(":".join(parts).encode()).hexdigest()

        realm, nonce = challenge.get("realm", ""), challenge.get("nonce", "")
        own = secrets.token_hex(16)
        secret = hashed(self._user, realm, self._password)
        if algorithm.upper().endswith("-SESS"):
            secret = hashed(secret, nonce, own)
        request = hashed(method, target)
        quoted = {"username": self._user, "realm": realm, "nonce": nonce, "uri": target}
        plain = {"algorithm": algorithm}
        if "qop" in challenge:
            quoted["response"] = hashed(secret, nonce, count, own, "auth", request)
            quoted["cnonce"] = own
            plain |= {"qop": "auth", "nc": count}
        else:
            quoted["response"] = hashed(secret, nonce, request)
        if "opaque" in challenge:
            quoted["opaque"] = challenge["opaque"]
        parts = [f'{name}="{_quoted(value)}"' for name, value in quoted.items()]
        parts += [f"{name}={value}" for name, value in plain.items()]
        # HTTP headers are Latin-1; names in other letters are sent as UTF-8.
        return f"Digest {', '.join(parts)}".encode().decode("latin-1")


def address(url: str, *, digest: bool) -> tuple[str, Login | None]:
    """Return an address without name and password, and the login that these make.

    Raises StoreError for what is no address.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    # The address is not repeated: there may be a password in it.
    if not host or parts.scheme not in ("http", "https") or parts.fragment:
        raise StoreError(
            "This is no address of a SPARQL server. Write it like https://example.org/sparql."
        )
    login: Login | None = None
    if parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
        login = Digest(user, password) if digest else Basic(user, password)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), login


def endpoint(base: str, behind: str) -> str:
    """Return the address of an endpoint, which is given as a whole or as what follows `base`."""
    if "://" in behind:
        whole, login = address(behind, digest=False)
        if login is not None:
            raise StoreError(f"A login belongs into the address of the store, not into {whole}.")
        return whole
    return base.rstrip("/") + behind if behind else base


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _hidden(text: str, *parts: str) -> str:
    for part in parts:
        if part:
            text = text.replace(part, "…")
    return text
