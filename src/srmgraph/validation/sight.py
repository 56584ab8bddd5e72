"""What lies around a node in a store, looked up statement by statement, along paths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeAlias

import pyoxigraph
from rdflib import URIRef

from srmgraph.validation import paths
from srmgraph.validation.paths import Path
from srmgraph.validation.scopes import AnyProperty

Node: TypeAlias = (
    pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple
)
Nodes: TypeAlias = frozenset[Node]

_Statement: TypeAlias = pyoxigraph.Quad | pyoxigraph.Triple

MOST_NODES = 2_000
"""How many nodes a walk may touch before it costs more than it saves."""


class TooMany(Exception):
    """A walk touches too many nodes."""


class Sight:
    """All statements that a store holds.

    Of a thing of which nothing is held but what was *added*, all is looked up at once: it may be
    new, or all gone, and then very many rules ask for what is not there.
    """

    def __init__(
        self,
        oxigraph: pyoxigraph.Store,
        added: Iterable[pyoxigraph.Triple] = (),
        removed: Iterable[pyoxigraph.Triple] = (),
    ) -> None:
        self._oxigraph = oxigraph
        self._added = frozenset(added)
        self._changed = frozenset(
            end for t in (*self._added, *removed) for end in (t.subject, t.object)
        )
        self._left = MOST_NODES
        self.walked: dict[tuple[object, Nodes], Nodes] = {}
        """Where links of ways have led to, for those who walk them again."""
        self.reached: dict[tuple[object, Node, bool], Nodes] = {}
        """Where paths, by their names, lead to from a node, or backwards."""
        self._statements: dict[tuple[Node | None, ...], list[_Statement]] = {}
        self._steps: dict[tuple[Node, Node | None, bool], Nodes] = {}
        self._new: dict[tuple[Node, bool], tuple[pyoxigraph.Triple, ...] | None] = {}

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
            if node in self._changed and (new := self._if_new(node, backwards)) is not None:
                return _fitting(new, subject, predicate, value)
        return self._oxigraph.quads_for_pattern(subject, predicate, value, None)  # type: ignore[arg-type]

    def _if_new(self, node: Node, backwards: bool) -> tuple[pyoxigraph.Triple, ...] | None:
        """All statements of a thing, or those that lead to it, if none of them is an old one."""
        key = (node, backwards)
        if key not in self._new:
            found: dict[pyoxigraph.Triple, None] = {}
            ends = (None, node) if backwards else (node, None)
            for quad in self._oxigraph.quads_for_pattern(ends[0], None, ends[1], None):  # type: ignore[arg-type]
                if quad.triple not in self._added:
                    self._new[key] = None
                    break
                found[quad.triple] = None
            else:
                self._new[key] = tuple(found)
        return self._new[key]

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

    def reach(self, nodes: Nodes, path: Path | AnyProperty, backwards: bool = False) -> Nodes:
        """The nodes to which a path leads from any of *nodes*, or from which it leads there."""
        match path:
            case paths.Predicate(iri):
                return self._step(nodes, _named(iri), backwards)
            case AnyProperty(both_ways):
                found = self._step(nodes, None, backwards)
                return found | self._step(nodes, None, not backwards) if both_ways else found
            case paths.Inverse(inner):
                return self.reach(nodes, inner, not backwards)
            case paths.Sequence(inners):
                for inner in reversed(inners) if backwards else inners:
                    nodes = self.reach(nodes, inner, backwards)
                return nodes
            case paths.Alternative(inners):
                return frozenset[Node]().union(
                    *(self.reach(nodes, inner, backwards) for inner in inners)
                )
            case paths.Repeated(inner, "?"):
                return nodes | self.reach(nodes, inner, backwards)
            case paths.Repeated(inner, times):
                found = nodes if times == "*" else frozenset()
                while nodes := self.reach(nodes, inner, backwards) - found:
                    found |= nodes
                return found

    def _step(self, nodes: Nodes, predicate: Node | None, backwards: bool) -> Nodes:
        if len(nodes) == 1:
            (node,) = nodes
            return self._from(node, predicate, backwards)
        return frozenset[Node]().union(*(self._from(n, predicate, backwards) for n in nodes))

    def _from(self, node: Node, predicate: Node | None, backwards: bool) -> Nodes:
        key = (node, predicate, backwards)
        found = self._steps.get(key)
        if found is None:
            if backwards:
                found = frozenset(t.subject for t in self.triples(None, predicate, node))
            else:
                found = frozenset(t.object for t in self.triples(node, predicate, None))
            self._steps[key] = found
        else:
            self._touch(len(found))
        return found

    def _touch(self, times: int = 1) -> None:
        self._left -= times
        if self._left < 0:
            raise TooMany


@cache
def _named(iri: URIRef) -> pyoxigraph.NamedNode:
    # There are as many as rules name.
    return pyoxigraph.NamedNode(iri)


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


def _fitting(
    triples: Iterable[pyoxigraph.Triple],
    subject: Node | None,
    predicate: Node | None,
    value: Node | None,
) -> Iterator[pyoxigraph.Triple]:
    for triple in triples:
        if (
            (subject is None or triple.subject == subject)
            and (predicate is None or triple.predicate == predicate)
            and (value is None or triple.object == value)
        ):
            yield triple
