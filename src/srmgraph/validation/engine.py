"""The compiled engine: runs the queries of a shapes graph in the store that holds the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

import pyoxigraph
from rdflib import RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph.errors import ShapesError
from srmgraph.store import EmbeddedStore
from srmgraph.store.query_errors import ENGINE_ERRORS
from srmgraph.terms import n_triples, to_rdflib, triples_to_oxigraph
from srmgraph.validation import paths
from srmgraph.validation.compiler import Check, compile
from srmgraph.validation.report import Result
from srmgraph.validation.shapes import PLACE, Shapes
from srmgraph.validation.targets import Classes

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of queries that are done and the number of all."""

_THREADS = 2
# No data can be there: the name is not written down anywhere else.
_ONTOLOGY = pyoxigraph.NamedNode("urn:uuid:6f1c1f0e-1f7b-4f3e-8f38-0f7f6a8a5b11")


def run(
    store: EmbeddedStore, ontology: Graph, shapes: Shapes, progress: Progress | None = None
) -> tuple[list[Result], dict[Node, str]]:
    """Validate what is in *store* against *shapes*.

    For the time of the call the ontology stands in the store beside the data, in a graph of its
    own. Returns the results, and the shapes that could not be compiled with the reasons.
    """
    with _beside(store.oxigraph, ontology):
        used = _used_classes(store.oxigraph)
        compiled = compile(shapes, Classes(_hierarchy(store.oxigraph), used))
        results: list[Result] = []
        with ThreadPoolExecutor(_THREADS) as pool:
            answers = pool.map(partial(_rows, store.oxigraph, shapes), compiled.checks)
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


def _hierarchy(oxigraph: pyoxigraph.Store) -> Graph:
    """What is said, in the ontology or in the data, to be a sub-class of what."""
    graph = Graph(bind_namespaces="none")
    sub_class_of = pyoxigraph.NamedNode(RDFS.subClassOf)
    for quad in oxigraph.quads_for_pattern(None, sub_class_of, None, None):
        graph.add((to_rdflib(quad.subject), RDFS.subClassOf, to_rdflib(quad.object)))
    return graph


def _rows(oxigraph: pyoxigraph.Store, shapes: Shapes, check: Check) -> list[dict[str, Node]]:
    try:
        return list(_answers(oxigraph, check))
    except ENGINE_ERRORS as error:
        raise ShapesError(
            f"{shapes.name(check.rule)}: its SPARQL cannot be answered: {error}"
        ) from error


def _answers(oxigraph: pyoxigraph.Store, check: Check) -> Iterator[dict[str, Node]]:
    if check.targets is None:
        for solution in _query(oxigraph, check.sparql):
            yield _row(solution, check.columns)
        return
    this = pyoxigraph.Variable("this")
    places = _query(oxigraph, check.targets)
    given = tuple(variable.value for variable in places.variables)
    for focus in places:
        answer = oxigraph.query(
            check.sparql, use_default_graph_as_union=True, substitutions={this: focus["this"]}
        )
        assert isinstance(answer, pyoxigraph.QuerySolutions)
        columns = tuple(variable.value for variable in answer.variables)
        for solution in answer:
            yield _row(solution, columns) | _row(focus, given)


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
        if "failure" in row:
            raise ShapesError(
                f"{rule}: its SPARQL reports that it failed on {n_triples(row['this'])}."
            )
        path = row.get("path")
        told = row.get("message", message)
        yield Result(
            rule=rule,
            severity=severity,
            message=str(told) if check.constraint is None else _filled(str(told), row),
            advice=advice,
            focus_node=row["this"],
            path=paths.Predicate(path) if isinstance(path, URIRef) else check.path,
            value=row.get("value", row["this"] if check.focus_is_value else None),
            source_shape=check.shape,
            component=check.component,
            language=(isinstance(told, Literal) and told.language) or "",
            source_constraint=check.constraint,
        )


def _filled(message: str, row: dict[str, Node]) -> str:
    def text(place: re.Match[str]) -> str:
        term = row.get(place[0][2:-1])
        return place[0] if term is None else str(term)

    return PLACE.sub(text, message)
