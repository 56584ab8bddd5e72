"""Requests to a server: a login, a deadline, repeated where that does no harm, and clear errors."""

from __future__ import annotations

import html
import random
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    TimeoutError,
)
from urllib3.util import Timeout, parse_url

from srmgraph.errors import StoreError
from srmgraph.store.remote_login import Login
from srmgraph.store.remote_servers import Parameters

_sleep = time.sleep
_PIECE = 1 << 16
_LONGEST_PAUSE = 10.0
_PASSING = {429, 502, 503}
_TAGS = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_ADVICE = {
    401: "It wants another login, or one at all.",
    403: "This login may not do that.",
    404: "Is this the right address? docs/remote-stores.md lists those of common servers.",
    405: "This endpoint is for something else: name the endpoints for query, update and data.",
    413: "The server takes no request as large as this one.",
    429: "It has too much to do: try again later.",
    503: "It has too much to do: try again later.",
    504: "The request takes longer than the server allows: ask for less.",
}


class RefusedError(StoreError):
    """A server refuses a request.

    `status` is that of HTTP, `reason` what the server says, and `pause` after how many seconds it
    wants to be asked again.
    """

    def __init__(self, message: str, status: int, reason: str, pause: float | None) -> None:
        self.status = status
        self.reason = reason
        self.pause = pause
        super().__init__(message)


class UnreachableError(StoreError):
    """A server cannot be reached, or the connection breaks off."""


class SlowError(StoreError):
    """An answer has not come in time."""


class PartialError(StoreError):
    """An answer is not whole: it breaks off, or the server gives no more than so many rows."""


@dataclass(frozen=True)
class Traffic:
    """How many requests were sent, and how many bytes without headers went and came."""

    requests: int = 0
    sent: int = 0
    received: int = 0

    def since(self, before: Traffic) -> Traffic:
        """What came to it after that."""
        return Traffic(
            self.requests - before.requests,
            self.sent - before.sent,
            self.received - before.received,
        )


