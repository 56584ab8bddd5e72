"""Constraint components that a shapes graph defines itself, by queries.

Source: SHACL section 6 (SPARQL-based constraint components).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rdflib import SH, BNode, Literal, URIRef
from rdflib.term import Node

from srmgraph.terms import n_triples
from srmgraph.validation import prebinding
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.targets import Unsupported

_TRUE = Literal(True)


@dataclass(frozen=True, slots=True)
class Use:
    """A constraint: a component of the shapes graph, used by a shape with values for parameters.

    `validator` is the node that holds the query, which is `select` or else `ask`.
    """

    component: URIRef
    validator: Node
    values: dict[str, Node]
    select: str
    ask: str

    def given(self) -> str:
        """A group pattern that gives the parameters their values."""
        return " ".join(
            f"VALUES ?{name} {{ {n_triples(value)} }}" for name, value in self.values.items()
        )


def uses(shapes: Shapes, shape: Node) -> Iterator[Use]:
    """The constraints that *shape* declares by components of its own graph.

    Raises Unsupported for one that has no query which is known here.
    """
    graph = shapes.graph
    for component in sorted(set(graph.subjects(SH.parameter)), key=str):
        parameters = sorted(graph.objects(component, SH.parameter), key=str)
        names = {graph.value(parameter, SH.path): parameter for parameter in parameters}
        needed = {
            path
            for path, parameter in names.items()
            if (parameter, SH.optional, _TRUE) not in graph
        }
        if not needed or any((shape, path, None) not in graph for path in needed):
            continue
        for values in _values(shapes, shape, names):
            use = _use(shapes, shape, component, values)
            if use is not None:
                yield use


def _values(
    shapes: Shapes, shape: Node, names: dict[Node | None, Node]
) -> Iterator[dict[str, Node]]:
    """The values of the parameters: several times where the only parameter has several values."""
    found = {
        shapes.name(path): sorted(shapes.graph.objects(shape, path), key=str)
        for path in sorted(names, key=str)
        if path is not None and (shape, path, None) in shapes.graph
    }
    if any(isinstance(value, BNode) for values in found.values() for value in values):
        raise Unsupported("a parameter whose value is a blank node")
    if len(names) == 1:
        for name, values in found.items():
            yield from ({name: value} for value in values)
        return
    if any(len(values) > 1 for values in found.values()):
        raise Unsupported("a parameter with several values beside other parameters")
    yield {name: values[0] for name, values in found.items()}


def _use(shapes: Shapes, shape: Node, component: Node, values: dict[str, Node]) -> Use | None:
    graph = shapes.graph
    has_path = (shape, SH.path, None) in graph
    validator = graph.value(component, SH.propertyValidator if has_path else SH.nodeValidator)
    validator = validator or graph.value(component, SH.validator)
    if validator is None:
        if any(True for _ in graph.objects(component, SH.propertyValidator | SH.nodeValidator)):
            # It is for shapes of the other kind.
            return None
        raise Unsupported(f"{component} without a query")
    select, ask = graph.value(validator, SH.select), graph.value(validator, SH.ask)
    if not isinstance(component, URIRef) or (select is None and ask is None):
        raise Unsupported(f"{component} without a query")
    text = str(ask if select is None else select)
    for fault in prebinding.faults(text):
        raise Unsupported(f"{component}: {fault}")
    if prebinding.about_shapes(text):
        raise Unsupported(f"{component}, which looks at the shapes")
    # What has a value beforehand is not to be given another.
    if prebinding.assigned(text) & {"this", *values, *(["value"] if select is None else [])}:
        raise Unsupported(f"{component}, which gives a value to what has one")
    prefixes = shapes.prefixes(validator)
    return Use(
        component,
        validator,
        values,
        "" if select is None else prefixes + text,
        prefixes + text if select is None else "",
    )
