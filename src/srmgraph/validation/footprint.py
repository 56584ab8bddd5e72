"""Which focus nodes of a query may get another answer, once some statements have changed.

Each triple pattern of a query is met with each changed statement. From where the two fit together,
the way to the focus node leads over the patterns around, walked in the graph as it was and as it
is. Whatever is found may be affected; whatever is not found cannot be.

The way runs only over patterns that hold wherever the first one matters, and conditions are passed
over: so too many nodes may be found, never too few.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import pyoxigraph

from srmgraph.validation import paths
from srmgraph.validation.matching import Matcher
from srmgraph.validation.paths import Path
from srmgraph.validation.patterns import Query, read
from srmgraph.validation.scopes import (
    AnyProperty,
    Atom,
    Both,
    Condition,
    Either,
    Exists,
    Not,
    Scope,
    Term,
)
from srmgraph.validation.sight import Follower, Node, Nodes, Sight, follower
from srmgraph.validation.tokens import NotUnderstood

_HERE = paths.Sequence(())
"""A path of no step."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """How a changed statement fits into a path: over which property, and how its two ends lead to
    those of the path.

    `start` and `end` say at which end of the statement the walk to the path's start or end begins
    (0 its subject, 1 its object), and by which path. Without `walks` both ends of the path are at
    one node, which is mentioned in the statement: a path of no step.
    """

    predicate: pyoxigraph.NamedNode | None
    start: tuple[int, Path] = (0, _HERE)
    end: tuple[int, Path] = (1, _HERE)
    walks: bool = True

    @property
    def is_direct(self) -> bool:
        """Whether the ends of the statement are those of the path."""
        return self.walks and self.start[1] is _HERE and self.end[1] is _HERE


def _entries(path: Path | AnyProperty) -> Iterator[_Entry]:
    match path:
        case paths.Predicate(iri):
            yield _Entry(pyoxigraph.NamedNode(iri))
        case AnyProperty(both_ways):
            yield _Entry(None)
            if both_ways:
                yield _Entry(None, (1, _HERE), (0, _HERE))
        case paths.Inverse(inner):
            for entry in _entries(inner):
                yield _Entry(entry.predicate, entry.end, entry.start)
        case paths.Sequence(inners):
            for number, inner in enumerate(inners):
                before = paths.Inverse(paths.Sequence(inners[:number]))
                yield from _between(inner, before, paths.Sequence(inners[number + 1 :]))
        case paths.Alternative(inners):
            for inner in inners:
                yield from _entries(inner)
        case paths.Repeated(inner, "?"):
            yield from _entries(inner)
        case paths.Repeated(inner, _):
            again = paths.Repeated(inner, "*")
            yield from _between(inner, paths.Inverse(again), again)


def _between(inner: Path, before: Path, after: Path) -> Iterator[_Entry]:
    """The entries of a path with more before it, as walked backwards, and more behind it."""
    for entry in _entries(inner):
        yield _Entry(
            entry.predicate,
            (entry.start[0], _joined(entry.start[1], before)),
            (entry.end[0], _joined(entry.end[1], after)),
        )


def _joined(first: Path, second: Path) -> Path:
    if second in (_HERE, paths.Inverse(_HERE)):
        return first
    return second if first is _HERE else paths.Sequence((first, second))


@dataclass(frozen=True, slots=True, eq=False)
class _Link:
    """One step of the way to the focus node: over a pattern, from one of its places to another.

    Places are 0 for the subject, 1 for the object, 2 for the property, to or from which there is no
    path to `follow`. `ends` are the subject and the object, where they are known beforehand;
    `domain` are the only nodes that may be reached.
    """

    follow: Follower | None
    ends: tuple[Node | None, Node | None]
    leave: int
    arrive: int
    domain: Nodes | None

    def walk(self, sight: Sight, nodes: Nodes) -> Nodes:
        found = sight.walked.get((self, nodes))
        if found is None:
            found = sight.walked[self, nodes] = self._walk(sight, nodes)
        return found

    def _walk(self, sight: Sight, nodes: Nodes) -> Nodes:
        if self.follow is not None:
            found = self.follow(sight, nodes)
        else:
            found = frozenset()
            for node in nodes:
                given: list[Node | None] = [*self.ends, None]
                given[self.leave] = node
                found |= {
                    (t.subject, t.object, t.predicate)[self.arrive]
                    for t in sight.triples(given[0], given[2], given[1])
                }
        return found if self.domain is None else found & self.domain


@lru_cache(maxsize=10_000)
def _link(
    path: Path | AnyProperty,
    ends: tuple[Node | None, Node | None],
    leave: int,
    arrive: int,
    domain: Nodes | None,
) -> _Link:
    # Many ways have links in common, and each is walked once.
    follow = None if 2 in (leave, arrive) else follower(path, leave == 1)
    return _Link(follow, ends, leave, arrive, domain)


@dataclass(frozen=True, slots=True)
class Walk:
    """The way from changed statements of one property to nodes that they bear on.

    It begins where a statement fits into a pattern, whose places may be limited to `domains`, and
    goes on from the place `first` over `links`.
    """

    entry: _Entry
    domains: tuple[Nodes | None, Nodes | None, Nodes | None]
    first: int
    links: tuple[_Link, ...]
    _begin: tuple[Follower | None, ...] = field(init=False, compare=False, repr=False)
    """How to come from the statement to the ends of the path, if they are not its own."""

    def __post_init__(self) -> None:
        """Make the paths ready to be followed."""
        sides = (self.entry.start, self.entry.end)
        begin = (None if path is _HERE else follower(path, backwards=False) for _, path in sides)
        object.__setattr__(self, "_begin", tuple(begin))

    @property
    def predicate(self) -> pyoxigraph.NamedNode | None:
        """The property of the statements that matter; None for any."""
        return self.entry.predicate

    @property
    def ends(self) -> tuple[int, int, int]:
        """What of a statement that fits is the subject, the object and the property of the pattern:
        0 its subject, 1 its object, 2 its property."""
        return self.entry.start[0], self.entry.end[0], 2

    @property
    def place(self) -> int | None:
        """What of a statement is the node to which the way leads, where there is no way to go."""
        is_here = not self.links and self.domains[2] is None and self.entry.is_direct
        return self.ends[self.first] if is_here else None

    @property
    def values(self) -> Nodes | None:
        """The objects of the statements that matter; None for any."""
        return self.limits.get(1)

    @property
    def limits(self) -> dict[int, Nodes]:
        """The subjects (0) and the objects (1) of the statements that matter, where not any do."""
        entry = self.entry
        limits: dict[int, Nodes] = {}
        if entry.walks:
            for (side, path), domain in zip((entry.start, entry.end), self.domains, strict=False):
                if path is _HERE and domain is not None:
                    limits[side] = domain & limits.get(side, domain)
        return limits

    def nodes(self, sight: Sight, triple: pyoxigraph.Triple) -> Nodes:
        """The nodes to which the way leads from a statement that fits; raises TooMany."""
        ends = (frozenset({triple.subject}), frozenset({triple.object}))
        entry = self.entry
        if entry.walks:
            places = [
                ends[side] if follow is None else follow(sight, ends[side])
                for (side, _), follow in zip((entry.start, entry.end), self._begin, strict=True)
            ]
        else:
            places = [ends[0] | ends[1]] * 2
        places.append(frozenset({triple.predicate}))
        for place, domain in enumerate(self.domains):
            if domain is not None:
                places[place] &= domain
        if not entry.walks:
            # Both ends are one node.
            places[0] = places[1] = places[0] & places[1]
        if not all(places):
            return frozenset()
        nodes = places[self.first]
        for link in self.links:
            if not nodes:
                break
            nodes = link.walk(sight, nodes)
        return nodes


Names: TypeAlias = tuple[str | None, ...]
"""Variables for the subject, the object and the property of a statement, or none."""


@dataclass(frozen=True, slots=True)
class Route:
    """A walk, and the variable to which it leads: `this`, a column of the query, or None where
    there is no way to any of them, so that anything may be affected.

    `sign` is 1 where a new statement can only add to what the query finds, -1 where it can only
    take away from it, and 0 where that is not known. For a statement that is gone it is the other
    way round. `row` names those variables of what is found that must hold the subject, the object
    and the property of the statement, for that to be new on account of it; `to` is among them.
    """

    walk: Walk
    to: str | None
    sign: int
    row: Names = ()


@dataclass(frozen=True, slots=True)
class Footprint:
    """What the answer to a query depends on.

    `routes` lead from statements to focus nodes. `matcher` tells of one node what the query finds
    there, where that can be told. `sieves` are queries that tell for some columns, by their names,
    which values can be found at all: `%s` stands for the values to be looked at. `is_daily` says
    that the answer may be another one tomorrow.
    """

    routes: tuple[Route, ...]
    matcher: Matcher
    sieves: Mapping[str, str]
    is_daily: bool


def of(sparql: str, targets: str | None = None, columns: tuple[str, ...] = ()) -> Footprint:
    """The footprint of a query about focus nodes, its variable `this`.

    *targets* is another query, for the focus nodes, where the first one does not find them itself.
    *columns* are variables to which routes may lead instead, where none leads to `this`.

    Raises NotUnderstood where anything at all may be affected.
    """
    query = read(sparql)
    if query.changes_by_itself:
        raise NotUnderstood("the clock or chance")
    scope, is_daily = query.scope, query.changes_daily
    if targets is not None:
        first = read(targets)
        first.scope.children.append(scope)
        scope.parent = first.scope
        scope = first.scope
        scope.conditions.append(Exists(query.scope))
    bound = {name for atom in scope.atoms for name in atom.variables()} - query.computed
    goals = ["this", *(name for name in columns if name in bound)]
    signed = _signed(scope, 1 if query.is_plain else 0)
    return Footprint(
        tuple(
            route
            for inner, sign in signed
            for atom in inner.atoms
            for route in _routes(inner, atom, goals, sign, bound)
        ),
        Matcher(scope, query.is_plain and targets is None),
        {name: sieve for name in goals[1:] if (sieve := _sieve(query, name))},
        is_daily,
    )


def _signed(scope: Scope, sign: int) -> Iterator[tuple[Scope, int]]:
    """A scope and all in it, with the sign of their patterns: see `Route`."""
    yield scope, sign
    asked = dict[int, int]()
    for condition in scope.conditions:
        _note(condition, sign, asked)
    for child in scope.children:
        yield from _signed(child, asked.get(id(child), 0))


def _note(condition: Condition, sign: int, asked: dict[int, int]) -> None:
    """Take note of the signs of the scopes that a condition asks for."""
    match condition:
        case Exists(scope):
            asked[id(scope)] = sign
        case Not(inner):
            _note(inner, -sign, asked)
        case Either(inners) | Both(inners):
            for inner in inners:
                _note(inner, sign, asked)


def _sieve(query: Query, name: str) -> str:
    """A query for the values of a column that meet all conditions on it alone; empty if there are
    none."""
    alone = [text for text, variables in query.conditions if variables == {name}]
    if not alone:
        return ""
    pattern = f"VALUES ?{name} {{ %s }} {' '.join(alone)}".replace("%", "%%").replace(
        "%%s", "%s", 1
    )
    return f"{query.prologue.replace('%', '%%')}SELECT ?{name} {{ {pattern} }}"


def _routes(
    scope: Scope, atom: Atom, goals: list[str], sign: int, bound: set[str]
) -> Iterator[Route]:
    visible = [other for around in scope.around() for other in around.atoms]
    domains: dict[str, Nodes] = {}
    for around in scope.around():
        for name, values in around.domains.items():
            domains[name] = values & domains.get(name, values)
    to, first, links = next(
        ((goal, *way) for goal in goals if (way := _way(atom, visible, domains, goal)) is not None),
        (None, 0, ()),
    )
    own = (
        _domain(atom.subject, domains),
        _domain(atom.object, domains),
        None if atom.variable is None else domains.get(atom.variable),
    )
    row: Names = ()
    if sign and to in bound and not links:
        terms = (atom.subject, atom.object, atom.variable)
        row = tuple(term if isinstance(term, str) and term in bound else None for term in terms)
    for entry in _entries(atom.path):
        yield Route(Walk(entry, own, first, links), to, sign, row if entry.is_direct else ())
    may_be_empty = not isinstance(atom.path, AnyProperty) and paths.may_be_empty(atom.path)
    if may_be_empty and not _is_anchored(atom, visible):
        # A path of no step depends on whether its node is in the graph at all.
        yield Route(Walk(_Entry(None, walks=False), own, first, links), to, sign)


def _domain(term: Term, domains: Mapping[str, Nodes]) -> Nodes | None:
    return domains.get(term) if isinstance(term, str) else frozenset({term})


def _constant(term: Term) -> Node | None:
    return None if isinstance(term, str) else term


def _is_anchored(atom: Atom, visible: list[Atom]) -> bool:
    """Whether another pattern makes sure that one end of the path is a node of the graph."""
    ends = {end for end in (atom.subject, atom.object) if isinstance(end, str)}
    return any(
        not ends.isdisjoint((other.subject, other.object))
        for other in visible
        if isinstance(other.path, AnyProperty) or not paths.may_be_empty(other.path)
    )


def _way(
    atom: Atom, visible: list[Atom], domains: dict[str, Nodes], goal: str
) -> tuple[int, tuple[_Link, ...]] | None:
    """The shortest way from a pattern to a variable: the place to begin with, and the steps."""
    waiting: deque[tuple[str, int, tuple[_Link, ...]]] = deque()
    seen: set[str] = set()
    for place, term in _places(atom):
        if term not in seen:
            seen.add(term)
            waiting.append((term, place, ()))
    while waiting:
        variable, first, links = waiting.popleft()
        if variable == goal:
            return first, links
        for other in visible:
            if other is atom:
                continue
            for leave, term in _places(other):
                if term != variable:
                    continue
                for arrive, target in _places(other):
                    if target not in seen:
                        seen.add(target)
                        ends = (_constant(other.subject), _constant(other.object))
                        link = _link(other.path, ends, leave, arrive, domains.get(target))
                        waiting.append((target, first, (*links, link)))
    return None


def _places(atom: Atom) -> Iterator[tuple[int, str]]:
    for place, term in enumerate((atom.subject, atom.object, atom.variable)):
        if isinstance(term, str):
            yield place, term
