"""Validation of what a change touches: the report on a graph, brought up to date after a change.

A rule is checked again for those focus nodes that the changed statements can bear on; every other
result of the standing report is kept. The outcome is the same as that of a full validation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeAlias

import pyoxigraph
from rdflib.term import Node

from srmgraph.terms import OxigraphTerm, Statement, to_oxigraph, to_rdflib, triples_to_oxigraph
from srmgraph.validation import engine
from srmgraph.validation import sight as around
from srmgraph.validation.compiler import Check, Compiled
from srmgraph.validation.engine import SUB_CLASS_OF, Hierarchy
from srmgraph.validation.footprint import Footprint
from srmgraph.validation.matching import InDoubt, Row
from srmgraph.validation.nodes import NodeChecks
from srmgraph.validation.plans import CheckGroup, Goal, NewRow, Plan, Planner, Way
from srmgraph.validation.register import Register
from srmgraph.validation.report import Result, Work
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.sight import LongSight, Memory, Nodes, Sight, TooMany
from srmgraph.validation.stored import oxigraph_as_stored, triples_as_stored

MOST_STATEMENTS = 1_000
"""How many changed statements are followed; with more, it is faster to check all."""

_SIZE = itemgetter(0)

_Ends: TypeAlias = tuple[OxigraphTerm, OxigraphTerm, pyoxigraph.NamedNode]
"""The subject, the object and the property of a statement."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a check may find something else.

    `nodes` are told by the variable that holds them, and with each of them whether it is to be
    checked again: where results can only go, there is nothing to do but where there are some.
    `rows` are what variables hold in new solutions, each with their number and the variable of the
    node.
    """

    nodes: dict[str, dict[OxigraphTerm, bool]] = field(default_factory=lambda: defaultdict(dict))
    rows: list[tuple[int, str, Row]] = field(default_factory=list)


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
class Update:
    """Results that do not stand any more; those that were found anew; how much was done; the
    queries, what was seen of the store, and the statements that changed in it, for the next one."""

    gone: Collection[Result]
    found: list[Result]
    work: Work
    plan: Plan
    memory: Memory
    changed: tuple[pyoxigraph.Triple, ...]


def update(
    oxigraph: pyoxigraph.Store,
    shapes: Shapes,
    planner: Planner,
    standing: Register,
    change: Change,
    is_new_day: bool = False,
    plan: Plan | None = None,
    memory: Memory | None = None,
) -> Update:
    """Bring results up to date with what *oxigraph* holds after a change, the ontology included.

    *is_new_day* says that the results were found before today, so that rules about the day of today
    have to be checked anew. *plan* is the one by which they were found, if it is known, and
    *memory* what was seen then of the store. Shapes that are not compiled are left to the caller:
    their results are dropped.
    """
    added, removed = triples_as_stored(change.added), triples_as_stored(change.removed)
    changed = (*added, *removed)
    is_same = not any(triple.predicate == SUB_CLASS_OF for triple in changed)
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
    memory = Memory() if memory is None else memory
    memory.forget(changed)
    sight = Sight(oxigraph, added, removed, memory)
    walking = LongSight(sight, removed) if removed else sight
    told = {group for key in standing.checks if (group := plan.groups.get(key)) is not None}
    affected = _affected(plan, walking, signed, told, whole)
    gone = _gone(plan, whole, affected, standing)
    found: list[Result] = []
    again = _Again(oxigraph, shapes, sight, lambda one: one in standing and one not in gone)
    for group in whole:
        for check in group.checks:
            found += again.all(check)
    for group, nodes in affected.items():
        if group not in whole:
            for check, seen in zip(group.checks, group.footprints, strict=True):
                found += again.only(check, seen, nodes)
    work = Work(again.queries, len(plan.compiled.checks), again.nodes, _by_rule(whole))
    return Update(gone.keys(), found, work, plan, memory, changed)


class _Again(NodeChecks):
    """Runs checks again, and counts."""

    def __init__(
        self,
        oxigraph: pyoxigraph.Store,
        shapes: Shapes,
        sight: Sight,
        stands: Callable[[Result], bool],
    ) -> None:
        super().__init__(oxigraph, shapes, sight)
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
        rows = self._new(seen, affected.rows, again) if affected.rows else ()
        focus = again.get("this", set())
        for variable, nodes in again.items():
            for result in self.at(check, seen, variable, nodes):
                is_new = not affected.rows or not self._stands(result)
                if is_new and (
                    variable == "this"
                    or oxigraph_as_stored(to_oxigraph(result.focus_node)) not in focus
                ):
                    yield result
        for result in self.results(check, rows) if rows else ():
            if not self._stands(result):
                yield result

    def _new(
        self, seen: Footprint, rows: list[tuple[int, str, Row]], again: dict[str, set[OxigraphTerm]]
    ) -> list[Row]:
        """The solutions in which variables hold what they do in some rows, but for those at nodes
        that are checked again; where that cannot be told, the node is to be checked *again*."""
        found: list[Row] = []
        asked: dict[tuple[str, ...], set[tuple[OxigraphTerm, ...]]] = {}
        # What holds of fewer variables includes what holds of more.
        for _, variable, row in sorted(rows, key=_SIZE) if len(rows) > 1 else rows:
            if again and row[variable] in again.get(variable, ()):
                continue
            own, values = tuple(row), tuple(row.values())
            same = asked.get(own)
            if same is None:
                same = asked[own] = set()
            elif values in same:
                continue
            if len(asked) > 1 and any(
                row.keys() >= set(names) and tuple(row[name] for name in names) in held
                for names, held in asked.items()
                if names != own
            ):
                continue
            same.add(values)
            self.nodes += 1
            try:
                found += seen.matcher.rows(self._sight, row)
            except InDoubt:
                again.setdefault(variable, set()).add(row[variable])
        if again and found:
            return [
                solution
                for solution in found
                if not any(solution.get(variable) in nodes for variable, nodes in again.items())
            ]
        return found


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
    told: Collection[CheckGroup],
    whole: dict[CheckGroup, str],
) -> dict[CheckGroup, _Found]:
    """The nodes for which each check may find something else, once triples have come (1) or gone
    (-1); adds to *whole* where it is all. *told* are the checks that have results."""
    affected: dict[CheckGroup, _Found] = defaultdict(_Found)
    for triple, sign in triples:
        ends = triple.subject, triple.object, triple.predicate
        for way in _ways(plan, ends, sign):
            if way.limits and any(ends[end] not in nodes for end, nodes in way.limits):
                continue
            if_told = [goal for goal in way.if_told if goal[0] in told] if way.if_told else []
            if not (way.rows or way.nodes or if_told):
                continue
            if way.place is not None:
                nodes = frozenset({ends[way.place]})
            else:
                sight.start()
                try:
                    nodes = way.walk.nodes(sight, triple)
                except TooMany:
                    reason = f"More than {around.MOST_NODES:,} nodes lie around the change."
                    groups = [row.group for row in way.rows]
                    groups += [group for group, _ in (*way.nodes, *if_told)]
                    whole |= {group: reason for group in groups if group not in whole}
                    continue
            if nodes:
                _mark_rows(way.rows, ends, affected, whole)
                _mark(way.nodes, nodes, True, affected, whole)
                _mark(if_told, nodes, False, affected, whole)
    return affected


def _ways(plan: Plan, ends: _Ends, sign: int) -> Iterator[Way]:
    for predicate in (ends[2], None):
        for value in (ends[1], None):
            yield from plan.ways.get((predicate, value, sign), ())


def _mark_rows(
    rows: Iterable[NewRow],
    ends: _Ends,
    affected: dict[CheckGroup, _Found],
    whole: Mapping[CheckGroup, str],
) -> None:
    """Note down what variables hold in what may be found on account of a statement."""
    for new in rows:
        if new.group in whole or (new.alike and any(ends[a] != ends[b] for a, b in new.alike)):
            continue
        row = {name: ends[place] for name, place in new.places}
        affected[new.group].rows.append((len(row), new.variable, row))


def _mark(
    goals: Iterable[Goal],
    nodes: Nodes,
    is_again: bool,
    affected: dict[CheckGroup, _Found],
    whole: dict[CheckGroup, str],
) -> None:
    """Note down where a walk has led to, and whether that is to be checked again even if there are
    no results."""
    for group, variable in goals:
        if group in whole:
            continue
        if variable is None:
            whole[group] = "No path leads from what changed to what is checked."
            continue
        marked = affected[group].nodes[variable]
        for node in nodes:
            marked[node] = is_again or marked.get(node, False)
        if len(marked) > around.MOST_NODES:
            whole[group] = f"More than {around.MOST_NODES:,} nodes may be affected."


def _gone(
    plan: Plan,
    whole: Mapping[CheckGroup, str],
    affected: Mapping[CheckGroup, _Found],
    standing: Register,
) -> dict[Result, None]:
    """The results that may not stay as they are; their nodes are to be checked again."""
    gone: dict[Result, None] = {}
    for key in standing.checks:
        group = plan.groups.get(key)
        if group is None or group in whole:
            gone.update(dict.fromkeys(standing.of(key)))
        elif (found := affected.get(group)) is not None:
            for variable, nodes in found.nodes.items():
                for node in nodes:
                    if results := standing.at(key, variable, node):
                        nodes[node] = True
                        gone.update(dict.fromkeys(results))
    return gone


def _differing(plan: Plan, before: Plan) -> dict[CheckGroup, str]:
    """The checks whose query depends on how the class hierarchy was changed."""
    known = {
        (key, check.text, check.targets)
        for key, group in before.groups.items()
        for check in group.checks
    }
    return {
        group: "The classes that it is about have changed."
        for key, group in plan.groups.items()
        if any((key, check.text, check.targets) not in known for check in group.checks)
    }


def _pairs(triples: Iterable[pyoxigraph.Triple]) -> Hierarchy:
    return frozenset((t.subject, t.object) for t in triples if t.predicate == SUB_CLASS_OF)


def _by_rule(whole: Mapping[CheckGroup, str]) -> dict[str, str]:
    return dict(sorted((group.key[0], reason) for group, reason in whole.items()))
