"""What follows by OWL 2 RL: small ontologies, small data, and all that follows from them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, URIRef
from tests.unit import shacl_strategies

from srmgraph import knowledge
from srmgraph.errors import InconsistentError
from srmgraph.inference import infer
from srmgraph.store import EmbeddedStore, open_store

CASES = sorted((Path(__file__).parent / "inference").glob("*.trig"))
EX = "https://example.org/"


def read(text: str) -> EmbeddedStore:
    store = open_store()
    store.parse(f"PREFIX ex: <{EX}> PREFIX owl: <{OWL}> PREFIX rdfs: <{RDFS}> {text}", "turtle")
    return store


def graph(text: str) -> Graph:
    return read(text).graph()


def split(file: Path) -> tuple[Graph, EmbeddedStore, Graph]:
    """The ontology, the data and what follows: the default graph, ex:data and ex:follows."""
    store = open_store()
    store.read(file)

    def part(pattern: str) -> Graph:
        return store.construct(f"CONSTRUCT {{ ?s ?p ?o }} {{ {pattern} }}")

    data = open_store()
    data.add(part(f"GRAPH <{EX}data> {{ ?s ?p ?o }}"))
    ontology = part("?s ?p ?o FILTER NOT EXISTS { GRAPH ?any { ?s ?p ?o } }")
    return ontology, data, part(f"GRAPH <{EX}follows> {{ ?s ?p ?o }}")


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_what_follows_is_found_and_nothing_else(file: Path) -> None:
    ontology, data, follows = split(file)
    assert len(ontology) > 0
    stated = set(data.graph())
    assert set(infer(data, ontology)) == set(follows)
    assert set(data.graph()) == stated, "the store is not to be changed"


ONTOLOGY = """
    ex:A a owl:Class ; owl:disjointWith ex:B ; rdfs:label "A"@en .
    ex:B a owl:Class .
    ex:Empty a owl:Class ; rdfs:subClassOf owl:Nothing .
    ex:part a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:label "part"@en ; rdfs:range ex:A .
    ex:parent a owl:ObjectProperty , owl:AsymmetricProperty , owl:IrreflexiveProperty .
    ex:likes a owl:ObjectProperty ; owl:propertyDisjointWith ex:hates .
    ex:hates a owl:ObjectProperty .
"""


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("ex:x a ex:A , ex:B .", "ex:x is a ex:A and a ex:B, and nothing is both."),
        (
            "ex:y ex:part ex:x . ex:x a ex:B .",
            "ex:x is a ex:A and a ex:B, and nothing is both, "
            "because ex:x is a ex:B and ex:y has ex:x as ex:part.",
        ),
        (
            "ex:x a ex:Empty .",
            "ex:x belongs to a class that can have no member, because ex:x is a ex:Empty.",
        ),
        ("ex:x ex:parent ex:x .", "ex:x has itself as ex:parent, and nothing can."),
        (
            "ex:x ex:parent ex:y . ex:y ex:parent ex:x .",
            "ex:x and ex:y have each other as ex:parent, and only one of them can.",
        ),
        (
            "ex:x ex:likes ex:y ; ex:hates ex:y .",
            "ex:x has ex:y both as ex:likes and as ex:hates, and nothing has.",
        ),
        (
            "ex:x owl:sameAs ex:y ; owl:differentFrom ex:y .",
            "ex:x and ex:y are the same and different.",
        ),
        ("ex:x owl:differentFrom ex:x .", "ex:x and ex:x are the same and different."),
        (
            'ex:x ex:size "two"^^<http://www.w3.org/2001/XMLSchema#integer> .',
            "“two” is no xsd:integer.",
        ),
    ],
)
def test_contradictions_are_told_in_words(data: str, sentence: str) -> None:
    store = read(data)
    stated = set(store.graph())
    with pytest.raises(InconsistentError) as caught:
        infer(store, graph(ONTOLOGY))
    assert sentence in caught.value.contradictions
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(
        "The data contradict the ontology, so nothing was inferred."
    )
    assert list(caught.value.contradictions) == sorted(set(caught.value.contradictions))
    assert set(store.graph()) == stated


def test_progress_is_told_round_by_round() -> None:
    said: list[str] = []
    infer(read("ex:x ex:part ex:y . ex:y ex:part ex:z ."), graph(ONTOLOGY), said.append)
    assert len(said) >= 2
    assert said[0].startswith("Inferring, round 1: ")
    assert said[1].startswith("Inferring, round 2: ")


def test_the_prefixes_of_the_data_are_kept() -> None:
    found = infer(read("ex:x ex:part ex:y ."), graph(ONTOLOGY))
    assert dict(found.namespaces())["ex"] == URIRef(EX)


@settings(max_examples=25)
@given(data=shacl_strategies.data())
def test_inferring_twice_adds_nothing(data: Graph) -> None:
    """A closure is closed; and it says nothing that is trivial, nor of what is no thing."""
    ontology = graph(
        "ex:A a owl:Class . ex:B a owl:Class ; rdfs:subClassOf ex:A . ex:C a owl:Class . "
        "ex:p a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:domain ex:C . "
        "ex:q a owl:ObjectProperty ; owl:inverseOf ex:r . ex:r a owl:ObjectProperty ; "
        "rdfs:range ex:B . ex:s owl:propertyChainAxiom ( ex:p ex:q ) ; a owl:ObjectProperty ."
    )
    store = open_store()
    for triple in list(data):
        # A text as the value of an object property is no OWL.
        if triple[1] in {URIRef(f"{EX}{n}") for n in "pqr"} and isinstance(triple[2], Literal):
            data.remove(triple)
    store.add(data)
    found = infer(store, ontology)
    for subject, predicate, value in found:
        assert not isinstance(subject, Literal)
        assert isinstance(predicate, URIRef)
        assert subject != value or predicate not in (OWL.sameAs, RDFS.subClassOf)
        assert value not in (OWL.Thing, RDFS.Resource)
        assert (subject, predicate, value) not in data
        assert subject not in set(ontology.subjects())
    store.add(found)
    assert set(infer(store, ontology)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("folder", knowledge.examples(), ids=lambda folder: folder.name)
def test_the_examples_are_closed_in_one_go(folder: Path) -> None:
    store = open_store()
    store.read(folder / f"{folder.name}.ttl")
    found = infer(store)
    assert len(found) > 100
    own = set(knowledge.ontology().subjects())
    assert not [triple for triple in found if triple[0] in own or isinstance(triple[0], Literal)]
    assert not [t for t in found if isinstance(t[2], BNode) and t[2] in own]
    assert not [t for t in found if t[1] == RDF.type and t[2] in (OWL.Thing, RDFS.Resource)]
    store.add(found)
    assert len(infer(store)) == 0
