"""./run bench change: what it costs to change one relationship in a store of any size.

Sizes grow tenfold, on synthetic ecosystems: all of the model, with chains and loops, in a store in
a folder; once without planted defects, and once with three in each relationship, none of which is a
Violation, so that many results stand. A relationship between two organizations, chosen at random,
is added by a SPARQL update and then removed by another, as the service does it. Each part of a
change is timed by itself: computing in milliseconds of a processor, reading and writing of files by
the clock. At the end, facts and report are compared with those that are made anew. Every size is a
process of its own.
"""

import argparse
import gc
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pyoxigraph
from rdflib import RDF

from benchmarks.ecosystem import write_ecosystem
from benchmarks.tables import markdown
from srmgraph import ServiceGraph, knowledge
from srmgraph.change import Change
from srmgraph.inference import Closure
from srmgraph.maintenance import Maintenance
from srmgraph.store.folder import FolderStore
from srmgraph.validation import of_the_project

PARTS = ("copy", "statements", "inference", "validation", "report", "flush", "switch")
COMPUTING = ("statements", "inference", "validation", "report")
HEADER = ("triples", "results", "change", *(f"{part} ms" for part in PARTS), "whole ms")
STARTS = (
    "triples",
    "results",
    "first load s",
    "first change s",
    "closure MB",
    "whole process MB",
    "as anew",
)
SRM = "https://w3id.org/srm#"
NEW = "https://example.org/new/relationship"
ADD = f"""
PREFIX srm: <{SRM}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
INSERT DATA {{ GRAPH <{NEW}> {{
    <{NEW}> a srm:ServiceRelationship ; rdfs:label "One more relationship"@en ;
        srm:hasProvider PROVIDER ; srm:hasConsumer CONSUMER .
}} }}
"""
REMOVE = f"DELETE WHERE {{ GRAPH <{NEW}> {{ <{NEW}> ?property ?value }} }}"

Measured = dict[str, Any]


def measure(folder: Path, triples: int, times: int, mild: int) -> Measured:
    """Load so many triples, with so many mild defects in each relationship, and change them so
    often in each way."""
    file = folder / "ecosystem.nt"
    count = write_ecosystem(file, triples, defects=False, mild=mild).triples
    store = FolderStore.create(folder / "store", kept=3)
    start = time.perf_counter()
    # In a process of its own, so that it leaves no memory behind in which the closure finds room.
    if (child := os.fork()) == 0:
        ServiceGraph(store).load(file)
        os._exit(0)
    os.waitpid(child, 0)
    loaded = time.perf_counter() - start
    organizations = _organizations(store)
    chance = random.Random(1)
    maintenance = Maintenance()
    before = _resident()
    start = time.perf_counter()
    _change(store, maintenance, REMOVE)
    first = time.perf_counter() - start
    closure = _resident() - before
    # As the service does in the process that writes: the closure is no garbage.
    gc.collect()
    gc.freeze()
    runs: dict[str, list[dict[str, float]]] = {"added": [], "removed": []}
    for _ in range(times):
        provider, consumer = map(str, chance.sample(organizations, 2))
        text = ADD.replace("PROVIDER", provider).replace("CONSUMER", consumer)
        runs["added"].append(_change(store, maintenance, text))
        runs["removed"].append(_change(store, maintenance, REMOVE))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _change(store, maintenance, text)
    return {
        "triples": count,
        "results": _standing(store),
        "load": loaded,
        "first": first,
        "closure": closure,
        "memory": peak,
        "equal": _is_as_anew(store),
        "runs": runs,
    }


def _organizations(store: FolderStore) -> list[pyoxigraph.NamedNode]:
    kind = pyoxigraph.NamedNode(f"{SRM}Organization")
    held = store.current.oxigraph.quads_for_pattern(None, pyoxigraph.NamedNode(RDF.type), kind)
    found = {quad.subject for quad in held if isinstance(quad.subject, pyoxigraph.NamedNode)}
    return sorted(found, key=str)


