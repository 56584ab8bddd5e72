"""Shapes, data and the report that they must give, all in one Turtle file.

In the data, whatever is called good… has no result and whatever is called bad… has one.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from rdflib import RDF, SH, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph.store import EmbeddedStore, open_store
from srmgraph.terms import n_triples
from srmgraph.validation import Report, Result, paths
from srmgraph.validation.report import severity_iri

EX = "https://example.org/"
_NAMED = re.compile(r"(good|bad)[0-9]")

Line = tuple[str, ...]
"""What a result says, property by property."""

Described = dict[Node, tuple[Node, ...]]
"""A result by the properties of SHACL, of which some may have several values."""


def split(file: Path) -> tuple[Graph, list[Described]]:
    """What a case holds, shapes and data as one, and the results that it expects."""
    store = open_store()
    store.read(file)
    graph = store.graph()
    expected = []
    for report in list(graph.subjects(RDF.type, SH.ValidationReport)):
        for node in list(graph.objects(report, SH.result)):
            result: Described = {
                name: tuple(sorted(graph.objects(node, name), key=str))
                for name in graph.predicates(node)
            }
            if SH.resultPath in result:
                path = paths.read(graph, result[SH.resultPath][0])
                result[SH.resultPath] = (Literal(paths.sparql(path)),)
            expected.append(result)
            graph.remove((node, None, None))
        graph.remove((report, None, None))
    return graph, expected


def store_of(graph: Graph) -> EmbeddedStore:
    """A store that holds a graph."""
    store = open_store()
    store.add(graph)
    return store


def described(result: Result) -> Described:
    """A result by the properties of SHACL."""
    message = Literal(result.message, lang=result.language or None) if result.message else None
    found: dict[Node, tuple[Node | None, ...]] = {
        SH.focusNode: (result.focus_node,),
        SH.value: (result.value,),
        SH.resultPath: (None if result.path is None else Literal(paths.sparql(result.path)),),
        SH.sourceShape: (result.source_shape,),
        SH.sourceConstraintComponent: (result.component,),
        SH.sourceConstraint: (result.source_constraint,),
        SH.resultSeverity: (severity_iri(result.severity),),
        SH.resultMessage: (message, *result.translations),
    }
    told = {name: tuple(v for v in values if v is not None) for name, values in found.items()}
    return {name: tuple(sorted(values, key=str)) for name, values in told.items() if values}


def compared(expected: list[Described], report: Report) -> tuple[Counter[Line], Counter[Line]]:
    """Both sides, with those properties only that some expectation mentions."""
    names = sorted({name for result in expected for name in result}, key=str)
    return (
        Counter(_line(names, result) for result in expected),
        Counter(_line(names, described(result)) for result in report.results),
    )


def names(graph: Graph) -> tuple[set[str], set[str]]:
    """What is called good and what is called bad."""
    found = {str(term).removeprefix(EX) for triple in graph for term in triple}
    called = {name: match[1] for name in found if (match := _NAMED.fullmatch(name))}
    return (
        {name for name, kind in called.items() if kind == "good"},
        {name for name, kind in called.items() if kind == "bad"},
    )


def remark(file: Path, name: str) -> str:
    """What a case remarks of itself, in a line `# name: …`; empty if it does not."""
    text = file.read_text(encoding="utf-8")
    found = re.search(rf"^# {name}: (.*)$", text, re.MULTILINE)
    return found[1] if found else ""


def _line(names: list[Node], result: Described) -> Line:
    return tuple(
        f"{str(name).removeprefix(str(SH))} {' '.join(map(_text, result[name]))}"
        for name in names
        if name in result
    )


def _text(node: Node) -> str:
    return n_triples(node) if isinstance(node, URIRef | Literal) else "a blank node"
