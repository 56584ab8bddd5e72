"""The constraint components of SHACL Core, each as a condition in SPARQL.

A component is one small function from the value of its parameter to SPARQL text: in
`value_constraints` those that look at one value node at a time, in `set_constraints` those that
look at all value nodes of a focus node together.

Source: SHACL section 4.
"""

from __future__ import annotations

from rdflib import SH, Graph, URIRef
from rdflib.term import Node

from srmgraph.validation import paths
from srmgraph.validation.set_constraints import SET
from srmgraph.validation.shapes import Shapes, is_term
from srmgraph.validation.targets import Classes, Unsupported
from srmgraph.validation.value_constraints import VALUE


class Scope:
    """What the functions share: the shapes, the classes, and a source of fresh variables.

    `strangers` says that a focus node may be one of which the data say nothing.
    """

    def __init__(self, shapes: Shapes, classes: Classes, strangers: bool = False) -> None:
        self.shapes = shapes
        self.graph: Graph = shapes.graph
        self.classes = classes
        self._strangers = strangers
        self._count = 0
        self._open: list[Node] = []

    def fresh(self) -> str:
        """A variable that no other pattern uses, nor the SPARQL of a shape."""
        self._count += 1
        return f"?_v{self._count}"

    def step(self, shape: Node) -> str | None:
        """The path of a property shape in SPARQL, in brackets; None for a node shape."""
        node = self.graph.value(shape, SH.path)
        if node is None:
            return None
        path = paths.read(self.graph, node)
        # In SPARQL a path of no step leads from a node to itself only if the node is in the data.
        if self._strangers and paths.may_be_empty(path):
            raise Unsupported("a path of no step from a node that may not be in the data")
        return f"({paths.sparql(path)})"

    def conforms(self, shape: Node, variable: str) -> str:
        """A condition that is true where the node in *variable* conforms to *shape*."""
        if self.shapes.is_deactivated(shape):
            return "true"
        if shape in self._open:
            raise Unsupported("a shape that refers to itself")
        if (shape, SH.sparql, None) in self.graph:
            raise Unsupported("a SPARQL constraint inside another shape")
        self._open.append(shape)
        try:
            return self._conforms(shape, variable)
        finally:
            self._open.pop()

    def _conforms(self, shape: Node, variable: str) -> str:
        step = self.step(shape)
        conditions: list[str] = []
        for parameter in parameters(self.shapes, shape):
            for argument in arguments(self.shapes, shape, parameter):
                if parameter in VALUE:
                    value = variable if step is None else self.fresh()
                    good = VALUE[parameter](self, shape, argument, value)
                    conditions.append(_all(variable, step, value, good))
                else:
                    fault = SET[parameter](self, shape, argument, variable, step)
                    pattern = fault.pattern if fault.nested is None else fault.nested()
                    conditions.append(f"NOT EXISTS {{ {pattern} }}")
        for nested in sorted(self.graph.objects(shape, SH.property), key=str):
            value = variable if step is None else self.fresh()
            conditions.append(_all(variable, step, value, self.conforms(nested, value)))
        return " && ".join(f"({condition})" for condition in conditions) or "true"


def _all(focus: str, step: str | None, value: str, good: str) -> str:
    """A condition that is true where all value nodes are good."""
    return good if step is None else f"NOT EXISTS {{ {focus} {step} {value} FILTER(!({good})) }}"


def parameters(shapes: Shapes, shape: Node, own: bool = False) -> list[URIRef]:
    """The parameters of SHACL Core that *shape* has, sorted.

    *own* says that those of constraint components of the shapes graph itself are seen to elsewhere.
    Raises Unsupported for a parameter that has an effect which is not known here.
    """
    found: list[URIRef] = []
    for predicate in sorted(set(shapes.graph.predicates(shape)), key=str):
        if predicate in VALUE or predicate in SET:
            found.append(URIRef(str(predicate)))
        elif predicate in _WITHOUT_EFFECT or (own and predicate in shapes.own_parameters):
            continue
        elif is_term(predicate, SH) or predicate in shapes.own_parameters:
            raise Unsupported(str(predicate).replace(str(SH), "sh:"))
    return found


def arguments(shapes: Shapes, shape: Node, parameter: URIRef) -> list[Node]:
    """The values of *parameter*, sorted; a shape may repeat some parameters."""
    return sorted(shapes.graph.objects(shape, parameter), key=str)


def component(parameter: URIRef) -> URIRef:
    """The constraint component of a parameter: sh:MinCountConstraintComponent for sh:minCount."""
    name = str(parameter).removeprefix(str(SH))
    return SH[f"{name[0].upper()}{name[1:]}ConstraintComponent"]


_WITHOUT_EFFECT = {
    SH.js,
    SH.rule,
    SH.path,
    SH.property,
    SH.sparql,
    SH.targetClass,
    SH.targetNode,
    SH.targetSubjectsOf,
    SH.targetObjectsOf,
    SH.severity,
    SH.message,
    SH.deactivated,
    SH.name,
    SH.description,
    SH.order,
    SH.group,
    SH.defaultValue,
    SH.flags,
    SH.ignoredProperties,
    SH.qualifiedValueShape,
    SH.qualifiedValueShapesDisjoint,
    # A SPARQL constraint that is its own shape.
    SH.select,
    SH.prefixes,
    # Properties of a vocabulary that shares its IRI with a shapes graph.
    SH.declare,
}
