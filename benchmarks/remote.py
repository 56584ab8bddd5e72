"""./run bench remote: what it costs to validate data where they are, on a SPARQL server.

Sizes grow tenfold. The results are compared with the manifest of the data. Server and client share
one machine here, so that bytes cost nothing: the columns say how many there are.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median

from tests.contract import servers

from benchmarks.ecosystem import write_ecosystem
from benchmarks.manifest import Finding, Manifest, manifest_file
from benchmarks.tables import markdown
from srmgraph import knowledge
from srmgraph.errors import StoreError
from srmgraph.store.remote import RemoteStore
from srmgraph.validation import Report, validate_remotely
from srmgraph.validation.remote import Options

HEADER = (
    "server",
    "triples",
    "asked",
    "queries",
    "kB sent",
    "kB received",
    "whole s",
    "median ms",
    "dearest rule s",
    "results",
    "not checked",
    "as planted",
)
SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "oxigraph": servers.oxigraph,
    "srmgraph": servers.srmgraph,
    "virtuoso": servers.virtuoso,
}


def rows(name: str, file: Path, batches: list[int], connections: int) -> Iterator[list[str]]:
    """Load a file to a server, validate it all at once and in batches, and tell what that took."""
    with SERVERS[name]() as address:
        store = RemoteStore(address, server=name, timeout=600)
        store.add(knowledge.ontology(), knowledge.ontology_graph())
        store.read(file)
        triples = sum(1 for _ in file.open("rb"))
        ways = {"all at once": Options(connections=connections)}
        for size in batches:
            ways[f"{size:,} at a time"] = Options(
                batch=size, page=max(size, 2_000), connections=connections, all_at_once=False
            )
        for way, options in ways.items():
            before, start = store.traffic, time.perf_counter()
            report = validate_remotely(store, options=options)
            seconds = time.perf_counter() - start
            used = store.traffic.since(before)
            per_query = [1000 * c.seconds / c.queries for c in report.costs if c.queries]
            yield [
                name,
                f"{triples:,}",
                way,
                f"{used.requests:,}",
                f"{used.sent / 1000:,.0f}",
                f"{used.received / 1000:,.0f}",
                f"{seconds:.1f}",
                f"{median(per_query):.1f}",
                f"{report.costs[0].seconds:.1f} ({report.costs[0].rule})",
                f"{len(report.results):,}",
                f"{len(report.unchecked):,}",
                as_planted(report, file),
            ]
        store.close()


def as_planted(report: Report, file: Path) -> str:
    """Whether exactly what was planted was found, by the rules that could be checked."""
    expected = Manifest(
        finding
        for finding in Manifest.read(manifest_file(file)).findings.elements()
        if finding.rule not in report.unchecked
    )
    found = [
        Finding.of(r.rule, str(r.focus_node), "" if r.value is None else str(r.value))
        for r in report.results
        if r.rule not in report.unchecked
    ]
    differences = expected.differences(found)
    return f"no: {len(differences)} differences" if differences else "yes"


def main() -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(
        prog="./run bench remote", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument("--server", choices=SERVERS, nargs="+", default=["oxigraph"])
    parser.add_argument("--min", type=int, default=10_000, help="smallest number of triples")
    parser.add_argument("--max", type=int, default=1_000_000, help="largest (1000000)")
    parser.add_argument("--batch", type=int, nargs="*", default=[100, 500], help="focus nodes")
    parser.add_argument("--connections", type=int, default=2, help="at the same time (2)")
    options = parser.parse_args()
    table: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        triples = options.min
        while triples <= options.max:
            file = Path(folder) / f"ecosystem-{triples}.nt"
            write_ecosystem(file, triples)
            for name in options.server:
                try:
                    for row in rows(name, file, options.batch, options.connections):
                        print(*row, sep="  ", file=sys.stderr)
                        table.append(row)
                except StoreError as error:
                    print(f"{name} at {triples:,}: {error}", file=sys.stderr)
            triples *= 10
    print(markdown(HEADER, table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
