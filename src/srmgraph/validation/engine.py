"""The compiled engine: runs the queries of a shapes graph in the store that holds the data."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from itertools import chain
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
from srmgraph.validation.compiler import SHAPES_GRAPH, Check, Compiled, compile
from srmgraph.validation.outcome import Gathered, Outcome
from srmgraph.validation.report import Cost, Result
from srmgraph.validation.shapes import PLACE, Shapes
from srmgraph.validation.sieves import fused, lacking
from srmgraph.validation.targets import Classes
from srmgraph.validation.tokens import NotUnderstood

if TYPE_CHECKING:
    from srmgraph.encoding import Encoding
    from srmgraph.validation.columns import Columns

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of queries that are done and the number of all."""

Hierarchy: TypeAlias = frozenset[tuple[OxigraphTerm, OxigraphTerm]]
"""Pairs of a class and one above it."""

Values: TypeAlias = Mapping[pyoxigraph.Variable, OxigraphTerm]

_Rows: TypeAlias = list[dict[str, Node]]

SUB_CLASS_OF = pyoxigraph.NamedNode(RDFS.subClassOf)

_FALSE = pyoxigraph.Literal(False)
_THIS = pyoxigraph.Variable("this")
_SHAPES = pyoxigraph.NamedNode(SHAPES_GRAPH)
_THREADS = 2
_MOST_ONE_BY_ONE = 64
_MOST_SIFTED = 1_000
MANY = 20_000
"""From so many statements on, checks are answered on columns."""
ONTOLOGY = pyoxigraph.NamedNode("urn:uuid:6f1c1f0e-1f7b-4f3e-8f38-0f7f6a8a5b11")
"""Where the ontology stands for a while. No data can be there: nobody else knows the name."""


def run(
    oxigraph: pyoxigraph.Store,
    shapes: Shapes,
    progress: Progress | None = None,
    limit: int | None = None,
    columns: Columns | None = None,
) -> Outcome:
    """Validate what is in *oxigraph*, where the ontology is too, against *shapes*.

    At most *limit* results of each rule are kept, the first in the order of the report. Where the
    same statements are there as *columns*, the store is only asked what these cannot answer.
    """
    compiled = _compiled(shapes, hierarchy(oxigraph), _used(oxigraph))
    return _run(oxigraph, shapes, compiled, columns, progress, limit)


def run_apart(
    columns: Columns,
    shapes: Shapes,
    progress: Progress | None = None,
    limit: int | None = None,
) -> Outcome | None:
    """Validate statements that are columns, the ontology among them, without a store; see `run`.

    None is returned where a store has to be asked.
    """
    from srmgraph.validation.columns import refused

    compiled = _compiled(shapes, columns.hierarchy(), _names(columns.classes()))
    if any(map(refused, compiled.checks)):
        return None
    try:
        return _run(None, shapes, compiled, columns, progress, limit)
    except _StoreIsToBeAsked:
        return None


class _StoreIsToBeAsked(Exception):
    """A check could not be answered on columns."""


def _run(
    oxigraph: pyoxigraph.Store | None,
    shapes: Shapes,
    compiled: Compiled,
    columns: Columns | None,
    progress: Progress | None,
    limit: int | None,
) -> Outcome:
    gathered = Gathered(limit)
    run_some = partial(_measured, oxigraph, shapes, columns, limit)
    # Those that put the shapes beside the data for a while have to be alone with them.
    alone = [(check,) for check in compiled.checks if check.sees_shapes]
    together = [check for check in compiled.checks if not check.sees_shapes]
    others = fused(together) if columns is None else [(check,) for check in together]
    done = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for found, costs in chain(pool.map(run_some, others), map(run_some, alone)):
            gathered.add(found, costs)
            done += len(costs)
            if progress is not None:
                progress(done, len(compiled.checks))
    return Outcome(gathered.results(), gathered.totals, gathered.costs(), compiled.left_out)


def columns_of(store: EmbeddedStore) -> Columns | None:
    """The statements of a store as columns, and the ontology's with them, if they are many."""
    if not (store.is_unloaded or store.holds_more(MANY)):
        return None
    # Where there are few, nobody is to wait for so large a package.
    from srmgraph.encoding import Encoding
    from srmgraph.validation.columns import Columns

    encoding = store.encoding()
    if not _holds_ontology(store):
        encoding = Encoding.joined([encoding, _encoded_ontology()])
    try:
        return Columns(encoding)
    except NotUnderstood:
        return None


def _measured(
    oxigraph: pyoxigraph.Store | None,
    shapes: Shapes,
    columns: Columns | None,
    limit: int | None,
    checks: tuple[Check, ...],
) -> tuple[Gathered, list[Cost]]:
    """What checks find that are run together, and what each of them cost."""
    gathered = Gathered(limit)
    start = time.thread_time()
    answer = None if columns is None else columns.rows(checks[0])
    if answer is not None:
        found = [answer]
    elif oxigraph is None:
        raise _StoreIsToBeAsked
    elif len(checks) == 1:
        found = [_sifted(oxigraph, shapes, checks[0])]
    else:
        found = _lacking(oxigraph, shapes, checks)
    numbers = [
        gathered.take(of_rows(shapes, check, rows))
        for check, rows in zip(checks, found, strict=True)
    ]
    seconds = (time.thread_time() - start) / len(checks)
    return gathered, [
        Cost(shapes.name(check.rule), 1, number, seconds)
        for check, number in zip(checks, numbers, strict=True)
    ]


