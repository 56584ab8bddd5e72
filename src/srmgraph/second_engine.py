"""pySHACL in a process of its own: what such a process does.

It takes pieces of work from standard input, one after the other, and writes to standard output what
became of each. It imports no more of this library than it needs, since each second counts that it
takes to start. It ends when nobody can give it work any more, whatever it does just then.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import sys
import threading
import warnings
from dataclasses import dataclass
from queue import SimpleQueue
from typing import IO

_SIZE = 8
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Work:
    """Data and shapes, as N-Triples, to be validated in so many seconds; `is_advanced` says that
    the shapes need SHACL's advanced features."""

    data: bytes
    shapes: bytes
    is_advanced: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """SHACL's report, as N-Triples; or, if there is none, why."""

    report: bytes = b""
    failure: str = ""


def send(stream: IO[bytes], message: Work | Found) -> None:
    """Write a message; raises OSError if nobody is there to read it."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(len(content).to_bytes(_SIZE, "big") + content)
    stream.flush()


def receive(stream: IO[bytes]) -> Work | Found | None:
    """Read a message; None if there is none any more."""
    size = stream.read(_SIZE)
    if len(size) < _SIZE:
        return None
    content = stream.read(int.from_bytes(size, "big"))
    message: Work | Found = pickle.loads(content)
    return message


def found(work: Work) -> Found:
    """Let pySHACL do a piece of work."""
    import pyoxigraph
    import pyshacl
    import rdflib

    from srmgraph.terms import to_graph, triples_to_oxigraph, triples_to_rdflib

    def graph(text: bytes) -> rdflib.Graph:
        triples = pyoxigraph.parse(text, pyoxigraph.RdfFormat.N_TRIPLES)
        return to_graph(triples_to_rdflib(triples))

    try:
        with warnings.catch_warnings():
            # It warns of shapes that refer to themselves, which SHACL leaves to each processor.
            warnings.simplefilter("ignore")
            conforms, report, text = pyshacl.validate(
                graph(work.data),
                shacl_graph=graph(work.shapes),
                inference="none",
                advanced=work.is_advanced,
                meta_shacl=False,
                inplace=True,
            )
            if not isinstance(report, rdflib.Graph):
                return Found(failure=str(report or text or conforms))
            lines = pyoxigraph.serialize(
                triples_to_oxigraph(report), format=pyoxigraph.RdfFormat.N_TRIPLES
            )
    except MemoryError:
        # Nothing is certain any more; this process ends.
        raise
    # For a faulty shape, pySHACL and rdflib below it raise anything, even a plain Exception.
    except Exception as error:
        return Found(failure=str(error))
    return Found(report=lines or b"")


def main() -> None:
    """Do pieces of work as long as there are any."""
    # The keyboard speaks to who started this process, and who then ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What anybody prints is no answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    waiting: SimpleQueue[Work] = SimpleQueue()
    threading.Thread(target=_receive_all, args=(waiting,), daemon=True).start()
    while True:
        work = waiting.get()
        # A search for a text may not let any other thread of Python go on, for ever; this one does
        # not ask. It matters only where who started this process is no more.
        faulthandler.dump_traceback_later(work.seconds + _PATIENCE, exit=True)
        send(answers, found(work))
        faulthandler.cancel_dump_traceback_later()


def _receive_all(waiting: SimpleQueue[Work]) -> None:
    while isinstance(work := receive(sys.stdin.buffer), Work):
        waiting.put(work)
    os._exit(0)
