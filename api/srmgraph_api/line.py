"""The line to a worker: messages on a socket, each a value as Python pickles it after its length.

The service has one end in its event loop and never waits for it; the worker has nothing else to do.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
from struct import Struct
from typing import Any, cast

_LENGTH = Struct("!Q")
_LARGEST = 1 << 32


class Line(asyncio.Protocol):
    """The end of the service: one message goes out, and one comes back."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._awaited: asyncio.Future[Any] | None = None
        self._latest = self._rings = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    async def over(cls, end: socket.socket) -> Line:
        """Return a line over one end of a pair of sockets, in the event loop that runs."""
        end.setblocking(False)
        loop = asyncio.get_running_loop()
        _, line = await loop.create_unix_connection(cls, sock=end)
        return line

    def send(self, value: Any) -> None:
        """Send a message, which `next` then awaits the answer to."""
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        if self._transport is not None and self.is_open:
            self._transport.write(_LENGTH.pack(len(content)) + content)

    def next(self, seconds: float) -> asyncio.Future[Any]:
        """Return the next message to come, as a future.

        It raises TimeoutError when none comes within so many seconds, and EOFError when the other
        end is gone or sends what is no message. One that is cancelled takes no message with it.
        """
        loop = asyncio.get_running_loop()
        self._awaited = awaited = loop.create_future()
        if not self.is_open:
            awaited.set_exception(EOFError())
            return awaited
        self._latest = loop.time() + max(0.0, seconds)
        # Messages come long before it is too late, and a timer for each would cost more than they.
        if self._timer is None or self._latest < self._rings:
            self._set_timer()
        self._take()
        return awaited

    def close(self) -> None:
        """Hang up."""
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()
        self._give(EOFError())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._received += data
        self._take()

    def eof_received(self) -> None:
        """See asyncio.Protocol."""
        self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.close()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = self._latest
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(self._latest, self._ring)

    def _ring(self) -> None:
        """See whether what is awaited now is late; if not, ring again when it is."""
        self._timer = None
        if self._awaited is None or self._awaited.done():
            return
        if asyncio.get_running_loop().time() < self._latest:
            self._set_timer()
        else:
            self._give(TimeoutError())

    def _take(self) -> None:
        """Give a message that is complete to whoever awaits it."""
        received = self._received
        if self._awaited is None or self._awaited.done() or len(received) < _LENGTH.size:
            return
        length = _LENGTH.unpack_from(received)[0]
        if length > _LARGEST:
            self.close()
            return
        if len(received) < _LENGTH.size + length:
            return
        with memoryview(received) as view, view[_LENGTH.size :] as content:
            try:
                message = pickle.loads(content)
            except Exception:
                message = EOFError()
        self._received = bytearray()
        self._give(message)

    def _give(self, outcome: Any) -> None:
        awaited, self._awaited = self._awaited, None
        if awaited is None or awaited.done():
            return
        if isinstance(outcome, BaseException):
            awaited.set_exception(outcome)
        else:
            awaited.set_result(outcome)


class WorkersEnd:
    """The end of the worker, which waits for what is asked of it."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._reader = end.makefile("rb")

    def receive(self) -> Any:
        """Return the next message; raises EOFError when the service is gone."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        return pickle.loads(self._exactly(length))

    def send(self, value: Any) -> None:
        """Send a message."""
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        self._socket.sendall(_LENGTH.pack(len(content)) + content)

    def _exactly(self, size: int) -> bytes:
        content = self._reader.read(size)
        if len(content) < size:
            raise EOFError
        return content
