"""./run bench service: requests per second beside Oxigraph's server and rdflib-endpoint.

Each server is a process of its own over the same synthetic ecosystem. They are asked in turns of a
second or two, so that whatever else the machine does falls on all of them alike, and rest
meanwhile. Clients keep their connections and ask the next question when they have the answer. They
run on the same processors, so they do little, and what they take is told as well.
Look-ups ask what is said of a thing chosen at random; the questions are kept ones of two hops and
more, each about things chosen at random, and as often as any other. No server keeps answers, and
things are chosen among all there are, so that few questions come twice.
srmgraph answers with all of its isolation on, from a copy in memory that its workers share, as it
does by default. Oxigraph's server reads from its folder, as a server does that keeps data; how fast
it is with data in memory, which are kept nowhere, is told as well. rdflib-endpoint is asked last,
and alone, because it goes on with questions whose clients have left; that slows down what it is
asked next.

With --soak, all but rdflib-endpoint are asked for so many seconds more, all at once by 8 clients
each, so that none of them rests; their memory is watched, and what fails is counted. All that is
told in docs/service.md is measured by `./run bench service --soak 600`, in about 20 minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from typing import cast
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

import uvloop
from rdflib import URIRef

from benchmarks.ecosystem import write_ecosystem
from benchmarks.reliability import free_port, service, wait_for
from benchmarks.tables import markdown
from srmgraph import queries
from srmgraph.errors import ParameterError
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore

HEADER = (
    "asked",
    "clients",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "failed",
    "CPU ms",
    "CPU ms of asking",
    "srmgraph, times as fast",
)
_SIDE_BY_SIDE = (
    "asked",
    "clients",
    "Oxigraph, requests/s",
    "srmgraph, requests/s",
    "p50 ms",
    "p99 ms",
    "Oxigraph, CPU ms",
    "srmgraph, CPU ms",
    "times Oxigraph",
)
_TICKS = os.sysconf("SC_CLK_TCK")
_TURNS = 5
_OXIGRAPH = Path(sysconfig.get_path("scripts")) / "oxigraph"
_QUESTIONS = 10
_THINGS = 20
"""About how many different things at least a question must be asked."""

_EACH = 1000
_ROWS = 100_000
_LOOK_UPS = 20_000
_GRACE = 20
"""How many seconds an answer may take that is not there when the time is up."""

_END_OF_HEAD, _LAST_CHUNK = b"\r\n\r\n", b"\r\n0\r\n\r\n"
_FOUND = b"HTTP/1.1 200 "

_RDFLIB = """
import sys
import uvicorn
from rdflib import Graph
from rdflib_endpoint import SparqlEndpoint
graph = Graph()
graph.parse(sys.argv[1])
uvicorn.run(SparqlEndpoint(graph=graph), port=int(sys.argv[2]), log_level="critical")
"""


@dataclass(frozen=True)
class Load:
    """What a server did for a while: the times of its answers, of the whole, and of processors, the
    server's and that of whoever asked it, in seconds."""

    seconds: float
    times: list[float]
    failed: int
    processor: float = 0.0
    asking: float = 0.0

    @property
    def rate(self) -> float:
        """How many requests were answered in a second."""
        return (len(self.times) - self.failed) / self.seconds

    def __add__(self, other: Load) -> Load:
        return Load(
            self.seconds + other.seconds,
            self.times + other.times,
            self.failed + other.failed,
            self.processor + other.processor,
            self.asking + other.asking,
        )

    @property
    def cells(self) -> tuple[str, str, str, str, str, str]:
        """Requests per second, p50 and p99 in ms, how many failed, and ms of a processor each: the
        server's, and that of whoever asked."""
        return (
            f"{self.rate:,.{0 if self.rate >= 10 else 1}f}",
            f"{median(self.times) * 1000:,.1f}",
            f"{quantiles(self.times, n=100)[98] * 1000:,.1f}" if len(self.times) > 1 else "",
            f"{self.failed:,}",
            f"{self.processor / len(self.times) * 1000:,.2f}",
            f"{self.asking / len(self.times) * 1000:,.3f}",
        )


