"""Where a shape looks: its targets, and values below them, as SPARQL patterns.

Source: SHACL sections 2.1.3 (targets) and 1.5 (instances of sub-classes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeAlias

from rdflib import RDFS, SH, Graph, URIRef
from rdflib.term import Node

from srmgraph.terms import n_triples
from srmgraph.validation.shapes import Shapes

Pattern: TypeAlias = Callable[[str], str]
"""Makes a group pattern, without braces, that binds the variable it is given to focus nodes."""


class Unsupported(Exception):
    """The compiler has no query for a part of a shape; the message names the part."""


class Classes:
    """A class hierarchy (rdfs:subClassOf), and which of its classes have instances in the data.

    Where the latter is not said, any class may have some.
    """

    def __init__(self, hierarchy: Graph, used: Iterable[URIRef] | None = None) -> None:
        self._hierarchy = hierarchy
        self._used = None if used is None else set(used)
        self._known: dict[Node, list[URIRef]] = {}

    def closure(self, name: Node) -> list[URIRef]:
        """*name* and its sub-classes at any depth, without those known to have no instance; sorted.

        *name* itself always stays, so that the list is never empty.
        """
        if name not in self._known:
            below = set(self._hierarchy.transitive_subjects(RDFS.subClassOf, name))
            kept = {c for c in below if isinstance(c, URIRef) and self._is_used(c)}
            self._known[name] = sorted(kept or {URIRef(str(name))})
        return self._known[name]

    def _is_used(self, name: URIRef) -> bool:
        return self._used is None or name in self._used

    def instance(self, variable: str, *names: Node) -> str:
        """A group pattern that holds where *variable*, which has a value, is an instance of any of
        *names*.

        Things are of few classes: to look at these is faster than to try all that would do.
        """
        below = sorted({c for name in names for c in self.closure(name)})
        if len(below) == 1:
            return f"{variable} a {below[0].n3()} ."
        kind = f"?_{variable[1:]}_class"
        listed = ", ".join(each.n3() for each in below)
        return f"{variable} a {kind} FILTER({kind} IN ({listed}))"

    def instance_of_any(self, variable: str, names: Iterable[Node]) -> str:
        """A group pattern that finds, in *variable*, the instances of any of *names*."""
        below = sorted({c for name in names for c in self.closure(name)})
        if len(below) == 1:
            return f"{variable} a {below[0].n3()} ."
        listed = " ".join(name.n3() for name in below)
        kind = f"?_{variable[1:]}_class"
        return f"VALUES {kind} {{ {listed} }} {variable} a {kind} ."


def targets(shapes: Shapes, classes: Classes, shape: Node) -> list[Pattern]:
    """Where the focus nodes of *shape* are: patterns no two of which find the same node.

    There is none where *shape* has no target that the data could hold. Raises Unsupported for a
    target that is not of SHACL Core.
    """
    graph = shapes.graph
    if graph.value(shape, SH.target) is not None:
        raise Unsupported("sh:target")
    parts: list[Pattern] = []
    tests: list[Pattern] = []
    names = sorted(graph.objects(shape, SH.targetClass), key=str)
    if shapes.is_class(shape):
        names.append(shape)
    if names:
        parts.append(lambda variable: classes.instance_of_any(variable, names))
        tests.append(lambda variable: classes.instance(variable, *names))
    for predicate in sorted(graph.objects(shape, SH.targetSubjectsOf), key=str):
        parts.append(partial(_subjects, predicate.n3(), len(parts)))
    for predicate in sorted(graph.objects(shape, SH.targetObjectsOf), key=str):
        parts.append(partial(_objects, predicate.n3(), len(parts)))
    tests += parts[len(tests) :]
    nodes = sorted(graph.objects(shape, SH.targetNode), key=str)
    if not nodes:
        return [partial(_only, part, tests[:number]) for number, part in enumerate(parts)]
    if not all(isinstance(node, URIRef) or hasattr(node, "datatype") for node in nodes):
        raise Unsupported("a blank node as sh:targetNode")
    listed = " ".join(map(n_triples, nodes))
    parts.append(lambda variable: f"VALUES {variable} {{ {listed} }}")
    # SPARQL has no good way to say that a node is none of those listed.
    return [partial(_any, parts)]


def _subjects(predicate: str, number: int, variable: str) -> str:
    return f"{variable} {predicate} ?_{variable[1:]}_object{number} ."


def _objects(predicate: str, number: int, variable: str) -> str:
    return f"?_{variable[1:]}_subject{number} {predicate} {variable} ."


def _only(part: Pattern, others: list[Pattern], variable: str) -> str:
    """The nodes of a part that are in none of the others: engines join a UNION slowly."""
    absent = (f"FILTER NOT EXISTS {{ {other(variable)} }}" for other in others)
    return " ".join([part(variable), *absent])


def _any(parts: list[Pattern], variable: str) -> str:
    if len(parts) == 1:
        return parts[0](variable)
    return " UNION ".join(f"{{ {part(variable)} }}" for part in parts)
