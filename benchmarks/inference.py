"""./run bench inference: how long it takes to infer, to follow a change, and to say why.

Sizes grow tenfold, on synthetic ecosystems without planted defects: all of the model, with chains
and loops. Every run is a process of its own. owlrl, which srmgraph offers as its second engine,
runs beside it on the sizes that it can do, and so do owlrl-turbo, reasonable, sparq-rdf and
nemo_python if they are installed; what they infer is compared fact by fact.
"""

import argparse
import compileall
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import pyoxigraph
import rdflib

import srmgraph
from benchmarks import reasoners
from benchmarks.ecosystem import write_ecosystem
from benchmarks.tables import markdown
from srmgraph.inference import Closure, infer
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.terms import n_triples, to_rdflib

HEADER = (
    "triples", "engine", "load s", "infer s", "write s", "whole s", "memory MB", "facts",
    "missing", "more", "times as long",
)  # fmt: skip
CHANGES = (
    "triples", "statements", "facts", "remove ms", "add ms", "explain ms",
)  # fmt: skip
HAS_PROVIDER = "https://w3id.org/srm#hasProvider"
INFERRED = rdflib.URIRef("https://example.org/inferred")

MODULES = {
    "reasonable": "reasonable",
    "sparq": "sparq",
    "owlrl-turbo": "owlrl_turbo",
    "nemo": "nmo_python",
}
"""Other engines, and the modules by which they are found."""

Measured = dict[str, Any]


# ── Engines, each in a process of its own ───────────────────────────────────────────────────────


def loaded(file: Path) -> EmbeddedStore:
    """A store with a file."""
    store = open_store("memory:")
    store.read(file)
    return store


def compiled(file: Path) -> tuple[Measured, Iterator[str]]:
    """Infer with srmgraph's own engine, from a file to a text, as `srmgraph infer` does."""
    start = time.perf_counter()
    store = loaded(file)
    read = time.perf_counter()
    closure = Closure.of_store(store)
    done = time.perf_counter()
    text = closure.text()
    written = time.perf_counter()
    facts = (line.removesuffix(" .") for line in text.decode().splitlines())
    return {"load": read - start, "infer": done - read, "write": written - done}, facts


def owlrl(file: Path) -> tuple[Measured, Iterator[str]]:
    """Infer with owlrl, into a graph of rdflib."""
    start = time.perf_counter()
    store = loaded(file)
    read = time.perf_counter()
    graph = infer(store, engine="owlrl")
    done = time.perf_counter()
    return {"load": read - start, "infer": done - read, "write": 0.0}, _lines(graph)


