"""Validation of what a change touches: the report on a graph, brought up to date after a change.

A rule is checked again for those focus nodes that the changed statements can bear on; every other
result of the standing report is kept. The outcome is the same as that of a full validation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import pyoxigraph
from rdflib import URIRef
from rdflib.term import Node

from srmgraph.terms import OxigraphTerm, Statement, to_oxigraph, to_rdflib, triples_to_oxigraph
from srmgraph.validation import engine, footprint, paths
from srmgraph.validation.compiler import Check, Compiled, compile
from srmgraph.validation.engine import SUB_CLASS_OF, Hierarchy
from srmgraph.validation.footprint import Footprint, Nodes, Sight, TooMany, Walk
from srmgraph.validation.patterns import NotUnderstood
from srmgraph.validation.report import Result, Work
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.stored import oxigraph_as_stored, triples_as_stored
from srmgraph.validation.targets import Classes

_COLUMNS = ("value", "path")
"""What results can be told apart by, where a rule looks at the whole graph at once."""

MOST_STATEMENTS = 1_000
"""How many changed statements are followed; with more, it is faster to check all."""

_Key: TypeAlias = tuple[str, Node, URIRef, Node | None]
"""Rule, shape, component and constraint: what a result says of the check that found it."""

_Goal: TypeAlias = tuple[_Key, str | None]
"""A check, and the variable of the nodes that may be affected; None for all of it."""

_Found: TypeAlias = dict[str, set[OxigraphTerm]]
"""The nodes that may be affected, by the variable that holds them."""


@dataclass(frozen=True, slots=True)
class Change:
    """Statements that were added to a graph, and such as were removed from it.

    A statement that the graph held before, or holds still, may be named: it costs time, and does no
    harm. One that is not named, but was added or removed, makes the report wrong.
    """

    added: tuple[pyoxigraph.Triple, ...] = ()
    removed: tuple[pyoxigraph.Triple, ...] = ()

    @classmethod
    def of(cls, added: Iterable[Statement] = (), removed: Iterable[Statement] = ()) -> Change:
        """A change told in rdflib's triples."""
        return cls(tuple(triples_to_oxigraph(added)), tuple(triples_to_oxigraph(removed)))

    @classmethod
    def of_quads(
        cls, added: Iterable[pyoxigraph.Quad] = (), removed: Iterable[pyoxigraph.Quad] = ()
    ) -> Change:
        """A change told in quads of a store, whatever their graphs."""
        return cls(
            tuple(dict.fromkeys(quad.triple for quad in added)),
            tuple(dict.fromkeys(quad.triple for quad in removed)),
        )

    def __len__(self) -> int:
        """Return how many statements have changed."""
        return len(self.added) + len(self.removed)

    def subjects(self) -> set[Node]:
        """The things about which something else is said now."""
        return {to_rdflib(triple.subject) for triple in (*self.added, *self.removed)}


@dataclass(frozen=True, slots=True)
class Plan:
    """The queries for a shapes graph and a class hierarchy, and what each of them depends on."""

    compiled: Compiled
    groups: Mapping[_Key, tuple[Check, ...]]
    footprints: Mapping[_Key, tuple[Footprint, ...]]
    walks: Mapping[pyoxigraph.NamedNode | None, tuple[tuple[Walk, tuple[_Goal, ...]], ...]]
    """By the property of a statement, where it leads to. Checks have many ways in common."""
    always: Mapping[_Key, str]
    """The checks that any change may bear on, with the reason."""

    def daily(self) -> dict[_Key, str]:
        """The checks that may find something else tomorrow, with the reason."""
        return {
            key: "It depends on the day, which is another one now."
            for key, footprints in self.footprints.items()
            if any(each.is_daily for each in footprints)
        }


@dataclass(frozen=True, slots=True)
class Update:
    """Results that stand, in their order; those that were found anew; the queries; and how much was
    done."""

    standing: list[Result]
    found: list[Result]
    compiled: Compiled
    work: Work


