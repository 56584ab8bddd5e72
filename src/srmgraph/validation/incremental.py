"""Validation of what a change touches: the report on a graph, brought up to date after a change.

A rule is checked again for those focus nodes that the changed statements can bear on; every other
result of the standing report is kept. The outcome is the same as that of a full validation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import pyoxigraph
from rdflib.term import Node

from srmgraph.terms import OxigraphTerm, Statement, to_oxigraph, to_rdflib, triples_to_oxigraph
from srmgraph.validation import engine, footprint
from srmgraph.validation import sight as around
from srmgraph.validation.compiler import Check, Compiled, compile
from srmgraph.validation.engine import SUB_CLASS_OF, Hierarchy
from srmgraph.validation.footprint import Footprint, Names, Walk
from srmgraph.validation.matching import InDoubt, Row
from srmgraph.validation.register import Key, Register
from srmgraph.validation.report import Result, Work
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.sight import LongSight, Nodes, Sight, TooMany
from srmgraph.validation.stored import oxigraph_as_stored, triples_as_stored
from srmgraph.validation.targets import Classes
from srmgraph.validation.tokens import NotUnderstood

_COLUMNS = ("value", "path")
"""What results can be told apart by, where a rule looks at the whole graph at once."""

MOST_STATEMENTS = 1_000
"""How many changed statements are followed; with more, it is faster to check all."""

_Goal: TypeAlias = tuple[Key, str | None, int, Names]
"""A check, the variable of the nodes that may be affected, or None for all of it, and the sign and
the row of a `footprint.Route`."""

_Place: TypeAlias = tuple[pyoxigraph.NamedNode | None, OxigraphTerm | None, int]
"""The property and the object of statements, None for any, and 1 for those that come, -1 for those
that go."""

_Way: TypeAlias = tuple[Walk, tuple[_Goal, ...], tuple[_Goal, ...]]
"""A walk, the goals to which it leads, and those that matter only where a check has results."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a check may find something else.

    `nodes` are told by the variable that holds them, and with each of them whether it is to be
    checked again: where results can only go, there is nothing to do but where there are some.
    `rows` are what variables hold in new solutions, each with the variable of the node.
    """

    nodes: dict[str, dict[OxigraphTerm, bool]] = field(default_factory=lambda: defaultdict(dict))
    rows: list[tuple[str, Row]] = field(default_factory=list)


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
    groups: Mapping[Key, tuple[Check, ...]]
    footprints: Mapping[Key, tuple[Footprint, ...]]
    walks: Mapping[_Place, tuple[_Way, ...]]
    """Where a statement leads to. Checks have many ways in common."""
    always: Mapping[Key, str]
    """The checks that any change may bear on, with the reason."""

    def daily(self) -> dict[Key, str]:
        """The checks that may find something else tomorrow, with the reason."""
        return {
            key: "It depends on the day, which is another one now."
            for key, footprints in self.footprints.items()
            if any(each.is_daily for each in footprints)
        }


@dataclass(frozen=True, slots=True)
class Update:
    """Results that do not stand any more; those that were found anew; the queries; and how much was
    done."""

    gone: Collection[Result]
    found: list[Result]
    plan: Plan
    work: Work


class Planner:
    """Makes plans for one shapes graph, and keeps the last ones."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self.plan: Callable[[Hierarchy], Plan] = lru_cache(maxsize=4)(self._plan)

    def _plan(self, hierarchy: Hierarchy) -> Plan:
        compiled = compile(self._shapes, Classes(engine.hierarchy_graph(hierarchy)))
        groups: dict[Key, list[Check]] = defaultdict(list)
        for check in compiled.checks:
            groups[_key(self._shapes, check)].append(check)
        goals: dict[Walk, list[_Goal]] = defaultdict(list)
        footprints: dict[Key, tuple[Footprint, ...]] = {}
        always: dict[Key, str] = {}
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
                to = route.to if alone or route.to == "this" else None
                row = route.row if alone and _tells_all(checks[0]) else ()
                goals[route.walk].append((key, to, route.sign, row))
        walks: dict[_Place, list[_Way]] = defaultdict(list)
        for walk, reached in goals.items():
            different = dict.fromkeys(reached)
            for sign in (1, -1):
                # Where results can only go, there have to be some.
                able = tuple(goal for goal in different if goal[2] * sign >= 0)
                if_told = tuple(goal for goal in different if goal[2] * sign < 0)
                for value in (None,) if walk.values is None else walk.values:
                    walks[walk.predicate, value, sign].append((walk, able, if_told))
        return Plan(
            compiled,
            {key: tuple(checks) for key, checks in groups.items()},
            footprints,
            {place: tuple(pairs) for place, pairs in walks.items()},
            always,
        )


