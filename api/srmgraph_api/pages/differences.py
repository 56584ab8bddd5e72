"""What workers do to show a change: which statements came and went, graph by graph, in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyoxigraph
from rdflib import URIRef

from srmgraph import knowledge
from srmgraph.names import labels, short
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore
from srmgraph.store.limits import LimitedBytes
from srmgraph.terms import to_rdflib
from srmgraph_api.jobs import Desk
from srmgraph_api.pages.reports import file_name
from srmgraph_api.pages.work import COMMON, Term

MOST_LINES = 200
"""How many statements of a graph a page shows, of those that came and of those that went."""

_ROUNDS = 3


@dataclass(frozen=True)
class Line:
    """A statement that came or went."""

    is_added: bool
    thing: Term
    property: Term
    value: Term


@dataclass(frozen=True)
class Difference:
    """What became of a graph: how many statements came and went, and the first of them."""

    graph: Term
    added: int
    removed: int
    lines: tuple[Line, ...]


@dataclass
class _Quads:
    added: list[Any] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)


def between(desk: Desk, older: int, newer: int, scope: list[str]) -> tuple[Difference, ...]:
    """Return what one revision says and another does not, of the graphs in `scope` if there are
    any; what the store keeps for itself is left out. -1 is the revision that says nothing."""
    found: defaultdict[Any, _Quads] = defaultdict(_Quads)
    text: dict[str, list[str]] = {"A": [], "D": []}
    for sign, statement in FolderStore(desk.folder).differences(older, newer):
        text[sign].append(statement)
    for sign, lines in text.items():
        content = "\n".join(lines)
        for quad in pyoxigraph.parse(content, format=pyoxigraph.RdfFormat.N_QUADS):
            if not scope or getattr(quad.graph_name, "value", "") in scope:
                held = found[quad.graph_name]
                (held.added if sign == "A" else held.removed).append(quad)
    stores = [desk.revision(number, scope) for number in (newer, older) if number >= 0]
    return _told(found, stores)


def patch(desk: Desk, older: int, newer: int, largest: int) -> bytes:
    """Return the same of all graphs as RDF Patch, in at most so many bytes; raises QueryError."""
    output = LimitedBytes(largest, None)
    output.write(b"TX .\n")
    for sign, statement in FolderStore(desk.folder).differences(older, newer):
        output.write(f"{sign} {statement}\n".encode())
    output.write(b"TC .\n")
    return output.getvalue()


def of_file(
    desk: Desk, revision: int, file: Path, graph: str, scope: list[str]
) -> tuple[Difference, ...]:
    """Return what would come and go if what a file states (N-Quads) were all that its graphs hold.

    What it states outside of graphs goes to `graph`. Names of things are those that the graphs in
    `scope` tell or, if there are none, all.
    """
    incoming = EmbeddedStore()
    incoming.read(file, "n-quads", URIRef(graph))
    store = desk.revision(revision, scope)
    found: defaultdict[Any, _Quads] = defaultdict(_Quads)
    for name in {graph, *(str(name) for name in incoming.graphs() if name is not None)}:
        node = pyoxigraph.NamedNode(name)
        before, after = (
            _with_lasting_names(each.oxigraph.quads_for_pattern(None, None, None, node))
            for each in (store, incoming)
        )
        found[node] = _Quads(list(after - before), list(before - after))
    return _told(found, [incoming, store])


def _told(found: dict[Any, _Quads], stores: list[EmbeddedStore]) -> tuple[Difference, ...]:
    shown = {
        graph: [
            *((False, quad) for quad in sorted(quads.removed, key=str)[:MOST_LINES]),
            *((True, quad) for quad in sorted(quads.added, key=str)[:MOST_LINES]),
        ]
        for graph, quads in found.items()
        if quads.added or quads.removed
    }
    terms = {
        to_rdflib(term)
        for lines in shown.values()
        for _, quad in lines
        for term in (quad.subject, quad.predicate, quad.object)
    }
    graphs = {URIRef(graph.value) for graph in shown if isinstance(graph, pyoxigraph.NamedNode)}
    names: dict[Any, str] = {}
    for store in stores:
        names = COMMON | labels(store, terms | graphs) | names
    prefixes = knowledge.prefixes()
    for store in reversed(stores):
        prefixes = prefixes | store.prefixes

    def term(node: Any) -> Term:
        value = to_rdflib(node)
        if isinstance(node, pyoxigraph.NamedNode):
            return Term(names.get(value) or short(value, prefixes), node.value)
        if isinstance(node, pyoxigraph.Literal):
            return Term(node.value, language=node.language or "")
        return Term("something without a name")

    def graph_term(graph: Any) -> Term:
        if not isinstance(graph, pyoxigraph.NamedNode):
            return Term("outside of all graphs")
        iri = graph.value
        return Term(names.get(URIRef(iri)) or file_name(iri) or iri, iri)

    def lines(quads: list[tuple[bool, Any]]) -> tuple[Line, ...]:
        told = [
            Line(is_added, term(quad.subject), term(quad.predicate), term(quad.object))
            for is_added, quad in quads
        ]
        return tuple(
            sorted(
                told,
                key=lambda one: (
                    one.thing.text.casefold(),
                    one.thing.iri,
                    one.property.text,
                    one.is_added,
                    one.value.text,
                ),
            )
        )

    differences = [
        Difference(
            graph_term(graph), len(found[graph].added), len(found[graph].removed), lines(quads)
        )
        for graph, quads in shown.items()
    ]
    return tuple(sorted(differences, key=lambda one: (one.graph.text.casefold(), one.graph.iri)))


def _with_lasting_names(quads: Iterable[Any]) -> set[Any]:
    """Return quads whose blank nodes are called by what is said of them, whatever a file calls
    them: the same in two graphs, unless something is said otherwise."""
    listed = list(quads)
    nodes = {
        term
        for quad in listed
        for term in (quad.subject, quad.object)
        if isinstance(term, pyoxigraph.BlankNode)
    }
    if not nodes:
        return set(listed)
    names: dict[Any, str] = dict.fromkeys(nodes, "")
    for _ in range(_ROUNDS):
        said: dict[Any, Counter[str]] = {node: Counter() for node in nodes}
        for quad in listed:
            one, other = names.get(quad.subject), names.get(quad.object)
            if one is not None:
                said[quad.subject][
                    f"{quad.predicate} {quad.object if other is None else other}"
                ] += 1
            if other is not None:
                said[quad.object][f"{quad.subject if one is None else one} {quad.predicate}"] += 1
        names = {
            node: sha256(repr(sorted(counted.items())).encode()).hexdigest()[:16]
            for node, counted in said.items()
        }

    def called(term: Any) -> Any:
        return pyoxigraph.BlankNode(f"b{names[term]}") if term in names else term

    return {
        pyoxigraph.Quad(called(quad.subject), quad.predicate, called(quad.object), quad.graph_name)
        for quad in listed
    }
