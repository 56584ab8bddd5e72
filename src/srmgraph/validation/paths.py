"""SHACL property paths: read from a shapes graph, written as SPARQL, as words and as RDF.

Source: SHACL section 2.3.1 (the paths), SPARQL 1.1 section 9 (their syntax in queries).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from rdflib import RDF, SH, BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph.errors import ShapesError


@dataclass(frozen=True, slots=True)
class Predicate:
    """One property."""

    iri: URIRef


@dataclass(frozen=True, slots=True)
class Inverse:
    """A path walked backwards."""

    path: Path


@dataclass(frozen=True, slots=True)
class Sequence:
    """Paths walked one after the other."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Paths any of which may be walked."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A path walked again: `*` any number of times, `+` at least once, `?` at most once."""

    path: Path
    times: str


Path: TypeAlias = Predicate | Inverse | Sequence | Alternative | Repeated

_REPETITIONS = {SH.zeroOrMorePath: "*", SH.oneOrMorePath: "+", SH.zeroOrOnePath: "?"}


def read(shapes: Graph, node: Node) -> Path:
    """Read the path that *node* stands for; raises ShapesError when it is none."""
    return _read(shapes, node, frozenset())


def _read(shapes: Graph, node: Node, around: frozenset[Node]) -> Path:
    if isinstance(node, URIRef):
        return Predicate(node)
    if node in around:
        raise ShapesError(f"{node.n3()} is a property path that contains itself.")
    around |= {node}
    if shapes.value(node, RDF.first) is not None:
        return Sequence(_members(shapes, node, around))
    if (inverted := shapes.value(node, SH.inversePath)) is not None:
        return Inverse(_read(shapes, inverted, around))
    if (options := shapes.value(node, SH.alternativePath)) is not None:
        return Alternative(_members(shapes, options, around))
    for predicate, times in _REPETITIONS.items():
        if (repeated := shapes.value(node, predicate)) is not None:
            return Repeated(_read(shapes, repeated, around), times)
    raise ShapesError(f"{node.n3()} is not a SHACL property path.")


def _members(shapes: Graph, head: Node, around: frozenset[Node]) -> tuple[Path, ...]:
    try:
        members = list(Collection(shapes, head))
    except ValueError as error:
        raise ShapesError(f"{head.n3()} is a list that contains itself.") from error
    if len(members) < 2:
        raise ShapesError(f"{head.n3()} is a path of fewer than two steps or options.")
    return tuple(_read(shapes, member, around) for member in members)


def sparql(path: Path) -> str:
    """Write *path* as a SPARQL property path."""
    match path:
        case Predicate(iri):
            return iri.n3()
        case Inverse(inner):
            return f"^{_grouped(inner)}"
        case Sequence(inners):
            return "/".join(_grouped(inner) for inner in inners)
        case Alternative(inners):
            return "|".join(_grouped(inner) for inner in inners)
        case Repeated(inner, times):
            return f"{_grouped(inner)}{times}"


def predicates(path: Path) -> tuple[URIRef, ...]:
    """Every property in *path*, in the order of writing."""
    match path:
        case Predicate(iri):
            return (iri,)
        case Inverse(inner) | Repeated(inner, _):
            return predicates(inner)
        case Sequence(inners) | Alternative(inners):
            return tuple(iri for inner in inners for iri in predicates(inner))


def may_be_empty(path: Path) -> bool:
    """Whether *path* may take no step at all and so lead from a node to itself."""
    match path:
        case Predicate():
            return False
        case Inverse(inner):
            return may_be_empty(inner)
        case Sequence(inners):
            return all(map(may_be_empty, inners))
        case Alternative(inners):
            return any(map(may_be_empty, inners))
        case Repeated(inner, times):
            return times != "+" or may_be_empty(inner)


def add(path: Path, graph: Graph) -> Node:
    """Add *path* to *graph* as SHACL writes it, and return the node that stands for it."""
    match path:
        case Predicate(iri):
            return iri
        case Sequence(inners):
            return _list(graph, inners)
        case Inverse(inner):
            predicate, value = SH.inversePath, add(inner, graph)
        case Alternative(inners):
            predicate, value = SH.alternativePath, _list(graph, inners)
        case Repeated(inner, times):
            predicate = next(key for key, sign in _REPETITIONS.items() if sign == times)
            value = add(inner, graph)
    node = BNode()
    graph.add((node, predicate, value))
    return node


def _list(graph: Graph, inners: tuple[Path, ...]) -> Node:
    return Collection(graph, BNode(), [add(inner, graph) for inner in inners]).uri


def _grouped(path: Path) -> str:
    text = sparql(path)
    return text if isinstance(path, Predicate) else f"({text})"


__all__ = [
    "Alternative",
    "Inverse",
    "Path",
    "Predicate",
    "Repeated",
    "Sequence",
    "add",
    "may_be_empty",
    "predicates",
    "read",
    "sparql",
]