@dataclass(frozen=True)
class Answer:
    """What a server answers to a request that it has carried out."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The type of the body, without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


class Connection:
    """Requests to the endpoints of one server.

    An answer must come within `seconds`; a stalled one is given up at most as long again after
    that. What only reads is tried `attempts` times when the server cannot be reached or is busy.
    No redirection is followed, so a login reaches no server but the one that was named.
    """

    def __init__(
        self, login: Login | None, seconds: float, attempts: int, largest_answer: int
    ) -> None:
        self._pool = urllib3.PoolManager(num_pools=8, maxsize=8)
        self._login = login
        self._seconds = seconds
        self._attempts = attempts
        self._largest = largest_answer
        self._lock = threading.Lock()
        self.traffic = Traffic()

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    def ask(self, url: str, form: Parameters, accept: str, seconds: float | None = None) -> Answer:
        """Send a query; raises StoreError."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": accept}
        seconds = self._seconds if seconds is None else min(seconds, self._seconds)
        return self._repeat("POST", url, urlencode(form).encode(), headers, seconds)

    def fetch(self, url: str, accept: str) -> Answer:
        """Get what is at an address; raises StoreError."""
        return self._repeat("GET", url, b"", {"Accept": accept}, self._seconds)

    def _repeat(
        self, method: str, url: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> Answer:
        """Send a request that changes nothing, again if it fails for a reason that may pass."""
        for attempt in range(self._attempts):
            try:
                return self._send(method, url, body, headers, seconds)
            except (UnreachableError, RefusedError) as error:
                passes = not isinstance(error, RefusedError) or error.status in _PASSING
                if not passes or attempt == self._attempts - 1:
                    raise
                _sleep(_pause(error, attempt))
        raise AssertionError("there is at least one attempt")

    def write(self, url: str, parameters: Parameters, body: bytes, media_type: str) -> Answer:
        """Send a request that changes something, once; raises StoreError."""
        if parameters:
            # A name without a value stands alone, as in `?default`.
            query = "&".join(urlencode([pair]).removesuffix("=") for pair in parameters)
            url = f"{url}{'&' if '?' in url else '?'}{query}"
        try:
            return self._send("POST", url, body, {"Content-Type": media_type}, self._seconds)
        except (UnreachableError, SlowError) as error:
            if isinstance(error.__cause__, NewConnectionError | ConnectTimeoutError):
                raise
            raise StoreError(
                f"{error} Whether the change was made is not known: look before you repeat it."
            ) from error

    def _send(
        self, method: str, url: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> Answer:
        """Send a request, once more if the server wants a login to be proven first."""
        target = parse_url(url).request_uri
        end = time.monotonic() + seconds
        for _ in range(3):
            authorization = self._login.header(method, target) if self._login else None
            own = {"User-Agent": "srmgraph", **headers}
            if authorization is not None:
                own["Authorization"] = authorization
            try:
                response = self._pool.request(
                    method,
                    url,
                    body=body,
                    headers=own,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    timeout=Timeout(connect=min(10.0, seconds), read=seconds),
                )
                content = self._read(response, url, end)
            except (TimeoutError, SlowError) as error:
                if isinstance(error, ConnectTimeoutError):
                    raise self._unreachable(url, error) from error
                raise SlowError(
                    f"{url} has not answered within {seconds:g} seconds. Ask for less, or allow "
                    "it more time."
                ) from error
            except HTTPError as error:
                raise self._unreachable(url, error) from error
            with self._lock:
                so_far = self.traffic
                self.traffic = Traffic(
                    so_far.requests + 1,
                    so_far.sent + len(body),
                    so_far.received + len(content),
                )
            if 200 <= response.status < 300:
                return Answer(url, response.headers, content)
            challenges = response.headers.getlist("WWW-Authenticate")
            if response.status != 401 or not (
                self._login and self._login.accepts(challenges, target, authorization)
            ):
                break
        raise self._refused(url, response, content)

    def _read(self, response: urllib3.BaseHTTPResponse, url: str, end: float) -> bytes:
        pieces, length = [], 0
        try:
            while piece := response.read1(_PIECE):
                pieces.append(piece)
                length += len(piece)
                if length > self._largest:
                    raise StoreError(
                        f"The answer of {url} has more than {self._largest:,} bytes. Ask for less."
                    )
                if time.monotonic() > end:
                    raise SlowError(url)
        except BaseException:
            # What is still to come must not be taken for the next answer.
            response.close()
            raise
        response.release_conn()
        return b"".join(pieces)

    def _unreachable(self, url: str, error: HTTPError) -> UnreachableError:
        if isinstance(error, NewConnectionError | ConnectTimeoutError | NameResolutionError):
            return UnreachableError(
                f"{url} cannot be reached. Does the server run, and is this its address?"
            )
        return UnreachableError(f"{url} broke off the connection before its answer was whole.")

    def _refused(
        self, url: str, response: urllib3.BaseHTTPResponse, content: bytes
    ) -> RefusedError:
        url = url.partition("?")[0]
        is_page = "html" in response.headers.get("Content-Type", "")
        status, reason = response.status, self._hide(_words(content, is_page))
        says = f": {reason}" if reason else "."
        if 300 <= status < 400:
            place = parse_url(response.headers.get("Location", ""))
            advice = f"It sends on to {place._replace(auth=None)}: name that address instead."
        else:
            advice = _ADVICE.get(status, "")
        message = f"{url} refuses the request with status {status}{says} {advice}".rstrip()
        return RefusedError(message, status, reason, _seconds(response.headers.get("Retry-After")))

    def _hide(self, text: str) -> str:
        return self._login.hide(text) if self._login else text


def _pause(error: StoreError, attempt: int) -> float:
    wanted = error.pause if isinstance(error, RefusedError) else None
    # By chance a little more or less, so that many clients do not come back all at once.
    own = 0.2 * 2**attempt * random.uniform(0.75, 1.25)
    return min(own if wanted is None else wanted, _LONGEST_PAUSE)


def _seconds(text: str | None) -> float | None:
    # The other form, a date, is as good as none.
    return float(text) if text and text.isdecimal() else None


def _words(content: bytes, is_page: bool) -> str:
    """Return what a refusal says, on one line."""
    text = content[:20_000].decode(errors="replace")
    words = " ".join((html.unescape(_TAGS.sub(" ", text)) if is_page else text).split())
    # Virtuoso repeats the query, which says nothing about what is wrong with it.
    words = words.partition(" SPARQL query: ")[0]
    return words if len(words) <= 300 else f"{words[:300]}…"
