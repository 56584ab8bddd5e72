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
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from srmgraph_api.confinement import ConfinementError, confine
from srmgraph_api.line import Line, WorkersEnd

if TYPE_CHECKING:
    from srmgraph_api.jobs import Desk

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


class Task:
    """A piece of work: a job and its arguments, for whom it is done, and how many seconds it may
    take once it is begun.

    `answer` becomes what the worker said, ("done", value) or ("failed", error), or raises TooLong
    or Crashed.
    """

    __slots__ = ("answer", "client", "content", "seconds")

    def __init__(
        self, client: str, seconds: float, job: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> None:
        self.client = client
        self.seconds = seconds
        self.content = pickle.dumps((job, arguments), pickle.HIGHEST_PROTOCOL)
        self.answer: asyncio.Future[tuple[str, Any]] = asyncio.get_running_loop().create_future()

    def fail(self, error: Exception) -> None:
        """Let whoever waits for it, if anybody still does, learn that there is no answer."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Foreman(Protocol):
    """Who gives a worker its work, and is told of it."""

    def freed(self, worker: Worker) -> None:
        """Learn that a worker can take more."""

    def returned(self, task: Task) -> None:
        """Take back a task that was not begun."""


@dataclass(eq=False)
class _Given:
    """What a worker was given: its number on the line, 0 before it is sent; none wants it any more
    if there is no task."""

    task: Task | None
    seconds: float
    number: int = 0


class Worker:
    """The handle of a worker, in one event loop. It does one task at a time, in the order in which
    they are given, and its process is replaced when it dies.

    A task that is given while another is at work is there when that one is done, which spares the
    process from falling asleep and being woken.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._disk = Disk(folder, limits)
        self._origin: Origin = self._disk
        self._process: Process | None = None
        self._line: Line | None = None
        self._given: deque[_Given] = deque()
        self._renewal: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ends = self._rings = 0.0
        self.foreman: Foreman | None = None
        self.is_ready = False
        self.is_reserved = False
        """Whether it gets no more work, since something else is to be done with it."""

    # ── What it does ────────────────────────────────────────────────────────────────────────────

    @property
    def tasks(self) -> int:
        """How many tasks it has, with the one at work."""
        return len(self._given)

    @property
    def begun(self) -> float:
        """The time of the event loop at which its task was begun, if it has one."""
        return self._ends - self._given[0].seconds

    @property
    def current(self) -> Task | None:
        """The task at work; None if nobody wants it any more."""
        return self._given[0].task if self._given else None

    @property
    def next(self) -> Task | None:
        """The first task that is not begun."""
        for given in list(self._given)[1:]:
            if given.task is not None:
                return given.task
        return None

    def give(self, task: Task) -> None:
        """Give it a task, which is begun when those before it are done."""
        given = _Given(task, task.seconds)
        self._given.append(given)
        if len(self._given) == 1:
            self._begin()
        self._send(given)
        self.start()

    def withdraw(self, task: Task) -> bool:
        """Take a task back, if it has it; it goes on with one that is begun."""
        for given in self._given:
            if given.task is task:
                given.task = None
                if not given.number:
                    self._given.remove(given)
                elif given is not self._given[0] and self._line is not None:
                    self._line.withdraw(given.number)
                return True
        return False

    # ── What it says ────────────────────────────────────────────────────────────────────────────

    def received(self, message: Any) -> None:
        """See Listener."""
        if not self.is_ready:
            said, problem = message
            if said != _READY:
                self._fail(problem)
                return
            self.is_ready = True
            if self._given:
                self._begin()
            for given in self._given:
                self._send(given)
        elif self._given:
            task = self._given.popleft().task
            if self._given:
                self._begin()
            if task is not None and not task.answer.done():
                task.answer.set_result(message)
        self._tell()

    def lost(self, line: Line) -> None:
        """See Listener."""
        if line is self._line:
            self._lose(None)

    # ── Its process ─────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Begin the process, unless there is one; does not wait for it."""
        if self._renewal is None and self._line is None:
            self._renew(None, None)

    async def move(self, origin: Origin | None) -> None:
        """Go on with a process that is begun from another origin, or from the disk; to be done with
        one that has no tasks."""
        await self.stop(patience=0)
        self._origin = origin or self._disk
        self.start()
        assert self._renewal is not None
        await asyncio.wait({self._renewal})

    def is_from(self, origin: Origin | None) -> bool:
        """Whether the process was begun from an origin, or from the disk."""
        return self._origin is (origin or self._disk)

    async def stop(self, patience: float = _PATIENCE) -> None:
        """End the process, whatever it does; its tasks are not answered."""
        if self._renewal is not None:
            await asyncio.wait({self._renewal})
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._hang_up()
        await self._end(patience)

    def _begin(self) -> None:
        """Begin with the first task, whose time runs from now, or as soon as there is a process."""
        seconds = self._given[0].seconds if self.is_ready else _BEGINS_WITHIN
        self._ends = asyncio.get_running_loop().time() + seconds
        # Answers come long before it is too late, and a timer for each would cost more than they.
        if self._timer is None or self._ends < self._rings:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = self._ends
        self._timer = asyncio.get_running_loop().call_at(self._ends, self._ring)

    def _ring(self) -> None:
        """See whether the task at work is late; if not, ring again when it is."""
        self._timer = None
        if not self._given:
            return
        if asyncio.get_running_loop().time() < self._ends:
            self._set_timer()
        else:
            self._lose(TooLong())

    def _send(self, given: _Given) -> None:
        if self.is_ready and self._line is not None and given.task is not None:
            given.number = self._line.ask(given.task.content)

    def _tell(self) -> None:
        if self.foreman is not None:
            self.foreman.freed(self)

    def _lose(self, error: TooLong | None) -> None:
        """Go on after the process died, of the task at work if there is one, or is late with it."""
        task, had_work = self.current, bool(self._given)
        self._return()
        if self._renewal is not None:
            # It is late because there is no process yet.
            if task is not None:
                task.fail(error or Crashed(None))
        elif had_work:
            self._renew(task, error)
        else:
            self._tell()

    def _fail(self, error: Exception) -> None:
        """End, because the process cannot do any work."""
        task = self.current
        self._return()
        if task is not None:
            task.fail(error)
        self._tell()

    def _return(self) -> None:
        """Have no line and no tasks any more; those that were not begun are given back."""
        self._hang_up()
        left = [given.task for given in list(self._given)[1:] if given.task is not None]
        self._given.clear()
        for task in left:
            if self.foreman is not None:
                self.foreman.returned(task)

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        self.is_ready = False
        if line is not None:
            line.close()

    def _renew(self, task: Task | None, error: TooLong | None) -> None:
        self._renewal = asyncio.create_task(self._replace(task, error))

    async def _replace(self, task: Task | None, error: TooLong | None) -> None:
        """End the process, tell of it whoever waits for its task, and begin another."""
        problem: Exception | None = None
        try:
            code = await self._end(_PATIENCE)
            if task is not None:
                task.fail(error or Crashed(code))
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    self._process = await asyncio.to_thread(self._born, theirs)
                except BaseException:
                    ours.close()
                    raise
            # It may speak before the connection is told to be made.
            self._line = Line(self)
            await self._line.connect(ours)
        # Whatever it is, nobody else learns of it than who waits for this worker.
        except Exception as found:
            problem = found
        self._renewal = None
        if problem is not None:
            self._fail(problem)

    async def _end(self, patience: float) -> int | None:
        process, self._process = self._process, None
        return None if process is None else await asyncio.to_thread(process.end, patience)

    def _born(self, end: socket.socket) -> Process:
        try:
            return self._origin.begin(end)
        except OSError:
            if self._origin is self._disk:
                raise
            self._origin = self._disk
            return self._origin.begin(end)


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
    # Who asked may be gone before there is an answer.
    with suppress(EOFError, ConnectionError):
        line.send((_READY, None))
        while True:
            job, arguments = line.receive()
            try:
                outcome: tuple[str, Any] = ("done", job(desk, *arguments))
            # Compiled code that gets no memory may give up without a word of why.
            except SystemError:
                outcome = ("failed", MemoryError())
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
