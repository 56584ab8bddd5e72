"""What follows by OWL 2 RL: small ontologies, small data, and all that follows from them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, URIRef
from tests.unit import shacl_strategies

from srmgraph import knowledge
from srmgraph.errors import InconsistentError, InputError
from srmgraph.inference import Closure, Program, explain, infer
from srmgraph.store import EmbeddedStore, open_store

CASES = sorted((Path(__file__).parent / "inference").glob("*.trig"))
EX = "https://example.org/"


def read(text: str) -> EmbeddedStore:
    store = open_store()
    store.parse(
        f"PREFIX ex: <{EX}> PREFIX owl: <{OWL}> PREFIX rdfs: <{RDFS}> PREFIX xsd: <{XSD}> {text}",
        "turtle",
    )
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
    ex:off a owl:ObjectProperty ; rdfs:domain [
        a owl:Restriction ; owl:onProperty ex:off ; owl:maxCardinality 0 ] .
    ex:age a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:integer .
    ex:size a owl:DatatypeProperty .
    [] a owl:AllDisjointProperties ; owl:members ( ex:one ex:two ex:three ) .
    [] a owl:AllDifferent ; owl:distinctMembers ( ex:n1 ex:n2 ex:n3 ) .
    [] a owl:NegativePropertyAssertion ; owl:sourceIndividual ex:n1 ;
        owl:assertionProperty ex:likes ; owl:targetIndividual ex:n2 .
    [] a owl:NegativePropertyAssertion ; owl:sourceIndividual ex:n1 ;
        owl:assertionProperty ex:size ; owl:targetValue 3 .
    ex:NoA a owl:Class ; owl:complementOf ex:A .
"""


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("ex:x a ex:A , ex:B .", "ex:x is a ex:A and a ex:B, and nothing is both."),
        (
            "ex:y ex:part ex:x . ex:x a ex:B .",
            "ex:x is a ex:A and a ex:B, and nothing is both, because ex:y has ex:x as ex:part.",
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
            "ex:x ex:off ex:y .",
            "ex:x has ex:y as ex:off, and nothing of its class can.",
        ),
        (
            "ex:x ex:age 1 , 2 .",
            "“1” and “2” would have to be the same, and are not, "
            "because ex:x has 1 as ex:age and ex:x has 2 as ex:age.",
        ),
        ('ex:x ex:age "old" .', "“old” is no xsd:integer."),
        (
            "ex:x ex:one ex:y ; ex:three ex:y .",
            "ex:x has ex:y both as ex:one and as ex:three, and nothing has.",
        ),
        (
            "ex:n3 owl:sameAs ex:n1 .",
            "ex:n1 and ex:n3 are the same and different, because ex:n3 has ex:n1 as owl:sameAs.",
        ),
        (
            "ex:n1 ex:likes ex:n2 .",
            "ex:n1 has ex:n2 as ex:likes, and it is stated that it has not.",
        ),
        ("ex:n1 ex:size 3 .", "ex:n1 has 3 as ex:size, and it is stated that it has not."),
        ("ex:x a ex:A , ex:NoA .", "ex:x is a ex:A and a ex:NoA, and nothing is both."),
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


@pytest.mark.parametrize(
    ("axiom", "warning"),
    [
        (
            "ex:A rdfs:subClassOf "
            "[ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom ex:B ]",
            "<https://example.org/A>: owl:someValuesFrom on the right",
        ),
        ("ex:A rdfs:subClassOf [ owl:unionOf ( ex:B ex:C ) ]", "owl:unionOf on the right"),
        ("ex:A owl:equivalentClass [ owl:unionOf ( ex:B ex:C ) ]", "owl:unionOf on the right"),
        ("ex:p rdfs:range [ owl:oneOf ( ex:b ) ]", "<https://example.org/p>: owl:oneOf on the"),
        (
            "[ a owl:Restriction ; owl:onProperty ex:p ; owl:allValuesFrom ex:B ] "
            "rdfs:subClassOf ex:A",
            "owl:allValuesFrom on the left",
        ),
        (
            "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; "
            "owl:maxCardinality 2 ]",
            "owl:maxCardinality above 1",
        ),
        (
            "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; "
            "owl:minCardinality 1 ]",
            "owl:minCardinality on the right",
        ),
        ("ex:A owl:disjointUnionOf ( ex:B ex:C )", "owl:disjointUnionOf is outside OWL 2 RL"),
        ("ex:p a owl:ReflexiveProperty", "owl:ReflexiveProperty is outside OWL 2 RL"),
        ("owl:Thing rdfs:subClassOf ex:A", "owl:Thing: what holds of owl:Thing is inferred only"),
        ("ex:p rdfs:subPropertyOf rdf:type", "<https://example.org/p>: an axiom about rdf:type"),
    ],
)
def test_what_has_no_effect_is_named(axiom: str, warning: str) -> None:
    program = Program.compile(graph(f"PREFIX rdf: <{RDF}> {axiom} ."))
    (found,) = program.warnings
    assert warning in found


def test_what_has_no_effect_is_logged_wherever_it_is_stated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    infer(read("ex:a ex:p ex:b ."), graph("ex:p a owl:ReflexiveProperty ."))
    infer(read("ex:a ex:p ex:b . ex:p a owl:ReflexiveProperty ."), graph("ex:q a owl:Class ."))
    closure = Closure.of_store(read("ex:a ex:p ex:b ."))
    closure.add(graph("ex:p a owl:ReflexiveProperty ."))
    explain(
        read("ex:a ex:p ex:b . ex:p a owl:ReflexiveProperty ."),
        next(iter(graph("ex:a ex:p ex:b ."))),
    )
    expected = "<https://example.org/p>: owl:ReflexiveProperty is outside OWL 2 RL"
    assert len(caplog.messages) == 3
    assert all(expected in message for message in caplog.messages)


def test_our_ontology_is_compiled_without_a_warning() -> None:
    assert Program.compile(knowledge.ontology()).warnings == ()


def test_an_engine_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="“prolog”; use compiled, sparql or owlrl"):
        infer(open_store(), engine="prolog")


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
