"""Whatever statements there are: written as a model and read again, they are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.ecosystem import write_ecosystem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, URIRef
from rdflib.term import Node
from tests.unit import rdf_strategies as rdf_

from srmgraph import knowledge
from srmgraph.adapters import archimate, rdf
from srmgraph.adapters.archimate import exchange
from srmgraph.adapters.archimate.package import open_package
from srmgraph.store import EmbeddedStore


def lines(graph: Graph) -> list[bytes]:
    return rdf.serialize(graph, "n-triples").splitlines()


def assert_comes_home(graph: Graph, format: str = "exchange") -> None:
    content = archimate.serialize(graph, format)
    imported = archimate.parse(content)
    assert lines(imported.graph) == lines(graph)
    assert archimate.serialize(imported.graph, format) == content


@pytest.mark.parametrize("format", ["exchange", "archi", "bundle"])
@pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
def test_examples_come_home(file: Path, format: str) -> None:
    graph = Graph().parse(file)
    content = archimate.serialize(graph, format)
    imported = archimate.parse(content)
    assert set(imported.facts) == set(graph)
    assert len(imported.kept) == 0
    assert imported.loss_report == ()
    assert archimate.serialize(imported.facts, format) == content


def generated(folder: Path, triples: int) -> Graph:
    file = folder / "ecosystem.nt"
    write_ecosystem(file, triples)
    return Graph().parse(file)


def test_a_generated_ecosystem_comes_home(tmp_path: Path) -> None:
    assert_comes_home(generated(tmp_path, 3000))


@pytest.mark.slow
def test_a_larger_ecosystem_comes_home(tmp_path: Path) -> None:
    assert_comes_home(generated(tmp_path, 12000))


THINGS = [URIRef(f"https://example.org/é#{n}") for n in range(4)] + [URIRef("urn:a:b")]
NODES = st.sampled_from([*THINGS, BNode("a"), BNode("b")])


def statements() -> st.SearchStrategy[tuple[Node, URIRef, Node]]:
    """About few things, so that they are related; of classes that are drawn and others."""
    classes = rdf_.own_terms(OWL.Class)
    relations = [*rdf_.own_terms(OWL.ObjectProperty), RDFS.seeAlso, URIRef("https://e.org/p(1)")]
    values = [*rdf_.own_terms(OWL.DatatypeProperty), RDFS.label, RDFS.label, RDFS.comment]
    texts = st.sampled_from(["a  b", " a", "a\nb", "\r", "<x>", "<urn:x>", "\x00", "\U0001f600"])
    literals = rdf_.literals(rdf_.ANY_TEXT) | texts.map(Literal)
    return st.one_of(
        st.tuples(NODES, st.just(RDF.type), st.sampled_from([*classes, OWL.Thing])),
        st.tuples(NODES, st.sampled_from(relations), NODES),
        st.tuples(NODES, st.sampled_from(values), literals),
    )


def graph_of(found: list[tuple[Node, URIRef, Node]]) -> Graph:
    graph = Graph()
    for statement in found:
        graph.add(statement)
    return graph


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(statements(), max_size=25).map(graph_of))
def test_any_service_graph_comes_home(graph: Graph) -> None:
    assert_comes_home(graph)
    assert_comes_home(graph, "archi")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rdf_.graphs())
def test_any_graph_comes_home(graph: Graph) -> None:
    assert_comes_home(graph)


def test_a_store_is_written_without_the_graphs_that_are_left_out() -> None:
    thing, inferred = THINGS[0], URIRef("https://example.org/inferred")
    cls = rdf_.own_terms(OWL.Class)[0]
    stated = graph_of([(thing, RDF.type, cls), (thing, RDFS.label, Literal("a"))])
    store = EmbeddedStore()
    store.add(stated)
    store.add(graph_of([(thing, RDFS.comment, Literal("b"))]), inferred)
    assert archimate.serialize(store, without=[inferred]) == archimate.serialize(stated)
    assert archimate.serialize(store) != archimate.serialize(stated)


def test_the_order_of_statements_does_not_show() -> None:
    graph = Graph().parse(knowledge.example_files()[0])
    backwards = Graph()
    for statement in sorted(graph, reverse=True):
        backwards.add(statement)
    assert archimate.serialize(graph) == archimate.serialize(backwards)


def test_a_file_is_replaced_only_when_all_is_written(tmp_path: Path) -> None:
    file = tmp_path / "model.xml"
    archimate.write(Graph(), file)
    before = file.read_bytes()
    assert exchange.write(open_package(before).model) == before
    broken = Graph()
    broken.add((URIRef("https://example.org/a b"), RDF.type, OWL.Class))
    with pytest.raises(Exception, match="not a valid RDF term"):
        archimate.write(broken, file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
