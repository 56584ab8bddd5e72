"""How much of all requests and answers is on its way at a time, and how long a part may take."""

from __future__ import annotations

import asyncio
from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from srmgraph_api.problems import Problem, problem

_LARGE = 1_000_000
_PART = 250_000
_LEAST_RATE = 10_000
_CLOSING = {"Connection": "close"}


class Traffic:
    """A layer that bounds what the process which listens holds of what clients send and get.

    Requests are counted from their first byte until they are answered, and large answers until they
    are taken. Without it, many clients that send or read slowly fill all memory.
    """

    def __init__(self, app: ASGIApp, most: int, largest: int, seconds: float) -> None:
        """Let `most` bytes be on their way, half of them of one client, though always one upload of
        `largest` bytes; a request may pause for so many `seconds`, and be that much slower in all
        than the least rate."""
        self._app = app
        self._most = max(most, largest)
        self._most_of_each = max(most // 2, largest)
        self._seconds = seconds
        self._of: Counter[str] = Counter()
        self._all = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; see ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = (scope.get("client") or ("",))[0]
        taken = arrived = 0
        begun: float | None = None
        is_whole = is_refused = False

        async def take() -> Message:
            nonlocal begun, taken, arrived, is_whole
            if is_whole:
                return await receive()
            now = asyncio.get_running_loop().time()
            begun = begun or now
            # Neither a pause nor a trickle after much that came at once.
            latest = min(now, begun + arrived / _LEAST_RATE) + self._seconds
            try:
                async with asyncio.timeout_at(latest):
                    message = await receive()
            except TimeoutError:
                raise Problem(
                    408, "The content did not come in time. Send it again.", _CLOSING
                ) from None
            size = len(message.get("body", b""))
            if size and (refused := self._refused(client, size)):
                raise refused
            self._count(client, size)
            taken += size
            arrived += size
            is_whole = not message.get("more_body", False)
            return message

        async def tell(message: Message) -> None:
            nonlocal taken, is_refused
            if is_refused:
                return
            if message["type"] == "http.response.start":
                size = _length(message)
                if size > _LARGE and (refused := self._refused(client, size)):
                    is_refused = True
                    answer = problem(refused.status, refused.detail, headers=refused.headers)
                    await answer(scope, receive, send)
                    return
                if size > _LARGE:
                    self._count(client, size)
                    taken += size
            body = message.get("body", b"")
            if len(body) <= _LARGE:
                await send(message)
                return
            for place in range(0, len(body), _PART):
                part = {**message, "body": body[place : place + _PART]}
                part["more_body"] = place + _PART < len(body) or message.get("more_body", False)
                # Waits until the client has read on; `connections` hangs up on who does not.
                await send(part)

        try:
            await self._app(scope, take, tell)
        finally:
            self._count(client, -taken)

    def _refused(self, client: str, size: int) -> Problem | None:
        if self._of[client] + size > self._most_of_each:
            return Problem(
                429, "Too much of yours is on its way already. Send less at a time.", _CLOSING
            )
        if self._all + size > self._most:
            return Problem(503, "The service is busy. Try again later.", _CLOSING)
        return None

    def _count(self, client: str, size: int) -> None:
        self._all += size
        self._of[client] += size
        if not self._of[client]:
            del self._of[client]


def _length(message: Message) -> int:
    for name, value in message["headers"]:
        if name.lower() == b"content-length":
            return int(value)
    return 0