def _sifted(oxigraph: pyoxigraph.Store, shapes: Shapes, check: Check) -> _Rows:
    """The solutions of a check's query on the whole graph, by way of its sieve."""
    if check.sieve is None:
        return rows(oxigraph, shapes, check)
    with _faults_of(shapes, check):
        # Nothing that belongs to this thread alone is to be kept alive by an error.
        terms = [
            term
            for solution in query(oxigraph, check.sieve.sparql)
            if (term := solution[0]) is not None
        ]
    if check.sieve.variable and len(terms) <= _MOST_SIFTED:
        return _only(oxigraph, shapes, check, check.sieve.variable, terms)
    return rows(oxigraph, shapes, check) if terms else []


def _lacking(oxigraph: pyoxigraph.Store, shapes: Shapes, checks: tuple[Check, ...]) -> list[_Rows]:
    """The solutions of checks for what the same focus nodes may lack, from one query."""
    found: list[_Rows] = [[] for _ in checks]
    for this, *matches in query(oxigraph, lacking(checks)):
        for rows_of_one, match in zip(found, matches, strict=True):
            if match == _FALSE:
                rows_of_one.append({"this": to_rdflib(this)})
    return found


@contextmanager
def beside(
    store: EmbeddedStore, exclusive: bool, shapes: Shapes | None = None
) -> Iterator[pyoxigraph.Store]:
    """Give an engine that holds what *store* holds, and the ontology in a graph of its own.

    A store that holds the ontology already is given as it is. If the store is used by nobody else,
    it is *exclusive*: the ontology stands in it until the block ends. Otherwise it is left alone,
    and a copy of it is given. So it is if *shapes* have queries that look at themselves.
    """
    is_there = _holds_ontology(store)
    if is_there and (shapes is None or not shapes.look_at_themselves):
        yield store.oxigraph
        return
    oxigraph = store.oxigraph if exclusive else pyoxigraph.Store()
    if not exclusive:
        oxigraph.bulk_extend(store.oxigraph)
    if not is_there:
        oxigraph.extend(_ontology())
    try:
        yield oxigraph
    finally:
        if exclusive and not is_there:
            oxigraph.remove_graph(ONTOLOGY)


def _holds_ontology(store: EmbeddedStore) -> bool:
    return not store.is_unloaded and knowledge.ontology_mark() in store.oxigraph


@cache
def _ontology() -> list[pyoxigraph.Quad]:
    return [
        pyoxigraph.Quad(quad.subject, quad.predicate, quad.object, ONTOLOGY)
        for quad in knowledge.ontology_statements()
    ]


@cache
def _encoded_ontology() -> Encoding:
    from srmgraph.encoding import Encoding

    nt = pyoxigraph.RdfFormat.N_TRIPLES
    text = pyoxigraph.serialize((quad.triple for quad in _ontology()), format=nt)
    assert text is not None
    return Encoding.of_engine(text)


@lru_cache(maxsize=8)
def _compiled(shapes: Shapes, pairs: Hierarchy, used: tuple[Node, ...]) -> Compiled:
    # One store is checked again and again, and its classes seldom change.
    return compile(shapes, Classes(hierarchy_graph(pairs), used))


def _used(oxigraph: pyoxigraph.Store) -> tuple[Node, ...]:
    """The classes that have instances."""
    solutions = query(oxigraph, "SELECT DISTINCT ?class { ?thing a ?class }")
    return _names(solution["class"] for solution in solutions)


def _names(terms: Iterable[OxigraphTerm | None]) -> tuple[Node, ...]:
    nodes = (to_rdflib(term) for term in terms if term is not None)
    return tuple(sorted(nodes, key=str))


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
        found = _only(oxigraph, shapes, check, variable, terms)
    # What a shape says is looked up only where there is something to be told; mostly there is not.
    return of_rows(shapes, check, found) if found else iter(())


def _only(
    oxigraph: pyoxigraph.Store,
    shapes: Shapes,
    check: Check,
    variable: str,
    terms: Iterable[OxigraphTerm],
) -> _Rows:
    """The solutions of a check's query in which a variable is one of *terms*."""
    named: list[str] = []
    found: _Rows = []
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
) -> _Rows:
    """The solutions of a check's query, with some variables *given*; raises ShapesError."""
    with _faults_of(shapes, check):
        if not check.sees_shapes:
            return list(_answers(oxigraph, check, given))
        with _shapes_beside(oxigraph, shapes):
            return list(_answers(oxigraph, check, given))


@contextmanager
def _faults_of(shapes: Shapes, check: Check) -> Iterator[None]:
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
