"""What a report tells of the things that it mentions: their labels, graphs and meanings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pyoxigraph import DefaultGraph, NamedNode
from rdflib import BNode, URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.names import labels
from srmgraph.store import EmbeddedStore
from srmgraph.terms import to_oxigraph
from srmgraph.validation import hints
from srmgraph.validation.engine import ONTOLOGY
from srmgraph.validation.outcome import GraphsOf
from srmgraph.validation.register import Register
from srmgraph.validation.report import Described, Report, Result

if TYPE_CHECKING:
    from srmgraph.store.remote import RemoteStore

Where: TypeAlias = "EmbeddedStore | RemoteStore"
"""A store that can be checked where it is."""

_Told = TypeVar("_Told")

_MOST_PATCHES = 500
"""With more of them, a mapping is written anew."""


class Things:
    """What a report tells of the things that it mentions: their labels, graphs and meanings."""

    def __init__(self, store: Where, mentioned: Collection[Node]) -> None:
        self.labels: Mapping[Node, str] = labels(store, mentioned)
        self.graphs: Described = graphs_of(store)(mentioned)
        self.hints: Mapping[Node, URIRef] = hints.hints(mentioned)

    @classmethod
    def after(
        cls,
        store: EmbeddedStore,
        standing: Report,
        register: Register,
        touched: Mapping[Node, bool],
    ) -> Things:
        """The same for a report after a change.

        What *standing*, the earlier report, tells of things is not looked up again, but for those
        that were *touched*, which it mentions or not.
        """
        new = {node for node, stays in touched.items() if stays}
        has_graphs = _has_named_graphs(store)
        # The first named graph, or the last, changes what is to be told of all things.
        if has_graphs and not standing.graphs:
            others = (node for node in register.nodes if node not in touched)
            return cls(store, {*others, *new})
        things = cls(store, new)
        things.labels = _patched(standing.labels, touched, things.labels)
        things.hints = _patched(standing.hints, touched, things.hints)
        if has_graphs:
            things.graphs = _patched(standing.graphs, touched, things.graphs)
        return things


def touched(
    register: Register,
    gone: Collection[Result],
    found: Collection[Result],
    changed: Iterable[Node],
) -> dict[Node, bool]:
    """The nodes of which something else is to be told after a change, and whether the report still
    mentions them: those that have *changed*, that are new to it, or not in it any more."""
    touched = {node: True for node in changed if node in register.nodes}
    for node, stays in register.mentioned(gone, found).items():
        if node in touched or not (stays and node in register.nodes):
            touched[node] = stays
    return touched


class _Patched(Mapping[Node, _Told]):
    """A mapping but for a few of its keys, which have another value, or None for none at all."""

    def __init__(self, old: Mapping[Node, _Told], patches: Mapping[Node, _Told | None]) -> None:
        self.old = old
        self.patches = patches
        came = sum(told is not None for told in patches.values())
        self._length = len(old) - sum(node in old for node in patches) + came

    def __getitem__(self, node: Node) -> _Told:
        told = self.patches[node] if node in self.patches else self.old[node]
        if told is None:
            raise KeyError(node)
        return told

    def __iter__(self) -> Iterator[Node]:
        yield from (node for node in self.old if node not in self.patches)
        yield from (node for node, told in self.patches.items() if told is not None)

    def __len__(self) -> int:
        return self._length


def _patched(
    old: Mapping[Node, _Told], touched: Collection[Node], new: Mapping[Node, _Told]
) -> Mapping[Node, _Told]:
    """What was told, but for what was *touched*, and what is told anew; at the cost of these, as
    there may be very much of it."""
    if not new and not any(node in old for node in touched):
        return old
    patches: dict[Node, _Told | None] = {**dict.fromkeys(touched, None), **new}
    if isinstance(old, _Patched):
        patched = _Patched(old.old, {**old.patches, **patches})
    else:
        patched = _Patched(old, patches)
    return patched if len(patched.patches) <= _MOST_PATCHES else dict(patched)


def graphs_of(store: Where) -> GraphsOf:
    """What tells in which graphs of a store things are described; nothing, if all is in one."""
    return partial(_graphs, store) if _has_named_graphs(store) else lambda _nodes: {}


def _graphs(store: Where, nodes: Iterable[Node]) -> Described:
    """The named graphs in which each thing is described, without those that a store keeps for
    itself. On a server, things without a name cannot be looked up."""
    found: dict[Node, tuple[URIRef | None, ...]] = {}
    own = {*knowledge.own_graphs(), URIRef(ONTOLOGY.value)}
    if not isinstance(store, EmbeddedStore):
        things = sorted({node for node in nodes if isinstance(node, URIRef)})
        for thing, told in store.described_in(things).items():
            if kept := sorted(set(told) - own, key=lambda name: name or ""):
                found[thing] = tuple(kept)
        return found
    for node in nodes:
        if isinstance(node, URIRef | BNode):
            quads = store.oxigraph.quads_for_pattern(to_oxigraph(node), None, None)  # type: ignore[arg-type]
            names = {quad.graph_name for quad in quads}
            iris = sorted({URIRef(n.value) for n in names if isinstance(n, NamedNode)} - own)
            outside: list[URIRef | None] = [None] if DefaultGraph() in names else []
            if outside or iris:
                found[node] = (*outside, *iris)
    return found


def _has_named_graphs(store: Where) -> bool:
    if not isinstance(store, EmbeddedStore):
        return bool(set(store.graphs()) - {None, *knowledge.own_graphs()})
    if store.is_unloaded:
        return False
    own = {ONTOLOGY, *(NamedNode(name) for name in knowledge.own_graphs())}
    return any(name not in own for name in store.oxigraph.named_graphs())
