"""./run bench mutation: how much of what the examples say is guarded by some rule.

Each triple of each example is deleted in turn. A deletion is noticed if the validation then gives
a result that it did not give before. The mutation score is the share of deletions noticed.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pyoxigraph
from rdflib import RDF, RDFS, Graph, URIRef
from rdflib.term import Node as Term

from benchmarks.tables import markdown
from srmgraph import knowledge
from srmgraph.terms import triples_to_oxigraph
from srmgraph.validation import engine
from srmgraph.validation.compiler import compile
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.targets import Classes

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


class Examiner:
    """Validates one example again and again: ontology and rules are made ready once.

    That is why it reaches below :func:`srmgraph.validation.validate`, which makes everything ready
    each time; a test sees to it that the results are the same.
    """

    def __init__(self, graph: Graph) -> None:
        self._oxigraph = pyoxigraph.Store()
        self._oxigraph.extend(triples_to_quads(graph))
        self._oxigraph.extend(triples_to_quads(knowledge.ontology()))
        self._shapes = Shapes(knowledge.shapes())
        kinds = {kind for kind in graph.objects(None, RDF.type) if isinstance(kind, URIRef)}
        kinds |= {
            kind
            for kind in knowledge.ontology().objects(None, RDF.type)
            if isinstance(kind, URIRef)
        }
        compiled = compile(self._shapes, Classes(knowledge.ontology(), kinds))
        if compiled.left_out:
            sys.exit(f"Not compiled, so not measured: {sorted(map(str, compiled.left_out))}")
        self._checks = compiled.checks

    def results(self, without: Triple | None = None) -> Counter[Result]:
        """What is found, in all or without one triple."""
        quad = None if without is None else to_quad(without)
        if quad:
            self._oxigraph.remove(quad)
        found = Counter(
            (
                result.severity,
                result.rule,
                str(result.focus_node),
                str(result.path),
                str(result.value),
            )
            for check in self._checks
            for result in engine.of_rows(
                self._shapes, check, list(engine._answers(self._oxigraph, check))
            )
        )
        if quad:
            self._oxigraph.add(quad)
        return found


def to_quad(triple: Triple) -> pyoxigraph.Quad:
    """A triple of the default graph."""
    (statement,) = triples_to_oxigraph([triple])
    return pyoxigraph.Quad(statement.subject, statement.predicate, statement.object)


def triples_to_quads(graph: Graph) -> Iterator[pyoxigraph.Quad]:
    """All triples of a graph."""
    return map(to_quad, graph)


def read_example(folder: Path) -> Graph:
    """The example as it should be; what else lies in its folder shows mistakes."""
    return Graph().parse(folder / f"{folder.name}.ttl")


def delete_each(
    example: str, triples: Iterable[Triple], results: Callable[[Triple | None], Counter[Result]]
) -> list[Mutant]:
    """Delete each of the triples in turn, and see whether a rule notices.

    `results` gives what is found without a triple, or in all.
    """
    untouched = results(None)
    mutants = []
    for triple in triples:
        severities = {result[0] for result in results(triple) - untouched}
        worst = next((severity for severity in SEVERITIES if severity in severities), "")
        mutants.append(Mutant(example, triple, worst))
    return mutants


def _work(task: tuple[Path, int, int]) -> list[Mutant]:
    """One worker's share of an example: every so many-th triple."""
    folder, first, step = task
    graph = read_example(folder)
    return delete_each(folder.name, sorted(graph)[first::step], Examiner(graph).results)


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
    tasks = [(folder, first, 4) for folder in folders for first in range(4)]
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