# ── Servers ─────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def srmgraph(file: Path, folder: Path) -> Iterator[tuple[int, str]]:
    """Our own service over a store that holds the file; gives its process and its endpoint."""
    with FolderStore.create(folder).change() as candidate:
        candidate.read(file)
    with service(folder) as (process, address):
        in_memory(address)
        yield process.pid, f"{address}/sparql"


def in_memory(address: str, revision: int = 0, seconds: float = 120) -> None:
    """Wait until a service has a revision in memory; raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with urlopen(f"{address}/metrics") as response:
            if f"\nsrmgraph_revision_in_memory {revision:.1f}\n".encode() in response.read():
                return
        time.sleep(0.2)
    raise TimeoutError("The service did not copy what it serves into memory.")


@contextmanager
def oxigraph(file: Path, folder: Path) -> Iterator[tuple[int, str]]:
    """The Oxigraph server over the same; gives its process and its endpoint."""
    where = ["--location", str(folder)]
    subprocess.run(
        [str(_OXIGRAPH), "load", *where, "--file", str(file)], check=True, capture_output=True
    )
    port = free_port()
    command = [str(_OXIGRAPH), "serve-read-only", *where, "--bind", f"127.0.0.1:{port}"]
    with _running(command, f"http://127.0.0.1:{port}/query") as found:
        yield found


@contextmanager
def oxigraph_in_memory(file: Path, folder: Path) -> Iterator[tuple[int, str]]:
    """The Oxigraph server over the same, kept nowhere; gives its process and its endpoint."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with _running([str(_OXIGRAPH), "serve", "--bind", address[7:]], f"{address}/query") as found:
        put = Request(f"{address}/store?default", file.read_bytes(), method="PUT")
        put.add_header("Content-Type", "application/n-triples")
        urlopen(put).close()
        yield found


@contextmanager
def rdflib_endpoint(file: Path, folder: Path) -> Iterator[tuple[int, str]]:
    """rdflib-endpoint over the same, in memory; gives its process and its endpoint."""
    port = free_port()
    command = [sys.executable, "-c", _RDFLIB, str(file), str(port)]
    with _running(command, f"http://127.0.0.1:{port}/") as found:
        yield found


@contextmanager
def _running(command: list[str], endpoint: str) -> Iterator[tuple[int, str]]:
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=silent, stderr=silent)
    try:
        wait_for(process, f"{endpoint}?query=ASK%7B%7D", seconds=600)
        yield process.pid, endpoint
    finally:
        process.kill()
        process.wait()


_Server = Callable[[Path, Path], AbstractContextManager[tuple[int, str]]]
TOGETHER: dict[str, _Server] = {
    "Oxigraph": oxigraph,
    "srmgraph": srmgraph,
    "Oxigraph in memory": oxigraph_in_memory,
}
ALONE: dict[str, _Server] = {"rdflib-endpoint": rdflib_endpoint}


# ── What is asked ───────────────────────────────────────────────────────────────────────────────


def look_ups(store: EmbeddedStore, chance: random.Random) -> list[str]:
    """Queries for what is said of a thing."""
    things = [row.s for row in store.select("SELECT DISTINCT ?s { ?s a ?kind }")]
    named = [thing for thing in things if isinstance(thing, URIRef)]
    chosen = chance.sample(sorted(named), min(_LOOK_UPS, len(named)))
    return [f"SELECT ?p ?o {{ {thing.n3()} ?p ?o }}" for thing in chosen]


