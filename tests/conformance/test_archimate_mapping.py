"""The mapping to ArchiMate: complete, well formed, true to the standard and to the alignment."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.term import Node
from tests.conformance.archimate_suite import matrix, suite

from srmgraph import knowledge
from srmgraph.adapters.archimate import grammar, language
from srmgraph.adapters.archimate.mapping import AM, Mapping, mapping, rows
from srmgraph.store import EmbeddedStore
from srmgraph.validation import Report, validate

ARCHIMATE = "https://purl.org/archimate#"


def checked(graph: Graph) -> Report:
    shapes = Graph().parse(knowledge.ROOT / "mappings" / "archimate-shapes.ttl")
    store = EmbeddedStore()
    store.add(graph)
    return validate(store, shapes)


def named(column: URIRef) -> set[Node]:
    return set(rows().objects(None, column))


def declared(kind: URIRef) -> set[Node]:
    ontology = knowledge.ontology()
    return {
        term
        for term in ontology.subjects(RDF.type, kind)
        if isinstance(term, URIRef) and (term, RDFS.isDefinedBy, None) in ontology
    }


def test_the_rows_conform_to_their_shapes() -> None:
    report = checked(rows())
    assert report.conforms, str(report)


@pytest.mark.parametrize("name", ["archimate-checks.ttl", "archimate-relations.ttl"])
def test_the_rows_about_the_format_conform_to_their_shapes(name: str) -> None:
    report = checked(grammar.rows(name))
    assert report.conforms, str(report)


FORMAT_MISTAKES = [
    ("archimate-relations.ttl", AM.relation, "Serving", "Serve", "names one type of relation"),
    ("archimate-relations.ttl", AM.to, "Contract", "Treaty", "runs between types of element"),
    ("archimate-relations.ttl", AM.withinTypeAllBut, "Relationship", "", "says where it starts"),
    ("archimate-checks.ttl", AM.children, "element+", "element!", "is a list of tags"),
    ("archimate-checks.ttl", AM.attributes, "ref=view!", "ref", "list of names with datatypes"),
    ("archimate-checks.ttl", AM.pattern, "true|false|0|1", "", "says what a value may be"),
    ("archimate-checks.ttl", AM.tag, "views", "Views", "names its tags"),
]


@cache
def messages_about_the_format(name: str) -> list[str]:
    graph = Graph() + grammar.rows(name)
    for file, column, old, new, _ in FORMAT_MISTAKES:
        if file == name:
            row = min(graph.subjects(column, Literal(old)), key=str)
            graph.remove((row, column, Literal(old) if new else None))
            if new:
                graph.add((row, column, Literal(new)))
    return [result.message for result in checked(graph).results]


@pytest.mark.parametrize(("name", "message"), [(case[0], case[4]) for case in FORMAT_MISTAKES])
def test_a_planted_mistake_about_the_format_is_found(name: str, message: str) -> None:
    assert [found for found in messages_about_the_format(name) if message in found]


MISTAKES = [
    (AM.element, "Outcome", "Outcom", "one type of element of ArchiMate 3.2"),
    (AM.elementIn4, "Outcome", "", "one type of element of ArchiMate 4"),
    (AM.elementIn4, "Collaboration", "BusinessCollaboration", "no longer has, or calls otherwise"),
    (AM.elementIn4, "Process", "Function", "has one name in ArchiMate 4"),
    (AM.specialization, "Person", "Organization", "could tell them apart"),
    (AM.relation, "Serving", "Serve", "one type of relation of ArchiMate"),
    (AM.to, "Outcome", "", "says between which types of element"),
    (AM["from"], "Contract", "Treaty", "starts at a type of element"),
    (AM.through, "BusinessRole", "", "between two ends has a specialization"),
    (AM.version, "3.2", "2.1", "the versions in which it holds"),
    (AM.access, "Write", "Wrote", "reads, writes"),
    (AM.title, "{}", "Ecosystem", "stands for the name"),
]


@cache
def messages_about_mistakes() -> list[str]:
    """What is said of the mapping when all mistakes are in it; checking takes long."""
    graph = Graph() + rows()
    for column, old, new, _ in MISTAKES:
        row = min(graph.subjects(column, Literal(old)), key=str)
        graph.remove((row, column, Literal(old)))
        if new:
            graph.add((row, column, Literal(new)))
    for kind, column in ((AM.Concept, AM["class"]), (AM.Relation, AM.property)):
        one, other = sorted(graph.subjects(RDF.type, kind), key=str)[:2]
        graph.add((other, column, next(graph.objects(one, column))))
    return [result.message for result in checked(graph).results]


@pytest.mark.parametrize(
    "message", [*(case[3] for case in MISTAKES), "A class has one row", "A property has one row"]
)
def test_a_planted_mistake_is_found(message: str) -> None:
    assert [found for found in messages_about_mistakes() if message in found]


def test_every_class_and_property_has_a_row_and_every_row_a_declared_term() -> None:
    assert named(AM["class"]) == declared(OWL.Class)
    assert named(AM.property) == declared(OWL.ObjectProperty)


def test_the_terms_of_queries_of_views_are_declared() -> None:
    terms = declared(OWL.Class) | declared(OWL.ObjectProperty)
    for view in mapping().views:
        names = set(re.findall(r"srm:(\w+)", view.select))
        namespace = f"{knowledge.ontology_iri()}#"
        assert names
        assert {URIRef(namespace + name) for name in names} <= terms


def test_the_mapping_can_be_asked() -> None:
    store = EmbeddedStore()
    store.add(rows())
    asked = """PREFIX am: <https://w3id.org/srm/archimate#>
        SELECT ?class ?new { ?row am:class ?class ; am:element "Contract" ; am:elementIn4 ?new }"""
    found = {(str(row["class"]).rpartition("#")[2], str(row["new"])) for row in store.select(asked)}
    assert ("ServiceAgreement", "BusinessObject") in found
    assert {new for _, new in found} == {"BusinessObject"}


def test_what_is_drawn_can_be_named_in_version_4() -> None:
    """Ends of relations and elements between two have names of 3.2: rows of concepts translate."""
    store = EmbeddedStore()
    store.add(rows())
    untold = store.select(
        """PREFIX am: <https://w3id.org/srm/archimate#>
        SELECT DISTINCT ?row ?type {
            ?row a am:Relation ; am:through ?type ; am:version "4" .
            FILTER NOT EXISTS { ?concept am:element ?type ; am:elementIn4 ?name }
        }"""
    )
    assert [*untold] == []


@pytest.mark.parametrize(
    "gone",
    [
        *("Contract", "Constraint", "Gap", "Representation", "BusinessRole", "ImplementationEvent"),
        *(
            layer + kind
            for layer in ("Business", "Application", "Technology")
            for kind in ("Service", "Process", "Function", "Event", "Interaction", "Collaboration")
        ),
    ],
)
def test_no_row_uses_what_version_4_removed_or_merged(gone: str) -> None:
    """Source: the list of main changes from ArchiMate 3.2 to 4, as it is quoted in public."""
    assert Literal(gone) not in set(rows().objects(None, AM.elementIn4))


def test_columns_are_described() -> None:
    used = {p for p in rows().predicates() if str(p).startswith(AM)}
    described = set(rows().subjects(RDFS.comment, None))
    assert used <= described


# ── The standard ────────────────────────────────────────────────────────────────────────────────


def test_types_are_those_of_the_schema() -> None:
    schema = ET.parse(suite("xsd/archimate3_Model.xsd")).getroot()
    xs = "{http://www.w3.org/2001/XMLSchema}"
    bases = {
        str(kind.get("name")): str(extension.get("base"))
        for kind in schema.iter(f"{xs}complexType")
        for extension in kind.iter(f"{xs}extension")
    }
    above = {"RealElementType", "CompositeType", "RelationshipConnectorType"}
    elements = {name for name, base in bases.items() if base in above}
    assert set(language.FOLDER_OF) == elements
    assert {str(name) for name in named(AM.element)} <= elements
    assert {
        str(name) for column in (AM["from"], AM.to, AM.through) for name in named(column)
    } <= elements
    relations = {name for name, base in bases.items() if base == "RelationshipType"} | {
        name for name, base in bases.items() if bases.get(base) == "RelationshipType"
    }
    assert set(language.RELATIONS) == {name for name in relations if name in language.RELATIONS}
    assert {str(name) for name in named(AM.relation)} <= set(language.RELATIONS)


def drawn(found: Mapping) -> Iterator[tuple[str, str, str]]:
    for row in found.relations.values():
        for source in row.sources:
            for target in row.targets:
                if row.through:
                    yield source, row.through, row.relation
                    yield target, row.through, "Assignment"
                else:
                    yield source, target, row.relation


def test_the_matrix_allows_every_relation_of_the_mapping() -> None:
    allowed = matrix()
    drawings = list(drawn(mapping()))
    assert len(drawings) > 60
    assert [one for one in drawings if one[2] not in allowed[one[0], one[1]]] == []


def test_the_matrix_allows_an_association_between_any_elements() -> None:
    allowed = matrix()
    elements = {str(name) for name in named(AM.element)} | {str(name) for name in named(AM.through)}
    for source in elements:
        for target in elements:
            assert "Association" in allowed[source, target]


# ── The alignment ───────────────────────────────────────────────────────────────────────────────


def test_close_matches_of_the_alignment_are_drawn_so() -> None:
    found = mapping()
    matches = [
        (URIRef(str(term)), str(match).removeprefix(ARCHIMATE))
        for term, match in knowledge.alignments().subject_objects(SKOS.closeMatch)
        if str(match).startswith(ARCHIMATE)
    ]
    assert matches
    for term, match in matches:
        if term in found.relations:
            assert found.relations[term].relation.lower() == match
            continue
        # Someone in a role is drawn as the party that they are; the role has an element of its own.
        roles = {
            row.through
            for row in found.relations.values()
            if (row.property, RDFS.range, term) in knowledge.ontology()
        }
        assert match in {found.concepts[term].element, *roles} or (
            found.concepts[term].element == "BusinessActor" and roles
        ), term


def test_a_class_without_a_row_is_drawn_as_the_one_above() -> None:
    ontology = Graph() + knowledge.ontology()
    concept = next(iter(mapping().concepts.values()))
    special = URIRef("https://example.org/Special")
    ontology.add((special, RDFS.subClassOf, concept.cls))
    assert Mapping(rows(), ontology).concept([special]) == concept
    assert mapping().concept([URIRef("https://example.org/Other")]) is None