def update(
    oxigraph: pyoxigraph.Store,
    shapes: Shapes,
    planner: Planner,
    standing: Register,
    change: Change,
    is_new_day: bool = False,
    plan: Plan | None = None,
) -> Update:
    """Bring results up to date with what *oxigraph* holds after a change, the ontology included.

    *is_new_day* says that the results were found before today, so that rules about the day of today
    have to be checked anew. *plan* is the one by which they were found, if it is known. Shapes that
    are not compiled are left to the caller: their results are dropped.
    """
    added, removed = triples_as_stored(change.added), triples_as_stored(change.removed)
    is_same = not any(triple.predicate == SUB_CLASS_OF for triple in (*added, *removed))
    if plan is None or not is_same:
        hierarchy = engine.hierarchy(oxigraph)
        plan = planner.plan(hierarchy)
    whole = dict(plan.always)
    if is_new_day:
        whole |= plan.daily()
    if not is_same:
        before = hierarchy - _pairs(added) | _pairs(removed)
        whole |= _differing(plan, planner.plan(before))
    signed = [(triple, sign) for triples, sign in ((added, 1), (removed, -1)) for triple in triples]
    sight = Sight(oxigraph, added, removed)
    walking = LongSight(sight, removed) if removed else sight
    affected = _affected(plan, walking, signed, standing.checks, whole)
    gone = _gone(plan, whole, affected, standing)
    found: list[Result] = []
    again = _Again(oxigraph, shapes, sight, lambda one: one in standing and one not in gone)
    for key in {**affected, **whole}:
        checks = plan.groups[key]
        if key in whole:
            for check in checks:
                found += again.all(check)
        else:
            for check, seen in zip(checks, plan.footprints[key], strict=True):
                found += again.only(check, seen, affected[key])
    work = Work(again.queries, len(plan.compiled.checks), again.nodes, _by_rule(whole))
    return Update(gone.keys(), found, plan, work)


class _Again:
    """Runs checks again, and counts."""

    def __init__(
        self,
        oxigraph: pyoxigraph.Store,
        shapes: Shapes,
        sight: Sight,
        stands: Callable[[Result], bool],
    ) -> None:
        self.queries = 0
        self.nodes = 0
        self._oxigraph = oxigraph
        self._shapes = shapes
        self._sight = sight
        self._stands = stands

    def all(self, check: Check) -> Iterator[Result]:
        """What a check finds anywhere."""
        self.queries += 1
        return engine.results(self._oxigraph, self._shapes, check)

    def only(self, check: Check, seen: Footprint, affected: _Found) -> Iterator[Result]:
        """What a check finds where it may find something else, but for what it found before."""
        again = {
            variable: {node for node, is_again in nodes.items() if is_again}
            for variable, nodes in affected.nodes.items()
        }
        rows = list(self._new(seen, affected.rows, again))
        focus = again.get("this", set())
        for variable, nodes in again.items():
            for result in self._at(check, seen, variable, nodes):
                is_new = not affected.rows or not self._stands(result)
                if is_new and (
                    variable == "this"
                    or oxigraph_as_stored(to_oxigraph(result.focus_node)) not in focus
                ):
                    yield result
        for result in self._results(check, rows) if rows else ():
            if not self._stands(result):
                yield result

    def _new(
        self, seen: Footprint, rows: Iterable[tuple[str, Row]], again: dict[str, set[OxigraphTerm]]
    ) -> Iterator[Row]:
        """The solutions in which variables hold what they do in some rows, but for those at nodes
        that are checked again; where that cannot be told, the node is to be checked *again*."""
        found: list[Row] = []
        asked: list[Row] = []
        # What holds of fewer variables includes what holds of more.
        for variable, row in sorted(rows, key=lambda pair: len(pair[1])):
            if row[variable] in again.get(variable, ()):
                continue
            if any(other.items() <= row.items() for other in asked):
                continue
            asked.append(row)
            self.nodes += 1
            try:
                found += seen.matcher.rows(self._sight, row)
            except InDoubt:
                again.setdefault(variable, set()).add(row[variable])
        for solution in found:
            if not any(solution.get(variable) in nodes for variable, nodes in again.items()):
                yield solution

    def _at(
        self, check: Check, seen: Footprint, variable: str, nodes: set[OxigraphTerm]
    ) -> Iterator[Result]:
        self.nodes += len(nodes)
        rows: list[Row] = []
        left: set[OxigraphTerm] = set()
        for node in nodes:
            try:
                rows += seen.matcher.rows(self._sight, {variable: node})
            except InDoubt:
                left.add(node)
        if left and variable in seen.sieves:
            left = self._sifted(seen.sieves[variable], variable, left)
        if left:
            self.queries += 1
            yield from engine.results(self._oxigraph, self._shapes, check, variable, left)
        if rows:
            yield from self._results(check, rows)

    def _results(self, check: Check, rows: Iterable[Row]) -> Iterator[Result]:
        columns = check.columns
        told = ({name: to_rdflib(row[name]) for name in columns if name in row} for row in rows)
        return engine.of_rows(self._shapes, check, told)

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