class Planner:
    """Makes plans for one shapes graph, and keeps the last ones."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self.plan: Callable[[Hierarchy], Plan] = lru_cache(maxsize=4)(self._plan)

    def _plan(self, hierarchy: Hierarchy) -> Plan:
        compiled = compile(self._shapes, Classes(engine.hierarchy_graph(hierarchy)))
        groups: dict[_Key, list[Check]] = defaultdict(list)
        for check in compiled.checks:
            groups[_key(self._shapes, check)].append(check)
        goals: dict[Walk, list[_Goal]] = defaultdict(list)
        footprints: dict[_Key, tuple[Footprint, ...]] = {}
        always: dict[_Key, str] = {}
        for key, checks in groups.items():
            try:
                footprints[key] = tuple(map(_footprint, checks))
            except NotUnderstood as reason:
                always[key] = f"It depends on what is not known beforehand: {reason}."
                continue
            found = [route for each in footprints[key] for route in each.routes]
            # Results that checks have in common are told apart by the focus node alone.
            alone = len(checks) == 1
            for route in found:
                goals[route.walk].append((key, route.to if alone or route.to == "this" else None))
        walks: dict[pyoxigraph.NamedNode | None, list[tuple[Walk, tuple[_Goal, ...]]]]
        walks = defaultdict(list)
        for walk, reached in goals.items():
            walks[walk.predicate].append((walk, tuple(dict.fromkeys(reached))))
        return Plan(
            compiled,
            {key: tuple(checks) for key, checks in groups.items()},
            footprints,
            {predicate: tuple(pairs) for predicate, pairs in walks.items()},
            always,
        )


def update(
    oxigraph: pyoxigraph.Store,
    shapes: Shapes,
    planner: Planner,
    standing: Iterable[Result],
    change: Change,
    is_new_day: bool = False,
) -> Update:
    """Bring results up to date with what *oxigraph* holds after a change, the ontology included.

    *is_new_day* says that the results were found before today, so that rules about the day of today
    have to be checked anew. Shapes that are not compiled are left to the caller: their results are
    dropped.
    """
    added, removed = triples_as_stored(change.added), triples_as_stored(change.removed)
    hierarchy = engine.hierarchy(oxigraph)
    plan = planner.plan(hierarchy)
    whole = dict(plan.always)
    if is_new_day:
        whole |= plan.daily()
    if any(triple.predicate == SUB_CLASS_OF for triple in (*added, *removed)):
        before = hierarchy - _pairs(added) | _pairs(removed)
        whole |= _differing(plan, planner.plan(before))
    affected = _affected(plan, Sight(oxigraph, removed), (*added, *removed), whole)
    kept = list(_standing(plan, whole, affected, standing))
    found: list[Result] = []
    again = _Again(oxigraph, shapes)
    for key, checks in plan.groups.items():
        if key in whole:
            for check in checks:
                found += again.all(check)
        elif key in affected:
            for check, seen in zip(checks, plan.footprints[key], strict=True):
                found += again.only(check, seen, affected[key])
    work = Work(again.queries, len(plan.compiled.checks), again.nodes, _by_rule(whole))
    return Update(kept, found, plan.compiled, work)


class _Again:
    """Runs checks again, and counts."""

    def __init__(self, oxigraph: pyoxigraph.Store, shapes: Shapes) -> None:
        self.queries = 0
        self.nodes = 0
        self._oxigraph = oxigraph
        self._shapes = shapes
        self._sight = Sight(oxigraph)

    def all(self, check: Check) -> Iterator[Result]:
        """What a check finds anywhere."""
        self.queries += 1
        return engine.results(self._oxigraph, self._shapes, check)

    def only(self, check: Check, seen: Footprint, affected: _Found) -> Iterator[Result]:
        """What a check finds at nodes that may be affected."""
        focus = affected.get("this", set())
        for variable, nodes in affected.items():
            for result in self._at(check, seen, variable, nodes):
                if (
                    variable == "this"
                    or oxigraph_as_stored(to_oxigraph(result.focus_node)) not in focus
                ):
                    yield result

    def _at(
        self, check: Check, seen: Footprint, variable: str, nodes: set[OxigraphTerm]
    ) -> Iterable[Result]:
        if variable == "this":
            nodes = {node for node in nodes if seen.may_be_found(self._sight, node)}
        elif variable in seen.sieves:
            nodes = self._sifted(seen.sieves[variable], variable, nodes)
        self.nodes += len(nodes)
        if not nodes:
            return ()
        self.queries += 1
        return engine.results(self._oxigraph, self._shapes, check, variable, nodes)

    def _sifted(self, sieve: str, variable: str, nodes: set[OxigraphTerm]) -> set[OxigraphTerm]:
        # SPARQL has no way to write a blank node.
        blank: set[OxigraphTerm] = {n for n in nodes if isinstance(n, pyoxigraph.BlankNode)}
        named = sorted(map(str, nodes - blank))
        if not named:
            return blank
        self.queries += 1
        solutions = engine.query(self._oxigraph, sieve % " ".join(named))
        return blank | {solution[variable] for solution in solutions}


def _footprint(check: Check) -> Footprint:
    if check.targets is not None:
        return footprint.of(check.sparql, check.targets)
    columns = tuple(name for name in _COLUMNS if name in check.columns)
    return footprint.of(check.sparql, columns=columns)


def _key(shapes: Shapes, check: Check) -> _Key:
    return shapes.name(check.rule), check.shape, check.component, check.constraint


def is_mixed(shapes: Shapes, compiled: Compiled) -> bool:
    """Whether shapes that are not compiled share some with those that are, so that it cannot be
    told which engine found a result."""
    waiting, seen = list(compiled.left_out), set[Node]()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += shapes.graph.objects(node)
    return any(check.shape in seen for check in compiled.checks)


def _affected(
    plan: Plan, sight: Sight, triples: Iterable[pyoxigraph.Triple], whole: dict[_Key, str]
) -> dict[_Key, _Found]:
    """The nodes for which each check may find something else; adds to *whole* where it is all."""
    affected: dict[_Key, _Found] = {}
    for triple in triples:
        for predicate in (triple.predicate, None):
            for walk, goals in plan.walks.get(predicate, ()):
                if not walk.fits(triple):
                    continue
                sight.start()
                try:
                    nodes = walk.nodes(sight, triple)
                except TooMany:
                    reason = f"More than {footprint.MOST_NODES:,} nodes lie around the change."
                    whole |= {key: reason for key, _ in goals if key not in whole}
                    continue
                if nodes:
                    _mark(goals, nodes, affected, whole)
    return affected


def _mark(
    goals: Iterable[_Goal], nodes: Nodes, affected: dict[_Key, _Found], whole: dict[_Key, str]
) -> None:
    """Note down where a walk has led to."""
    for key, variable in goals:
        if key in whole:
            continue
        if variable is None:
            whole[key] = "No path leads from what changed to what is checked."
            continue
        found = affected.setdefault(key, {}).setdefault(variable, set())
        found |= nodes
        if len(found) > footprint.MOST_NODES:
            whole[key] = f"More than {footprint.MOST_NODES:,} nodes may be affected."


def _standing(
    plan: Plan,
    whole: Mapping[_Key, str],
    affected: Mapping[_Key, _Found],
    results: Iterable[Result],
) -> Iterator[Result]:
    """The results that stay as they are."""
    touched = {key[0] for key in (*whole, *affected)}
    # Most are of rules that have nothing to do with the change.
    others = set() if plan.compiled.left_out else {key[0] for key in plan.groups} - touched
    for result in results:
        if result.rule in others or _stands(plan, whole, affected, result):
            yield result


def _stands(
    plan: Plan, whole: Mapping[_Key, str], affected: Mapping[_Key, _Found], result: Result
) -> bool:
    """Whether a result stays as it is."""
    key = (result.rule, result.source_shape, result.component, result.source_constraint)
    if key in whole or key not in plan.groups:
        return False
    found = affected.get(key)
    if not found:
        return True
    path = result.path.iri if isinstance(result.path, paths.Predicate) else None
    held = {"this": result.focus_node, "value": result.value, "path": path}
    return not any(
        term is not None and oxigraph_as_stored(to_oxigraph(term)) in found.get(variable, ())
        for variable, term in held.items()
    )


def _differing(plan: Plan, before: Plan) -> dict[_Key, str]:
    """The checks whose query depends on how the class hierarchy was changed."""
    known = {(key, check.text, check.targets) for key, c in before.groups.items() for check in c}
    return {
        key: "The classes that it is about have changed."
        for key, checks in plan.groups.items()
        if any((key, check.text, check.targets) not in known for check in checks)
    }


def _pairs(triples: Iterable[pyoxigraph.Triple]) -> Hierarchy:
    return frozenset((t.subject, t.object) for t in triples if t.predicate == SUB_CLASS_OF)


def _by_rule(whole: Mapping[_Key, str]) -> dict[str, str]:
    return {key[0]: reason for key, reason in sorted(whole.items(), key=lambda item: item[0][0])}
