"""A process of its own that does one piece of work at a time, and may be killed at any moment.

What a stranger sends is read nowhere else: a query or a file that crashes, fills or hangs its
reader takes a worker down, and nothing but that one request fails.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from srmgraph_api.confinement import ConfinementError, confine

_READY = "ready"


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


class Worker:
    """The handle of a worker, for one thread at a time; one that died is replaced."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._is_ready = False

    def start(self) -> None:
        """Start the process, if there is none; does not wait until it is ready."""
        if self._process is not None and self._process.is_alive():
            return
        ours, theirs = multiprocessing.Pipe()
        process = _context().Process(
            target=_work, args=(theirs, self._folder, self._limits), daemon=True
        )
        process.start()
        theirs.close()
        self._process, self._connection = process, ours

    def do(self, job: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        """Return what `job` returns in the worker, called with its desk and the arguments.

        Raises what the job raises; TooLong when it takes longer than so many seconds, and Crashed.
        In both cases the process ends, and the next one is under way.
        """
        end = time.monotonic() + seconds
        try:
            connection = self._ready(end)
            connection.send((job, arguments))
            if not connection.poll(max(0.0, end - time.monotonic())):
                raise TooLong
            outcome, value = connection.recv()
        except TooLong:
            self._replace()
            raise
        except (EOFError, OSError, pickle.UnpicklingError):
            raise Crashed(self._replace()) from None
        if outcome == "failed":
            raise value
        return value

    def _ready(self, end: float) -> Connection:
        """Return the connection to a process that has said it is ready."""
        if self._process is not None and not self._process.is_alive():
            self.stop()
        if self._process is None:
            self.start()
        connection = self._connection
        assert connection is not None
        if not self._is_ready:
            if not connection.poll(max(0.0, end - time.monotonic())):
                raise TooLong
            said, problem = connection.recv()
            if said != _READY:
                self.stop()
                raise problem
            self._is_ready = True
        return connection

    def stop(self) -> int | None:
        """End the process, whatever it does; return its exit code."""
        if self._process is None:
            return None
        # One that died by itself is to be told apart from one that is killed.
        self._process.join(0.05)
        code = self._process.exitcode
        self._process.kill()
        self._process.join()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None
        self._is_ready = False
        return code

    def _replace(self) -> int | None:
        code = self.stop()
        self.start()
        return code


@cache
def _context() -> ForkServerContext:
    """How workers start: as forks of a process that has read the knowledge and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["srmgraph_api.jobs", "srmgraph_api.pages.answers"])
    return context


def _work(connection: Connection, folder: Path, limits: Limits) -> None:
    from srmgraph_api.jobs import Desk

    try:
        confine(limits.memory, limits.needs_no_network)
    except ConfinementError as error:
        connection.send(("unconfined", error))
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    desk = Desk(folder)
    connection.send((_READY, None))
    while True:
        try:
            job, arguments = connection.recv()
        except EOFError:
            return
        try:
            outcome: tuple[str, Any] = ("done", job(desk, *arguments))
        # What a job raises belongs to whoever asked, be it even a lack of memory.
        except BaseException as error:
            outcome = ("failed", _portable(error))
        connection.send(outcome)


def _portable(error: BaseException) -> BaseException:
    error.__traceback__ = error.__cause__ = error.__context__ = None
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
