"""Small ontologies and small data at random, all within OWL 2 RL."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

EX = Namespace("https://example.org/")
THINGS = [EX[name] for name in "abcde"]
CLASSES = [EX[name] for name in "ABCD"]
PROPERTIES = [EX[name] for name in "pqrs"]
TEXTUAL = EX.text
VALUES = [Literal("x"), Literal("y", lang="en"), Literal(1), Literal("1.5", datatype=XSD.decimal)]

KINDS = [
    *(OWL.SymmetricProperty, OWL.TransitiveProperty, OWL.FunctionalProperty),
    *(OWL.InverseFunctionalProperty, OWL.AsymmetricProperty, OWL.IrreflexiveProperty),
]
AXIOMS = {
    "narrower": 4,
    "narrower property": 3,
    "chain": 3,
    "domain": 2,
    "range": 2,
    "inverse": 2,
    "kind": 3,
    "equivalent": 2,
    "equivalent property": 1,
    "union": 2,
    "intersection": 2,
    "some": 3,
    "all": 2,
    "has": 3,
    "one of": 2,
    "disjoint": 1,
    "disjoint properties": 1,
    "all disjoint": 1,
    "complement": 1,
    "at most": 2,
    "at most of": 2,
    "denied": 1,
    "same class": 1,
    "same property": 1,
}
BEYOND_OWLRL = ("key", "key", "all different", "all disjoint properties", "no name", "no name")
"""Kinds that owlrl does wrong."""

_DRAWN = [name for name, weight in AXIOMS.items() for _ in range(weight)]


@st.composite
def ontologies(draw: st.DrawFn, *, of_all_kinds: bool = False) -> Graph:
    """Declarations of all classes and properties, and two to nine axioms."""
    graph = Graph()
    for name in CLASSES:
        graph.add((name, RDF.type, OWL.Class))
    for name in PROPERTIES:
        graph.add((name, RDF.type, OWL.ObjectProperty))
    graph.add((TEXTUAL, RDF.type, OWL.DatatypeProperty))
    for _ in range(draw(st.integers(2, 9))):
        add_axiom(draw, graph, of_all_kinds=of_all_kinds)
    return graph


def add_axiom(draw: st.DrawFn, graph: Graph, *, of_all_kinds: bool = False) -> None:
    """Add one axiom, of a kind that owlrl does right unless all kinds are wanted."""

    def one(names: list[URIRef]) -> URIRef:
        return draw(st.sampled_from(names))

    def listed(names: list[URIRef], least: int, most: int) -> Node:
        members: list[Node] = [one(names) for _ in range(draw(st.integers(least, most)))]
        return Collection(graph, BNode(), members).uri

    def restriction(*said: tuple[URIRef, Node]) -> BNode:
        node = BNode()
        graph.add((node, RDF.type, OWL.Restriction))
        graph.add((node, OWL.onProperty, one(PROPERTIES)))
        for predicate, value in said:
            graph.add((node, predicate, value))
        return node

    def count() -> Literal:
        return Literal(draw(st.integers(0, 1)), datatype=XSD.nonNegativeInteger)

    def several(predicate: URIRef) -> BNode:
        node = BNode()
        graph.add((node, RDF.type, OWL.Class))
        graph.add((node, predicate, listed(CLASSES, 1, 3)))
        return node

    def narrower(narrow: Node, wide: Node) -> None:
        graph.add((narrow, RDFS.subClassOf, wide))

    def denied() -> None:
        node = BNode()
        graph.add((node, RDF.type, OWL.NegativePropertyAssertion))
        graph.add((node, OWL.sourceIndividual, one(THINGS)))
        graph.add((node, OWL.assertionProperty, one(PROPERTIES)))
        graph.add((node, OWL.targetIndividual, one(THINGS)))

    def all_disjoint() -> None:
        node = BNode()
        graph.add((node, RDF.type, OWL.AllDisjointClasses))
        graph.add((node, OWL.members, Collection(graph, BNode(), [*CLASSES[:3]]).uri))

    def together(kind: URIRef, names: list[URIRef]) -> None:
        node = BNode()
        graph.add((node, RDF.type, kind))
        graph.add((node, OWL.members, Collection(graph, BNode(), [*names]).uri))

    def no_name() -> None:
        node = BNode()
        graph.add((node, OWL.inverseOf, one(PROPERTIES)))
        graph.add((node, RDFS.subPropertyOf, one(PROPERTIES)))

    def one_of() -> None:
        node = BNode()
        graph.add((node, OWL.oneOf, listed(THINGS, 1, 2)))
        narrower(node, one(CLASSES))

    def has() -> None:
        node = restriction((OWL.hasValue, one(THINGS)))
        graph.add((one(CLASSES), OWL.equivalentClass, node))

    limit = [*CLASSES, OWL.Thing]
    made: dict[str, Callable[[], object]] = {
        "narrower": lambda: narrower(one(CLASSES), one(CLASSES)),
        "narrower property": lambda: graph.add(
            (one(PROPERTIES), RDFS.subPropertyOf, one(PROPERTIES))
        ),
        "chain": lambda: graph.add(
            (one(PROPERTIES), OWL.propertyChainAxiom, listed(PROPERTIES, 1, 4))
        ),
        "domain": lambda: graph.add((one([*PROPERTIES, TEXTUAL]), RDFS.domain, one(CLASSES))),
        "range": lambda: graph.add((one(PROPERTIES), RDFS.range, one(CLASSES))),
        "inverse": lambda: graph.add((one(PROPERTIES), OWL.inverseOf, one(PROPERTIES))),
        "kind": lambda: graph.add((one(PROPERTIES), RDF.type, one(KINDS))),
        "equivalent": lambda: graph.add((one(CLASSES), OWL.equivalentClass, one(CLASSES))),
        "equivalent property": lambda: graph.add(
            (one(PROPERTIES), OWL.equivalentProperty, one(PROPERTIES))
        ),
        "union": lambda: narrower(several(OWL.unionOf), one(CLASSES)),
        "intersection": lambda: graph.add(
            (one(CLASSES), OWL.equivalentClass, several(OWL.intersectionOf))
        ),
        "some": lambda: narrower(restriction((OWL.someValuesFrom, one(limit))), one(CLASSES)),
        "all": lambda: narrower(one(CLASSES), restriction((OWL.allValuesFrom, one(CLASSES)))),
        "has": has,
        "one of": one_of,
        "disjoint": lambda: graph.add((one(CLASSES), OWL.disjointWith, one(CLASSES))),
        "disjoint properties": lambda: graph.add(
            (one(PROPERTIES), OWL.propertyDisjointWith, one(PROPERTIES))
        ),
        "all disjoint": all_disjoint,
        "complement": lambda: graph.add((one(CLASSES), OWL.complementOf, one(CLASSES))),
        "at most": lambda: narrower(one(CLASSES), restriction((OWL.maxCardinality, count()))),
        "at most of": lambda: narrower(
            one(CLASSES),
            restriction((OWL.maxQualifiedCardinality, count()), (OWL.onClass, one(limit))),
        ),
        "denied": denied,
        "same class": lambda: graph.add((one(CLASSES), OWL.sameAs, one(CLASSES))),
        "same property": lambda: graph.add((one(PROPERTIES), OWL.sameAs, one(PROPERTIES))),
    }
    further: dict[str, Callable[[], object]] = {
        "key": lambda: graph.add((one(CLASSES), OWL.hasKey, listed([*PROPERTIES, TEXTUAL], 1, 2))),
        "all different": lambda: together(OWL.AllDifferent, THINGS[:3]),
        "all disjoint properties": lambda: together(OWL.AllDisjointProperties, PROPERTIES[:3]),
        "no name": no_name,
    }
    assert made.keys() == AXIOMS.keys()
    assert further.keys() == set(BEYOND_OWLRL)
    kinds = [*_DRAWN, *(BEYOND_OWLRL if of_all_kinds else ())]
    (made | further)[draw(st.sampled_from(kinds))]()


@st.composite
def data(draw: st.DrawFn, most: int = 12) -> Graph:
    """Statements about five things, some the same and some different; at times an axiom too."""
    graph = Graph()
    for _ in range(draw(st.integers(2, most))):
        graph.add(draw(statements()))
    if draw(st.sampled_from([False, False, False, True])):
        add_axiom(draw, graph)
    return graph


@st.composite
def statements(draw: st.DrawFn) -> tuple[Node, Node, Node]:
    """One statement."""
    subject = draw(st.sampled_from(THINGS))
    match draw(st.sampled_from("ppppppttttvsd")):
        case "p":
            return subject, draw(st.sampled_from(PROPERTIES)), draw(st.sampled_from(THINGS))
        case "t":
            return subject, RDF.type, draw(st.sampled_from(CLASSES))
        case "v":
            return subject, TEXTUAL, draw(st.sampled_from(VALUES))
        case "s":
            return subject, OWL.sameAs, draw(st.sampled_from(THINGS))
        case _:
            return subject, OWL.differentFrom, draw(st.sampled_from(THINGS))