def questions(store: EmbeddedStore, chance: random.Random) -> list[str]:
    """Kept questions about things: those with a parameter that is a column of the answer."""
    asked: list[str] = []
    chosen = 0
    for question in queries.questions().values():
        if chosen == _QUESTIONS or question.uses_inference:
            continue
        rows = [row.asdict() for row in store.select(f"{question.text}\nLIMIT {_ROWS}")]
        for parameter in question.parameters:
            values = sorted({row[parameter.name] for row in rows if parameter.name in row})
            values = [value for value in values if isinstance(value, URIRef)]
            if len(values) < _THINGS:
                continue
            chosen_things = chance.sample(values, min(_EACH, len(values)))
            try:
                texts = [question.bind(store, **{parameter.name: one}) for one in chosen_things]
                asked += (texts * (_EACH // len(texts) + 1))[:_EACH]
            except ParameterError:
                continue
            chosen += 1
            break
    return asked


# ── Clients ─────────────────────────────────────────────────────────────────────────────────────


async def load(address: str, asked: list[str], clients: int, seconds: float, seed: int) -> Load:
    """Let so many clients ask for so many seconds."""
    parts = urlsplit(address)
    requests = [
        f"GET {parts.path}?query={quote(query)} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        "Accept: application/sparql-results+json\r\n\r\n".encode()
        for query in asked
    ]
    begun, used = time.perf_counter(), time.process_time()
    all_clients = [
        _Client(requests, random.Random(seed * 1000 + number), begun + seconds)
        for number in range(clients)
    ]
    loop, place = asyncio.get_running_loop(), (parts.hostname or "", parts.port or 80)
    for one in all_clients:
        await loop.create_connection(lambda one=one: one, *place)  # type: ignore[misc]
    await asyncio.wait([one.done for one in all_clients], timeout=seconds + _GRACE)
    for one in all_clients:
        one.leave()
    return Load(
        time.perf_counter() - begun,
        [time for one in all_clients for time in one.times],
        sum(one.failed for one in all_clients),
        asking=time.process_time() - used,
    )


class _Client(asyncio.Protocol):
    """Asks until the time is up, a question when it has the answer to the one before.

    It shares the processors with whom it asks, so it does no more than find where answers end.
    """

    def __init__(self, requests: list[bytes], chance: random.Random, end: float) -> None:
        self.times: list[float] = []
        self.failed = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests, self._chance, self._end = requests, chance, end
        self._received = bytearray()
        self._length: int | None = None
        self._begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        received = self._received
        received += data
        if self._length is None and (head := received.find(_END_OF_HEAD)) >= 0:
            self._length = _length(bytes(received[:head]).lower(), head + len(_END_OF_HEAD))
        if self._length is None:
            return
        if len(received) == self._length or (not self._length and received.endswith(_LAST_CHUNK)):
            self._note(received.startswith(_FOUND))
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.leave()

    def leave(self) -> None:
        """Ask no more. What was not answered has failed."""
        if not self.done.done():
            self._note(False)
            self.done.set_result(None)
            self._transport.close()

    def _ask(self) -> None:
        self._received.clear()
        self._length = None
        self._begun = time.perf_counter()
        if self._begun < self._end:
            self._transport.write(self._chance.choice(self._requests))
        else:
            self.done.set_result(None)
            self._transport.close()

    def _note(self, is_answered: bool) -> None:
        self.times.append(time.perf_counter() - self._begun)
        self.failed += not is_answered


def _length(head: bytes, before: int) -> int:
    """The bytes of an answer with those `before` its content; 0 for one that comes in chunks."""
    _, told, rest = head.partition(b"content-length:")
    return before + int(rest.partition(b"\r\n")[0]) if told else 0


def soak(running: dict[str, tuple[int, str]], asked: list[str], seconds: float) -> None:
    """Ask all servers at once for so long; print for each minute how many answers there were, how
    many failed, and what memory each server uses at its end."""

    async def ask_all(seconds: float, seed: int) -> list[Load]:
        loads = (load(address, asked, 8, seconds, seed) for _, address in running.values())
        return await asyncio.gather(*loads)

    end = time.monotonic() + seconds
    rows: list[tuple[str, ...]] = []
    while (left := end - time.monotonic()) > 1:
        row = [str(len(rows) + 1)]
        loads = uvloop.run(ask_all(min(60, left), len(rows)))
        for (process, _), found in zip(running.values(), loads, strict=True):
            megabytes = sum(map(_memory, _family(process))) / 1e6
            row += [f"{found.rate:,.0f}", f"{found.failed:,}", f"{megabytes:,.0f}"]
        rows.append(tuple(row))
        print(" | ".join(row), flush=True)
    header = [f"{name}, {what}" for name in running for what in ("requests/s", "failed", "MB")]
    print(f"\n**Soak**\n\n{markdown(('minute', *header), rows)}")


def processor_seconds(process: int) -> float:
    """The seconds of a processor that a process and all of its own have used."""
    used = 0
    for one in _family(process):
        with suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
    return used / _TICKS


def _family(process: int) -> list[int]:
    """A process and all that it or its children started."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(status.parent.name))
    found = [process]
    for one in found:
        found += parents.get(one, [])
    return found


def _memory(process: int) -> int:
    """The bytes that a process has for itself, and its share of what it shares."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(text.partition("Pss:")[2].split()[0]) * 1024


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="./run bench service", description=__doc__)
    parser.add_argument("--triples", type=int, default=900_000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    every = [*TOGETHER, *ALONE]
    parser.add_argument("--servers", nargs="+", choices=every, default=every)
    parser.add_argument("--soak", type=float, default=0, metavar="SECONDS")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="srmgraph-bench-"))
    try:
        file = write_ecosystem(scratch / "data.nt", options.triples, defects=False).data
        store, chance = EmbeddedStore(), random.Random(1)
        store.read(file)
        asked = {"look-ups": look_ups(store, chance), "questions": questions(store, chance)}
        told = ", ".join(f"{len(set(what)):,} different {kind}" for kind, what in asked.items())
        print(f"{len(store):,} statements, {told}", flush=True)
        del store
        found: dict[str, _Cells] = {}

        def measure(servers: dict[str, _Server], turns: int, soaked: float = 0) -> None:
            with ExitStack() as stack:
                running = {
                    name: stack.enter_context(start(file, scratch / name.replace(" ", "-")))
                    for name, start in servers.items()
                    if name in options.servers
                }
                for kind, what in asked.items() if running else ():
                    for clients in options.clients:
                        loads = _compared(running, what, clients, options.seconds, turns)
                        for name, one in loads.items():
                            found.setdefault(name, {})[kind, clients] = one
                            print(" | ".join((name, kind, str(clients), *one.cells)), flush=True)
                if running and soaked:
                    soak(running, [*asked["look-ups"], *asked["questions"]], soaked)

        measure(TOGETHER, _TURNS, options.soak)
        try:
            measure(ALONE, turns=1)
        finally:
            # Minutes of measuring are not lost with a peer that fails.
            _tell(found)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


