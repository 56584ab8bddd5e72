"""What lies around a node in a store, looked up statement by statement, along paths."""

from __future__ import annotations

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

MOST_NODES = 2_000
"""How many nodes a walk may touch before it costs more than it saves."""


class TooMany(Exception):
    """A walk touches too many nodes."""


class Sight:
    """All statements that a store holds or held: its own, and those that were removed."""

    def __init__(
        self, oxigraph: pyoxigraph.Store, removed: Iterable[pyoxigraph.Triple] = ()
    ) -> None:
        gone = pyoxigraph.Store()
        gone.extend(pyoxigraph.Quad(t.subject, t.predicate, t.object) for t in removed)
        self._parts = [oxigraph, *([gone] if len(gone) else [])]
        self._left = MOST_NODES
        self.walked: dict[tuple[object, Nodes], Nodes] = {}
        """Where links of ways have led to, for those who walk them again."""
        self.reached: dict[tuple[object, Node, bool], Nodes] = {}
        """Where paths, by their names, lead to from a node, or backwards."""
        self._statements: dict[tuple[Node | None, ...], list[pyoxigraph.Quad]] = {}
        self._steps: dict[tuple[Node, Node | None, bool], Nodes] = {}

    def start(self, most: int | None = None) -> None:
        """Begin a new walk, with the full number of nodes to touch, or so many at *most*."""
        self._left = MOST_NODES if most is None else most

    def triples(
        self, subject: Node | None, predicate: Node | None, value: Node | None
    ) -> Iterator[pyoxigraph.Quad]:
        """The statements of a pattern; raises TooMany when the walk has touched enough."""
        is_property = predicate is None or isinstance(predicate, pyoxigraph.NamedNode)
        if isinstance(subject, pyoxigraph.Literal) or not is_property:
            return
        for part in self._parts:
            for quad in part.quads_for_pattern(subject, predicate, value, None):  # type: ignore[arg-type]
                self._touch()
                yield quad

    def statements(
        self, subject: Node | None, predicate: Node | None, value: Node | None
    ) -> Iterator[pyoxigraph.Quad]:
        """The same, for those who may ask for them again."""
        key = (subject, predicate, value)
        known = self._statements.get(key)
        if known is not None:
            self._touch(len(known))
            yield from known
            return
        found: list[pyoxigraph.Quad] = []
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
