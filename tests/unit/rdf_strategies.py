"""Graphs as nobody would write them: awkward texts, languages, datatypes, blank nodes."""

from functools import cache

from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph import knowledge

# What XML 1.0 can hold.
XML_TEXT = st.characters(
    codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
) | st.sampled_from("\t\n\r")
ANY_TEXT = st.characters(codec="utf-8", exclude_categories=["Cs"])

LANGUAGES = st.sampled_from(["en", "de-AT", "zh-Hant-TW", "x-klingon"])
DATATYPES = st.sampled_from(
    [
        *(XSD.integer, XSD.decimal, XSD.double, XSD.boolean, XSD.date, XSD.dateTime, XSD.anyURI),
        *(URIRef("https://example.org/datatype"), URIRef("urn:x-unit:kilogram")),
    ]
)
LEXICAL = st.sampled_from(
    [
        *("0", "-7", "007", "+1", "1.50", "-0.0", "1E3", "INF", "true", "1", "", " 1"),
        *("9007199254740993", "-9223372036854775809", "2026-02-30", "2026-11-23"),
        *("@id", "_:b", "ex:a", "{", "]]>"),
    ]
)
AWKWARD_IRIS = st.sampled_from(
    [
        *("https://example.org/a", "https://example.org/ns#name", "https://example.org/x.y/"),
        *("https://example.org/%20?q=1&r='", "https://example.org/é", "https://example.org//"),
        *("https://example.org/ns#-1", "https://example.org/a.", "http://example.org/:"),
        *("ex:a", "label:x", "type:y", "id:id", "srm:Party", "urn:a:b"),
        *("mailto:a@example.org", "tag:example.org,2026:a"),
    ]
)


@cache
def own_terms(*kinds: Node) -> list[URIRef]:
    """The terms of the ontology of these kinds, sorted."""
    ontology = knowledge.ontology()
    found = {term for kind in kinds for term in ontology.subjects(RDF.type, kind)}
    return sorted(term for term in found if isinstance(term, URIRef))


def things() -> st.SearchStrategy[Node]:
    """IRIs, awkward ones and terms of the ontology, and blank nodes."""
    own = own_terms(OWL.Class, OWL.NamedIndividual)
    return st.one_of(
        AWKWARD_IRIS.map(URIRef), st.sampled_from(own), st.sampled_from("abc").map(BNode)
    )


def literals(characters: st.SearchStrategy[str]) -> st.SearchStrategy[Literal]:
    """Texts of any characters, with and without language, and values, well formed or not."""
    text = st.text(characters, max_size=8) | LEXICAL
    return st.one_of(
        text.map(Literal),
        st.builds(lambda value, tag: Literal(value, lang=tag.lower()), text, LANGUAGES),
        st.builds(
            lambda value, datatype: Literal(value, datatype=datatype, normalize=False),
            LEXICAL,
            DATATYPES,
        ),
    )


def properties() -> st.SearchStrategy[URIRef]:
    """Properties of the ontology, and some of others."""
    own = own_terms(OWL.ObjectProperty, OWL.DatatypeProperty)
    foreign = ["https://example.org/ns#name", "https://example.org/%20a", "urn:x:y", "ex:a", "id:x"]
    return st.sampled_from(own) | st.sampled_from(
        [RDF.type, RDFS.label, RDF.first, RDF.rest, RDFS.comment, *map(URIRef, foreign)]
    )


def graphs(characters: st.SearchStrategy[str] = ANY_TEXT) -> st.SearchStrategy[Graph]:
    """Graphs of a few statements."""
    statement = st.tuples(things(), properties(), things() | literals(characters))
    return st.lists(statement, max_size=8).map(_graph)


def _graph(statements: list[tuple[Node, URIRef, Node]]) -> Graph:
    graph = Graph(bind_namespaces="none")
    graph.bind("ex", "https://example.org/")
    graph.bind("urn", "https://example.org/ns#")
    for statement in statements:
        graph.add(statement)
    return graph
