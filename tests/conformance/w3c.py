"""Where test suites that others wrote are, and the manifests of the W3C's of SPARQL and RDF.

The suites are not part of this repository: set SRMGRAPH_SUITES to the folder that holds them, as
w3c/sparql11, w3c/rdf11 and so on.

Source: https://github.com/w3c/rdf-tests
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph
import pytest
from _pytest.mark import ParameterSet
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.errors import SrmgraphError
from srmgraph.terms import triples_to_rdflib

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SUITES = Path(os.environ.get("SRMGRAPH_SUITES", knowledge.ROOT.parent / "shared" / "suites"))
FORMATS = {
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
    ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
    ".rdf": pyoxigraph.RdfFormat.RDF_XML,
}


@dataclass(frozen=True)
class Case:
    """One entry of a manifest. `name` is its folder and its name, `kind` its class."""

    name: str
    kind: str
    manifest: Graph
    entry: Node

    def one(self, *properties: URIRef) -> Node | None:
        """What is found by following properties from the entry."""
        node: Node | None = self.entry
        for name in properties:
            node = None if node is None else self.manifest.value(node, name)
        return node

    def file(self, *properties: URIRef) -> Path:
        return file_of(self.one(*properties))


def cases(manifest: Path, suite: Path) -> Iterator[Case]:
    """The entries of a manifest, each once and in its order."""
    graph = load(manifest)
    for entries in graph.objects(URIRef(manifest.as_uri()), MF.entries):
        for entry in dict.fromkeys(Collection(graph, entries)):
            local = str(entry).rpartition("#")[2]
            kind = str(graph.value(entry, RDF.type)).rpartition("#")[2]
            yield Case(f"{manifest.parent.relative_to(suite)}/{local}", kind, graph, entry)


def parameters(found: Iterable[Case], not_passed: dict[str, str]) -> list[ParameterSet]:
    """Cases as parameters of a test; those that are not passed must fail with an error of ours."""
    return [
        pytest.param(
            case,
            id=case.name,
            marks=[
                pytest.mark.xfail(
                    reason=not_passed[case.name], raises=(AssertionError, SrmgraphError)
                )
            ]
            if case.name in not_passed
            else [],
        )
        for case in found
    ]


def absent(suite: Path) -> list[ParameterSet]:
    """The one parameter of a test whose suite is not there."""
    reason = f"there is no {suite}: set SRMGRAPH_SUITES to where the suites are"
    return [pytest.param(None, id="suite", marks=pytest.mark.skip(reason=reason))]


def reasons(name: str | Path) -> dict[str, str]:
    """The tests that are not passed, with the reasons, from the list of that name, beside this file
    if it is no path."""
    lines = Path(__file__).parent.joinpath(name).read_text().splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


@cache
def load(file: Path) -> Graph:
    """A file of a suite, with literals as they are written there."""
    graph = Graph(bind_namespaces="none")
    quads = pyoxigraph.parse(path=file, format=FORMATS[file.suffix], base_iri=file.as_uri())
    for triple in triples_to_rdflib(quads):
        graph.add(triple)
    return graph


def file_of(iri: Node | None) -> Path:
    return Path(str(iri).removeprefix("file://"))