def on_disk(file: Path) -> tuple[Measured, Iterator[str]]:
    """Infer with srmgraph's own engine in a store in a folder, where all becomes one revision."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"{folder}/store", create=True)
        start = time.perf_counter()
        with store.change() as copy:
            copy.read(file)
            read = time.perf_counter()
            closure = Closure.of_store(copy)
            done = time.perf_counter()
            closure.write_to(copy, INFERRED)
        written = time.perf_counter()
        facts = [" ".join(map(n_triples, statement)) for statement in closure]
    return {"load": read - start, "infer": done - read, "write": written - done}, iter(facts)


def changes(file: Path, times: int = 100) -> tuple[Measured, Iterator[str]]:
    """Take out one relationship with all that is stated of it, and put it back; and explain."""
    store = loaded(file)
    closure = Closure.of_store(store)
    provided = store.oxigraph.quads_for_pattern(None, pyoxigraph.NamedNode(HAS_PROVIDER), None)
    relationships = sorted({str(quad.subject).strip("<>") for quad in provided})
    picked = random.Random(1).sample(relationships, min(times + 5, len(relationships)))
    removed, added, facts, statements = [], [], [], []
    for number, relationship in enumerate(picked):
        about = [
            (to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object))
            for quad in store.oxigraph.quads_for_pattern(
                pyoxigraph.NamedNode(relationship), None, None
            )
        ]
        start = time.perf_counter()
        change = closure.remove(about)
        middle = time.perf_counter()
        back = closure.add(about)
        end = time.perf_counter()
        assert change.removed == back.added
        # The first ones make the indexes that all others use.
        if number >= 5:
            removed.append(middle - start)
            added.append(end - middle)
            facts.append(len(change.removed))
            statements.append(len(about))
    asked = random.Random(2).sample(sorted(closure), 20)
    explained = []
    for statement in asked:
        start = time.perf_counter()
        closure.explain(statement)
        explained.append(time.perf_counter() - start)
    return {
        "remove": median(removed) * 1000,
        "add": median(added) * 1000,
        "facts": median(facts),
        "statements": median(statements),
        "explain": median(explained) * 1000,
    }, iter(())


def _lines(triples: Iterable[tuple[Any, Any, Any]]) -> Iterator[str]:
    for triple in triples:
        yield " ".join(n_triples(term) for term in triple)


ENGINES: dict[str, Callable[[Path], tuple[Measured, Iterator[str]]]] = {
    "srmgraph": compiled,
    "srmgraph on disk": on_disk,
    "owlrl": owlrl,
    **reasoners.ENGINES,
    "changes": changes,
}


def work(engine: str, file: Path, facts: Path | None) -> None:
    """Run an engine, print what it took as JSON, and write what it inferred."""
    measured, lines = ENGINES[engine](file)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    measured["memory"] = memory / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    if facts is not None:
        facts.write_text("".join(f"{line}\n" for line in sorted(set(lines))), encoding="utf-8")
    print(json.dumps(measured))


# ── Side by side ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Outcome:
    """The runs of one engine on one file, and what it inferred."""

    runs: list[Measured]
    facts: frozenset[str]

    def median(self, what: str) -> float:
        """The median of a measure."""
        return float(median(run[what] for run in self.runs))

    @property
    def whole(self) -> float:
        """Seconds to load, to infer and to write."""
        return float(median(run["load"] + run["infer"] + run["write"] for run in self.runs))


def measure(engine: str, file: Path, runs: int, timeout: float) -> Outcome | None:
    """Run an engine on a file; nothing if it takes longer than allowed, or more memory than there
    is, which is told."""
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        facts = Path(folder) / "facts.nt"
        command = [sys.executable, "-m", "benchmarks.inference", "--work", engine, str(file)]
        for _ in range(runs):
            try:
                run = subprocess.run(
                    [*command, str(facts)], capture_output=True, text=True, check=True,
                    timeout=timeout,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                print(f"{engine} did not end in {timeout:,.0f} s.", file=sys.stderr)
                return None
            except subprocess.CalledProcessError as error:
                if error.returncode >= 0:
                    raise
                print(f"{engine} was ended by signal {-error.returncode}.", file=sys.stderr)
                return None
            measured.append(json.loads(run.stdout))
        return Outcome(measured, frozenset(facts.read_text(encoding="utf-8").splitlines()))


def row(triples: int, engine: str, outcome: Outcome, own: Outcome | None) -> list[str]:
    """One line of the table; `own` is what srmgraph took and found on the same data."""
    against = own if own is not None and own is not outcome else None
    return [
        f"{triples:,}",
        engine,
        *(f"{outcome.median(what):.2f}" for what in ("load", "infer", "write")),
        f"{outcome.whole:.2f}",
        f"{outcome.median('memory'):,.0f}",
        f"{len(outcome.facts):,}",
        f"{len(against.facts - outcome.facts):,}" if against else "",
        f"{len(outcome.facts - against.facts):,}" if against else "",
        f"{outcome.median('infer') / against.median('infer'):,.1f}" if against else "",
    ]


def main() -> int:
    """Measure, print the tables; 1 if owlrl inferred anything else."""
    parser = argparse.ArgumentParser(
        prog="./run bench inference", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument(
        "--min", type=int, default=10_000, help="smallest number of triples (10000)"
    )
    parser.add_argument("--max", type=int, default=1_000_000, help="largest (1000000)")
    parser.add_argument(
        "--peer-max", type=int, default=10_000, help="largest for owlrl and owlrl-turbo (10000)"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of which the median counts (3)")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds for one run (1800)")
    parser.add_argument("--file", type=Path, help="measure this file of N-Triples, not made ones")
    parser.add_argument("--engines", nargs="*", metavar="NAME", help="only these beside srmgraph")
    parser.add_argument("--work", nargs=3, metavar=("ENGINE", "FILE", "FACTS"), help="one run")
    options = parser.parse_args()
    if options.work:
        engine, file, facts = options.work
        work(engine, Path(file), Path(facts))
        return 0
    # As where a package is installed: its modules are compiled once, not in each process.
    compileall.compile_dir(Path(srmgraph.__file__).parent, quiet=1)
    rows: list[list[str]] = []
    changed: list[list[str]] = []
    wrong = False
    with tempfile.TemporaryDirectory() as folder:
        triples = options.min
        while triples <= options.max:
            if options.file:
                file, triples = options.file, options.max
                count = sum(1 for _ in file.open(encoding="utf-8"))
            else:
                file = Path(folder) / f"ecosystem-{triples}.nt"
                count = write_ecosystem(file, triples, defects=False).triples
            print(f"{count:,} triples …", file=sys.stderr)
            own = measure("srmgraph", file, options.runs, options.timeout)
            peers = ["srmgraph on disk"]
            peers += ["owlrl"] if triples <= options.peer_max else []
            peers += [
                name
                for name, module in MODULES.items()
                if find_spec(module) and (name != "owlrl-turbo" or triples <= options.peer_max)
            ]
            if options.engines is not None:
                peers = [name for name in peers if name in options.engines]
            for engine in ("srmgraph", *peers):
                outcome = own if engine == "srmgraph" else None
                outcome = outcome or measure(engine, file, 1, options.timeout)
                if outcome:
                    rows.append(row(count, engine, outcome, own))
                    wrong |= engine == "owlrl" and own is not None and outcome.facts != own.facts
            change = measure("changes", file, options.runs, options.timeout)
            if change:
                names = ("statements", "facts", "remove", "add", "explain")
                values = [change.median(name) for name in names]
                figures = [f"{value:.0f}" for value in values[:2]]
                changed.append([f"{count:,}", *figures, *(f"{value:.1f}" for value in values[2:])])
            triples *= 10
    print(markdown(HEADER, rows))
    print()
    print(markdown(CHANGES, changed))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
