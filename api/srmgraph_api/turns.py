"""Whose turn it is: a bounded queue in which no client pushes in and none holds up the others."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from typing import Generic, TypeVar

from srmgraph_api.problems import Problem

_T = TypeVar("_T")


class Turns(Generic[_T]):
    """Lends out things, one for each turn; clients take turns, and each waits in its own line."""

    def __init__(self, things: list[_T], waiting: int, of_each: int, patience: float) -> None:
        """Lend these `things`; let so many wait, `of_each` client, for `patience` seconds."""
        self._free = deque(things)
        self._lines: OrderedDict[str, deque[asyncio.Future[_T]]] = OrderedDict()
        self._most, self._most_of_each, self._patience = waiting, of_each, patience
        self.busy = self.waiting = 0

    def turn(self, client: str) -> Turn[_T]:
        """Lend a thing to a client.

        On entry, raises Problem 429 when the client itself waits too often, and 503 when all do or
        when the turn does not come in time; both say when to try again.
        """
        return Turn(self, client)

    async def take(self, client: str) -> _T:
        """Return a thing when it is the client's turn; see `turn`."""
        thing = self._free.popleft() if self._free else await self._wait(client)
        self.busy += 1
        return thing

    def give_back(self, thing: _T) -> None:
        """Let the next one have a thing that was taken."""
        self.busy -= 1
        self._pass_on(thing)

    async def _wait(self, client: str) -> _T:
        line = self._lines.get(client, deque())
        if len(line) >= self._most_of_each:
            raise Problem(
                429,
                f"{len(line)} requests of yours are waiting already. Send fewer at a time.",
                {"Retry-After": "5"},
            )
        if self.waiting >= self._most:
            raise _busy()
        self._lines[client] = line
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[_T] = loop.create_future()
        line.append(mine)
        self.waiting += 1
        timer = loop.call_later(self._patience, _give_up, mine)
        try:
            return await mine
        except asyncio.CancelledError:
            # The turn may have come just when the client left.
            if not mine.cancelled():
                self._pass_on(mine.result())
            raise
        finally:
            timer.cancel()
            self.waiting -= 1
            if mine in line:
                line.remove(mine)
            if not line and self._lines.get(client) is line:
                del self._lines[client]

    def _pass_on(self, thing: _T) -> None:
        for client in list(self._lines):
            line = self._lines[client]
            # Whoever has had a turn goes behind the others.
            self._lines.move_to_end(client)
            while line:
                next_one = line.popleft()
                if not next_one.done():
                    next_one.set_result(thing)
                    return
        self._free.append(thing)


class Turn(Generic[_T]):
    """A turn, which lasts as long as the context that it is."""

    def __init__(self, turns: Turns[_T], client: str) -> None:
        self._turns, self._client = turns, client

    async def __aenter__(self) -> _T:
        self._thing = await self._turns.take(self._client)
        return self._thing

    async def __aexit__(self, *_: object) -> None:
        self._turns.give_back(self._thing)


def _give_up(turn: asyncio.Future[_T]) -> None:
    if not turn.done():
        turn.set_exception(_busy())


def _busy() -> Problem:
    return Problem(503, "The service is busy. Try again later.")
