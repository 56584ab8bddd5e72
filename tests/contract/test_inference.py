"""A server infers by SPARQL what the engine in the process infers, and tells why it cannot be."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rdflib import BNode, Graph, URIRef
from tests.contract import servers
from tests.contract.conftest import KINDS

from srmgraph import ServiceGraph, knowledge
from srmgraph.errors import ClosureTooLargeError, InconsistentError
from srmgraph.inference import Program, infer, sparql_engine
from srmgraph.store import Store, open_store

ONTOLOGY = """
    PREFIX ex: <https://example.org/> PREFIX owl: <http://www.w3.org/2002/07/owl#>
    PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
    ex:Small a owl:Class ; owl:disjointWith ex:Large .
    ex:near a owl:SymmetricProperty , owl:TransitiveProperty .
    ex:calls rdfs:range ex:Small ; owl:propertyChainAxiom ( ex:knows ex:knows ) .
    ex:email a owl:InverseFunctionalProperty . ex:age a owl:FunctionalProperty .
    [ owl:onProperty ex:size ; owl:someValuesFrom xsd:integer ] rdfs:subClassOf ex:Sized .
    ex:Sized rdfs:subClassOf [ owl:unionOf ( ex:Small ex:Large ) ] .
    ex:is rdfs:range ex:Word . ex:Word rdfs:subClassOf ex:Thing .
    ex:count rdfs:range xsd:nonNegativeInteger .
"""
DATA = """
    PREFIX ex: <https://example.org/> PREFIX owl: <http://www.w3.org/2002/07/owl#>
    PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
    GRAPH ex:one {
        ex:a ex:near ex:b . ex:b ex:near ex:c . ex:a ex:knows [ ex:knows ex:d ] .
        [] ex:email "one" ; ex:near ex:a . ex:e ex:email "one" ; ex:size 7 , 1.5 .
        ex:f ex:size 2.0 . ex:g ex:size 2.5 .
    }
    ex:f ex:made ex:g ; a [ owl:onProperty ex:made ; owl:allValuesFrom ex:Made ] .
    ex:made rdfs:subPropertyOf ex:has . ex:h owl:sameAs ex:f .
    ex:Late rdfs:subClassOf [ owl:onProperty ex:made ; owl:hasValue ex:i ] . ex:g a ex:Late .
