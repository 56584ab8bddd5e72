"""The line to a worker: messages on a socket, each a value as Python pickles it after its length.

The service has one end in its event loop and never waits for it; the worker has nothing else to do.
What is asked may be more than one thing at a time. The worker answers in the same order, and what
is withdrawn before it has begun, it answers without doing it.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import time
from collections import deque
from struct import Struct
from typing import Any, Protocol, cast

_ASKED = Struct("!QQ")
"""The number of what is asked, from 1, and its length; a length of 0 withdraws it."""

_ANSWERED = Struct("!Q")
"""The length of an answer."""

_LARGEST = 1 << 32
_AT_ONCE = 1 << 18
_STALE = 0.001


class Listener(Protocol):
    """Who is told what comes over a line."""

    def received(self, message: Any) -> None:
        """Take a message."""

    def lost(self, line: Line) -> None:
        """Learn that the other end of a line is gone, or has sent what is no message."""


class Line(asyncio.Protocol):
    """The end of the service."""

    def __init__(self, listener: Listener) -> None:
        self.is_open = False
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._number = 0

    async def connect(self, end: socket.socket) -> None:
        """Go over one end of a pair of sockets, in the event loop that runs."""
        end.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=end)

    def ask(self, content: bytes) -> int:
        """Ask for something, which is pickled already, and return its number."""
        self._number += 1
        self._write(_ASKED.pack(self._number, len(content)) + content)
        return self._number

    def withdraw(self, number: int) -> None:
        """Ask no more for something. It is answered all the same, and done if it has begun."""
        self._write(_ASKED.pack(number, 0))

    def close(self) -> None:
        """Hang up."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._received += data
        while self.is_open and len(self._received) >= _ANSWERED.size:
            length = _ANSWERED.unpack_from(self._received)[0]
            end = _ANSWERED.size + length
            if length > _LARGEST:
                self._lose()
                return
            if len(self._received) < end:
                return
            try:
                with memoryview(self._received) as view, view[_ANSWERED.size : end] as content:
                    message = pickle.loads(content)
            except Exception:
                self._lose()
                return
            # Nearly always there is no more, and what is new is sooner made than moved.
            self._received = bytearray() if len(self._received) == end else self._received[end:]
            self._listener.received(message)

    def eof_received(self) -> None:
        """See asyncio.Protocol."""
        self._lose()

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._lose()

    def _write(self, content: bytes) -> None:
        if self._transport is not None and self.is_open:
            self._transport.write(content)

    def _lose(self) -> None:
        if self.is_open:
            self.close()
            self._listener.lost(self)


class WorkersEnd:
    """The end of the worker, which waits for what is asked of it."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._room = bytearray(_AT_ONCE)
        self._received = bytearray()
        self._asked: deque[tuple[int, bytes]] = deque()
        self._withdrawn: set[int] = set()
        self._looked = 0.0

    def receive(self) -> Any:
        """Return what is asked next; raises EOFError when the service is gone."""
        while True:
            # It may have been withdrawn while other work was done.
            if self._asked and time.monotonic() - self._looked > _STALE:
                self._look(socket.MSG_DONTWAIT)
            while not self._asked:
                self._look(0)
            number, content = self._asked.popleft()
            if number not in self._withdrawn:
                return pickle.loads(content)
            self._withdrawn.discard(number)
            self.send(None)

    def send(self, value: Any) -> None:
        """Send a message."""
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        self._socket.sendall(_ANSWERED.pack(len(content)) + content)

    def _look(self, flags: int) -> None:
        """Take in what has come; wait for it unless the flags say otherwise."""
        try:
            size = self._socket.recv_into(self._room, flags=flags)
        except BlockingIOError:
            return
        except ConnectionError:
            raise EOFError from None
        finally:
            self._looked = time.monotonic()
        if not size:
            raise EOFError
        with memoryview(self._room) as view:
            self._received += view[:size]
        while len(self._received) >= _ASKED.size:
            number, length = _ASKED.unpack_from(self._received)
            end = _ASKED.size + length
            if len(self._received) < end:
                return
            if length:
                with memoryview(self._received) as view:
                    self._asked.append((number, bytes(view[_ASKED.size : end])))
            elif any(number == asked for asked, _ in self._asked):
                self._withdrawn.add(number)
            del self._received[:end]
