"""The constraint components of SHACL Core, each as a condition in SPARQL.

A component is one small function from the value of its parameter to SPARQL text: in
`value_constraints` those that look at one value node at a time, in `set_constraints` those that
look at all value nodes of a focus node together.

Source: SHACL section 4.
"""

from __future__ import annotations

from collections.abc import Mapping

from rdflib import SH, Graph, URIRef
from rdflib.term import Node

from srmgraph.terms import n_triples
from srmgraph.validation import components, paths
from srmgraph.validation.inlining import part
from srmgraph.validation.prebinding import NotSetWise, about_shapes, variables, with_path
from srmgraph.validation.set_constraints import SET
from srmgraph.validation.shapes import Shapes, is_term
from srmgraph.validation.targets import Classes, Step, Unsupported
from srmgraph.validation.value_constraints import VALUE


class Scope:
    """What the functions share: the shapes, the classes, and a source of fresh variables.

    `strangers` are focus nodes of which the data may say nothing; None if it is not known which.
    """

    def __init__(
        self, shapes: Shapes, classes: Classes, strangers: tuple[str, ...] | None = ()
    ) -> None:
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

    def step(self, shape: Node) -> Step | None:
        """How a property shape leads to its value nodes; None for a node shape."""
        node = self.graph.value(shape, SH.path)
        if node is None:
            return None
        path = paths.read(self.graph, node)
        text = f"({paths.sparql(path)})"
        if not paths.may_be_empty(path):
            return Step(text)
        if self._strangers is None:
            raise Unsupported("a path of no step from a node that may not be in the data")
        return Step(text, self._strangers)

    def conforms(self, shape: Node, variable: str) -> str:
        """A condition that is true where the node in *variable* conforms to *shape*."""
        if self.shapes.is_deactivated(shape):
            return "true"
        if shape in self._open:
            raise Unsupported("a shape that refers to itself")
        self._open.append(shape)
        try:
            return self._conforms(shape, variable)
        finally:
            self._open.pop()

    def _conforms(self, shape: Node, variable: str) -> str:
        step = self.step(shape)
        conditions: list[str] = []
        for parameter in parameters(self.shapes, shape, own=True):
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
        for constraint in sorted(self.graph.objects(shape, SH.sparql), key=str):
            if not self.shapes.is_deactivated(constraint):
                select = self.graph.value(constraint, SH.select)
                query = f"{self.shapes.prefixes(constraint)}{select or ''}"
                conditions.append(self._none(query, step, {"this": variable}))
        for use in components.uses(self.shapes, shape):
            terms = {name: n_triples(term) for name, term in use.values.items()}
            given = {**terms, "this": variable}
            if use.select:
                conditions.append(self._none(use.select, step, given))
            else:
                value = variable if step is None else self.fresh()
                good = f"EXISTS {{ {self._group(use.ask, {**given, 'value': value})} }}"
                conditions.append(_all(variable, step, value, good))
        return " && ".join(f"({condition})" for condition in conditions) or "true"

    def _none(self, query: str, step: Step | None, given: Mapping[str, str]) -> str:
        """A condition that is true where a query has no solution, with some variables *given*."""
        text = query if step is None else with_path(query, own_path(step))
        return f"NOT EXISTS {{ {self._group(text, given)} }}"

    def _group(self, query: str, given: Mapping[str, str]) -> str:
        """The group of a query, with some variables *given*, to stand in an EXISTS."""
        try:
            found = part(query, given, f"{self.fresh().removeprefix('?')}_")
            if not found.is_group or found.has_another:
                raise NotSetWise("solutions are grouped or limited")
            if about_shapes(query) or "failure" in variables(query):
                raise NotSetWise("it looks at the shapes, or may fail")
            # Nothing but a variable can be asked for whether it has a value.
            if "BOUND" in found.words[1] and not all(term[0] == "?" for term in given.values()):
                raise NotSetWise("there is a BOUND")
        except NotSetWise as reason:
            raise Unsupported(f"SPARQL inside another shape in which {reason}") from reason
        return found.group


def _all(focus: str, step: Step | None, value: str, good: str) -> str:
    """A condition that is true where all value nodes are good."""
    if step is None:
        return good
    return f"NOT EXISTS {{ {step.between(focus, value)} FILTER(!({good})) }}"


def own_path(step: Step) -> str:
    """The path that a query of a shape has in the place of $PATH.

    Raises Unsupported where the path alone does not lead to all value nodes.
    """
    if step.strangers:
        raise Unsupported("SPARQL with a path of no step from a node that sh:targetNode names")
    return step.path


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
    SH.target,
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
