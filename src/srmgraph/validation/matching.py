"""What a query finds at one node, told without the engine wherever that can be told for certain.

To read and plan a query takes an engine longer than it takes to look at the few statements around a
node. So patterns and conditions are followed one by one, from the node on. What is not understood
may hold or not; where it matters, the node is left to the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pyoxigraph

from srmgraph.validation import paths
from srmgraph.validation.scopes import (
    Among,
    Atom,
    Begins,
    Both,
    Condition,
    Either,
    Exists,
    Kind,
    Not,
    Same,
    Scope,
    Term,
)
from srmgraph.validation.sight import Follower, Node, Nodes, Sight, TooMany, follower

Row: TypeAlias = Mapping[str, Node]
"""What variables hold."""

_Test: TypeAlias = Callable[[Sight, Row], bool | None]
"""Whether a condition holds; None if that is not known."""

_MOST_TOUCHED = 100
"""After so many statements the engine is faster."""

_CLASSES = {
    "ISIRI": pyoxigraph.NamedNode,
    "ISBLANK": pyoxigraph.BlankNode,
    "ISLITERAL": pyoxigraph.Literal,
}


class InDoubt(Exception):
    """Only the engine can tell."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Looks for the solutions of a query.

    `is_exact` says that nothing but `scope` decides about them. Otherwise only that there is none
    can be told.
    """

    scope: Scope
    is_exact: bool
    _groups: dict[frozenset[str], _Group] = field(default_factory=dict, compare=False, repr=False)

    def rows(self, sight: Sight, known: Row) -> list[Row]:
        """The solutions in which some variables hold what is *known*; raises InDoubt."""
        names = frozenset(known)
        group = self._groups.get(names)
        if group is None:
            group = self._groups[names] = _group(self.scope, names)
        sight.start(_MOST_TOUCHED)
        found: list[Row] = []
        try:
            if self.is_exact:
                group.find(sight, known, found)
            elif group.exist(sight, known) is not False:
                raise InDoubt
        except TooMany:
            raise InDoubt from None
        return found


@dataclass(frozen=True, slots=True)
class _Group:
    """A scope, made ready for what is known where it begins.

    `limits` are the values that known variables may have, `fixed` the values of further ones.
    """

    limits: tuple[tuple[str, Nodes], ...]
    fixed: Mapping[str, Node]
    steps: tuple[_Stage, ...]
    """What is to be done one after the other: tests, and then a step; after the last there is
    none."""
    is_whole: bool

    def find(self, sight: Sight, row: Row, found: list[Row]) -> None:
        """Add the solutions; raises InDoubt where something may be one or not."""
        if self._may_begin(row):
            row = {**row, **self.fixed} if self.fixed else row
            self._find(0, sight, row, self.is_whole, found)

    def exist(self, sight: Sight, row: Row) -> bool | None:
        """Whether there is a solution; None if that is not known."""
        if not self._may_begin(row):
            return False
        row = {**row, **self.fixed} if self.fixed else row
        return self._exist(0, sight, row, self.is_whole)

    def _may_begin(self, row: Row) -> bool:
        for name, values in self.limits:  # noqa: SIM110 — it is asked very often
            if row[name] not in values:
                return False
        return True

    def _find(
        self, number: int, sight: Sight, row: Row, is_certain: bool, found: list[Row]
    ) -> None:
        tests, step = self.steps[number]
        for test in tests:
            holds = test(sight, row)
            if holds is False:
                return
            is_certain = is_certain and holds is True
        if step is not None:
            for more in step.rows(sight, row):
                self._find(number + 1, sight, more, is_certain, found)
        elif is_certain:
            found.append(row)
        else:
            raise InDoubt

    def _exist(self, number: int, sight: Sight, row: Row, is_certain: bool) -> bool | None:
        tests, step = self.steps[number]
        for test in tests:
            holds = test(sight, row)
            if holds is False:
                return False
            is_certain = is_certain and holds is True
        if step is None:
            return is_certain or None
        if self.steps[number + 1] is _END:
            return step.leads(sight, row) and (is_certain or None)
        answer: bool | None = False
        for more in step.rows(sight, row):
            exists = self._exist(number + 1, sight, more, is_certain)
            if exists:
                return True
            answer = answer if exists is False else None
        return answer


@dataclass(frozen=True, slots=True)
class _Step:
    """A pattern with a path, from an end that is known to the other.

    `node` is the known end; if it is None, the variable `leave` holds it. So it is with the other
    end, `end` and `arrive`; what `arrive` holds need not be known yet. `follow` is the same for all
    steps over that path, which is followed once from each node.
    """

    follow: Follower
    backwards: bool
    node: Node | None
    leave: str
    end: Node | None
    arrive: str
    domain: Nodes | None
    predicate: pyoxigraph.NamedNode | None
    """The property, where the path is one."""

    def rows(self, sight: Sight, row: Row) -> list[Row]:
        found = self._reached(sight, row)
        if not found:
            return []
        end = row.get(self.arrive) if self.end is None else self.end
        if end is not None:
            return [row] if end in found else []
        if self.domain is not None:
            found &= self.domain
        return [{**row, self.arrive: other} for other in found]

    def leads(self, sight: Sight, row: Row) -> bool:
        """Whether there are any rows."""
        found = self._reached(sight, row)
        end = row.get(self.arrive) if self.end is None else self.end
        if end is not None:
            return end in found
        return bool(found) and (self.domain is None or not found.isdisjoint(self.domain))

    def _reached(self, sight: Sight, row: Row) -> Nodes:
        node = row[self.leave] if self.node is None else self.node
        if self.predicate is not None:
            return sight.ends(node, self.predicate, self.backwards)
        key = (self.follow, node)
        found = sight.reached.get(key)
        if found is None:
            found = sight.reached[key] = self.follow(sight, frozenset({node}))
        return found


@dataclass(frozen=True, slots=True)
class _Statement:
    """A pattern with a variable for the property, one end of which is known."""

    places: tuple[Term, Term, Term]
    domains: Mapping[str, Nodes]

    def rows(self, sight: Sight, row: Row) -> Iterator[Row]:
        given = [row.get(term) if isinstance(term, str) else term for term in self.places]
        seen: set[tuple[Node, ...]] = set()
        for triple in sight.statements(given[0], given[1], given[2]):
            terms = (triple.subject, triple.predicate, triple.object)
            # Several graphs may hold the same.
            if terms not in seen and (more := self._row(row, terms)) is not None:
                seen.add(terms)
                yield more

    def leads(self, sight: Sight, row: Row) -> bool:
        """Whether there are any rows."""
        return any(True for _ in self.rows(sight, row))

    def _row(self, row: Row, terms: tuple[Node, ...]) -> Row | None:
        more = dict(row)
        for place, term in zip(self.places, terms, strict=True):
            if isinstance(place, str):
                domain = self.domains.get(place)
                if more.setdefault(place, term) != term:
                    return None
                # Lists that have nothing in common let no term through.
                if domain is not None and term not in domain:
                    return None
        return more


_Stage: TypeAlias = tuple[tuple[_Test, ...], _Step | _Statement | None]

_END: _Stage = ((), None)


def _group(scope: Scope, known: frozenset[str], is_partial: bool = False) -> _Group:
    """Make a scope ready to be looked through, once the variables in *known* have values.

    It is partial where something around it was not understood, which may give a value to any
    variable that is not known.
    """
    asked = {each.variable for each in scope.conditions if isinstance(each, Among)}
    bound = {name for atom in scope.atoms for name in atom.variables()} | known
    listed = {name: values for name, values in scope.domains.items() if name not in bound | asked}
    fixed = {name: next(iter(values)) for name, values in listed.items() if len(values) == 1}
    is_whole = scope.is_whole and len(fixed) == len(listed)
    is_partial = is_partial or not is_whole
    bound |= fixed.keys()
    now = known | fixed.keys()
    tests = [
        each
        for each in scope.conditions
        if not (isinstance(each, Among) and each.variable in bound)
    ]
    steps: list[_Stage] = []
    waiting = list(scope.atoms)
    while waiting:
        atom = min(waiting, key=lambda atom: _rank(atom, now))
        rank = _rank(atom, now)
        if rank == _UNREACHED:
            is_whole = False
            break
        # To look for a group is worth it only before what may be much.
        ready = [
            each
            for each in tests
            if _mentioned(each) & bound <= now and (rank > 1 or not _looks(each))
        ]
        tests = [each for each in tests if each not in ready]
        waiting.remove(atom)
        first = tuple(_test(each, now, is_partial) for each in ready)
        steps.append((first, _step(atom, now, scope.domains)))
        now |= set(atom.variables())
    is_partial = is_partial or not is_whole
    last = tuple(_test(each, now, is_partial) for each in tests)
    steps.append((last, None) if last else _END)
    limits = tuple((name, values) for name, values in scope.domains.items() if name in known)
    return _Group(limits, fixed, tuple(steps), is_whole)


def _mentioned(condition: Condition) -> set[str]:
    """The variables of a condition."""
    match condition:
        case Exists(scope):
            return {
                name
                for inner in scope.all()
                for names in (
                    inner.domains,
                    *(atom.variables() for atom in inner.atoms),
                    *map(_mentioned, inner.conditions),
                )
                for name in names
            }
        case Not(inner):
            return _mentioned(inner)
        case Either(inners) | Both(inners):
            return set().union(*map(_mentioned, inners))
        case Same(left, right):
            return {term for term in (left, right) if isinstance(term, str)}
        case Among(name) | Kind(name) | Begins(name):
            return {name}


def _looks(condition: Condition) -> bool:
    """Whether a condition looks at the graph."""
    match condition:
        case Exists():
            return True
        case Not(inner):
            return _looks(inner)
        case Either(inners) | Both(inners):
            return any(map(_looks, inners))
    return False


_UNREACHED = 4


def _rank(atom: Atom, known: frozenset[str]) -> int:
    """Which pattern is to be looked at first: the one with the lowest number."""
    subject, value = (
        not isinstance(term, str) or term in known for term in (atom.subject, atom.object)
    )
    if subject:
        return 0 if value else 1
    if value:
        return 2 if isinstance(atom.object, str) else 3
    return _UNREACHED


def _step(atom: Atom, known: frozenset[str], domains: Mapping[str, Nodes]) -> _Step | _Statement:
    if atom.variable is not None:
        return _Statement((atom.subject, atom.variable, atom.object), domains)
    backwards = isinstance(atom.subject, str) and atom.subject not in known
    ends = (atom.object, atom.subject) if backwards else (atom.subject, atom.object)
    (node, leave), (end, arrive) = (
        (None, term) if isinstance(term, str) else (term, "") for term in ends
    )
    domain = domains.get(arrive)
    path, is_inverse = atom.path, False
    while isinstance(path, paths.Inverse):
        path, is_inverse = path.path, not is_inverse
    backwards = backwards is not is_inverse
    predicate = None
    if isinstance(path, paths.Predicate):
        predicate = pyoxigraph.NamedNode(path.iri)
    follow = follower(path, backwards)
    return _Step(follow, backwards, node, leave, end, arrive, domain, predicate)


def _test(condition: Condition, known: frozenset[str], is_partial: bool) -> _Test:
    match condition:
        case Exists(scope):
            exist = _group(scope, known, is_partial).exist
            if not is_partial or _mentioned(condition) <= known:
                return exist
            # What exists for some value need not exist for the one that a variable has.
            return lambda sight, row: False if exist(sight, row) is False else None
        case Not(inner):
            test = _test(inner, known, is_partial)
            return lambda sight, row: _opposite(test(sight, row))
        case Either(inners):
            tests = tuple(_test(inner, known, is_partial) for inner in inners)
            return lambda sight, row: _opposite(_all(_opposite(test(sight, row)) for test in tests))
        case Both(inners):
            tests = tuple(_test(inner, known, is_partial) for inner in inners)
            return lambda sight, row: _all(test(sight, row) for test in tests)
        case Among(name, values):
            return lambda _, row: row[name] in values if name in row else None
        case Same(left, right):
            return lambda _, row: _same(_value(left, row), _value(right, row))
        case Kind(name, function):
            kind = _CLASSES[function]
            return lambda _, row: isinstance(row[name], kind) if name in row else None
        case Begins(name, text):
            return lambda _, row: _begins(row.get(name), text)


def _opposite(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _all(answers: Iterator[bool | None]) -> bool | None:
    known: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        known = known and answer
    return known


def _value(term: Term, row: Row) -> Node | None:
    return row.get(term) if isinstance(term, str) else term


def _same(one: Node | None, other: Node | None) -> bool | None:
    if one is None or other is None:
        return None
    kinds = (pyoxigraph.NamedNode, pyoxigraph.BlankNode)
    # Two literals may be equal that are written in two ways.
    return one == other if isinstance(one, kinds) or isinstance(other, kinds) else None


def _begins(node: Node | None, text: str) -> bool | None:
    if isinstance(node, pyoxigraph.NamedNode | pyoxigraph.Literal):
        return node.value.startswith(text)
    return None
