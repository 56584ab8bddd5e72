"""The connections on which requests come: how many there are, and how long they may stand idle.

The server below knows HTTP; it lets a client take any time for the head of its request, and for
reading its answer, and lets there be any number of clients.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LONGEST_HEAD = 100_000
_HEAD = b"HTTP/1.1 "


class Joined:
    """A transport on which the head of an answer leaves with what comes right after it.

    The server below sends it by itself, which costs a call of the system and wakes the client, who
    can do nothing yet.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Write to a transport, at the latest in the next round of the event loop."""
        self._transport = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """See asyncio.WriteTransport."""
        if self._head:
            data = self._head + data
            self._head = b""
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self._flush)
            return
        self._transport.write(data)

    def close(self) -> None:
        """See asyncio.BaseTransport."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head:
            self._transport.write(self._head)
            self._head = b""


class Connection(HttpToolsProtocol):
    """A connection that is closed unless a request comes of it, or its answer is read, in time."""

    most = 500
    """How many connections there may be: for more, the one is closed that idles longest."""
    seconds = 30.0
    """How long the head of a request, and the reading of a part of the answer, may take."""

    _has_head = False
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and let one go that is idle if there are too many."""
        joined = Joined(transport, self.loop)
        super().connection_made(joined)  # type: ignore[arg-type]
        self._since = self.loop.time()
        self._watch(0)
        if len(self.connections) > self.most:
            idle = [one for one in self.connections if isinstance(one, Connection) and one.is_idle]
            min(idle, key=lambda one: one._since)._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def data_received(self, data: bytes) -> None:
        """Take in what comes, as long as it makes a request in time."""
        super().data_received(data)
        self._watch(len(data))

    def on_headers_complete(self) -> None:
        """Note that this is a request, whether or not all of its content has come."""
        self._has_head = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the next may begin."""
        self._has_head = False
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, with all that waits for something."""
        super().connection_lost(exc)
        self._stop(self._timer)
        self._stop(self._unread)

    def pause_writing(self) -> None:
        """Give the client so long to read on."""
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        """Go on, since the client does."""
        super().resume_writing()
        self._stop(self._unread)

    def timeout_keep_alive_handler(self) -> None:
        """Close what is not used any more, read to the end or not."""
        super().timeout_keep_alive_handler()
        self._expect_reading()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is at work for it: the head of a request has yet to come."""
        return self.cycle is None or self.cycle.response_complete

    def _watch(self, size: int) -> None:
        waits = self.is_idle and not self._has_head and self.timeout_keep_alive_task is None
        if not waits:
            self._head = 0
            self._stop(self._timer)
            self._timer = None
            return
        self._head += size
        if self._head > _LONGEST_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._timer is None:
            self._since = self.loop.time()
            late = HTTPStatus.REQUEST_TIMEOUT
            self._timer = self.loop.call_later(self.seconds, self._refuse, late)

    def _expect_reading(self) -> None:
        self._stop(self._unread)
        self._unread = self.loop.call_later(self.seconds, self.transport.abort)

    def _refuse(self, status: HTTPStatus) -> None:
        if not self.transport.is_closing():
            told = [f"HTTP/1.1 {status} {status.phrase}", "Connection: close", "Content-Length: 0"]
            if status == HTTPStatus.SERVICE_UNAVAILABLE:
                told.append("Retry-After: 30")
            self.transport.write("".join(f"{line}\r\n" for line in (*told, "")).encode())
            self.transport.close()

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
