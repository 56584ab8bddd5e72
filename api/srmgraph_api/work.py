"""Work that a stranger's text can make long or deep: few at a time, against the clock.

Each piece has a thread of its own. It must not run in the event loop, nor in the threads that the
framework keeps: they have a common size of stack, and whoever fills them all stops every answer.
"""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from srmgraph_api.problems import Problem

AT_ONCE = 8
"""How many pieces of work run at the same time; others wait for their turn."""

PATIENCE = 10.0
"""How many seconds one waits for its turn."""

SECONDS = 60.0
"""How many seconds a request may take when its turn has come."""

# Oxigraph reads a query by recursion and takes up to 4 kB of stack for each of its characters. This
# is twice what the longest query takes. Memory is used only as far as the stack is.
_STACK = 256 * 1024 * 1024

_starting = threading.Lock()
_T = TypeVar("_T")


class Work:
    """Runs pieces of work, each in a thread, and lets those wait that are too many."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def do(self, job: Callable[..., _T], *arguments: Any) -> _T:
        """Return what `job` returns; raises what it raises.

        Raises Problem 503 when no turn comes, and 504 when the time is over. The engine cannot be
        stopped, so such a job keeps its turn until it ends by itself.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError:
            raise Problem(
                503, "The service is busy. Try again later.", {"Retry-After": "30"}
            ) from None
        outcome: Future[_T] = Future()
        waiting = asyncio.wrap_future(outcome)
        waiting.add_done_callback(self._ended)
        outcome.set_running_or_notify_cancel()
        _start(job, arguments, outcome)
        done, _ = await asyncio.wait({waiting}, timeout=SECONDS)
        if not done:
            raise Problem(
                504, f"The answer was not found within {SECONDS:.0f} seconds. Ask for less."
            )
        return waiting.result()

    def _ended(self, waiting: asyncio.Future[Any]) -> None:
        self._turns.release()
        if not waiting.cancelled():
            # Nobody may be there any more to hear of an error.
            waiting.exception()


def _start(job: Callable[..., _T], arguments: tuple[Any, ...], outcome: Future[_T]) -> None:
    def run() -> None:
        try:
            outcome.set_result(job(*arguments))
        except BaseException as error:
            _clear(error)
            outcome.set_exception(error)

    with _starting:
        usual = threading.stack_size(_STACK)
        try:
            # As a daemon, so that a query without end does not keep the service from stopping.
            threading.Thread(target=run, name="srmgraph-work", daemon=True).start()
        except RuntimeError as error:
            outcome.set_exception(error)
        finally:
            threading.stack_size(usual)


def _clear(error: BaseException | None) -> None:
    """Let go of what the code of an error held: the engine's answers cannot leave their thread."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
