"""pySHACL, wrapped once: the second engine, for comparison and for what ours has no query for."""

from __future__ import annotations

from rdflib import RDF, SH, Graph, URIRef
from rdflib.term import Node

from srmgraph.errors import ShapesError
from srmgraph.store import Store
from srmgraph.validation import paths
from srmgraph.validation.report import Result, severity_name
from srmgraph.validation.shapes import Shapes


def run(
    store: Store, ontology: Graph, shapes: Shapes, only: frozenset[Node] | None = None
) -> list[Result]:
    """Validate what is in *store* together with *ontology*; `only` names the rules to be checked.

    Raises ShapesError where pySHACL refuses the shapes.
    """
    import pyshacl

    data = store.graph() + ontology
    conforms, graph, text = pyshacl.validate(
        data,
        shacl_graph=_with_targets(shapes, only),
        inference="none",
        advanced=False,
        meta_shacl=False,
        inplace=True,
    )
    if not isinstance(graph, Graph):
        raise ShapesError(f"pySHACL could not use the shapes: {graph or text or conforms}")
    return [_result(shapes, graph, node) for node in graph.subjects(RDF.type, SH.ValidationResult)]


def _with_targets(shapes: Shapes, only: frozenset[Node] | None) -> Graph:
    if only is None:
        return shapes.graph
    # pySHACL's own choice of shapes passes over property shapes with a name: drop targets instead.
    graph = Graph()
    dropped = {SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf, SH.target}
    for subject, predicate, value in shapes.graph:
        if predicate not in dropped or subject in only:
            graph.add((subject, predicate, value))
    return graph


def _result(shapes: Shapes, graph: Graph, node: Node) -> Result:
    shape = graph.value(node, SH.sourceShape)
    assert shape is not None
    rule = _rule(shapes, shape)
    path = graph.value(node, SH.resultPath)
    focus_node = graph.value(node, SH.focusNode)
    component = graph.value(node, SH.sourceConstraintComponent)
    assert focus_node is not None
    # pySHACL makes a message up where the shape has none; ours are those of the shape alone.
    constraint = graph.value(node, SH.sourceConstraint)
    own = [shape, rule] if constraint is None else [constraint, shape, rule]
    made_up = not shapes.message(*own)
    return Result(
        rule=shapes.name(rule),
        severity=severity_name(graph.value(node, SH.resultSeverity) or SH.Violation),
        message="" if made_up else str(graph.value(node, SH.resultMessage) or ""),
        advice=shapes.advice(shape) or shapes.advice(rule),
        focus_node=focus_node,
        path=None if path is None else paths.read(graph, path),
        value=graph.value(node, SH.value),
        source_shape=shape,
        component=URIRef(str(component)),
    )


def _rule(shapes: Shapes, shape: Node) -> Node:
    """The shape with a target that *shape* belongs to."""
    targets = set(shapes.with_targets())
    seen: set[Node] = set()
    waiting = [shape]
    while waiting:
        current = waiting.pop()
        if current in targets:
            return current
        if current not in seen:
            seen.add(current)
            waiting.extend(sorted(shapes.graph.subjects(None, current), key=str))
    return shape
