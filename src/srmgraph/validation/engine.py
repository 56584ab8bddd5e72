"""The compiled engine: runs a query of a shapes graph in the store that holds the data, and tells
what its solutions mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph
from rdflib import RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.errors import ShapesError
from srmgraph.store import EmbeddedStore
from srmgraph.store.query_errors import ENGINE_ERRORS
from srmgraph.terms import (
    OxigraphTerm,
    n_triples,
    to_oxigraph,
    to_rdflib,
    triples_to_oxigraph,
)
from srmgraph.validation import paths
from srmgraph.validation.compiler import SHAPES_GRAPH, Check
from srmgraph.validation.report import Result
from srmgraph.validation.shapes import PLACE, Shapes

if TYPE_CHECKING:
    pass

Hierarchy: TypeAlias = frozenset[tuple[OxigraphTerm, OxigraphTerm]]
"""Pairs of a class and one above it."""

Values: TypeAlias = Mapping[pyoxigraph.Variable, OxigraphTerm]

Rows: TypeAlias = list[dict[str, Node]]
"""The solutions of a query: what its variables hold."""

SUB_CLASS_OF = pyoxigraph.NamedNode(RDFS.subClassOf)

_THIS = pyoxigraph.Variable("this")
_SHAPES = pyoxigraph.NamedNode(SHAPES_GRAPH)
_MOST_ONE_BY_ONE = 64
ONTOLOGY = pyoxigraph.NamedNode("urn:uuid:6f1c1f0e-1f7b-4f3e-8f38-0f7f6a8a5b11")
"""Where the ontology stands for a while. No data can be there: nobody else knows the name."""


@contextmanager
def beside(
    store: EmbeddedStore, exclusive: bool, shapes: Shapes | None = None
) -> Iterator[pyoxigraph.Store]:
    """Give an engine that holds what *store* holds, and the ontology in a graph of its own.

    A store that holds the ontology already is given as it is. If the store is used by nobody else,
    it is *exclusive*: the ontology stands in it until the block ends. Otherwise it is left alone,
    and a copy of it is given. So it is if *shapes* have queries that look at themselves.
    """
    is_there = holds_ontology(store)
    if is_there and (shapes is None or not shapes.look_at_themselves):
        yield store.oxigraph
        return
    oxigraph = store.oxigraph if exclusive else pyoxigraph.Store()
    if not exclusive:
        oxigraph.bulk_extend(store.oxigraph)
    if not is_there:
        oxigraph.extend(ontology())
    try:
        yield oxigraph
    finally:
        if exclusive and not is_there:
            oxigraph.remove_graph(ONTOLOGY)


def holds_ontology(store: EmbeddedStore) -> bool:
    """Whether a store holds the ontology."""
    return not store.is_unloaded and knowledge.ontology_mark() in store.oxigraph


@cache
def ontology() -> list[pyoxigraph.Quad]:
    """The statements of the ontology, in the graph in which it stands for a while."""
    return [
        pyoxigraph.Quad(quad.subject, quad.predicate, quad.object, ONTOLOGY)
        for quad in knowledge.ontology_statements()
    ]


def hierarchy(oxigraph: pyoxigraph.Store) -> Hierarchy:
    """What is said, in the ontology or in the data, to be a sub-class of what."""
    quads = oxigraph.quads_for_pattern(None, SUB_CLASS_OF, None, None)
    return frozenset((quad.subject, quad.object) for quad in quads)


def hierarchy_graph(pairs: Hierarchy) -> Graph:
    """The same as a graph."""
    graph = Graph(bind_namespaces="none")
    for name, above in pairs:
        graph.add((to_rdflib(name), RDFS.subClassOf, to_rdflib(above)))
    return graph


def results(
    oxigraph: pyoxigraph.Store,
    shapes: Shapes,
    check: Check,
    variable: str | None = None,
    terms: Iterable[OxigraphTerm] = (),
) -> Iterator[Result]:
    """What one check finds: in all or, if a *variable* is named, only where it is one of *terms*.

    Raises ShapesError when its SPARQL cannot be answered.
    """
    if variable is None:
        found = rows(oxigraph, shapes, check)
    else:
        found = only(oxigraph, shapes, check, variable, terms)
    # What a shape says is looked up only where there is something to be told; mostly there is not.
    return of_rows(shapes, check, found) if found else iter(())


def only(
    oxigraph: pyoxigraph.Store,
    shapes: Shapes,
    check: Check,
    variable: str,
    terms: Iterable[OxigraphTerm],
) -> Rows:
    """The solutions of a check's query in which a variable is one of *terms*."""
    named: list[str] = []
    found: Rows = []
    for term in terms:
        if isinstance(term, pyoxigraph.BlankNode):
            # SPARQL has no way to write a blank node.
            found += rows(oxigraph, shapes, check, {pyoxigraph.Variable(variable): term})
        else:
            named.append(str(term))
    # For one node the engine begins at it. For several, it may look for all and sort out later.
    parts = [[one] for one in named] if len(named) <= _MOST_ONE_BY_ONE else [named]
    for part in parts:
        found += rows(oxigraph, shapes, check.only(variable, part))
    return found