_Cells = dict[tuple[str, int], Load]
"""What a server did, by what was asked and the number of clients."""


def _compared(
    running: dict[str, tuple[int, str]], what: list[str], clients: int, seconds: float, turns: int
) -> dict[str, Load]:
    """Ask each server in turns, for so many seconds in all."""
    found: dict[str, Load] = {}
    # The first of several turns only makes everybody warm.
    for turn in range(turns + (turns > 1)):
        for name, (process, address) in running.items():
            before = processor_seconds(process)
            one = uvloop.run(load(address, what, clients, seconds / turns, turn))
            one = replace(one, processor=processor_seconds(process) - before)
            if turn or turns == 1:
                found[name] = found[name] + one if name in found else one
    return found


def _tell(found: dict[str, _Cells]) -> None:
    """Print one table for each server, and one of srmgraph beside Oxigraph."""
    peer, ours = found.get("Oxigraph", {}), found.get("srmgraph", {})
    rows: list[tuple[str, ...]] = []
    for (kind, clients), one in ours.items():
        if (kind, clients) in peer:
            other = peer[kind, clients]
            rate, p50, p99, _, processor, _ = one.cells
            times = f"{one.rate / other.rate:.2f}" if other.rate else ""
            rates = other.cells[0], rate
            processors = other.cells[-2], processor
            rows.append((kind, str(clients), *rates, p50, p99, *processors, times))
    if rows:
        print(f"\n{markdown(_SIDE_BY_SIDE, rows)}")
    for name, cells in found.items():
        rows = []
        for (kind, clients), one in cells.items():
            times = f"{ours[kind, clients].rate / one.rate:,.2f}" if ours and one.rate else ""
            rows.append((kind, str(clients), *one.cells, times))
        print(f"\n**{name}**\n\n{markdown(HEADER, rows)}")


if __name__ == "__main__":
    sys.exit(main())
