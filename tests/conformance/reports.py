"""Expected results, written as SHACL reports in Turtle, compared with what validation found."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from rdflib import RDF, SH, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph.store import EmbeddedStore, open_store
from srmgraph.validation import Result, paths
from srmgraph.validation.report import severity_iri

_REPORT_PROPERTIES = (SH.sourceShape, SH.focusNode, SH.resultPath, SH.value, SH.resultSeverity)


@cache
def split(file: Path) -> tuple[Graph, list[dict[URIRef, Node]]]:
    """The data of a case, and the results that it expects; a result says only what matters."""
    data = Graph().parse(file)
    expected = [
        {name: value for name, value in data.predicate_objects(result) if name != RDF.type}
        for result in data.subjects(RDF.type, SH.ValidationResult)
    ]
    for subject in set(data.subjects(RDF.type, SH.ValidationReport)):
        data.remove((subject, None, None))
    for subject in set(data.subjects(RDF.type, SH.ValidationResult)):
        data.remove((subject, None, None))
    return data, [{URIRef(str(name)): value for name, value in r.items()} for r in expected]


def alone(rule: Node, shapes: Graph) -> Graph:
    """A rule with all that hangs on it in *shapes*, and the prefixes that its query may use."""
    return shapes.cbd(rule) + _headers(shapes)


@cache
def _headers(shapes: Graph) -> Graph:
    graph = Graph()
    for header in shapes.subjects(SH.declare):
        graph += shapes.cbd(header)
    return graph


def store_of(data: Graph) -> EmbeddedStore:
    """A store that holds *data*."""
    store = open_store("memory:")
    store.add(data)
    return store


def lines(expected: list[dict[URIRef, Node]], found: list[Result]) -> tuple[list[str], list[str]]:
    """Both sides as text, one line a result, with only the properties that any expectation has."""
    compared = [name for name in _REPORT_PROPERTIES if any(name in one for one in expected)]
    compared = compared or [SH.sourceShape, SH.focusNode, SH.value]
    return (
        sorted(_line(compared, one) for one in expected),
        sorted(_line(compared, _as_dictionary(result)) for result in found),
    )


def _as_dictionary(result: Result) -> dict[URIRef, Node]:
    described: dict[URIRef, Node] = {
        SH.sourceShape: result.source_shape,
        SH.focusNode: result.focus_node,
        SH.resultSeverity: severity_iri(result.severity),
    }
    if isinstance(result.path, paths.Predicate):
        described[SH.resultPath] = result.path.iri
    # SHACL gives a SPARQL constraint on a node shape the focus node as value; that says nothing.
    if result.value is not None and result.value != result.focus_node:
        described[SH.value] = result.value
    return described


def _line(names: list[URIRef], described: dict[URIRef, Node]) -> str:
    if described.get(SH.value) == described.get(SH.focusNode):
        described = {name: value for name, value in described.items() if name != SH.value}
    return "  ".join(_text(described[name]) for name in names if name in described)


def _text(node: Node) -> str:
    if isinstance(node, Literal) and isinstance(node.value, Decimal):
        # Oxigraph keeps the value of a number, not its spelling.
        return f"{node.value.normalize():f}"
    if isinstance(node, Literal) and isinstance(node.value, datetime):
        # rdflib writes +00:00 for Z when it reads.
        return node.value.isoformat()
    return node.n3()
