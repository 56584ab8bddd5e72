"""The process that keeps a copy of a revision in memory, and forks a worker whenever it is told to.

What it is told comes over a socket, with the worker's end of a line, or the number of a worker that
is to end; it answers with a number. It sees nothing that a stranger sends.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import NoReturn

import pyoxigraph

from srmgraph.errors import SrmgraphError
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore
from srmgraph_api.confinement import confine, limit
from srmgraph_api.jobs import Desk
from srmgraph_api.line import WorkersEnd
from srmgraph_api.pages import beforehand
from srmgraph_api.worker import Limits, work

READY = b"ready"
"""What it says when the revision is read."""

BEGIN = b"begin"
"""What is sent with the end of a line, to start a worker. The answer is its number."""

END = Struct("!qd")
"""The number of a worker that is to end, and for how many seconds it may do so by itself. The
answer is its exit code."""

NUMBER = Struct("!q")
"""An answer."""

UNKNOWN = 1 << 32
"""The exit code of a worker that is not known."""


def keep(control: socket.socket, folder: Path, number: int, limits: Limits, most: int) -> None:
    """Read a revision into at most so many bytes of memory, find what pages ask of the whole of it,
    and do as told until nobody is there to tell; workers have `limits` beside what they share."""
    before = _size()
    confine(before + most + limits.memory, limits.needs_no_network)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        desk = Desk(folder, (number, _read(folder, number)))
    except (OSError, MemoryError, SrmgraphError):
        return
    size = _size() - before
    # Workers that are born without it find it when they are asked for it.
    with suppress(MemoryError, SrmgraphError):
        beforehand.prepare(desk, number)
    # A process with several threads must not be forked.
    if len(list(Path("/proc/self/task").iterdir())) > 1 or size > most:
        return
    # What the garbage collector does not look at stays shared.
    gc.freeze()
    ceiling = _size() + limits.memory
    control.sendall(READY)
    while True:
        asked, ends, _, _ = socket.recv_fds(control, END.size, 1)
        if not asked:
            return
        if ends:
            worker = os.fork()
            if worker == 0:
                control.close()
                _live(socket.socket(fileno=ends[0]), desk, ceiling)
            os.close(ends[0])
            control.sendall(NUMBER.pack(worker))
        else:
            control.sendall(NUMBER.pack(_ended(*END.unpack(asked))))


def _live(end: socket.socket, desk: Desk, ceiling: int) -> NoReturn:
    code = 1
    try:
        limit(ceiling)
        # In a thread of its own, because the engine has the numbers of UUID() and RAND() by thread,
        # and forks would all draw the same.
        thread = threading.Thread(target=work, args=(WorkersEnd(end), desk))
        thread.start()
        thread.join()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _ended(worker: int, patience: float) -> int:
    last = time.monotonic() + patience
    try:
        found, status = os.waitpid(worker, os.WNOHANG)
        while not found and time.monotonic() < last:
            time.sleep(0.002)
            found, status = os.waitpid(worker, os.WNOHANG)
        if not found:
            os.kill(worker, signal.SIGKILL)
            _, status = os.waitpid(worker, 0)
    except ChildProcessError:
        return UNKNOWN
    return os.waitstatus_to_exitcode(status)


def _size() -> int:
    """The bytes of addresses that this process uses, which is what its limit counts."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _read(folder: Path, number: int) -> EmbeddedStore:
    """Return a copy of a revision, in memory.

    The engine starts threads when it reads from a disk, so that a process of its own does it.
    """
    out, into = os.pipe()
    reader = os.fork()
    if reader == 0:
        os.close(out)
        _write(folder, number, into)
    os.close(into)
    store = EmbeddedStore()
    FolderStore(folder).recall(store, number)
    with os.fdopen(out, "rb", buffering=1 << 20) as file:
        # Graphs may be there and be empty.
        for name in json.loads(file.readline() or "[]"):
            store.oxigraph.add_graph(pyoxigraph.NamedNode(name))
        store.oxigraph.bulk_extend(pyoxigraph.parse(file, format=pyoxigraph.RdfFormat.N_QUADS))
    if os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]) != 0:
        raise OSError(f"Revision {number} could not be read to its end.")
    return store


def _write(folder: Path, number: int, into: int) -> NoReturn:
    code = 1
    try:
        revision = FolderStore(folder).at(number).oxigraph
        names = [
            name.value for name in revision.named_graphs() if isinstance(name, pyoxigraph.NamedNode)
        ]
        with os.fdopen(into, "wb", buffering=1 << 20) as file:
            file.write(json.dumps(names).encode() + b"\n")
            revision.dump(file, format=pyoxigraph.RdfFormat.N_QUADS)
        code = 0
    except BrokenPipeError:
        # The service was told to end meanwhile.
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
