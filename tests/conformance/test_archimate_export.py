"""What is written as a model: true to the schema and to the matrix, and good to look at."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from tests.conformance.archimate_suite import EXCHANGE, TYPE, matrix, schema_errors

from srmgraph import knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate.mapping import mapping

EXAMPLES = pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
REFERENCES = ("source", "target", "elementRef", "relationshipRef", "propertyDefinitionRef")


@cache
def written(file: Path) -> bytes:
    return archimate.serialize(Graph().parse(file))


@cache
def tree(file: Path) -> ET.Element:
    return ET.fromstring(written(file))


def properties(part: ET.Element, names: dict[str, str]) -> dict[str, str]:
    return {
        names[str(prop.get("propertyDefinitionRef"))]: str(prop.findtext(f"{EXCHANGE}value"))
        for prop in part.iterfind(f"{EXCHANGE}properties/{EXCHANGE}property")
    }


def definitions(root: ET.Element) -> dict[str, str]:
    return {
        str(part.get("identifier")): str(part.findtext(f"{EXCHANGE}name"))
        for part in root.iter(f"{EXCHANGE}propertyDefinition")
    }


@EXAMPLES
def test_the_schema_finds_nothing_wrong(file: Path) -> None:
    assert schema_errors(written(file)) == []


@EXAMPLES
def test_identifiers_are_names_that_occur_once_and_references_are_bound(file: Path) -> None:
    found = [part.get("identifier") for part in tree(file).iter() if part.get("identifier")]
    assert len(found) == len(set(found))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", str(name)) for name in found)
    used = {part.get(name) for part in tree(file).iter() for name in REFERENCES} - {None}
    assert used <= set(found)


@EXAMPLES
def test_the_matrix_allows_every_relation(file: Path) -> None:
    types = {
        part.get("identifier"): str(part.get(TYPE))
        for part in tree(file).iter(f"{EXCHANGE}element")
    }
    drawn = [
        (types[part.get("source")], types[part.get("target")], str(part.get(TYPE)))
        for part in tree(file).iter(f"{EXCHANGE}relationship")
    ]
    assert len({relation for _, _, relation in drawn}) > 5
    assert [one for one in drawn if one[2] not in matrix()[one[0], one[1]]] == []


@EXAMPLES
def test_every_element_is_specialized_and_says_what_it_stands_for(file: Path) -> None:
    graph, names = Graph().parse(file), definitions(tree(file))
    known = {(c.element, c.specialization) for c in mapping().concepts.values()} | {
        (row.through, row.specialization) for row in mapping().relations.values()
    }
    named = {*map(str, graph.subjects()), *map(str, graph.predicates())}
    stands = set()
    for part in tree(file).iter(f"{EXCHANGE}element"):
        said = properties(part, names)
        assert (part.get(TYPE), said["Specialization"]) in known
        assert said.get("srmgraph:iri", said.get("srmgraph:predicate", "")) in named
        stands.add(said.get("srmgraph:iri"))
    assert {str(thing) for thing in graph.subjects()} <= stands
    for part in tree(file).iter(f"{EXCHANGE}relationship"):
        assert properties(part, names)["srmgraph:predicate"] in named


def test_the_definition_that_archi_shows_as_specialization_has_the_name_that_it_looks_for() -> None:
    assert definitions(tree(knowledge.example_files()[0]))["specialization"] == "Specialization"


# ── Views ───────────────────────────────────────────────────────────────────────────────────────


def box(node: ET.Element) -> tuple[int, int, int, int]:
    x, y, w, h = (int(str(node.get(name))) for name in "xywh")
    return x, y, x + w, y + h


def overlap(one: ET.Element, other: ET.Element) -> bool:
    left, top, right, bottom = box(one)
    x, y, end, foot = box(other)
    return left < end and x < right and top < foot and y < bottom


@EXAMPLES
def test_boxes_lie_in_their_lanes_and_over_no_other(file: Path) -> None:
    views = list(tree(file).iter(f"{EXCHANGE}view"))
    assert views
    for view in views:
        lanes = view.findall(f"{EXCHANGE}node")
        assert len(lanes) == 3
        for group in (lanes, *(lane.findall(f"{EXCHANGE}node") for lane in lanes)):
            for index, one in enumerate(group):
                assert not any(overlap(one, other) for other in group[:index])
        for lane in lanes:
            left, top, right, bottom = box(lane)
            for node in lane:
                if node.tag == f"{EXCHANGE}node":
                    x, y, end, foot = box(node)
                    assert left < x < end < right
                    assert top < y < foot < bottom


def test_long_lanes_take_more_columns() -> None:
    graph = Graph().parse(knowledge.example_file("cellphone"))
    namespace = f"{knowledge.ontology_iri()}#"
    (relationship,) = graph.subjects(RDF.type, URIRef(f"{namespace}ServiceRelationship"))
    for number in range(40):
        person = URIRef(f"https://example.org/person-{number}")
        graph.add((person, RDF.type, URIRef(f"{namespace}Person")))
        graph.add((person, RDFS.label, Literal(f"Person {number}", lang="en")))
        graph.add((relationship, URIRef(f"{namespace}hasConsumer"), person))
    root = ET.fromstring(archimate.serialize(graph))
    for view in root.iter(f"{EXCHANGE}view"):
        for lane in view.findall(f"{EXCHANGE}node"):
            nodes = lane.findall(f"{EXCHANGE}node")
            assert len({node.get("y") for node in nodes}) <= 12
            for index, one in enumerate(nodes):
                assert not any(overlap(one, other) for other in nodes[:index])


def test_there_is_a_view_for_each_party_that_provides_or_consumes_and_for_each_ecosystem() -> None:
    root = tree(knowledge.example_file("training-ecosystem"))
    names = [str(view.findtext(f"{EXCHANGE}name")) for view in root.iter(f"{EXCHANGE}view")]
    graph = Graph().parse(knowledge.example_file("training-ecosystem"))
    asked = """
        PREFIX srm: <https://w3id.org/srm#>
        SELECT DISTINCT ?label {
            { ?x srm:hasProvider|srm:hasConsumer ?party }
            UNION { ?x srm:hasProviderParticipation/srm:hasParticipant ?party }
            UNION { ?x srm:hasConsumerParticipation/srm:hasParticipant ?party }
            ?party <http://www.w3.org/2000/01/rdf-schema#label> ?label
        }"""
    parties = {f"Service relationships of {row[0]}" for row in graph.query(asked)}  # type: ignore[index]
    assert len(parties) > 3
    assert parties <= set(names)
    assert len(names) == len(parties) + 1


@EXAMPLES
def test_the_lane_of_suppliers_holds_those_who_provide_to_the_one_in_the_middle(file: Path) -> None:
    root = tree(file)
    kinds = {p.get("identifier"): p.get(TYPE) for p in root.iter(f"{EXCHANGE}element")}
    seen = 0
    for view in root.iter(f"{EXCHANGE}view"):
        if "Service relationships of" not in str(view.findtext(f"{EXCHANGE}name")):
            continue
        lanes = [
            [kinds[node.get("elementRef")] for node in lane.findall(f"{EXCHANGE}node")]
            for lane in view.findall(f"{EXCHANGE}node")
        ]
        assert "BusinessActor" in lanes[1]
        # Who only consumes is not headed as a provider.
        heads = [lane.findtext(f"{EXCHANGE}label") for lane in view.findall(f"{EXCHANGE}node")]
        party = str(view.findtext(f"{EXCHANGE}name")).removeprefix("Service relationships of ")
        assert heads == ["Suppliers", party, "Consumers"]
        for lane in (lanes[0], lanes[2]):
            assert not lane or {"BusinessActor", "BusinessCollaboration"} & set(lane)
            seen += len(lane)
        assert view.findall(f"{EXCHANGE}connection")
    assert seen
