"""./run bench validation: how long a validation takes, and whether it finds exactly what it must.

Sizes grow tenfold. Every run is a process of its own; the results of every run are compared with
the manifest of the data, so a fast wrong answer is no answer. Where srmgraph works on columns, it
runs without them too. pyshacl, which srmgraph offers as its second engine, runs beside it in the
same minutes on the sizes that it can do.

A second table says how long it takes to bring a report up to date after a change. Changes are made
to relationships chosen at random: one statement is taken away, or all of a relationship's own
statements are taken away and put back. Each report is compared with that of a full validation.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypedDict

import pyoxigraph
from rdflib import RDF

from benchmarks.ecosystem import write_ecosystem
from benchmarks.engines import Measurement
from benchmarks.manifest import Manifest, manifest_file
from benchmarks.tables import markdown
from benchmarks.whotracksme import OUT as WHOTRACKSME
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.validation import Change, Report, Validator, Work
from srmgraph.validation.runs import MANY

HEADER = (
    "data",
    "triples",
    "engine",
    "load s",
    "triples/s",
    "validate s",
    "whole s",
    "memory MB",
    "violations",
    "all results",
    "exactly as planted",
    "times faster",
)


CHANGES_HEADER = (
    "change of",
    "triples",
    "changes",
    "median ms",
    "p95 ms",
    "queries",
    "of",
    "focus nodes",
    "as a full validation",
)
_COMPARED = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A file to validate; only findings of the severity are compared, of all if it is empty."""

    name: str
    file: Path
    triples: int
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The runs of one engine on one case."""

    runs: list[Measurement]
    differences: list[str]

    def seconds(self, what: str) -> float:
        """The median of a time."""
        return median(float(run[what]) for run in self.runs)  # type: ignore[literal-required]


def measure(engine: str, case: Case, runs: int, timeout: float) -> Outcome | None:
    """Run an engine on a case; nothing if it takes longer than allowed."""
    measured: list[Measurement] = []
    differences: list[str] = []
    expected = Manifest.read(manifest_file(case.file))
    with tempfile.TemporaryDirectory() as folder:
        findings = Path(folder) / "findings.csv"
        for _ in range(runs):
            command = [sys.executable, "-m", "benchmarks.engines", engine, str(case.file)]
            command += ["--started", str(time.monotonic()), "--findings", str(findings)]
            command += ["--severity", case.severity] if case.severity else []
            try:
                run = subprocess.run(
                    command, stdout=subprocess.PIPE, text=True, check=True, timeout=timeout
                )
            except subprocess.TimeoutExpired:
                return None
            measured.append(json.loads(run.stdout))
            differences = expected.differences(Manifest.read(findings).findings.elements())
            if differences:
                break
    return Outcome(measured, differences)


def cases(folder: Path, smallest: int, largest: int) -> Iterator[Case]:
    """Synthetic ecosystems of growing size, and the real one if it was made before."""
    triples = smallest
    while triples <= largest:
        file = folder / f"ecosystem-{triples}.nt"
        yield Case("synthetic", file, write_ecosystem(file, triples).triples)
        triples *= 10
    if WHOTRACKSME.exists():
        with WHOTRACKSME.open("rb") as lines:
            count = sum(1 for _ in lines)
        yield Case("whotracksme", WHOTRACKSME, count, severity="Violation")
    else:
        print("without whotracksme; make it with: ./run bench whotracksme", file=sys.stderr)


def row(case: Case, engine: str, outcome: Outcome, peer: Outcome | None) -> list[str]:
    """One line of the table."""
    results = outcome.runs[-1]["results"]
    load, whole = outcome.seconds("load"), outcome.seconds("whole")
    faster = f"{peer.seconds('whole') / whole:.1f}" if peer else ""
    return [
        case.name,
        f"{case.triples:,}",
        engine,
        f"{load:.2f}",
        f"{case.triples / load:,.0f}",
        f"{outcome.seconds('validate'):.2f}",
        f"{whole:.2f}",
        f"{outcome.seconds('memory'):,.0f}",
        f"{results.get('Violation', 0):,}",
        f"{sum(results.values()):,}",
        "no" if outcome.differences else "yes",
        faster,
    ]


class Changed(TypedDict):
    """What changes of one kind took: milliseconds of each, and medians of the work done."""

    kind: str
    milliseconds: list[float]
    queries: float
    of: int
    nodes: float
    equal: bool


def change(file: Path, number: int) -> list[Changed]:
    """Change *number* relationships in the data of a file, in two ways, and measure."""
    store = open_store("memory:")
    store.read(file)
    validator = Validator()
    standing = validator.validate(store, exclusive=True)
    # The first time, the rules are made ready.
    validator.revalidate(store, standing, Change(), exclusive=True)
    known = _relationships(store)
    chosen = random.Random(1).sample(known, min(number, len(known)))
    return [_changed(store, validator, standing, chosen, whole) for whole in (False, True)]


def _relationships(store: EmbeddedStore) -> list[pyoxigraph.NamedNode]:
    kind = pyoxigraph.NamedNode("https://w3id.org/srm#ServiceRelationship")
    quads = store.oxigraph.quads_for_pattern(None, pyoxigraph.NamedNode(RDF.type), kind)
    found = [quad.subject for quad in quads if isinstance(quad.subject, pyoxigraph.NamedNode)]
    return sorted(found, key=str)


def _changed(
    store: EmbeddedStore,
    validator: Validator,
    standing: Report,
    chosen: list[pyoxigraph.NamedNode],
    whole: bool,
) -> Changed:
    chance = random.Random(2)
    milliseconds: list[float] = []
    works: list[Work] = []
    equal = True
    for number, relationship in enumerate(chosen):
        quads = sorted(store.oxigraph.quads_for_pattern(relationship, None, None), key=str)
        quads = quads if whole else [chance.choice(quads)]
        store.remove(quads)
        start = time.perf_counter()
        after = validator.revalidate(store, standing, Change.of_quads((), quads), exclusive=True)
        milliseconds.append((time.perf_counter() - start) * 1000)
        assert after.work is not None
        works.append(after.work)
        if number < _COMPARED:
            equal &= after == validator.validate(store, exclusive=True)
        store.write(iter(quads), len(quads))
        start = time.perf_counter()
        again = validator.revalidate(store, after, Change.of_quads(quads), exclusive=True)
        milliseconds.append((time.perf_counter() - start) * 1000)
        equal &= again == standing
    return Changed(
        kind="a relationship" if whole else "a statement",
        milliseconds=milliseconds,
        queries=median(work.queries for work in works),
        of=works[0].of,
        nodes=median(work.nodes for work in works),
        equal=equal,
    )


def change_rows(case: Case, number: int) -> Iterator[list[str]]:
    """The lines of the second table for one file, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.validation", "--change", str(case.file)]
    command += ["--changes", str(number)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    for changed in json.loads(run.stdout):
        times = sorted(changed["milliseconds"])
        yield [
            changed["kind"],
            f"{case.triples:,}",
            f"{len(times):,}",
            f"{median(times):.1f}",
            f"{times[int(len(times) * 0.95)]:.1f}",
            f"{changed['queries']:.0f}",
            f"{changed['of']:,}",
            f"{changed['nodes']:.0f}",
            "yes" if changed["equal"] else "no",
        ]


def main() -> int:
    """Measure, print the table; 1 if a result was not as planted."""
    parser = argparse.ArgumentParser(
        prog="./run bench validation", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument("--min", type=int, default=1_000, help="smallest number of triples (1000)")
    parser.add_argument("--max", type=int, default=1_000_000, help="largest (1000000)")
    parser.add_argument("--peer-max", type=int, default=10_000, help="largest for pyshacl (10000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of which the median counts (3)")
    parser.add_argument("--timeout", type=float, default=900, help="seconds for one run (900)")
    parser.add_argument("--changes", type=int, default=20, help="relationships to change (20)")
    parser.add_argument("--change", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.change:
        print(json.dumps(change(options.change, options.changes)))
        return 0
    rows: list[list[str]] = []
    changes: list[list[str]] = []
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder), options.min, options.max):
            print(f"{case.name}, {case.triples:,} triples …", file=sys.stderr)
            peer = None
            if case.triples <= options.peer_max:
                peer = measure("pyshacl", case, 1, options.timeout)
            own = measure("compiled", case, options.runs, options.timeout)
            queries = None
            if case.triples >= MANY:
                queries = measure("in the store", case, options.runs, options.timeout)
            outcomes = {"srmgraph": own, "srmgraph without columns": queries, "pyshacl": peer}
            for engine, outcome in outcomes.items():
                if not outcome:
                    continue
                rows.append(row(case, engine, outcome, peer if engine == "srmgraph" else None))
                for difference in outcome.differences[:20]:
                    print(f"{engine}: {difference}", file=sys.stderr)
                wrong += bool(outcome.differences)
            if case.name == "synthetic":
                changes += change_rows(case, options.changes)
    print(markdown(HEADER, rows))
    print()
    print(markdown(CHANGES_HEADER, changes))
    wrong += sum(line[-1] == "no" for line in changes)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