def _tells_all(check: Check) -> bool:
    """Whether two solutions of a check never mean the same result."""
    return set(check.columns) <= {"this", "value", "path"} and not check.written


def _key(shapes: Shapes, check: Check) -> Key:
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
    plan: Plan,
    sight: Sight,
    triples: Iterable[tuple[pyoxigraph.Triple, int]],
    told: Collection[Key],
    whole: dict[Key, str],
) -> dict[Key, _Found]:
    """The nodes for which each check may find something else, once triples have come (1) or gone
    (-1); adds to *whole* where it is all. *told* are the checks that have results."""
    affected: dict[Key, _Found] = {}
    for triple, sign in triples:
        for walk, goals, if_told in _ways(plan, triple, sign):
            if if_told:
                goals += tuple(goal for goal in if_told if goal[0] in told)
            if not goals or not walk.fits(triple):
                continue
            sight.start()
            try:
                nodes = walk.nodes(sight, triple)
            except TooMany:
                reason = f"More than {around.MOST_NODES:,} nodes lie around the change."
                whole |= {key: reason for key, *_ in goals if key not in whole}
                continue
            if nodes:
                _mark(goals, nodes, sign, walk.ends(triple), affected, whole)
    return affected


def _ways(plan: Plan, triple: pyoxigraph.Triple, sign: int) -> Iterator[_Way]:
    for predicate in (triple.predicate, None):
        for value in (triple.object, None):
            yield from plan.walks.get((predicate, value, sign), ())


def _mark(
    goals: Iterable[_Goal],
    nodes: Nodes,
    sign: int,
    ends: Iterable[OxigraphTerm],
    affected: dict[Key, _Found],
    whole: dict[Key, str],
) -> None:
    """Note down where a walk has led to, from a statement with some *ends*."""
    for key, variable, its_sign, row in goals:
        if key in whole:
            continue
        if variable is None:
            whole[key] = "No path leads from what changed to what is checked."
            continue
        found = affected.setdefault(key, _Found())
        if row and its_sign * sign > 0:
            if (held := _held(row, ends)) is not None:
                found.rows.append((variable, held))
            continue
        marked = found.nodes[variable]
        if its_sign * sign >= 0:
            marked.update(dict.fromkeys(nodes, True))
        else:
            for node in nodes:
                marked.setdefault(node, False)
        if len(marked) > around.MOST_NODES:
            whole[key] = f"More than {around.MOST_NODES:,} nodes may be affected."


def _held(names: Names, nodes: Iterable[OxigraphTerm]) -> Row | None:
    """What variables hold where they stand for some nodes; None if one stands for two."""
    row: dict[str, OxigraphTerm] = {}
    for name, node in zip(names, nodes, strict=True):
        if name is not None and row.setdefault(name, node) != node:
            return None
    return row


def _gone(
    plan: Plan,
    whole: Mapping[Key, str],
    affected: Mapping[Key, _Found],
    standing: Register,
) -> dict[Result, None]:
    """The results that may not stay as they are; their nodes are to be checked again."""
    gone: dict[Result, None] = {}
    for key in standing.checks:
        if key in whole or key not in plan.groups:
            gone.update(dict.fromkeys(standing.of(key)))
        elif (found := affected.get(key)) is not None:
            for variable, nodes in found.nodes.items():
                for node in nodes:
                    if results := standing.at(key, variable, node):
                        nodes[node] = True
                        gone.update(dict.fromkeys(results))
    return gone


def _differing(plan: Plan, before: Plan) -> dict[Key, str]:
    """The checks whose query depends on how the class hierarchy was changed."""
    known = {(key, check.text, check.targets) for key, c in before.groups.items() for check in c}
    return {
        key: "The classes that it is about have changed."
        for key, checks in plan.groups.items()
        if any((key, check.text, check.targets) not in known for check in checks)
    }


def _pairs(triples: Iterable[pyoxigraph.Triple]) -> Hierarchy:
    return frozenset((t.subject, t.object) for t in triples if t.predicate == SUB_CLASS_OF)


def _by_rule(whole: Mapping[Key, str]) -> dict[str, str]:
    return {key[0]: reason for key, reason in sorted(whole.items(), key=lambda item: item[0][0])}
