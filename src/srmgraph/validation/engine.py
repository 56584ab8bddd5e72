"""The compiled engine: runs the queries of a shapes graph in the store that holds the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeAlias

import pyoxigraph
from rdflib import Graph, URIRef
from rdflib.term import Node

from srmgraph.store import Store
from srmgraph.terms import to_rdflib, triples_to_oxigraph
from srmgraph.validation import paths
from srmgraph.validation.compiler import Check, compile
from srmgraph.validation.report import Result
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.targets import Classes

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of queries that are done and the number of all."""

_THREADS = 2
# No data can be there: the name is not written down anywhere else.
_ONTOLOGY = pyoxigraph.NamedNode("urn:uuid:6f1c1f0e-1f7b-4f3e-8f38-0f7f6a8a5b11")


def run(
    store: Store, ontology: Graph, shapes: Shapes, progress: Progress | None = None
) -> tuple[list[Result], dict[Node, str]]:
    """Validate what is in *store* against *shapes*.

    For the time of the call the ontology stands in the store beside the data, in a graph of its
    own. Returns the results, and the shapes that could not be compiled with the reasons.
    """
    with _beside(store.oxigraph, ontology):
        compiled = compile(shapes, Classes(ontology, _used_classes(store.oxigraph)))
        results: list[Result] = []
        with ThreadPoolExecutor(_THREADS) as pool:
            answers = pool.map(lambda check: list(_answers(store.oxigraph, check)), compiled.checks)
            for done, (check, rows) in enumerate(zip(compiled.checks, answers, strict=True), 1):
                results += _results(shapes, check, rows)
                if progress is not None:
                    progress(done, len(compiled.checks))
    return results, compiled.left_out


@contextmanager
def _beside(oxigraph: pyoxigraph.Store, ontology: Graph) -> Iterator[None]:
    oxigraph.extend(
        pyoxigraph.Quad(triple.subject, triple.predicate, triple.object, _ONTOLOGY)
        for triple in triples_to_oxigraph(ontology)
    )
    try:
        yield
    finally:
        oxigraph.remove_graph(_ONTOLOGY)


def _used_classes(oxigraph: pyoxigraph.Store) -> list[URIRef]:
    solutions = _query(oxigraph, "SELECT DISTINCT ?class { ?thing a ?class }")
    found = [solution["class"] for solution in solutions]
    return [URIRef(term.value) for term in found if isinstance(term, pyoxigraph.NamedNode)]


def _answers(oxigraph: pyoxigraph.Store, check: Check) -> Iterator[dict[str, Node]]:
    if check.targets is None:
        for solution in _query(oxigraph, check.sparql):
            yield _row(solution, check.columns)
        return
    this = pyoxigraph.Variable("this")
    for focus in _query(oxigraph, check.targets):
        answer = oxigraph.query(
            check.sparql, use_default_graph_as_union=True, substitutions={this: focus["this"]}
        )
        assert isinstance(answer, pyoxigraph.QuerySolutions)
        columns = tuple(variable.value for variable in answer.variables)
        for solution in answer:
            yield _row(solution, columns) | {"this": to_rdflib(focus["this"])}


def _query(oxigraph: pyoxigraph.Store, sparql: str) -> pyoxigraph.QuerySolutions:
    answer = oxigraph.query(sparql, use_default_graph_as_union=True)
    assert isinstance(answer, pyoxigraph.QuerySolutions)
    return answer


def _row(solution: pyoxigraph.QuerySolution, columns: tuple[str, ...]) -> dict[str, Node]:
    found = ((name, solution[name]) for name in columns)
    return {name: to_rdflib(term) for name, term in found if term is not None}


def _results(shapes: Shapes, check: Check, rows: list[dict[str, Node]]) -> Iterator[Result]:
    rule, advice = shapes.name(check.rule), shapes.advice(check.shape) or shapes.advice(check.rule)
    severity = shapes.severity(check.shape)
    message = check.message or shapes.message(check.rule)
    seen: set[tuple[tuple[str, Node], ...]] = set()
    for row in rows:
        key = tuple(sorted(row.items()))
        if key in seen:
            continue
        seen.add(key)
        path = check.path
        if path is None and isinstance(row.get("path"), URIRef):
            path = paths.Predicate(URIRef(str(row["path"])))
        value = row.get("value", row["this"] if check.focus_is_value else None)
        yield Result(
            rule=rule,
            severity=severity,
            message=_filled(message, row) if "{" in message else message,
            advice=advice,
            focus_node=row["this"],
            path=path,
            value=value,
            source_shape=check.shape,
            component=check.component,
        )


def _filled(message: str, row: dict[str, Node]) -> str:
    def text(match: re.Match[str]) -> str:
        term = row.get(match.group(1))
        return match.group() if term is None else str(term)

    return re.sub(r"\{[?$](\w+)\}", text, message)
