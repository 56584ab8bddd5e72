"""Where a shape looks: its targets, and values below them, as SPARQL patterns.

Source: SHACL sections 2.1.3 (targets) and 1.5 (instances of sub-classes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from rdflib import RDF, RDFS, SH, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph.terms import n_triples
from srmgraph.validation.inlining import part
from srmgraph.validation.prebinding import NotSetWise
from srmgraph.validation.shapes import Shapes

Pattern: TypeAlias = Callable[[str], str]
"""Makes a group pattern, without braces, that binds the variable it is given to focus nodes."""


# A class without a name cannot be listed in a query.
_A_KIND_OF = f"{RDF.type.n3()}/{RDFS.subClassOf.n3()}*"


class Unsupported(Exception):
    """The compiler has no query for a part of a shape; the message names the part."""


class Classes:
    """A class hierarchy (rdfs:subClassOf), and which of its classes have instances in the data.

    Where the latter is not said, any class may have some.
    """

    def __init__(self, hierarchy: Graph, used: Iterable[Node] | None = None) -> None:
        self._hierarchy = hierarchy
        self._used = None if used is None else set(used)
        self._known: dict[Node, list[URIRef]] = {}
        self._with_nameless: set[Node] = set()

    def closure(self, name: Node) -> list[URIRef]:
        """*name* and its sub-classes at any depth, without those known to have no instance; sorted.

        *name* itself always stays, so that the list is never empty.
        """
        if name not in self._known:
            below = set(self._hierarchy.transitive_subjects(RDFS.subClassOf, name))
            if any(isinstance(c, BNode) and self._is_used(c) for c in below):
                self._with_nameless.add(name)
            kept = {c for c in below if isinstance(c, URIRef) and self._is_used(c)}
            self._known[name] = sorted(kept or {URIRef(str(name))})
        return self._known[name]

    def _is_used(self, name: Node) -> bool:
        return self._used is None or name in self._used

    def instance(self, variable: str, *names: Node) -> str:
        """A group pattern that holds where *variable*, which has a value, is an instance of any of
        *names*.

        Things are of few classes: to look at these is faster than to try all that would do.
        """
        below = sorted({c for name in names for c in self.closure(name)})
        kind = f"?_{variable[1:]}_class"
        if not self._with_nameless.isdisjoint(names):
            named = ", ".join(sorted(name.n3() for name in names))
            return f"{variable} {_A_KIND_OF} {kind} FILTER({kind} IN ({named}))"
        if len(below) == 1:
            return f"{variable} a {below[0].n3()} ."
        listed = ", ".join(each.n3() for each in below)
        return f"{variable} a {kind} FILTER({kind} IN ({listed}))"

    def instance_of_any(self, variable: str, names: Iterable[Node]) -> str:
        """A group pattern that finds, in *variable*, the instances of any of *names*."""
        names = list(names)
        below = sorted({c for name in names for c in self.closure(name)})
        kind = f"?_{variable[1:]}_class"
        if not self._with_nameless.isdisjoint(names):
            named = " ".join(sorted(name.n3() for name in names))
            return f"VALUES {kind} {{ {named} }} {variable} {_A_KIND_OF} {kind} ."
        if len(below) == 1:
            return f"{variable} a {below[0].n3()} ."
        listed = " ".join(name.n3() for name in below)
        return f"VALUES {kind} {{ {listed} }} {variable} a {kind} ."


@dataclass(frozen=True, slots=True)
class Step:
    """How a property shape leads from focus nodes to value nodes: its path in SPARQL, in brackets.

    `strangers` are focus nodes of which the data may say nothing. If the path may be of no step,
    each of them is a value node of its own all the same.
    """

    path: str
    strangers: tuple[str, ...] = ()

    def between(self, focus: str, value: str) -> str:
        """A group pattern that leads from the variable *focus* to *value*, a variable or a term."""
        triple = f"{focus} {self.path} {value} ."
        # In SPARQL a path of no step leads from a node to itself only if the node is in the data.
        if value.startswith("?"):
            pairs = [f"({node} {node})" for node in self.strangers]
            alone = f"VALUES ({focus} {value}) {{ {' '.join(pairs)} }}"
        else:
            pairs = [node for node in self.strangers if node == value]
            alone = f"VALUES {focus} {{ {value} }}"
        return f"{{ {triple} }} UNION {{ {alone} }}" if pairs else triple


def strangers(shapes: Shapes, shape: Node) -> tuple[str, ...] | None:
    """The focus nodes of *shape* of which the data may say nothing; None if only a query knows."""
    if (shape, SH.target, None) in shapes.graph:
        return None
    return tuple(sorted(map(n_triples, shapes.graph.objects(shape, SH.targetNode))))


def targets(shapes: Shapes, classes: Classes, shape: Node) -> list[Pattern]:
    """Where the focus nodes of *shape* are: patterns no two of which find the same node.

    There is none where *shape* has no target that the data could hold. Raises Unsupported for a
    target of which a query cannot say it.
    """
    graph = shapes.graph
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
    queries = sorted(graph.objects(shape, SH.target), key=str)
    if not nodes and not queries:
        return [partial(_only, part, tests[:number]) for number, part in enumerate(parts)]
    parts += [_of_query(shapes, query, number) for number, query in enumerate(queries)]
    if not nodes:
        # Of a query's solutions, some may be without a node: that it has one is not to be asked
        # of a node.
        return [partial(_any, parts)]
    if not all(isinstance(node, URIRef | Literal) for node in nodes):
        raise Unsupported("a blank node as sh:targetNode")
    listed = " ".join(map(n_triples, nodes))
    parts.append(lambda variable: f"VALUES {variable} {{ {listed} }}")
    # SPARQL has no good way to say that a node is none of those listed.
    return [partial(_any, parts)]


def _of_query(shapes: Shapes, target: Node, number: int) -> Pattern:
    """The nodes that a query finds, or one of a kind of target with values for its parameters.

    Source: SHACL Advanced Features, section 3 (custom targets).
    """
    graph = shapes.graph
    kinds = [target, *sorted(graph.objects(target, RDF.type), key=str)]
    source = next((one for one in kinds if (one, SH.select, None) in graph), None)
    if source is None:
        raise Unsupported("a target that is no SELECT")
    given: dict[str, str] = {}
    for parameter in graph.objects(source, SH.parameter):
        path = graph.value(parameter, SH.path)
        values = list(graph.objects(target, path))
        if path is None or len(values) != 1 or isinstance(values[0], BNode):
            raise Unsupported("a target without one value for each parameter")
        given[shapes.name(path)] = n_triples(values[0])
    query = f"{shapes.prefixes(source)}{graph.value(source, SH.select)}"

    def where(variable: str) -> str:
        found = part(query, {**given, "this": variable}, f"_{variable[1:]}_target{number}_")
        if not re.search(rf"[*]|{re.escape(variable)}\b", found.projection):
            raise NotSetWise("?this is not among what it selects")
        if found.is_group and not found.has_another and "AS" not in found.words[0]:
            return f"{{ {found.group} FILTER(BOUND({variable})) }}"
        select = f"SELECT{found.projection}{{{found.group}}}{found.rest}"
        return f"{{ {{ {select} }} FILTER(BOUND({variable})) }}"

    try:
        where("?this")
    except NotSetWise as reason:
        raise Unsupported(f"a target in which {reason}") from reason
    return where


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
