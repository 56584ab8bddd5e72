"""The W3C's test suite of SHACL Core and SHACL-SPARQL, run by the compiled engine.

The report is compared with the expected one as a graph, up to the names of blank nodes.

The suite is not part of this repository: set SRMGRAPH_SUITES to the folder that holds it as
w3c/shacl. What is not passed stands with its reason in w3c-shacl-not-passed.txt.

Source: https://w3c.github.io/data-shapes/data-shapes-test-suite/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph
import pytest
from _pytest.mark import ParameterSet
from rdflib import RDF, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.term import Node
from tests.conformance import w3c

from srmgraph.errors import ShapesError
from srmgraph.store import open_store
from srmgraph.terms import n_triples, triples_to_rdflib
from srmgraph.validation import Report, paths, runs, validate

SHT = Namespace("http://www.w3.org/ns/shacl-test#")
ROOT = w3c.SUITES / "w3c" / "shacl"
NOT_PASSED = w3c.reasons("w3c-shacl-not-passed.txt")
COMPARED = (
    *(SH.focusNode, SH.resultPath, SH.value, SH.resultSeverity),
    *(SH.sourceConstraintComponent, SH.sourceShape),
)


@dataclass(frozen=True)
class Case:
    """One entry of a manifest."""

    name: str
    manifest: Graph
    entry: Node

    def graph(self, role: URIRef) -> Graph:
        """The data graph or the shapes graph."""
        action = self.manifest.value(self.entry, w3c.MF.action)
        return load(file_of(self.manifest.value(action, role)))

    @property
    def expected(self) -> Node | None:
        return self.manifest.value(self.entry, w3c.MF.result)


@cache
def load(file: Path) -> Graph:
    """A file of the suite, with literals as they are written there."""
    graph = Graph(bind_namespaces="none")
    quads = pyoxigraph.parse(path=file, format=pyoxigraph.RdfFormat.TURTLE, base_iri=file.as_uri())
    for triple in triples_to_rdflib(quads):
        graph.add(triple)
    return graph


def file_of(iri: Node | None) -> Path:
    return Path(str(iri).removeprefix("file://"))


def cases(manifest: Path) -> Iterator[Case]:
    """The approved entries of a manifest and of those that it includes."""
    graph = load(manifest)
    for included in sorted(graph.objects(URIRef(manifest.as_uri()), w3c.MF.include), key=str):
        yield from cases(file_of(included))
    for entries in graph.objects(URIRef(manifest.as_uri()), w3c.MF.entries):
        for entry in Collection(graph, entries):
            if (entry, w3c.MF.status, SHT.approved) in graph:
                name = manifest.relative_to(ROOT).with_suffix("").as_posix()
                yield Case(name, graph, entry)


def parameters() -> list[ParameterSet]:
    if not (ROOT / "manifest.ttl").is_file():
        reason = f"there is no {ROOT}: set SRMGRAPH_SUITES to where the suites are"
        return [pytest.param(None, id="suite", marks=pytest.mark.skip(reason=reason))]
    return [
        pytest.param(
            case,
            id=case.name,
            marks=[pytest.mark.xfail(reason=NOT_PASSED[case.name])]
            if case.name in NOT_PASSED
            else [],
        )
        for case in cases(ROOT / "manifest.ttl")
    ]


def run(case: Case) -> Report:
    store = open_store()
    store.add(case.graph(SHT.dataGraph))
    return validate(store, case.graph(SHT.shapesGraph))


def told(graph: Graph, report: Node, names: set[Node]) -> Graph:
    """A report with those properties of its results that are called *names*, and nothing else.

    Blank nodes of the data and of the shapes stand for themselves, without what they say there.
    """
    copy = Graph(bind_namespaces="none")
    for about in (RDF.type, SH.conforms, SH.result):
        for value in graph.objects(report, about):
            copy.add((report, about, value))
    for result in graph.objects(report, SH.result):
        for name, value in graph.predicate_objects(result):
            if name == SH.resultPath:
                value = paths.add(paths.read(graph, value), copy)
            if name in names:
                copy.add((result, name, value))
    return copy


CASES = parameters()


@pytest.mark.parametrize("many", [runs.MANY, 0], ids=["in the store", "on columns"])
@pytest.mark.parametrize("case", CASES)
def test_the_suite_is_passed(case: Case, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MANY", many)
    if case.expected == SHT.Failure:
        with pytest.raises(ShapesError):
            run(case)
        return
    report = run(case)
    found, expected = report.graph(), case.expected
    assert expected is not None
    results = list(case.manifest.objects(expected, SH.result))
    names: set[Node] = {RDF.type, *COMPARED}
    # The suite gives messages and constraints in some cases only.
    for name in (SH.resultMessage, SH.sourceConstraint):
        if any(isinstance(v, URIRef | Literal) for r in results for v in case.manifest[r:name]):
            names.add(name)
    node = found.value(predicate=RDF.type, object=SH.ValidationReport)
    assert node is not None
    ours, theirs = told(found, node, names), told(case.manifest, expected, names)
    # The same test, with a difference that can be read.
    assert _lines(ours) == _lines(theirs)
    assert isomorphic(ours, theirs)
    # One of the shapes has a misspelt term, which is noted, too.
    assert not any("was checked by pySHACL" in note for note in report.notes)


def _lines(graph: Graph) -> list[str]:
    return sorted(
        "  ".join("a blank node" if isinstance(term, BNode) else n_triples(term) for term in triple)
        for triple in graph
    )


def test_what_is_not_passed_is_there() -> None:
    names = [parameter.id for parameter in CASES]
    if names == ["suite"]:
        pytest.skip("the suite is not there")
    assert set(NOT_PASSED) <= set(names)
    assert len(names) > 110
