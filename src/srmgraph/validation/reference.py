"""pySHACL, wrapped once: the second engine, for comparison and for what ours has no query for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

import pyoxigraph
from rdflib import OWL, RDF, RDFS, SH, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph.second_engine import Work
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.terms import to_graph, triples_to_rdflib
from srmgraph.validation import paths, processes
from srmgraph.validation.report import Result, severity_name
from srmgraph.validation.shapes import PLACE, Shapes, preferred

SECONDS = 600.0
"""How long pySHACL may take, unless something else is said."""


def run(
    store: EmbeddedStore,
    ontology: Iterable[pyoxigraph.Quad],
    shapes: Shapes,
    only: frozenset[Node] | None = None,
    seconds: float = SECONDS,
) -> list[Result]:
    """Validate what is in *store* together with *ontology*; `only` names the rules to be checked.

    pySHACL works in a process of its own, which is ended when it takes longer than so many
    *seconds*. Raises ShapesError then, and where pySHACL refuses the shapes.
    """
    report = processes.done(
        Work(
            _lines(quad.triple for quad in chain(store.oxigraph, ontology)),
            _as_stored(_with_targets(shapes, only)),
            # Targets that are queries, and expressions, belong to SHACL's advanced features.
            any((None, one, None) in shapes.graph for one in (SH.target, SH.expression)),
            seconds,
        )
    )
    triples = pyoxigraph.parse(report, pyoxigraph.RdfFormat.N_TRIPLES)
    graph = to_graph(triples_to_rdflib(triples))
    # Results that only explain others (sh:detail) are no results of the report.
    return [_result(shapes, graph, node) for node in graph.objects(None, SH.result)]


def _lines(triples: Iterable[pyoxigraph.Triple]) -> bytes:
    return pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES) or b""


def _as_stored(graph: Graph) -> bytes:
    # A store writes some values in another way, as 7 for 007; so must the shapes, to match them.
    store = open_store()
    store.add(graph)
    return _lines(quad.triple for quad in store.oxigraph)


def _with_targets(shapes: Shapes, only: frozenset[Node] | None) -> Graph:
    if only is None:
        return shapes.graph
    # pySHACL's own choice of shapes passes over property shapes with a name: drop targets instead.
    graph = Graph()
    dropped = {SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf, SH.target}
    classes = {RDFS.Class, OWL.Class}
    for subject, predicate, value in shapes.graph:
        is_target = predicate in dropped or (
            predicate == RDF.type and value in classes and shapes.is_class(subject)
        )
        if subject in only or not is_target:
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
    constraint = graph.value(node, SH.sourceConstraint)
    message, *translations = _messages(
        shapes, graph, node, *([] if constraint is None else [constraint]), shape, rule
    )
    return Result(
        rule=shapes.name(rule),
        severity=severity_name(graph.value(node, SH.resultSeverity) or SH.Violation),
        message=str(message),
        advice=shapes.advice(shape) or shapes.advice(rule),
        focus_node=focus_node,
        # pySHACL copies a path into its report by name, but not all of a deep one.
        path=None if path is None else paths.read(shapes.graph, path),
        value=graph.value(node, SH.value),
        source_shape=shape,
        component=URIRef(str(component)),
        language=message.language or "",
        source_constraint=constraint,
        translations=tuple(translations),
    )


def _messages(shapes: Shapes, graph: Graph, result: Node, *nodes: Node) -> tuple[Literal, ...]:
    """The messages of a result: those of the first of *nodes* that has any, with places filled.

    Where none has, pySHACL makes one up, which is not told, unless it comes from a constraint
    component of the shapes graph itself.
    """
    told = [m for m in graph.objects(result, SH.resultMessage) if isinstance(m, Literal)]
    templates = shapes.messages(*nodes)
    if not templates:
        component = graph.value(result, SH.sourceConstraintComponent)
        is_own = (component, SH.parameter, None) in shapes.graph
        return (preferred(told) if is_own and told else Literal(""),)
    return tuple(_filled(template, told) for template in templates)


def _filled(template: Literal, told: list[Literal]) -> Literal:
    form = re.compile(".*".join(map(re.escape, PLACE.split(str(template)))), re.DOTALL)
    fitting = [text for text in told if form.fullmatch(text)]
    same = [text for text in fitting if text.language == template.language]
    found = min(map(str, same or fitting), default=str(template))
    return Literal(found, lang=template.language)


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