def rows(
    oxigraph: pyoxigraph.Store,
    shapes: Shapes,
    check: Check,
    given: Values | None = None,
) -> Rows:
    """The solutions of a check's query, with some variables *given*; raises ShapesError."""
    with faults_of(shapes, check):
        if not check.sees_shapes:
            return list(_answers(oxigraph, check, given))
        with _shapes_beside(oxigraph, shapes):
            return list(_answers(oxigraph, check, given))


@contextmanager
def faults_of(shapes: Shapes, check: Check) -> Iterator[None]:
    """What the engine cannot answer is told of the rule that asks."""
    try:
        yield
    except ENGINE_ERRORS as error:
        # Where it happened would keep alive what belongs to this thread alone.
        raise ShapesError(
            f"{shapes.name(check.rule)}: its SPARQL cannot be answered: {error}"
        ) from error.with_traceback(None)


@contextmanager
def _shapes_beside(oxigraph: pyoxigraph.Store, shapes: Shapes) -> Iterator[None]:
    oxigraph.extend(
        pyoxigraph.Quad(triple.subject, triple.predicate, triple.object, _SHAPES)
        for triple in triples_to_oxigraph(shapes.graph)
    )
    try:
        yield
    finally:
        oxigraph.remove_graph(_SHAPES)


def _answers(
    oxigraph: pyoxigraph.Store, check: Check, given: Values | None = None
) -> Iterator[dict[str, Node]]:
    fixed = {variable.value: to_rdflib(term) for variable, term in (given or {}).items()}
    if check.targets is None:
        for solution in query(oxigraph, check.sparql, given):
            yield _row(solution, check.columns) | fixed
        return
    more = {pyoxigraph.Variable(name): to_oxigraph(term) for name, term in check.given.items()}
    for place in _all(query(oxigraph, check.targets, given, check.sees_shapes)):
        focus = place | fixed
        values = {_THIS: to_oxigraph(focus["this"]), **more}
        for row in _all(query(oxigraph, check.sparql, values, check.sees_shapes)):
            yield row | focus


def _all(solutions: pyoxigraph.QuerySolutions) -> list[dict[str, Node]]:
    columns = tuple(variable.value for variable in solutions.variables)
    return [_row(solution, columns) for solution in solutions]


def query(
    oxigraph: pyoxigraph.Store,
    sparql: str,
    given: Values | None = None,
    apart: bool = False,
) -> pyoxigraph.QuerySolutions:
    """The solutions of a SELECT over all graphs as one, with some variables *given*.

    If the shapes are to be *apart*, they are a named graph, and the only one.
    """
    substitutions = dict(given) if given else None
    if apart:
        names = [name for name in oxigraph.named_graphs() if name != _SHAPES]
        answer = oxigraph.query(
            sparql,
            default_graph=[pyoxigraph.DefaultGraph(), *names],
            named_graphs=[_SHAPES],
            substitutions=substitutions,
        )
    else:
        answer = oxigraph.query(
            sparql, use_default_graph_as_union=True, substitutions=substitutions
        )
    assert isinstance(answer, pyoxigraph.QuerySolutions)
    return answer


def _row(solution: pyoxigraph.QuerySolution, columns: tuple[str, ...]) -> dict[str, Node]:
    found = ((name, solution[name]) for name in columns)
    return {name: to_rdflib(term) for name, term in found if term is not None}


def of_rows(shapes: Shapes, check: Check, rows: Iterable[Mapping[str, Node]]) -> Iterator[Result]:
    """What the solutions of a check's query mean; raises ShapesError where one says it failed."""
    rule, severity, messages, advice = shapes.words(check.rule, check.shape)
    messages = check.messages or messages or (Literal(""),)
    # A message of SHACL Core is told as it stands.
    fills = check.constraint is not None or check.parameters is not None
    parameters = check.parameters or {}
    is_own_value = check.path is None or paths.may_be_empty(check.path)
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
        told = messages
        if fills:
            texts = (row["message"],) if "message" in row else messages
            told = tuple(_filled(one, {**parameters, **row}) for one in texts)
        this = row["this"]
        value = row.get("value", this if check.focus_is_value else None)
        for written in check.written.get(this, (this,)):
            yield Result(
                rule=rule,
                severity=severity,
                message=str(told[0]),
                advice=advice,
                focus_node=written,
                path=paths.Predicate(path) if isinstance(path, URIRef) else check.path,
                # A value that is the focus node itself was not found in the data.
                value=written if value == this and is_own_value else value,
                source_shape=check.shape,
                component=check.component,
                language=told[0].language or "",
                source_constraint=check.constraint,
                translations=told[1:],
            )


def _filled(message: Node, row: Mapping[str, Node]) -> Literal:
    def text(place: re.Match[str]) -> str:
        term = row.get(place[0][2:-1])
        return place[0] if term is None else str(term)

    language = message.language if isinstance(message, Literal) else None
    return Literal(PLACE.sub(text, str(message)), lang=language)
