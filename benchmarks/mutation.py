"""./run bench mutation: how much of what the examples say is guarded by some rule.

Each triple of each example is deleted in turn. A deletion is noticed if the validation then gives
a result that it did not give before. The mutation score is the share of deletions noticed.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from rdflib import RDF, RDFS, Graph, URIRef
from rdflib.term import Node as Term

from benchmarks.tables import markdown
from srmgraph import knowledge

Triple = tuple[Term, Term, Term]
Result = tuple[str, str, str, str, str]
"""Severity, rule, focus node, path, value."""

SEVERITIES = ("Violation", "Warning", "Info")
"""From the worst down."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """An example without one of its triples, and the worst severity of what is found then."""

    example: str
    triple: Triple
    noticed: str


def results_of(graph: Graph) -> Counter[Result]:
    """Validate with srmgraph's own engine."""
    from srmgraph.store import open_store
    from srmgraph.validation import validate

    store = open_store("memory:")
    store.add(graph, None)
    return Counter(
        (
            result.severity,
            result.rule,
            str(result.focus_node),
            str(result.path),
            str(result.value),
        )
        for result in validate(store).results
    )


def read_example(folder: Path) -> Graph:
    """The example as it should be; what else lies in its folder shows mistakes."""
    return Graph().parse(folder / f"{folder.name}.ttl")


def delete_each(
    example: str,
    graph: Graph,
    triples: Iterable[Triple],
    untouched: Counter[Result],
    validate: Callable[[Graph], Counter[Result]] = results_of,
) -> list[Mutant]:
    """Delete each of the triples in turn, and see whether a rule notices. The graph is kept."""
    mutants = []
    for triple in triples:
        graph.remove(triple)
        severities = {result[0] for result in validate(graph) - untouched}
        graph.add(triple)
        worst = next((severity for severity in SEVERITIES if severity in severities), "")
        mutants.append(Mutant(example, triple, worst))
    return mutants


def _work(task: tuple[Path, int, int]) -> list[Mutant]:
    """One worker's share of an example: every so many-th triple."""
    folder, first, step = task
    graph = read_example(folder)
    mine = sorted(graph)[first::step]
    return delete_each(folder.name, graph, mine, results_of(graph))


def score_table(mutants: Sequence[Mutant]) -> str:
    """How many deletions each example notices, at which severity at least."""
    examples = sorted({mutant.example for mutant in mutants})
    rows = [_score(name, [m for m in mutants if m.example == name]) for name in examples]
    if len(examples) > 1:
        rows.append(_score("all", mutants))
    return markdown(("example", "triples", "violation", "warning or worse", "any", "score"), rows)


def _score(name: str, mutants: Sequence[Mutant]) -> list[str]:
    counts = Counter(mutant.noticed for mutant in mutants)
    violation = counts["Violation"]
    warning = violation + counts["Warning"]
    noticed = warning + counts["Info"]
    share = f"{noticed / len(mutants):.0%}"
    return [name, *(str(n) for n in (len(mutants), violation, warning, noticed)), share]


def unnoticed_table(mutants: Sequence[Mutant]) -> str:
    """Whose deletion nobody notices: by property, and for types by class."""
    deleted = Counter(_kind(mutant.triple) for mutant in mutants)
    missed = Counter(_kind(mutant.triple) for mutant in mutants if not mutant.noticed)
    rows = [
        [name, str(deleted[name]), str(count), f"{count / deleted[name]:.0%}"]
        for name, count in sorted(missed.items(), key=lambda item: (-item[1], item[0]))
    ]
    return markdown(("deleted", "deletions", "unnoticed", "share"), rows)


def _kind(triple: Triple) -> str:
    _, predicate, value = triple
    if predicate == RDF.type and isinstance(value, URIRef):
        return f"a {_short(value)}"
    return _short(predicate)


def _short(term: Term) -> str:
    if term == RDFS.label:
        return "rdfs:label"
    for prefix, namespace in knowledge.prefixes().items():
        if str(term).startswith(namespace):
            return f"{prefix}:{str(term)[len(namespace) :]}"
    return str(term)


def main() -> None:
    """Delete, validate, print the tables."""
    parser = argparse.ArgumentParser(
        prog="./run bench mutation", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument("examples", nargs="*", help="folders of data/; all of them if left out")
    parser.add_argument("--processes", type=int, default=2, help="at the same time (2)")
    parser.add_argument("--list", action="store_true", help="list every unnoticed deletion too")
    options = parser.parse_args()
    folders = [
        folder
        for folder in knowledge.examples()
        if not options.examples or folder.name in options.examples
    ]
    start = time.perf_counter()
    # Many small shares, so that no process waits for the other at the end.
    tasks = [(folder, first, 16) for folder in folders for first in range(16)]
    mutants: list[Mutant] = []
    with get_context("spawn").Pool(options.processes) as pool:
        for number, share in enumerate(pool.imap_unordered(_work, tasks), start=1):
            mutants += share
            print(f"\r{number} of {len(tasks)} shares", end="", file=sys.stderr)
    print(f", {time.perf_counter() - start:.0f} s", file=sys.stderr)
    print(score_table(mutants), unnoticed_table(mutants), sep="\n\n")
    if options.list:
        print()
        for mutant in sorted(mutants, key=lambda m: (m.example, m.triple)):
            if not mutant.noticed:
                print(mutant.example, *(term.n3() for term in mutant.triple))


if __name__ == "__main__":
    main()
