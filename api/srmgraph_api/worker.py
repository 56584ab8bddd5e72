"""A process of its own that does one piece of work at a time, and may be killed at any moment.

What a stranger sends is read nowhere else: a query or a file that crashes, fills or hangs its
reader takes a worker down, and nothing but that one request fails.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from srmgraph_api.confinement import ConfinementError, confine
from srmgraph_api.line import Line, WorkersEnd

if TYPE_CHECKING:
    from srmgraph_api.jobs import Desk

_T = TypeVar("_T")
_READY = "ready"
_PAGES = [
    f"srmgraph_api.pages.{name}"
    for name in ("answers", "differences", "entering", "files", "reports")
]
# One that died by itself is to be told apart from one that is killed.
_PATIENCE = 0.05
_BEGINS_WITHIN = 60.0


class TooLong(Exception):
    """The work was not done in time; its worker is no more."""


class Crashed(Exception):
    """The worker died of the work; `code` is its exit code, negative for a signal."""

    def __init__(self, code: int | None) -> None:
        self.code = code
        super().__init__(f"The worker died (exit code {code}).")


@dataclass(frozen=True)
class Limits:
    """What a worker may use: bytes of memory, and the network only if it cannot be taken away."""

    memory: int
    needs_no_network: bool = True


class Process(Protocol):
    """A process that was begun."""

    def end(self, patience: float) -> int | None:
        """Kill it if it does not end by itself within so many seconds; return its exit code."""


class Origin(Protocol):
    """What workers are begun from."""

    def begin(self, end: socket.socket) -> Process:
        """Begin a worker that speaks over this end of a line; raises OSError."""


@dataclass(frozen=True)
class Disk:
    """A process that reads the store in a folder from the disk."""

    folder: Path
    limits: Limits

    def begin(self, end: socket.socket) -> Process:
        """Begin a worker; see `Origin`."""
        process = context().Process(target=_work, args=(end, self.folder, self.limits), daemon=True)
        process.start()
        return _Begun(process)


@dataclass(frozen=True)
class _Begun:
    process: BaseProcess

    def end(self, patience: float) -> int | None:
        self.process.join(patience)
        code = self.process.exitcode
        self.process.kill()
        self.process.join()
        return code


class Worker:
    """The handle of a worker, in one event loop; it does one job at a time, and one that died is
    replaced."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._disk = Disk(folder, limits)
        self._process: Process | None = None
        self._line: Line | None = None
        self._is_ready = False
        self._origin: Origin = self._disk

    async def start(self) -> None:
        """Start the process, in place of one that died; does not wait until it is ready."""
        if self._line is not None and self._line.is_open:
            return
        await self.stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.to_thread(self._begun, theirs)
        self._line = await Line.over(ours)

    async def move(self, origin: Origin | None) -> None:
        """Go on with a process that is begun from another origin, or from the disk."""
        self._origin = origin or self._disk
        await self.stop(patience=0)
        await self._ready(time.monotonic() + _BEGINS_WITHIN)

    def is_from(self, origin: Origin | None) -> bool:
        """Whether the process was begun from an origin, or from the disk."""
        return self._origin is (origin or self._disk)

    async def do(self, job: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        """Return what `job` returns in the worker, called with its desk and the arguments.

        Raises what the job raises; TooLong when it takes longer than so many seconds, and Crashed.
        In both cases the process ends, and the next one is under way. Who is cancelled meanwhile
        learns of it when the worker is free again.
        """
        end = time.monotonic() + seconds
        line = self._line
        if line is None or not self._is_ready or not line.is_open:
            line = await _undisturbed(self._settled(self._ready(end)))
        line.send((job, arguments))
        answer = line.next(end - time.monotonic())
        try:
            # Nearly always it comes, and needs no task of its own.
            outcome, value = await answer
        except (TimeoutError, EOFError):
            outcome, value = await _undisturbed(self._settled(answer))
        except asyncio.CancelledError:
            if answer.cancelled():
                # Whoever waited for it has left, and it comes all the same.
                answer = line.next(end - time.monotonic())
            await _done(asyncio.create_task(self._settled(answer)))
            raise
        if outcome == "failed":
            raise value
        return value

    async def _settled(self, answer: Awaitable[_T]) -> _T:
        """Return an answer; the process is replaced if there is none: TooLong or Crashed."""
        try:
            return await answer
        except TimeoutError:
            await self._replace()
            raise TooLong from None
        except EOFError:
            raise Crashed(await self._replace()) from None

    async def _ready(self, end: float) -> Line:
        """Return the line to a process that has said it is ready."""
        await self.start()
        line = self._line
        assert line is not None
        if not self._is_ready:
            said, problem = await line.next(end - time.monotonic())
            if said != _READY:
                await self.stop()
                raise problem
            self._is_ready = True
        return line

    async def stop(self, patience: float = _PATIENCE) -> int | None:
        """End the process, whatever it does; return its exit code."""
        process, line = self._process, self._line
        self._process = self._line = None
        self._is_ready = False
        code = None if process is None else await asyncio.to_thread(process.end, patience)
        if line is not None:
            line.close()
        return code

    async def _replace(self) -> int | None:
        code = await self.stop()
        await self.start()
        return code

    def _begun(self, end: socket.socket) -> Process:
        try:
            return self._origin.begin(end)
        except OSError:
            if self._origin is self._disk:
                raise
            self._origin = self._disk
            return self._origin.begin(end)


async def _undisturbed(work: Coroutine[Any, Any, _T]) -> _T:
    """Return what work returns. Who is cancelled meanwhile learns of it when the work is done."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _done(task)
        raise


async def _done(task: asyncio.Task[Any]) -> None:
    """Wait for a task, whose outcome nobody asks for."""
    await asyncio.wait({task})
    task.exception()


@cache
def context() -> ForkServerContext:
    """How workers start: as forks of a process that has read the knowledge and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["srmgraph_api.keeper", *_PAGES])
    return context


def _work(end: socket.socket, folder: Path, limits: Limits) -> None:
    from srmgraph_api.jobs import Desk

    connection = WorkersEnd(end)
    try:
        confine(limits.memory, limits.needs_no_network)
    except ConfinementError as error:
        connection.send(("unconfined", error))
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    work(connection, Desk(folder))


def work(line: WorkersEnd, desk: Desk) -> None:
    """Do what is asked over a line, until nobody is there to ask."""
    line.send((_READY, None))
    while True:
        try:
            job, arguments = line.receive()
        except EOFError:
            return
        try:
            outcome: tuple[str, Any] = ("done", job(desk, *arguments))
        # What a job raises belongs to whoever asked, be it even a lack of memory.
        except BaseException as error:
            outcome = ("failed", _portable(error))
        line.send(outcome)


def _portable(error: BaseException) -> BaseException:
    error.__traceback__ = error.__cause__ = error.__context__ = None
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
