"""./run bench service: requests per second beside the Oxigraph server, on the same data.

Each server runs alone, in a process of its own, on a synthetic ecosystem. Clients keep their
connections and ask the next question when they have the answer. Look-ups ask what is said of a
thing chosen at random; the questions are kept ones of two hops and more, each about things chosen
at random. srmgraph answers with all of its isolation on.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote, urlsplit

from rdflib import URIRef

from benchmarks.ecosystem import write_ecosystem
from benchmarks.reliability import free_port, service, wait_for
from benchmarks.tables import markdown
from srmgraph import queries
from srmgraph.errors import ParameterError
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore

HEADER = (
    "server",
    "asked",
    "clients",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "failed",
    "times Oxigraph",
)
_OXIGRAPH = Path(sysconfig.get_path("scripts")) / "oxigraph"
_QUESTIONS = 10
_EACH = 20


@dataclass(frozen=True)
class Load:
    """What a server did for a while: requests in a second, and their times in seconds."""

    rate: float
    times: list[float]
    failed: int


# ── Servers ─────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def srmgraph(file: Path, folder: Path) -> Iterator[str]:
    """Our own service over a store that holds the file; gives the address of its endpoint."""
    with FolderStore.create(folder).change() as candidate:
        candidate.read(file)
    with service(folder) as (_, address):
        yield f"{address}/sparql"


@contextmanager
def oxigraph(file: Path, folder: Path) -> Iterator[str]:
    """The Oxigraph server over the same; gives the address of its endpoint."""
    where = ["--location", str(folder)]
    subprocess.run(
        [str(_OXIGRAPH), "load", *where, "--file", str(file)], check=True, capture_output=True
    )
    port = free_port()
    process = subprocess.Popen(
        [str(_OXIGRAPH), "serve-read-only", *where, "--bind", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/query"
    try:
        wait_for(f"{address}?query=ASK%7B%7D")
        yield address
    finally:
        process.kill()
        process.wait()


SERVERS: dict[str, Callable[[Path, Path], AbstractContextManager[str]]] = {
    "oxigraph": oxigraph,
    "srmgraph": srmgraph,
}


# ── What is asked ───────────────────────────────────────────────────────────────────────────────


def look_ups(store: EmbeddedStore, chance: random.Random) -> list[str]:
    """Queries for what is said of a thing."""
    things = [row.s for row in store.select("SELECT DISTINCT ?s { ?s a ?kind } LIMIT 20000")]
    named = [thing for thing in things if isinstance(thing, URIRef)]
    return [f"SELECT ?p ?o {{ {thing.n3()} ?p ?o }}" for thing in chance.sample(named, 500)]


def questions(store: EmbeddedStore, chance: random.Random) -> list[str]:
    """Kept questions about things: those with a parameter that is a column of the answer."""
    asked: list[str] = []
    chosen = 0
    for question in queries.questions().values():
        if chosen == _QUESTIONS or question.uses_inference:
            continue
        rows = [row.asdict() for row in store.select(f"{question.text}\nLIMIT 2000")]
        for parameter in question.parameters:
            values = sorted({row[parameter.name] for row in rows if parameter.name in row})
            values = [value for value in values if isinstance(value, URIRef)]
            if len(values) < _EACH:
                continue
            try:
                asked += [
                    question.bind(store, **{parameter.name: value})
                    for value in chance.sample(values, _EACH)
                ]
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
    times: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds

    async def client(number: int) -> None:
        nonlocal failed
        chance = random.Random(seed * 1000 + number)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while (begun := time.perf_counter()) < end:
            writer.write(chance.choice(requests))
            if not await _answered(reader):
                failed += 1
            times.append(time.perf_counter() - begun)
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*map(client, range(clients)))
    return Load(len(times) / (time.perf_counter() - begun), times, failed)


async def _answered(reader: asyncio.StreamReader) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"content-length:" in head:
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    elif b"chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return b" 200 " in head.split(b"\r\n")[0]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="./run bench service", description=__doc__)
    parser.add_argument("--triples", type=int, default=900_000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="srmgraph-bench-"))
    try:
        file = write_ecosystem(scratch / "data.nt", options.triples, defects=False).data
        store, chance = EmbeddedStore(), random.Random(1)
        store.read(file)
        asked = {"look-ups": look_ups(store, chance), "questions": questions(store, chance)}
        print(f"{len(store):,} statements, {len(asked['questions'])} different questions")
        del store
        rows: list[tuple[str, ...]] = []
        peers: dict[tuple[str, int], float] = {}
        for name, serve in SERVERS.items():
            with serve(file, scratch / name) as address:
                for kind, what in asked.items():
                    for clients in options.clients:
                        asyncio.run(load(address, what, clients, 1, 0))
                        found = asyncio.run(load(address, what, clients, options.seconds, 1))
                        peers.setdefault((kind, clients), found.rate)
                        rows.append(_row(name, kind, clients, found, peers[kind, clients]))
                        print(" | ".join(rows[-1]), flush=True)
        print(markdown(HEADER, rows))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


def _row(name: str, kind: str, clients: int, found: Load, peer: float) -> tuple[str, ...]:
    return (
        name, kind, str(clients), f"{found.rate:,.0f}", f"{median(found.times) * 1000:.1f}",
        f"{quantiles(found.times, n=100)[98] * 1000:.1f}" if len(found.times) > 1 else "",
        str(found.failed), f"{found.rate / peer:.2f}",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
