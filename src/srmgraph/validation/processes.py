"""Processes in which pySHACL works, so that what takes too long can be ended.

A fork would start sooner, but not everywhere, and not safely beside the threads of an engine; and a
worker of a service, which is a daemon, may have no children of `multiprocessing`. So it is a new
process, and since that takes a third of a second, it is kept for the next piece of work, unless it
has read much: its memory would stay large. It ends when this process does.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from contextlib import suppress

from srmgraph.errors import ShapesError
from srmgraph.second_engine import Found, Work, receive, send

_MOST_KEPT = 5_000_000
"""A process that has read more bytes is not kept."""


def done(work: Work) -> bytes:
    """Let a process do a piece of work, and return SHACL's report as N-Triples.

    Raises ShapesError where pySHACL refuses the shapes, takes too long or breaks down.
    """
    process = _taken()
    try:
        found = _answer(process, work)
    except BaseException:
        _end(process)
        raise
    if len(work.data) + len(work.shapes) > _MOST_KEPT:
        _end(process)
    else:
        _keep(process)
    if found.failure:
        raise ShapesError(f"pySHACL could not use the shapes: {found.failure}")
    return found.report


_Process = subprocess.Popen[bytes]
_idle: list[_Process] = []
_lock = threading.Lock()


def _answer(process: _Process, work: Work) -> Found:
    assert process.stdin is not None
    assert process.stdout is not None
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(work.seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        with suppress(BrokenPipeError):
            send(process.stdin, work)
        found = receive(process.stdout)
    finally:
        timer.cancel()
    if isinstance(found, Found):
        return found
    if late.is_set():
        raise ShapesError(
            f"pySHACL was stopped after {work.seconds:g} seconds. Give it more time, or leave "
            "these shapes out."
        )
    code = process.wait()
    told = f"signal {-code}" if code < 0 else f"exit code {code}"
    raise ShapesError(f"pySHACL ended by itself ({told}), perhaps since its memory was not enough.")


def _taken() -> _Process:
    """A process that is there, or a new one."""
    with _lock:
        while _idle:
            process = _idle.pop()
            if process.poll() is None:
                return process
            _end(process)
    # It is to find this library where this process did, and nothing where the user happens to be.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from srmgraph import second_engine; second_engine.main()"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _keep(process: _Process) -> None:
    with _lock:
        if not _idle:
            _idle.append(process)
            return
    _end(process)


def _end(process: _Process) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        # What was not sent any more is to be sent now, and nobody is there.
        with suppress(OSError):
            stream.close()
    process.wait()


@atexit.register
def _end_all() -> None:
    while _idle:
        _end(_idle.pop())


def _forget() -> None:
    """In a fork: those processes are another's, and end when that one does."""
    global _lock
    _lock = threading.Lock()
    for process in _idle:
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        process.returncode = 0
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
