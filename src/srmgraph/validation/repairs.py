"""Repairs: for a result, changes that would mend it, as SPARQL Update. Nothing is applied here.

Whatever is offered was tried on the data: with it, the result is gone, and the same rule finds
nothing new about the same thing. Where a value has to be made up, nothing is offered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph
from rdflib import SH, BNode, Graph, URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.errors import QueryError, StoreError
from srmgraph.names import labels
from srmgraph.store import EmbeddedStore
from srmgraph.terms import OxigraphTerm, Statement, to_oxigraph, triples_to_oxigraph
from srmgraph.validation import engine, paths, runs
from srmgraph.validation.compiler import Check, compile
from srmgraph.validation.descriptions import Descriptions, GraphName, written
from srmgraph.validation.footprint import Footprint
from srmgraph.validation.nodes import NodeChecks
from srmgraph.validation.plans import footprint_of
from srmgraph.validation.report import Repair, Report, Result
from srmgraph.validation.shapes import Shapes, of_the_project
from srmgraph.validation.sight import Sight, TooMany
from srmgraph.validation.stored import oxigraph_as_stored
from srmgraph.validation.suggestions import Edit, Here, Source, View, are_known, edits
from srmgraph.validation.targets import Classes
from srmgraph.validation.tokens import NotUnderstood

if TYPE_CHECKING:
    from srmgraph.store.remote import RemoteStore
    from srmgraph.validation.surroundings import Surroundings

_Finding: TypeAlias = tuple[Node, Node | None, str, str, Node | None]
"""What tells the results on one focus node apart."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Statements in their graphs; `patterns` describes each blank node in them, and `variables`
    says by which variable."""

    removed: list[pyoxigraph.Quad]
    added: list[pyoxigraph.Quad]
    patterns: list[str]
    variables: dict[pyoxigraph.BlankNode, str]


def propose(
    report: Report,
    store: EmbeddedStore | RemoteStore,
    shapes: Graph | None = None,
    *,
    exclusive: bool = False,
    each: int = 10,
) -> Report:
    """Return the report with repairs for the first *each* results of each rule.

    *store* holds what the report is about, and *shapes* are those of the report, by default the
    project's rules. The store is as it was afterwards; with `exclusive`, the repairs are tried in
    the store itself, as in `validate`, otherwise in a copy. Of a store on a server, what lies
    around each thing is fetched, and they are tried on that; nothing is offered for things without
    a name there, and where very much would have to be fetched. Raises StoreError where the server
    does not answer any more.
    """
    chosen = [
        result
        for found in report.by_rule.values()
        for result in found[:each]
        if are_known(result, _hint(report, result))
    ]
    if not chosen:
        return report
    view = of_the_project() if shapes is None else Shapes(shapes)
    found, left = _from_far(report, chosen, store, view)
    if left and isinstance(store, EmbeddedStore):
        with engine.beside(store, exclusive, view) as oxigraph:
            workshop = _Workshop(oxigraph, Here(oxigraph), view, report)
            found |= {result: repairs for result in left if (repairs := workshop.repairs(result))}
    found = {result: found[result] for result in chosen if result in found}
    mentioned = {
        node
        for repairs in found.values()
        for repair in repairs
        for statement in (*repair.removed, *repair.added)
        for node in statement
    }
    named = labels(store, mentioned - set(report.labels))
    return replace(report, repairs=found, labels={**named, **report.labels})


def _from_far(
    report: Report, chosen: Sequence[Result], store: EmbeddedStore | RemoteStore, shapes: Shapes
) -> tuple[dict[Result, tuple[Repair, ...]], Sequence[Result]]:
    """The repairs of results, tried on what lies around their things, if the store is far: on a
    server, or not filled yet; and the results of which that cannot be told."""
    if isinstance(store, EmbeddedStore) and not store.is_unloaded:
        return {}, chosen
    # For data on a server it needs all that speaks HTTP, for other data large packages.
    from srmgraph.validation.surroundings import Far, InColumns, OnServer, Surroundings

    is_here = isinstance(store, EmbeddedStore)
    lost: tuple[type[StoreError], ...] = ()
    far: Far
    if isinstance(store, EmbeddedStore):
        columns = runs.columns_of(store)
        if columns is None:
            return {}, chosen
        far = InColumns(store.encoding(), columns)
    else:
        from srmgraph.store.remote_http import SlowError, UnreachableError

        far = OnServer(store)
        lost = SlowError, UnreachableError
    copy = EmbeddedStore()
    surroundings = Surroundings(far, copy.oxigraph)
    found: dict[Result, tuple[Repair, ...]] = {}
    left = dict.fromkeys(chosen)
    with engine.beside(copy, True, shapes) as oxigraph:
        workshop = _Workshop(oxigraph, surroundings, shapes, report)
        by_rule: dict[str, list[Result]] = {}
        for result in chosen:
            if not isinstance(result.focus_node, BNode) and not isinstance(result.value, BNode):
                by_rule.setdefault(result.rule, []).append(result)
        for results in by_rule.values():
            # All of a rule at once take few requests. If that fails on one of them, so be it.
            parts = [results, *([one] for one in results if len(results) > 1)]
            for number, part in enumerate(parts):
                try:
                    workshop.surround(part, surroundings, whole=is_here)
                except lost:
                    # It would be waited for in vain for each of the others.
                    raise
                except (NotUnderstood, TooMany, StoreError, QueryError):
                    continue
                for one in part:
                    del left[one]
                    if repairs := workshop.repairs(one):
                        found[one] = repairs
                if number == 0:
                    break
    return found, list(left)


class _Workshop:
    """Where edits are tried: in `oxigraph`, which holds the data, or what lies around things."""

    def __init__(
        self, oxigraph: pyoxigraph.Store, source: Source, shapes: Shapes, report: Report
    ) -> None:
        self._oxigraph = oxigraph
        self._shapes = shapes
        self._report = report
        # What stands there is said by nobody who could mend it.
        self._not_data: set[GraphName] = {
            engine.ONTOLOGY,
            *(pyoxigraph.NamedNode(name) for name in knowledge.own_graphs()),
        }
        at_fault = {
            pyoxigraph.NamedNode(iri)
            for result in report.results
            if result.path is not None
            for iri in paths.predicates(result.path)
        }
        self._descriptions = Descriptions(oxigraph, self._not_data, at_fault)
        hierarchy = engine.hierarchy_graph(engine.hierarchy(oxigraph))
        # An edit may give a class its first instance, so none is left out of the queries.
        classes = Classes(hierarchy)
        self._view = View(source, shapes.graph, classes)
        self._edits: dict[Result, list[Edit]] = {}
        self._footprints: dict[str, list[Footprint | None]] = {}
        self._found: dict[tuple[str, Node], Counter[_Finding]] = {}
        self._checks: dict[str, list[Check]] = {}
        rules = {result.rule for result in report.results}
        for check in compile(shapes, classes, rules).checks:
            self._checks.setdefault(shapes.name(check.rule), []).append(check)

    def repairs(self, result: Result) -> tuple[Repair, ...]:
        """The edits that mend a result, each as a repair."""
        checks = self._checks.get(result.rule)
        if checks is None:
            return ()
        found: dict[str, Repair] = {}
        for edit in self._edits_of(result):
            change = self._change(edit)
            if change is not None and self._mends(change, result, checks):
                update = _update(change)
                repair = Repair(edit.kind, edit.is_certain, edit.removed, edit.added, update)
                # Two ways may lead to the same statements.
                found.setdefault(repair.update, repair)
        return tuple(found.values())

    def surround(
        self, results: Sequence[Result], surroundings: Surroundings, *, whole: bool
    ) -> None:
        """Fetch what has to be known to try the edits for results of one rule; if nothing may be
        missed, the *whole* of it, to find things without a name again.

        Raises NotUnderstood and TooMany, and what is raised where a server does not answer.
        """
        statements = [
            (one, is_new)
            for result in results
            for edit in self._edits_of(result)
            for is_new, those in ((False, edit.removed), (True, edit.added))
            for one in those
        ]
        if whole and any(isinstance(node, BNode) for one, _ in statements for node in one):
            raise NotUnderstood("things without a name, which more than that may tell apart")
        surroundings.describe({one[0] for one, _ in statements})
        added = [_triple(one) for one, is_new in statements if is_new]
        touched = {to_oxigraph(node) for one, _ in statements for node in one}
        for check in self._checks.get(results[0].rule, ()):
            seeds: dict[str, set[OxigraphTerm]] = {}
            for result in results:
                variable, terms = self._asked(check, result, touched)
                seeds.setdefault(variable, set()).update(terms)
            for variable, terms in seeds.items():
                surroundings.surround(check, variable, terms, added)

    def _edits_of(self, result: Result) -> list[Edit]:
        if result not in self._edits:
            self._edits[result] = edits(self._view, result, _hint(self._report, result))
        return self._edits[result]

    def _change(self, edit: Edit) -> _Change | None:
        """The statements that an edit takes away and brings, in their graphs.

        None for one that changes nothing, that is about a thing without a name which nothing tells
        apart from others, or about what is not the data's.
        """
        removed = [quad for one in edit.removed for quad in self._quads(one)]
        if any(quad.graph_name in self._not_data for quad in removed):
            return None
        gone = {quad.triple for quad in removed}
        added = [
            pyoxigraph.Quad(triple.subject, triple.predicate, triple.object, home)
            for triple in map(_triple, edit.added)
            if triple in gone or not self._quads_of(triple)
            for home in [self._home(triple, removed)]
        ]
        if not removed and not added:
            return None
        statements = (*edit.removed, *edit.added)
        nodes = {node for one in statements for node in one if isinstance(node, BNode)}
        variables = {
            pyoxigraph.BlankNode(node): f"thing{number or ''}"
            for number, node in enumerate(sorted(nodes))
        }
        patterns: list[str] = []
        for node, name in variables.items():
            pattern = self._descriptions.pattern(node, name)
            if pattern is None:
                return None
            patterns.append(pattern)
        return _Change(removed, added, patterns, variables)

    def _home(self, triple: pyoxigraph.Triple, removed: Sequence[pyoxigraph.Quad]) -> GraphName:
        """The graph in which a new statement belongs: that of what is said of its subject."""
        quads = self._oxigraph.quads_for_pattern(triple.subject, None, None)
        graphs = {quad.graph_name for quad in quads} - self._not_data
        graphs &= {quad.graph_name for quad in removed} or graphs
        return min(graphs, key=str, default=pyoxigraph.DefaultGraph())

    def _mends(
        self,
        change: _Change,
        result: Result,
        checks: Sequence[Check],
    ) -> bool:
        """Whether a result is gone after a change, and nothing new has come."""
        touched = {term for quad in (*change.removed, *change.added) for term in quad.triple}
        before = self._before(checks, result, touched)
        for quad in change.removed:
            self._oxigraph.remove(quad)
        self._oxigraph.extend(change.added)
        try:
            after = self._findings(checks, result, touched)
        finally:
            for quad in change.added:
                self._oxigraph.remove(quad)
            self._oxigraph.extend(change.removed)
        key = _finding(result)
        return after[key] < before[key] and after <= before

    def _before(
        self, checks: Sequence[Check], result: Result, touched: Set[OxigraphTerm]
    ) -> Counter[_Finding]:
        """What is found before any change: the same for all results of a rule about a thing."""
        if any(self._is_of_all(check, result) for check in checks):
            return self._findings(checks, result, touched)
        key = (result.rule, result.focus_node)
        if key not in self._found:
            self._found[key] = self._findings(checks, result, touched)
        return self._found[key]

    def _findings(
        self, checks: Iterable[Check], result: Result, touched: Set[OxigraphTerm]
    ) -> Counter[_Finding]:
        """What checks find about the thing that a result is about.

        Where that stands for the whole graph, it is what they find about the value of the result
        and the terms that are touched: all else is as it was, and there may be much of it.
        """
        found: Counter[_Finding] = Counter()
        at_nodes = NodeChecks(self._oxigraph, self._shapes, Sight(self._oxigraph))
        if result.rule not in self._footprints:
            self._footprints[result.rule] = list(map(_footprint, checks))
        for check, seen in zip(checks, self._footprints[result.rule], strict=True):
            variable, terms = self._asked(check, result, touched)
            results = (
                engine.results(
                    self._oxigraph, self._shapes, check, variable, sorted(terms, key=str)
                )
                if seen is None
                else at_nodes.at(check, seen, variable, set(map(oxigraph_as_stored, terms)))
            )
            found.update(_finding(one) for one in results if one.focus_node == result.focus_node)
        return found

    def _asked(
        self, check: Check, result: Result, touched: Set[OxigraphTerm]
    ) -> tuple[str, set[OxigraphTerm]]:
        """About which terms a check is asked, and for which variable."""
        if self._is_of_all(check, result) and result.value is not None:
            return "value", {to_oxigraph(result.value), *touched}
        return "this", {to_oxigraph(result.focus_node)}

    def _is_of_all(self, check: Check, result: Result) -> bool:
        """Whether a query goes through all there is, for the sake of one focus node."""
        is_query = check.component == SH.SPARQLConstraintComponent and "value" in check.columns
        return is_query and (check.rule, SH.targetNode, result.focus_node) in self._shapes.graph

    def _quads(self, statement: Statement) -> list[pyoxigraph.Quad]:
        return self._quads_of(_triple(statement))

    def _quads_of(self, triple: pyoxigraph.Triple) -> list[pyoxigraph.Quad]:
        found = self._oxigraph.quads_for_pattern(triple.subject, triple.predicate, triple.object)
        return list(found)


def _footprint(check: Check) -> Footprint | None:
    try:
        return footprint_of(check)
    except NotUnderstood:
        return None


def _update(change: _Change) -> str:
    """A change as SPARQL Update."""
    parts = [
        (verb, " ".join(written(quad, change.variables) for quad in quads))
        for verb, quads in (("DELETE", change.removed), ("INSERT", change.added))
        if quads
    ]
    if not change.variables:
        return " ;\n".join(f"{verb} DATA {{ {statements} }}" for verb, statements in parts)
    templates = [f"{verb} {{ {statements} }}" for verb, statements in parts]
    return "\n".join([*templates, f"WHERE {{ {' '.join(change.patterns)} }}"])


def _finding(result: Result) -> _Finding:
    path = "" if result.path is None else paths.sparql(result.path)
    component = str(result.component)
    return (result.source_shape, result.value, path, component, result.source_constraint)


def _hint(report: Report, result: Result) -> URIRef | None:
    return None if result.value is None else report.hints.get(result.value)


def _triple(statement: Statement) -> pyoxigraph.Triple:
    (triple,) = triples_to_oxigraph([statement])
    return triple
