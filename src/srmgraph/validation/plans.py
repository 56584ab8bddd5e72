"""Which checks a changed statement bears on, and by which ways, made ready once for all changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import pyoxigraph

from srmgraph.terms import OxigraphTerm
from srmgraph.validation import engine, footprint
from srmgraph.validation.compiler import Check, Compiled, compile
from srmgraph.validation.engine import Hierarchy
from srmgraph.validation.footprint import Footprint, Names, Walk
from srmgraph.validation.register import Key
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.sight import Nodes
from srmgraph.validation.targets import Classes
from srmgraph.validation.tokens import NotUnderstood

_COLUMNS = ("value", "path")
"""What results can be told apart by, where a rule looks at the whole graph at once."""


@dataclass(frozen=True, slots=True, eq=False)
class CheckGroup:
    """Checks whose results say that the same check found them, mostly one; and what each of them
    depends on, as far as that is known for all of them."""

    key: Key
    checks: tuple[Check, ...]
    footprints: tuple[Footprint, ...] = ()


Goal: TypeAlias = tuple[CheckGroup, str | None]
"""Checks, and the variable of the nodes at which they may find something else; None for all."""

_SignedGoal: TypeAlias = tuple[CheckGroup, str | None, int, Names]
"""The same with the sign and the row of a `footprint.Route`."""

Place: TypeAlias = tuple[pyoxigraph.NamedNode | None, OxigraphTerm | None, int]
"""The property and the object of statements, None for any, and 1 for those that come, -1 for those
that go."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """Checks that may find something new on account of a statement, the variable of the node, and
    the variables that then hold an end of the statement: 0 its subject, 1 its object, 2 its
    property. `alike` are ends that have to be the same, as one variable stands for them."""

    group: CheckGroup
    variable: str
    places: tuple[tuple[str, int], ...]
    alike: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A walk from statements that come, or from such as go, and the goals to which it leads.

    `limits` are ends of the statement, with the nodes that they may be. `place` is the end that is
    the node at once, if there is no way to go. At the nodes, what is in `nodes` is to be checked
    again, and of what is in `if_told` that which has results there.
    """

    walk: Walk
    limits: tuple[tuple[int, Nodes], ...]
    place: int | None
    rows: tuple[NewRow, ...]
    nodes: tuple[Goal, ...]
    if_told: tuple[Goal, ...]

    @classmethod
    def of(cls, walk: Walk, goals: Iterable[_SignedGoal], sign: int) -> Way:
        """The way from statements that come (1) or go (-1)."""
        rows: list[NewRow] = []
        nodes: list[Goal] = []
        if_told: list[Goal] = []
        for group, variable, its_sign, names in goals:
            if its_sign * sign < 0:
                # Where results can only go, there have to be some.
                if_told.append((group, variable))
            elif its_sign and names and variable is not None:
                rows.append(_new_row(group, variable, names, walk.ends))
            else:
                nodes.append((group, variable))
        # By its object, a way is looked up.
        limits = tuple((end, nodes) for end, nodes in walk.limits.items() if end != 1)
        return cls(walk, limits, walk.place, tuple(rows), tuple(nodes), tuple(if_told))


def _new_row(group: CheckGroup, variable: str, names: Names, ends: tuple[int, ...]) -> NewRow:
    places: dict[str, int] = {}
    alike: list[tuple[int, int]] = []
    for name, end in zip(names, ends, strict=True):
        if name is not None and places.setdefault(name, end) != end:
            alike.append((places[name], end))
    return NewRow(group, variable, tuple(places.items()), tuple(alike))


@dataclass(frozen=True, slots=True)
class Plan:
    """The queries for a shapes graph and a class hierarchy, and what each of them depends on."""

    compiled: Compiled
    groups: Mapping[Key, CheckGroup]
    ways: Mapping[Place, tuple[Way, ...]]
    """Where a statement leads to. Checks have many ways in common."""
    always: Mapping[CheckGroup, str]
    """The checks that any change may bear on, with the reason."""

    def daily(self) -> dict[CheckGroup, str]:
        """The checks that may find something else tomorrow, with the reason."""
        return {
            group: "It depends on the day, which is another one now."
            for group in self.groups.values()
            if any(each.is_daily for each in group.footprints)
        }


class Planner:
    """Makes plans for one shapes graph, and keeps the last ones."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self.plan: Callable[[Hierarchy], Plan] = lru_cache(maxsize=4)(self._plan)

    def _plan(self, hierarchy: Hierarchy) -> Plan:
        compiled = compile(self._shapes, Classes(engine.hierarchy_graph(hierarchy)))
        checks_by_key: dict[Key, list[Check]] = defaultdict(list)
        for check in compiled.checks:
            checks_by_key[_key(self._shapes, check)].append(check)
        groups: dict[Key, CheckGroup] = {}
        always: dict[CheckGroup, str] = {}
        goals: dict[Walk, list[_SignedGoal]] = defaultdict(list)
        for key, checks in checks_by_key.items():
            try:
                footprints = tuple(map(footprint_of, checks))
            except NotUnderstood as reason:
                group = groups[key] = CheckGroup(key, tuple(checks))
                always[group] = f"It depends on what is not known beforehand: {reason}."
                continue
            group = groups[key] = CheckGroup(key, tuple(checks), footprints)
            # Results that checks have in common are told apart by the focus node alone.
            alone = len(checks) == 1
            for route in (route for each in footprints for route in each.routes):
                to = route.to if alone or route.to == "this" else None
                row = route.row if alone and _tells_all(checks[0]) else ()
                goals[route.walk].append((group, to, route.sign, row))
        ways: dict[Place, list[Way]] = defaultdict(list)
        for walk, reached in goals.items():
            for sign in (1, -1):
                way = Way.of(walk, dict.fromkeys(reached), sign)
                for value in (None,) if walk.values is None else walk.values:
                    ways[walk.predicate, value, sign].append(way)
        return Plan(compiled, groups, {place: tuple(some) for place, some in ways.items()}, always)


def footprint_of(check: Check) -> Footprint:
    """What a check depends on; raises NotUnderstood."""
    if check.targets is not None:
        return footprint.of(check.sparql, check.targets)
    columns = tuple(name for name in _COLUMNS if name in check.columns)
    return footprint.of(check.sparql, columns=columns)


def _tells_all(check: Check) -> bool:
    """Whether two solutions of a check never mean the same result."""
    return set(check.columns) <= {"this", "value", "path"} and not check.written


def _key(shapes: Shapes, check: Check) -> Key:
    return shapes.name(check.rule), check.shape, check.component, check.constraint