"""


@pytest.fixture(params=["oxigraph", "sparql", pytest.param("virtuoso", marks=pytest.mark.slow)])
def kind(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if KINDS[name].missing:
        pytest.skip(KINDS[name].missing)
    return name


@pytest.fixture
def server(kind: str, running: Callable[[str], str]) -> Iterator[Store]:
    store = KINDS[kind].open(running(kind))
    with store.change() as copy:
        copy.oxigraph.clear()
    yield store
    store.close()


def program() -> Program:
    return Program.compile(Graph().parse(data=ONTOLOGY, format="turtle"))


def without_blank(graph: Graph) -> set[object]:
    """Statements, a blank node by nothing but being one: a server gives it another name."""
    return {
        tuple("blank" if isinstance(term, BNode) else term for term in triple) for triple in graph
    }


def test_a_server_infers_from_the_examples_what_the_process_does(server: Store) -> None:
    here = open_store()
    for file in knowledge.example_files():
        for store in (server, here):
            store.read(file)
    before = server.graphs()
    graph = ServiceGraph(server)
    said: list[str] = []
    count = graph.infer(said.append)
    assert set(graph.inferred()) == set(infer(here))
    assert count == len(graph.inferred()) > 1000
    assert server.graphs() == before | {graph.inferred_graph: count}
    assert len(said) > 5


def test_a_server_knows_blank_nodes_and_axioms_among_data(server: Store) -> None:
    here = open_store()
    for store in (server, here):
        store.parse(DATA, "trig")
    before = server.graphs()
    expected = infer(here, Graph().parse(data=ONTOLOGY, format="turtle"))
    found = sparql_engine.infer(server, program())
    assert without_blank(found) == without_blank(expected)
    assert len(found) == len(expected) > 20
    assert server.graphs() == before


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            "ex:a ex:near ex:b . ex:b ex:near ex:c . ex:c a ex:Large . "
            "ex:x ex:knows [ ex:knows ex:c ]",
            "ex:c is a ex:Large and a ex:Small, and nothing is both",
        ),
        ("ex:x ex:count -1", "“-1” is no xsd:nonNegativeInteger"),
        ("ex:x ex:age 1 , 2", "“1” and “2” would have to be the same, and are not"),
    ],
)
def test_a_contradiction_on_a_server_is_told_with_its_reason(
    server: Store, data: str, expected: str
) -> None:
    text = f"PREFIX ex: <https://example.org/> {data} ."
    for store in (server, here := open_store()):
        store.parse(text, "turtle")
    before = server.graphs()
    with pytest.raises(InconsistentError) as there:
        sparql_engine.close(server, knowledge.inferred_graph(), program())
    assert server.graphs() == before
    assert expected in str(there.value)
    if "[" not in data:
        with pytest.raises(InconsistentError) as caught:
            infer(here, Graph().parse(data=ONTOLOGY, format="turtle"))
        assert there.value.contradictions == caught.value.contradictions
    else:
        assert "because" in str(there.value)


def test_a_closure_on_a_server_does_not_run_away(server: Store) -> None:
    ring = " ".join(f"ex:n{number} ex:near ex:n{(number + 1) % 60} ." for number in range(60))
    server.parse(f"PREFIX ex: <https://example.org/> {ring}", "turtle")
    before = server.graphs()
    with pytest.raises(ClosureTooLargeError, match="More than 1,000 facts"):
        sparql_engine.close(server, knowledge.inferred_graph(), program(), limit=1000)
    assert server.graphs() == before


def test_the_command_lets_a_server_infer(running: Callable[[str], str]) -> None:
    if KINDS["oxigraph"].missing:
        pytest.skip(KINDS["oxigraph"].missing)
    url = running("oxigraph")
    store = KINDS["oxigraph"].open(url)
    with store.change() as copy:
        copy.oxigraph.clear()
    file = Path(__file__).parents[1] / "command" / "files" / "acme.ttl"
    store.read(file)
    counts = []
    for more in ([], ["--engine", "compiled"], ["--report"]):
        command = [sys.executable, "-m", "srmgraph.cli", "infer", "--store", f"oxigraph+{url}"]
        ran = subprocess.run([*command, *more], capture_output=True, text=True, env=os.environ)
        assert ran.returncode == 0, ran.stderr
        assert "16 facts follow from the 8 that are stated." in ran.stderr
        assert ran.stdout == ""
        counts.append(len(store.graph(knowledge.inferred_graph())))
    assert counts == [16, 16, 16]
    assert "prp-spo2" in ran.stderr


def test_a_service_that_infers_with_each_change_is_left_as_it_is() -> None:
    file = Path(__file__).parents[1] / "command" / "files" / "acme.ttl"
    with servers.srmgraph(checking="all") as url:
        graph = ServiceGraph.open(f"srmgraph+{url}")
        assert graph.is_closed_by_server
        graph.store.read(file, graph=URIRef("https://example.org/acme"))
        before = graph.store.graphs()
        assert graph.infer() == before[graph.inferred_graph] == 16
        command = [sys.executable, "-m", "srmgraph.cli", "infer", "--store", f"srmgraph+{url}"]
        ran = subprocess.run(command, capture_output=True, text=True, env=os.environ)
        assert "The server keeps what follows itself, so nothing is to be done." in ran.stderr
        assert "16 facts follow from the 8 that are stated." in ran.stderr
        ran = subprocess.run([*command, "--report"], capture_output=True, text=True, env=os.environ)
        assert "--engine sparql" in ran.stderr
        assert ran.returncode == 2
        assert graph.store.graphs() == before
        graph.close()


def test_a_service_that_keeps_what_is_sent_does_not_say_that_it_infers(
    running: Callable[[str], str],
) -> None:
    graph = ServiceGraph(KINDS["srmgraph"].open(running("srmgraph")))
    assert not graph.is_closed_by_server
    graph.close()


def test_what_sparql_cannot_say_is_told(caplog: pytest.LogCaptureFixture) -> None:
    store = open_store()
    store.parse('PREFIX ex: <https://example.org/> ex:x ex:is "a" ; ex:age 1 , 1.0 .', "turtle")
    found = sparql_engine.infer(store, program())
    assert not found
    told = [record.getMessage() for record in caplog.records]
    told = [text.split(": ")[0] for text in told if "SPARQL" in text]
    assert told == ["<https://example.org/Word>", "owl:sameAs"]
