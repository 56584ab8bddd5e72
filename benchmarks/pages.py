"""./run bench pages: how long the service takes for each kind of page.

Sizes grow tenfold, on synthetic ecosystems without planted defects, in a store in a folder. First
each kind of page is asked for once, by the first who looks after a start; then, when what is served
is in memory, about things chosen at random, no address twice but for the pages that have only one.
Times are those of whoever asks, in milliseconds; CPU is what all processes of the service used for
a page in the middle.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from rdflib import URIRef

from benchmarks.ecosystem import write_ecosystem
from benchmarks.reliability import service
from benchmarks.service import in_memory, processor_seconds
from benchmarks.tables import markdown
from srmgraph import ServiceGraph, queries
from srmgraph.store.folder import FolderStore

HEADER = ("triples", "page", "first ms", "median ms", "worst ms", "CPU ms")
KINDS = (
    "Organization",
    "ServiceRelationship",
    "ServiceOffering",
    "Product",
    "Resource",
    "Service",
    "SupplyAgreement",
)
SRM = "https://w3id.org/srm#"
BUSY = 503
AFTER_A_START = 300.0
"""How many seconds a service may take to have what it serves in memory."""


def addresses(store: FolderStore, times: int) -> dict[str, list[str]]:
    """Return what is asked for, by the kind of the page."""
    chance = random.Random(1)
    things: dict[str, list[str]] = {}
    for kind in KINDS:
        rows = store.current.select(
            f"SELECT DISTINCT ?thing {{ ?thing a <{SRM}{kind}> }} ORDER BY ?thing LIMIT 20000"
        )
        found = [str(row["thing"]) for row in rows if isinstance(row["thing"], URIRef)]
        if found:
            things[kind] = chance.sample(found, min(times, len(found)))
    parties, words = things["Organization"], ("relationship", "bank", "organization 1", "zzz", "e")
    asked = {
        "map": ["/"],
        "map of an organization": [f"/?organization={quote(iri, '')}" for iri in parties],
        "neighbourhood": [f"/?party={quote(iri, '')}&steps=2" for iri in parties],
        "find": [f"/find?text={quote(word)}" for word in words],
        "what if": ["/what-if"],
        "what if it fails": [f"/what-if?thing={quote(iri, '')}" for iri in parties],
        "questions": ["/questions"],
        "question": [f"/questions/{name}" for name in queries.questions()],
        "validation": ["/validation"],
        "history": ["/history"],
        "enter": ["/enter"],
        "editor": ["/editor"],
    }
    for kind, found in things.items():
        asked[f"thing: {kind}"] = [f"/resource?iri={quote(iri, '')}" for iri in found]
    kind = quote("<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "")
    role = quote(f"<{SRM}Party>", "")
    asked["why"] = [
        f"/why?subject={quote(f'<{iri}>', '')}&predicate={kind}&object={role}" for iri in parties
    ]
    return asked


def look(address: str) -> float:
    """Return how many seconds it took to be shown a page, asked for again while the service says
    that it is busy, as it does after a start with much data; raises HTTPError."""
    start = time.perf_counter()
    while True:
        try:
            with urlopen(Request(address, headers={"Accept": "text/html,*/*;q=0.8"})) as answer:
                answer.read()
                return time.perf_counter() - start
        except HTTPError as error:
            if error.code != BUSY or time.perf_counter() - start > AFTER_A_START:
                raise


def measure(folder: Path, times: int) -> Iterator[list[str]]:
    """Serve the store in a folder, and give the cells of the table for each kind of page."""
    asked = addresses(FolderStore(folder), times)
    with service(folder) as (process, address):
        first = {name: look(address + paths[0]) for name, paths in asked.items()}
        in_memory(address, FolderStore(folder).revision, AFTER_A_START)
        for name, paths in asked.items():
            # What has one address is asked for as often as others.
            others = paths[1:] or paths * times
            before = processor_seconds(process.pid)
            took = [look(address + path) for path in others]
            used = (processor_seconds(process.pid) - before) / len(others)
            cells = (first[name], median(took), max(took), used)
            row = [name, *(f"{seconds * 1000:,.0f}" for seconds in cells)]
            print(" | ".join(row), file=sys.stderr, flush=True)
            yield row


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="./run bench pages", description=__doc__)
    parser.add_argument("--min", type=int, default=10_000, help="smallest number of triples")
    parser.add_argument("--max", type=int, default=1_000_000, help="largest (1000000)")
    parser.add_argument("--times", type=int, default=20, help="pages of each kind (20)")
    parser.add_argument("--store", type=Path, help="measure this store only")
    options = parser.parse_args()
    rows: list[list[str]] = []
    if options.store:
        revision = FolderStore(options.store)
        statements = revision.revisions.describe(revision.revision).statements
        rows += [[f"{statements:,}", *cells] for cells in measure(options.store, options.times)]
    triples = options.max + 1 if options.store else options.min
    while triples <= options.max:
        print(f"{triples:,} triples …", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            file, store = Path(folder, "ecosystem.nt"), Path(folder, "store")
            count = write_ecosystem(file, triples, defects=False).triples
            with ServiceGraph(FolderStore.create(store)) as graph:
                graph.load(file)
            rows += [[f"{count:,}", *cells] for cells in measure(store, options.times)]
        triples *= 10
    print(markdown(HEADER, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
