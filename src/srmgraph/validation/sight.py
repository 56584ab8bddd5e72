"""What lies around a node in a store, looked up statement by statement, along paths."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from typing import TypeAlias

import pyoxigraph

from srmgraph.validation import paths
from srmgraph.validation.paths import Path
from srmgraph.validation.scopes import AnyProperty

Node: TypeAlias = (
    pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple
)
Nodes: TypeAlias = frozenset[Node]

_Statement: TypeAlias = pyoxigraph.Quad | pyoxigraph.Triple

_Pattern: TypeAlias = tuple[Node | None, Node | None, Node | None]
"""Subject, property and object, where they are known."""

MOST_NODES = 2_000
"""How many nodes a walk may touch before it costs more than it saves."""

_OFTEN = 4
"""After so many single looks at a thing it is worth it to look up all at once."""

_MOST_AROUND = 20
"""How many statements that may be, but for those that are new."""

_NOTHING: Nodes = frozenset()


MOST_KEPT = 50_000
"""How many terms are kept in mind from one change to the next."""


class TooMany(Exception):
    """A walk touches too many nodes."""


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """All statements of a thing, or all that lead to it, and their other ends by property."""

    statements: tuple[_Statement, ...]
    ends: Mapping[Node | None, Nodes]


class Memory:
    """What was seen of a store: right for as long as what changes in it is forgotten."""

    def __init__(self) -> None:
        self.statements: dict[_Pattern, list[_Statement]] = {}
        self.steps: dict[tuple[Node, Node | None, bool], Nodes] = {}
        self.surroundings: dict[tuple[Node, bool], _Surroundings] = {}
        self._terms = 0

    def take(self, terms: int) -> None:
        """Take note that so many more terms are kept."""
        self._terms += terms + 1

    def forget(self, changed: Iterable[pyoxigraph.Triple]) -> None:
        """Forget whatever some statements bear on; and all, once that is much."""
        if self._terms > MOST_KEPT:
            for kept in (self.statements, self.steps, self.surroundings):
                kept.clear()
            self._terms = 0
            return
        for subject, predicate, value in changed:
            for node, backwards in ((subject, False), (value, True)):
                self.surroundings.pop((node, backwards), None)
                for name in (predicate, None):
                    self.steps.pop((node, name, backwards), None)
            for pattern in product((subject, None), (predicate, None), (value, None)):
                self.statements.pop(pattern, None)


class Sight:
    """All statements that a store holds, and what is known of them from earlier.

    Of what is *added* or *removed*, all is looked up at once, if there is not much of it: it may be
    new, or all gone, and then very many rules ask for what is not there. So it is with a thing that
    is asked for again and again.
    """

    def __init__(
        self,
        oxigraph: pyoxigraph.Store,
        added: Iterable[pyoxigraph.Triple] = (),
        removed: Iterable[pyoxigraph.Triple] = (),
        memory: Memory | None = None,
    ) -> None:
        self._oxigraph = oxigraph
        self._memory = Memory() if memory is None else memory
        added = tuple(added)
        self._added = frozenset((t.subject, t.predicate, t.object) for t in added)
        self._changed = frozenset(end for t in (*added, *removed) for end in (t.subject, t.object))
        self._left = MOST_NODES
        self.walked: dict[tuple[object, Nodes], Nodes] = {}
        """Where links of ways have led to, for those who walk them again."""
        self.reached: dict[tuple[Follower, Node], Nodes] = {}
        """Where followers of paths have led to from a node."""
        self._statements = self._memory.statements
        self._steps = self._memory.steps
        self._surroundings = self._memory.surroundings
        self._asked: Counter[tuple[Node, bool]] = Counter()

    def start(self, most: int | None = None) -> None:
        """Begin a new walk, with the full number of nodes to touch, or so many at *most*."""
        self._left = MOST_NODES if most is None else most

    def triples(
        self, subject: Node | None, predicate: Node | None, value: Node | None
    ) -> Iterator[_Statement]:
        """The statements of a pattern; raises TooMany when the walk has touched enough."""
        is_property = predicate is None or isinstance(predicate, pyoxigraph.NamedNode)
        if is_property and not isinstance(subject, pyoxigraph.Literal):
            for statement in self._held(subject, predicate, value):
                self._touch()
                yield statement

    def _held(
        self, subject: Node | None, predicate: Node | None, value: Node | None
    ) -> Iterable[_Statement]:
        for node, backwards in ((subject, False), (value, True)):
            if node is not None and (around := self._around(node, backwards)) is not None:
                return _fitting(around.statements, subject, predicate, value)
        return self._oxigraph.quads_for_pattern(subject, predicate, value, None)  # type: ignore[arg-type]

    def _around(self, node: Node, backwards: bool) -> _Surroundings | None:
        """All statements of a thing, or all that lead to it, once it is worth it."""
        key = (node, backwards)
        if (found := self._surroundings.get(key)) is not None:
            return found
        self._asked[key] += 1
        if self._asked[key] == (1 if node in self._changed else _OFTEN):
            found = self._looked_around(node, backwards)
            if found is not None:
                self._surroundings[key] = found
                self._memory.take(2 * len(found.statements))
        return found

    def _looked_around(self, node: Node, backwards: bool) -> _Surroundings | None:
        """The same, if no more than so many statements are old ones."""
        if isinstance(node, pyoxigraph.Literal) and not backwards:
            return _Surroundings((), {})
        statements: list[_Statement] = []
        by: dict[Node | None, set[Node]] = {None: set()}
        most = _MOST_AROUND
        ends = (None, node) if backwards else (node, None)
        for quad in self._oxigraph.quads_for_pattern(ends[0], None, ends[1], None):  # type: ignore[arg-type]
            subject, predicate, value, _ = quad
            end = subject if backwards else value
            found = by.setdefault(predicate, set())
            # Several graphs may hold the same.
            if end not in found:
                if (subject, predicate, value) not in self._added:
                    most -= 1
                    if most < 0:
                        return None
                found.add(end)
                by[None].add(end)
                statements.append(quad)
        return _Surroundings(
            tuple(statements), {name: frozenset(found) for name, found in by.items()}
        )

    def statements(
        self, subject: Node | None, predicate: Node | None, value: Node | None
    ) -> Iterator[_Statement]:
        """The same, for those who may ask for them again."""
        key = (subject, predicate, value)
        known = self._statements.get(key)
        if known is not None:
            self._touch(len(known))
            yield from known
            return
        found: list[_Statement] = []
        for quad in self.triples(*key):
            found.append(quad)
            yield quad
        self._statements[key] = found
        self._memory.take(len(found))

    def reach(self, nodes: Nodes, path: Path | AnyProperty, backwards: bool = False) -> Nodes:
        """The nodes to which a path leads from any of *nodes*, or from which it leads there."""
        return follower(path, backwards)(self, nodes)

    def _step(self, nodes: Nodes, predicate: Node | None, backwards: bool) -> Nodes:
        if len(nodes) == 1:
            (node,) = nodes
            return self._from(node, predicate, backwards)
        return _NOTHING.union(*[self._from(node, predicate, backwards) for node in nodes])

    def _from(self, node: Node, predicate: Node | None, backwards: bool) -> Nodes:
        key = (node, predicate, backwards)
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = self._ends(node, predicate, backwards)
            self._memory.take(len(found))
        else:
            self._touch(len(found))
        return found

    def ends(self, node: Node, predicate: Node | None, backwards: bool) -> Nodes:
        """The other ends of a node's statements of one property, or of those that lead to it; to
        ask for them again counts for nothing."""
        key = (node, predicate, backwards)
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = self._ends(node, predicate, backwards)
            self._memory.take(len(found))
        return found

    def _ends(self, node: Node, predicate: Node | None, backwards: bool) -> Nodes:
        around = self._around(node, backwards)
        if around is not None:
            found = around.ends.get(predicate, _NOTHING)
            self._touch(len(found))
            return found
        if backwards:
            return frozenset(t.subject for t in self.triples(None, predicate, node))
        return frozenset(t.object for t in self.triples(node, predicate, None))

    def _touch(self, times: int = 1) -> None:
        self._left -= times
        if self._left < 0:
            raise TooMany


Follower: TypeAlias = Callable[[Sight, Nodes], Nodes]
"""Tells to which nodes a path leads from any of some nodes, or from which it leads there."""


@lru_cache(maxsize=10_000)
def follower(path: Path | AnyProperty, backwards: bool) -> Follower:
    """The follower of a path: always the same one, made ready, as paths are followed very often."""
    match path:
        case paths.Predicate(iri):
            predicate = pyoxigraph.NamedNode(iri)
            return lambda sight, nodes: sight._step(nodes, predicate, backwards)
        case AnyProperty(both_ways):
            ways = (backwards, not backwards) if both_ways else (backwards,)
            return _all_of([partial(_step_anywhere, way) for way in ways])
        case paths.Inverse(inner):
            return follower(inner, not backwards)
        case paths.Sequence(inners):
            steps = [follower(inner, backwards) for inner in inners]
            return _one_by_one(steps[::-1] if backwards else steps)
        case paths.Alternative(inners):
            return _all_of([follower(inner, backwards) for inner in inners])
        case paths.Repeated(inner, "?"):
            once = follower(inner, backwards)
            return lambda sight, nodes: nodes | once(sight, nodes)
        case paths.Repeated(inner, times):
            return partial(_again_and_again, follower(inner, backwards), times == "*")


def _step_anywhere(backwards: bool, sight: Sight, nodes: Nodes) -> Nodes:
    return sight._step(nodes, None, backwards)


def _all_of(followers: Sequence[Follower]) -> Follower:
    return lambda sight, nodes: _NOTHING.union(*[follow(sight, nodes) for follow in followers])


def _one_by_one(followers: Sequence[Follower]) -> Follower:
    def follow_all(sight: Sight, nodes: Nodes) -> Nodes:
        for follow in followers:
            nodes = follow(sight, nodes)
        return nodes

    return follow_all


def _again_and_again(once: Follower, is_here: bool, sight: Sight, nodes: Nodes) -> Nodes:
    found = nodes if is_here else _NOTHING
    while nodes := once(sight, nodes) - found:
        found |= nodes
    return found


class LongSight(Sight):
    """All statements that a store holds, and those that were removed from it."""

    def __init__(self, sight: Sight, removed: Iterable[pyoxigraph.Triple]) -> None:
        super().__init__(sight._oxigraph)
        self._sight = sight
        self._removed = tuple(removed)
        self._gone: dict[tuple[Node, bool], list[pyoxigraph.Triple]] = defaultdict(list)
        for triple in self._removed:
            self._gone[triple.subject, False].append(triple)
            self._gone[triple.object, True].append(triple)

    def _held(
        self, subject: Node | None, predicate: Node | None, value: Node | None
    ) -> Iterable[_Statement]:
        gone: Iterable[pyoxigraph.Triple]
        if subject is not None:
            gone = self._gone.get((subject, False), ())
        elif value is not None:
            gone = self._gone.get((value, True), ())
        else:
            gone = self._removed
        yield from _fitting(gone, subject, predicate, value)
        yield from self._sight._held(subject, predicate, value)

    def _ends(self, node: Node, predicate: Node | None, backwards: bool) -> Nodes:
        # What it finds is of use to the other sight as well.
        self._sight.start(self._left)
        found = self._sight.ends(node, predicate, backwards)
        gone = self._gone.get((node, backwards))
        if gone is not None:
            found |= {
                t.subject if backwards else t.object
                for t in gone
                if predicate is None or t.predicate == predicate
            }
        self._touch(len(found))
        return found


def _fitting(
    statements: Iterable[_Statement],
    subject: Node | None,
    predicate: Node | None,
    value: Node | None,
) -> Iterator[_Statement]:
    for one in statements:
        if (
            (subject is None or one.subject == subject)
            and (predicate is None or one.predicate == predicate)
            and (value is None or one.object == value)
        ):
            yield one
