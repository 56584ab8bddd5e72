"""Whose turn it is: a bounded queue in which no client pushes in and none holds up the others."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

from srmgraph_api.problems import Problem

_T = TypeVar("_T")


class Turns(Generic[_T]):
    """What waits for its turn; clients take turns, and what each wants waits in its own line."""

    def __init__(self, most: int, of_each: int) -> None:
        """Let so many wait, `of_each` client."""
        self._lines: OrderedDict[str, deque[_T]] = OrderedDict()
        self._most, self._most_of_each = most, of_each
        self.waiting = 0

    def add(self, client: str, thing: _T) -> None:
        """Let a thing wait behind those of the same client.

        Raises Problem 429 when too much of the client's waits already, and 503 when too much of
        all; both say when to try again.
        """
        line = self._lines.get(client, deque())
        if len(line) >= self._most_of_each:
            raise Problem(
                429,
                f"As many of your requests wait as may ({len(line)}). Send fewer at a time.",
                {"Retry-After": "5"},
            )
        if self.waiting >= self._most:
            raise busy()
        self._lines[client] = line
        line.append(thing)
        self.waiting += 1

    def add_first(self, client: str, thing: _T) -> None:
        """Let a thing wait again that has waited for its turn already."""
        self._lines.setdefault(client, deque()).appendleft(thing)
        self._lines.move_to_end(client, last=False)
        self.waiting += 1

    def next(self) -> _T | None:
        """Return what has its turn, which waits no more; None if nothing waits."""
        for client, line in self._lines.items():
            thing = line.popleft()
            self.waiting -= 1
            # Whoever has had a turn goes behind the others.
            self._lines.move_to_end(client)
            if not line:
                del self._lines[client]
            return thing
        return None

    def remove(self, client: str, thing: _T) -> None:
        """Let a thing wait no more, if it does."""
        line = self._lines.get(client)
        if line and thing in line:
            line.remove(thing)
            self.waiting -= 1
            if not line:
                del self._lines[client]


def busy() -> Problem:
    """Return the problem 503, which says when to try again."""
    return Problem(503, "The service is busy. Try again later.")
