"""Statements cut into requests, so that no blank node is cut in two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import pyoxigraph

GraphName: TypeAlias = pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.DefaultGraph


@dataclass
class Parcel:
    """Statements that are sent in one request: of one graph or, where `graph` is None, of several.

    The name of a blank node holds within one request only.
    """

    graph: GraphName | None
    quads: list[pyoxigraph.Quad] = field(default_factory=list)

    def n_triples(self) -> bytes:
        """Return the statements without their graph, as N-Triples."""
        return "".join(
            f"{quad.subject} {quad.predicate} {quad.object} .\n" for quad in self.quads
        ).encode()


def parcels(quads: Iterable[pyoxigraph.Quad], largest: int) -> Iterator[Parcel]:
    """Cut statements into parcels of at most `largest`; more only if blank nodes tie them together.

    Statements that share a blank node, directly or through others, are in one parcel.
    """
    open_parcels: dict[GraphName | None, Parcel] = {}
    tied: list[pyoxigraph.Quad] = []

    def pack(graph: GraphName | None, unit: list[pyoxigraph.Quad]) -> Iterator[Parcel]:
        parcel = open_parcels.setdefault(graph, Parcel(graph))
        if parcel.quads and len(parcel.quads) + len(unit) > largest:
            yield parcel
            parcel = open_parcels[graph] = Parcel(graph)
        parcel.quads.extend(unit)

    for quad in quads:
        if any(blank_nodes(quad)):
            tied.append(quad)
        else:
            yield from pack(quad.graph_name, [quad])
    for unit in tied_together(tied):
        graphs = {quad.graph_name for quad in unit}
        yield from pack(graphs.pop() if len(graphs) == 1 else None, unit)
    yield from (parcel for parcel in open_parcels.values() if parcel.quads)


def tied_together(quads: list[pyoxigraph.Quad]) -> list[list[pyoxigraph.Quad]]:
    """Group statements with blank nodes by the nodes that they share, directly or not."""
    above: dict[pyoxigraph.BlankNode, pyoxigraph.BlankNode] = {}

    def top(node: pyoxigraph.BlankNode) -> pyoxigraph.BlankNode:
        while (higher := above.setdefault(node, node)) != node:
            above[node] = above[higher]
            node = higher
        return node

    for quad in quads:
        first, *others = blank_nodes(quad)
        for other in others:
            above[top(other)] = top(first)
    groups: dict[pyoxigraph.BlankNode, list[pyoxigraph.Quad]] = {}
    for quad in quads:
        groups.setdefault(top(next(blank_nodes(quad))), []).append(quad)
    return list(groups.values())


def blank_nodes(quad: pyoxigraph.Quad) -> Iterator[pyoxigraph.BlankNode]:
    """Yield the blank nodes of a statement."""
    for term in (quad.subject, quad.object):
        if isinstance(term, pyoxigraph.BlankNode):
            yield term


def data_block(quads: Iterable[pyoxigraph.Quad]) -> str:
    """Return statements as INSERT DATA and DELETE DATA take them, with braces."""
    graphs: dict[GraphName, list[str]] = {}
    for quad in quads:
        lines = graphs.setdefault(quad.graph_name, [])
        lines.append(f"{quad.subject} {quad.predicate} {quad.object} .\n")
    blocks = [
        "".join(lines)
        if isinstance(graph, pyoxigraph.DefaultGraph)
        else f"GRAPH {graph} {{\n{''.join(lines)}}}\n"
        for graph, lines in graphs.items()
    ]
    return f"{{\n{''.join(blocks)}}}"