def _change(store: FolderStore, maintenance: Maintenance, update: str) -> dict[str, float]:
    """Make a change, and return the milliseconds of its parts."""
    marks: list[tuple[float, float]] = []

    def mark() -> None:
        marks.append((time.perf_counter(), time.process_time()))

    mark()
    with store.change("benchmark", "updated") as candidate:
        mark()
        change = Change(candidate, "benchmark", "updated", True, maintenance)
        change.update(update)
        mark()
        change.infer()
        mark()
        report = maintenance.check(candidate)
        assert report.conforms
        mark()
        maintenance.keep(candidate)
        mark()
        candidate.oxigraph.flush()
        mark()
    mark()
    maintenance.settle(candidate)
    return {
        part: (end[part in COMPUTING] - begin[part in COMPUTING]) * 1000
        for part, begin, end in zip(PARTS, marks[:-1], marks[1:], strict=True)
    }


def _is_as_anew(store: FolderStore) -> bool:
    name = knowledge.inferred_graph()
    held = store.current.oxigraph.quads_for_pattern(None, None, None, pyoxigraph.NamedNode(name))
    text = store.revisions.report(store.revision)
    validator = of_the_project()
    return (
        text is not None
        and set(held) == set(Closure.of_store(store).quads(name))
        and validator.load(text) == validator.validate(store.current)
    )


def _standing(store: FolderStore) -> int:
    """How many results stand."""
    report = of_the_project().load(store.revisions.report(store.revision) or "")
    return 0 if report is None else len(report.results)


def _resident() -> float:
    """Megabytes of memory that the process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1_000_000


def rows(measured: Measured) -> Iterator[list[str]]:
    """The lines of the first table for one size: medians, in brackets the 95th percentile."""
    for kind, runs in measured["runs"].items():
        cells = []
        for part in PARTS:
            times = sorted(run[part] for run in runs)
            cells.append(f"{median(times):.1f} ({times[int(len(times) * 0.95)]:.1f})")
        whole = median(sum(run.values()) for run in runs)
        sizes = [f"{measured[size]:,}" for size in ("triples", "results")]
        yield [*sizes, kind, *cells, f"{whole:.0f}"]


def main() -> int:
    """Measure, print the tables; 1 if something is not as it is when it is made anew."""
    parser = argparse.ArgumentParser(
        prog="./run bench change", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument("--min", type=int, default=10_000, help="smallest number of triples")
    parser.add_argument("--max", type=int, default=1_000_000, help="largest (1000000)")
    parser.add_argument("--times", type=int, default=40, help="changes of each kind (40)")
    parser.add_argument("--one", nargs=3, metavar="WORD", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        folder, triples, mild = options.one
        print(json.dumps(measure(Path(folder), int(triples), options.times, int(mild))))
        return 0
    lines: list[list[str]] = []
    starts: list[list[str]] = []
    wrong = False
    triples = options.min
    while triples <= options.max:
        for mild in (0, 3):
            print(f"{triples:,} triples, {mild} defects in each …", file=sys.stderr)
            with tempfile.TemporaryDirectory() as folder:
                command = [sys.executable, "-m", "benchmarks.change"]
                command += ["--one", folder, str(triples), str(mild)]
                command += ["--times", str(options.times)]
                run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            measured = json.loads(run.stdout)
            lines += rows(measured)
            sizes = [f"{measured[size]:,}" for size in ("triples", "results")]
            figures = [f"{measured[name]:.1f}" for name in ("load", "first")]
            figures += [f"{measured[name]:,.0f}" for name in ("closure", "memory")]
            equal = "yes" if measured["equal"] else "no"
            starts.append([*sizes, *figures, equal])
            wrong |= not measured["equal"]
        triples *= 10
    print(markdown(HEADER, lines))
    print()
    print(markdown(STARTS, starts))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
