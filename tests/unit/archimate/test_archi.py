"""A model goes to an architect, is changed in Archi or not, and comes back."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, XSD, Graph, Literal, URIRef
from tests.unit import rdf_strategies as rdf_
from tests.unit.archimate.archi_pass import LANG, SPACE, TYPE, through_archi
from tests.unit.archimate.test_round_trip import graph_of, lines, statements

from srmgraph import knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate import Imported
from srmgraph.adapters.archimate.mapping import AM, mapping
from srmgraph.adapters.archimate.model import minted
from srmgraph.terms import Statement

EX = "https://example.org/"


def term(name: str) -> URIRef:
    return URIRef(f"{knowledge.ontology_iri()}#{name}")


def thing(name: str) -> URIRef:
    return URIRef(EX + name)


def small() -> Graph:
    """A provider, a consumer, their relationship, its contract; a name in two languages."""
    graph = Graph()
    for name, cls in (
        ("shop", "Organization"),
        ("ann", "Person"),
        ("bob", "Person"),
        ("deal", "ServiceRelationship"),
        ("contract", "ServiceContract"),
        ("calls", "Service"),
    ):
        graph.add((thing(name), RDF.type, term(cls)))
        graph.add((thing(name), RDFS.label, Literal(name.title(), lang="en")))
    graph.add((thing("shop"), RDFS.label, Literal("Laden", lang="de")))
    graph.add((thing("shop"), RDFS.comment, Literal("Sells phones.\nAnd plans.", lang="en")))
    graph.add((thing("deal"), term("hasProvider"), thing("shop")))
    graph.add((thing("deal"), term("hasConsumer"), thing("ann")))
    graph.add((thing("deal"), term("isGovernedBy"), thing("contract")))
    graph.add((thing("deal"), term("concernsService"), thing("calls")))
    graph.add((thing("deal"), term("validFrom"), Literal("2026-01-01", datatype=XSD.date)))
    graph.add((thing("contract"), RDFS.comment, Literal(" two  spaces\t", lang="en")))
    return graph


# ── Unchanged ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
def test_examples_come_home_from_archi(file: Path) -> None:
    graph = Graph().parse(file)
    imported = archimate.parse(through_archi(archimate.serialize(graph)))
    assert set(imported.facts) == set(graph)
    assert imported.loss_report == ()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(statements(), max_size=25).map(graph_of))
def test_any_service_graph_comes_home_from_archi(graph: Graph) -> None:
    imported = archimate.parse(through_archi(archimate.serialize(graph)))
    assert lines(imported.facts) == lines(graph)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(rdf_.graphs())
def test_any_graph_comes_home_from_archi(graph: Graph) -> None:
    imported = archimate.parse(through_archi(archimate.serialize(graph)))
    assert lines(imported.facts) == lines(graph)


def test_the_pass_does_what_it_should() -> None:
    before = archimate.serialize(small())
    root = ET.fromstring(through_archi(before))
    assert b'xml:lang="de"' in before
    assert not [text for text in root.iter() if LANG in text.attrib]
    names = [str(part.get("identifier")) for part in root.iter(f"{SPACE}propertyDefinition")]
    assert sorted(set(names)) == sorted(names)
    assert all(name.startswith("propid-") or name == "specialization" for name in names)


# ── Changed ─────────────────────────────────────────────────────────────────────────────────────


class Desk:
    """An exchange file that is being worked on."""

    def __init__(self, graph: Graph) -> None:
        self.root = ET.fromstring(through_archi(archimate.serialize(graph)))

    def part(self, identifier: str) -> ET.Element:
        return next(p for p in self.root.iter() if p.get("identifier") == identifier)

    def element(self, name: str) -> ET.Element:
        return self.part(minted(EX + name))

    def section(self, tag: str) -> ET.Element:
        found = self.root.find(SPACE + tag)
        assert found is not None
        return found

    def definition(self, name: str) -> str:
        for part in self.section("propertyDefinitions"):
            if part.findtext(f"{SPACE}name") == name:
                return str(part.get("identifier"))
        identifier = f"new-{len(self.section('propertyDefinitions'))}"
        part = ET.SubElement(
            self.section("propertyDefinitions"),
            f"{SPACE}propertyDefinition",
            {"identifier": identifier, "type": "string"},
        )
        ET.SubElement(part, f"{SPACE}name").text = name
        return identifier

    def set(self, part: ET.Element, name: str, value: str) -> None:
        properties = part.find(f"{SPACE}properties")
        assert properties is not None
        definition = self.definition(name)
        for prop in properties:
            if prop.get("propertyDefinitionRef") == definition:
                prop[0].text = value
                return
        prop = ET.SubElement(properties, f"{SPACE}property", propertyDefinitionRef=definition)
        ET.SubElement(prop, f"{SPACE}value").text = value

    def draw(self, tag: str, type: str, **attributes: str) -> ET.Element:
        section = {"element": "elements", "relationship": "relationships"}[tag]
        part = ET.SubElement(self.section(section), SPACE + tag, attributes | {TYPE: type})
        ET.SubElement(part, f"{SPACE}name").text = "Drawn"
        ET.SubElement(part, f"{SPACE}properties")
        return part

    def remove(self, *identifiers: str) -> None:
        """Remove parts as Archi does: with relationships, boxes and lines that would hang loose."""
        gone = set(identifiers)
        references = ("source", "target", "elementRef", "relationshipRef", "identifierRef")
        while True:
            more = {
                str(part.get("identifier"))
                for part in self.root.iter()
                if gone & {part.get(name) for name in references} and part.get("identifier")
            }
            if more <= gone:
                break
            gone |= more
        for parent in list(self.root.iter()):
            for child in list(parent):
                if child.get("identifier") in gone or child.get("identifierRef") in gone:
                    parent.remove(child)

    def read(self) -> Imported:
        for part in self.root.iter():
            empty = part.find(f"{SPACE}properties")
            if empty is not None and not len(empty):
                part.remove(empty)
        content = ET.tostring(self.root, encoding="utf-8", xml_declaration=True)
        imported = archimate.parse(content)
        # Whatever has been changed: what has been read can be written and read again.
        again = archimate.parse(archimate.serialize(imported.graph))
        assert lines(again.graph) == lines(imported.graph)
        return imported


def changes(imported: Imported, graph: Graph) -> tuple[set[Statement], set[Statement]]:
    """What has come and what has gone."""
    return set(imported.facts) - set(graph), set(graph) - set(imported.facts)


def rename(desk: Desk) -> None:
    desk.element("ann")[0].text = "Anne"


def rename_one_of_two_languages(desk: Desk) -> None:
    desk.element("shop")[0].text = "Store"


def describe(desk: Desk) -> None:
    text = desk.element("shop").find(f"{SPACE}documentation")
    assert text is not None
    text.text = "Sells phones."


def change_a_value(desk: Desk) -> None:
    desk.set(desk.element("deal"), "srm:validFrom^^xsd:date", "2026-02-01")


def add_a_value(desk: Desk) -> None:
    desk.set(desk.element("deal"), "srm:validUntil^^xsd:date", "2027-02-01")


def add_a_code(desk: Desk) -> None:
    desk.set(desk.element("deal"), "srm:hasStatus", "<https://w3id.org/srm/code#Active>")


def specialize(desk: Desk) -> None:
    desk.set(desk.element("shop"), "Specialization", "Organizational Unit")


def delete_a_relationship(desk: Desk) -> None:
    statement = (thing("deal"), term("isGovernedBy"), thing("contract"))
    desk.remove(minted("relation", *map(str, statement)))


def delete_an_element(desk: Desk) -> None:
    desk.remove(minted(EX + "contract"))


def draw_a_relation(desk: Desk) -> None:
    unit, whole = (desk.element(name).get("identifier") for name in ("ann", "shop"))
    desk.draw("relationship", "Aggregation", identifier="r", source=str(whole), target=str(unit))


def give_a_role_to_another(desk: Desk) -> None:
    role = minted("role", *map(str, (thing("deal"), term("hasConsumer"), thing("ann"))))
    for part in list(desk.section("relationships")):
        if part.get("target") == role and part.get(TYPE) == "Assignment":
            desk.remove(str(part.get("identifier")))
    bob = str(desk.element("bob").get("identifier"))
    desk.draw("relationship", "Assignment", identifier="r", source=bob, target=role)


def draw_a_role(desk: Desk) -> None:
    role = desk.draw("element", "BusinessRole", identifier="role")
    desk.set(role, "Specialization", "Service Consumer")
    ends = {"Assignment": "bob", "Aggregation": "deal"}
    for number, (type, name) in enumerate(ends.items()):
        source = str(desk.element(name).get("identifier"))
        desk.draw("relationship", type, identifier=f"r{number}", source=source, target="role")


LABEL, TYPE_OF = RDFS.label, RDF.type
CHANGES: list[tuple[Callable[[Desk], None], set[Statement], set[Statement]]] = [
    (
        rename,
        {(thing("ann"), LABEL, Literal("Anne", lang="en"))},
        {(thing("ann"), LABEL, Literal("Ann", lang="en"))},
    ),
    (
        rename_one_of_two_languages,
        {(thing("shop"), LABEL, Literal("Store", lang="en"))},
        {(thing("shop"), LABEL, Literal("Shop", lang="en"))},
    ),
    (
        describe,
        {(thing("shop"), RDFS.comment, Literal("Sells phones.", lang="en"))},
        {(thing("shop"), RDFS.comment, Literal("Sells phones.\nAnd plans.", lang="en"))},
    ),
    (
        change_a_value,
        {(thing("deal"), term("validFrom"), Literal("2026-02-01", datatype=XSD.date))},
        {(thing("deal"), term("validFrom"), Literal("2026-01-01", datatype=XSD.date))},
    ),
    (
        add_a_value,
        {(thing("deal"), term("validUntil"), Literal("2027-02-01", datatype=XSD.date))},
        set(),
    ),
    (
        add_a_code,
        {(thing("deal"), term("hasStatus"), URIRef("https://w3id.org/srm/code#Active"))},
        set(),
    ),
    (
        specialize,
        {(thing("shop"), TYPE_OF, term("OrganizationalUnit"))},
        {(thing("shop"), TYPE_OF, term("Organization"))},
    ),
    (
        delete_a_relationship,
        set(),
        {(thing("deal"), term("isGovernedBy"), thing("contract"))},
    ),
    (
        delete_an_element,
        set(),
        {
            (thing("deal"), term("isGovernedBy"), thing("contract")),
            (thing("contract"), TYPE_OF, term("ServiceContract")),
            (thing("contract"), LABEL, Literal("Contract", lang="en")),
            (thing("contract"), RDFS.comment, Literal(" two  spaces\t", lang="en")),
        },
    ),
    (draw_a_relation, {(thing("ann"), term("isMemberOf"), thing("shop"))}, set()),
    (
        give_a_role_to_another,
        {(thing("deal"), term("hasConsumer"), thing("bob"))},
        {(thing("deal"), term("hasConsumer"), thing("ann"))},
    ),
    (draw_a_role, {(thing("deal"), term("hasConsumer"), thing("bob"))}, set()),
]


@pytest.mark.parametrize(
    ("change", "added", "removed"), CHANGES, ids=[case[0].__name__ for case in CHANGES]
)
def test_a_change_in_archi_changes_just_that(
    change: Callable[[Desk], None], added: set[Statement], removed: set[Statement]
) -> None:
    graph = small()
    desk = Desk(graph)
    change(desk)
    assert changes(desk.read(), graph) == (added, removed)


def test_a_new_element_with_a_specialization_is_one_of_ours() -> None:
    desk = Desk(small())
    part = desk.draw("element", "BusinessActor", identifier="new")
    desk.set(part, "Specialization", "Person")
    imported = desk.read()
    added, removed = changes(imported, small())
    assert removed == set()
    assert {(p, o) for _, p, o in added} == {(RDF.type, term("Person"))}
    (subject,) = {subject for subject, _, _ in added}
    assert (subject, RDFS.label, Literal("Drawn")) in imported.graph


def test_a_copy_stands_for_a_thing_of_its_own_and_is_reported() -> None:
    desk = Desk(small())
    elements = desk.section("elements")
    copy = ET.fromstring(ET.tostring(desk.element("ann")))
    copy.set("identifier", "copy-of-ann")
    elements.insert(0, copy)
    imported = desk.read()
    added, removed = changes(imported, small())
    assert removed == set()
    subjects = {subject for subject, _, _ in added}
    assert len(subjects) == 1
    assert str(subjects.pop()).endswith("#copy-of-ann")
    assert {(p, o) for _, p, o in added} == {
        (RDF.type, term("Person")),
        (RDFS.label, Literal("Ann", lang="en")),
    }
    (note,) = imported.loss_report
    assert "is a copy of the element for <https://example.org/ann>" in note.message
    assert note.line > 0
    assert str(note).startswith(f"{note.line}: element Ann: ")


def test_a_type_that_means_nothing_here_is_reported_and_the_class_stays() -> None:
    desk = Desk(small())
    desk.element("ann").set(TYPE, "Goal")
    imported = desk.read()
    assert changes(imported, small()) == (set(), set())
    assert "which means nothing here" in imported.loss_report[0].message


def test_a_role_that_has_lost_an_end_is_reported() -> None:
    desk = Desk(small())
    desk.remove(minted(EX + "ann"))
    imported = desk.read()
    _, removed = changes(imported, small())
    assert (thing("deal"), term("hasConsumer"), thing("ann")) in removed
    assert any("an end is gone" in note.message for note in imported.loss_report)


def test_what_others_add_to_our_elements_and_relations_is_kept() -> None:
    desk = Desk(small())
    desk.set(desk.element("ann"), "Owner", "Bob")
    statement = (thing("deal"), term("isGovernedBy"), thing("contract"))
    relation = desk.part(minted("relation", *map(str, statement)))
    relation.insert(1, ET.Element(f"{SPACE}documentation"))
    relation[1].text = "Signed in May."
    desk.set(relation, "Reviewed", "yes")
    imported = desk.read()
    assert changes(imported, small()) == (set(), set())
    assert (None, None, Literal("Bob")) in imported.kept
    root = ET.fromstring(archimate.serialize(imported.graph))
    names = {
        part.get("identifier"): part.findtext(f"{SPACE}name")
        for part in root.iter(f"{SPACE}propertyDefinition")
    }
    owners = [
        prop.findtext(f"{SPACE}value")
        for prop in root.iter(f"{SPACE}property")
        if names[prop.get("propertyDefinitionRef")] in ("Owner", "Reviewed")
    ]
    assert sorted(map(str, owners)) == ["Bob", "yes"]
    again = [p for p in root.iter() if p.get("identifier") == relation.get("identifier")]
    assert [p.findtext(f"{SPACE}documentation") for p in again] == ["Signed in May."]


# ── Views ───────────────────────────────────────────────────────────────────────────────────────


def views(imported: Imported) -> list[object]:
    return list(imported.kept.subjects(RDF.type, AM.Diagram))


def test_a_view_that_was_left_alone_is_drawn_anew() -> None:
    assert views(Desk(small()).read()) == []


def test_a_view_that_somebody_has_arranged_stays_as_it_is() -> None:
    desk = Desk(small())
    view = next(desk.root.iter(f"{SPACE}view"))
    node = next(n for n in view.iter(f"{SPACE}node") if n.get("elementRef"))
    node.set("x", "999")
    imported = desk.read()
    assert len(views(imported)) == 1
    assert changes(imported, small()) == (set(), set())
    root = ET.fromstring(archimate.serialize(imported.graph))
    again = [v for v in root.iter(f"{SPACE}view") if v.get("identifier") == view.get("identifier")]
    assert len(again) == 1
    moved = [n for n in again[0].iter() if n.get("identifier") == node.get("identifier")]
    assert [n.get("x") for n in moved] == ["999"]


# ── Bundles ─────────────────────────────────────────────────────────────────────────────────────


def test_a_bundle_brings_back_what_a_tool_has_dropped() -> None:
    graph = small()
    with zipfile.ZipFile(io.BytesIO(archimate.serialize(graph, "bundle"))) as bundle:
        entries = {name: bundle.read(name) for name in bundle.namelist()}
    assert list(entries) == ["model.xml", "residual.ttl", "manifest.json"]
    untyped = (thing("untyped"), RDFS.seeAlso, Literal("a\nb"))
    graph.add(untyped)
    with zipfile.ZipFile(io.BytesIO(archimate.serialize(graph, "bundle"))) as bundle:
        residual = Graph().parse(data=bundle.read("residual.ttl"), format="turtle")
    assert untyped in residual
    # The tool has lost the properties of the model, and an element has been deleted.
    desk = Desk(graph)
    name = desk.definition("srmgraph:statements")
    for part in desk.root.iter():
        properties = part.find(f"{SPACE}properties")
        for prop in list(properties) if properties is not None else ():
            if prop.get("propertyDefinitionRef") == name and properties is not None:
                properties.remove(prop)
    desk.remove(minted(EX + "bob"))
    model = ET.tostring(desk.root, encoding="utf-8", xml_declaration=True)
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archimate.serialize(graph, "bundle"))) as bundle:
        rest = {entry: bundle.read(entry) for entry in bundle.namelist()} | {"model.xml": model}
    with zipfile.ZipFile(target, "w") as bundle:
        for entry, data in rest.items():
            bundle.writestr(entry, data)
    imported = archimate.parse(target.getvalue())
    added, removed = changes(imported, graph)
    assert {s for s, _, _ in removed} == {thing("bob")}
    assert added == set()


def test_every_specialization_of_the_mapping_is_read_as_its_class() -> None:
    found = mapping()
    for concept in found.concepts.values():
        assert found.class_of(concept.element, concept.specialization) == concept.cls
    assert len(found.concepts) > 80
    assert {OWL.Class} & set(knowledge.ontology().objects(term("Person"), RDF.type))


# ── Mistakes ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "value"),
    [("srmgraph:class", "Person"), ("srmgraph:statements", "not N-Triples")],
)
def test_a_property_that_somebody_has_broken_is_reported(name: str, value: str) -> None:
    desk = Desk(small())
    desk.set(desk.element("ann"), name, value)
    imported = desk.read()
    assert changes(imported, small()) == (set(), set())
    assert any(name in note.message and note.line for note in imported.loss_report)


def test_an_element_whose_identity_is_broken_is_no_longer_ours_and_that_is_reported() -> None:
    desk = Desk(small())
    desk.set(desk.element("bob"), "srmgraph:iri", "no IRI")
    imported = desk.read()
    assert {s for s, _, _ in changes(imported, small())[1]} == {thing("bob")}
    assert any("should be an IRI" in note.message for note in imported.loss_report)


def test_values_that_look_like_things_and_are_none_are_texts() -> None:
    desk = Desk(small())
    desk.set(desk.element("ann"), "ex:note", "unknown prefix")
    desk.set(desk.element("ann"), "rdfs:seeAlso", "<not an IRI>")
    desk.set(desk.element("bob"), "x", "y")
    added, removed = changes(desk.read(), small())
    assert removed == set()
    assert not {value for _, _, value in added if isinstance(value, URIRef)}


def test_what_points_to_nothing_is_reported_and_left_out() -> None:
    desk = Desk(small())
    ann = str(desk.element("ann").get("identifier"))
    desk.draw("relationship", "Flow", identifier="r", source=ann, target="nothing")
    content = ET.tostring(desk.root, encoding="utf-8")
    imported = archimate.parse(content)
    (note,) = [n for n in imported.loss_report if "nothing" in n.message]
    assert note.message.startswith("Its target is “nothing”, which is not there")
    root = ET.fromstring(archimate.serialize(imported.graph))
    assert "r" not in {part.get("identifier") for part in root.iter()}


def test_a_language_that_is_none_is_left_out() -> None:
    desk = Desk(small())
    desk.element("ann")[0].text = "Anne"
    desk.element("ann")[0].set(LANG, "not a language, far too long")
    desk.element("bob")[0].set(LANG, "verylonglanguage")
    added, removed = changes(desk.read(), small())
    assert added == {(thing("ann"), LABEL, Literal("Anne", lang="en"))}
    assert removed == {(thing("ann"), LABEL, Literal("Ann", lang="en"))}
