"""Models of many tools: read, kept as RDF, written again, and nothing is missing."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from tests.conformance.archimate_suite import (
    EXCHANGE,
    TYPE,
    matrix,
    models,
    schema_errors,
    suite,
)

from srmgraph import knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate import Imported, language
from srmgraph.adapters.archimate.mapping import AM
from srmgraph.store import EmbeddedStore
from srmgraph.validation import validate

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
ORDERED = {"view", "node", "connection", "organizations", "item", "folder", "child"}
ORDERED |= {"sourceConnection"}
"""The elements in which the order of those of one kind says something."""

MIDDLE, LARGE = 500_000, 1_000_000
"""Bytes from which on a file is read only in the main tests, and only when slow tests are run."""


def files(*patterns: str, all_sizes: bool = False) -> pytest.MarkDecorator:
    cases = []
    for case in (case for pattern in patterns for case in models(pattern)):
        size = case.values[0].stat().st_size if case.values[0] else 0
        marks = [*case.marks, *([pytest.mark.slow] if size > LARGE else [])]
        if all_sizes or size <= MIDDLE:
            cases.append(pytest.param(*case.values, id=case.id, marks=marks))
    return pytest.mark.parametrize("file", cases)


EXCHANGE_FILES = files("*/*.xml")
NATIVE_FILES = files("*/*.archimate")


@cache
def imported(file: Path) -> Imported:
    return archimate.read(file)


@cache
def again(file: Path, format: str = "exchange") -> bytes:
    return archimate.serialize(imported(file).graph, format)


def said(content: bytes) -> Counter[object]:
    """All that a file says, as seen by a reader that is not ours: what, of what, and where."""
    found: Counter[object] = Counter()

    def walk(element: ET.Element, above: str, place: int) -> None:
        tag = element.tag.rpartition("}")[2]
        attributes = {
            name: value.rpartition(":")[2] if name == TYPE else value
            for name, value in element.attrib.items()
            if name != LOCATION
        }
        if LANG in attributes:
            attributes[LANG] = attributes[LANG].lower()
        text = "" if len(element) else element.text or ""
        key = attributes.get("identifier") or attributes.get("id") or f"{above}/{tag}"
        kinds: Counter[str] = Counter()
        # What is in a property, or in a thing of which there are many, is told as one.
        inner = "" if tag != "property" else ET.tostring(element, "unicode").strip()
        inner = "".join(line.strip() for line in inner.splitlines())
        found[(above, element.tag, tuple(sorted(attributes.items())), text, place, inner)] += 1
        for child in element:
            kinds[child.tag] += 1
            walk(child, key, kinds[child.tag] if tag in ORDERED else 0)

    walk(ET.fromstring(content), "", 0)
    return found


@files("*/*.xml", all_sizes=True)
def test_an_exchange_file_says_the_same_when_it_has_been_through_rdf(file: Path) -> None:
    assert said(again(file)) == said(file.read_bytes())
    assert [note.message for note in imported(file).loss_report] == disallowed(file)


def disallowed(file: Path) -> list[str]:
    """What is said of the relations of a file that the matrix does not allow."""
    found = []
    root = ET.parse(file).getroot()
    parts = [*root.iter(f"{EXCHANGE}element"), *root.iter(f"{EXCHANGE}relationship")]
    types = {part.get("identifier"): str(part.get(TYPE)) for part in parts}
    for part in root.iter(f"{EXCHANGE}relationship"):
        kind, source, target = (
            str(part.get(TYPE)),
            types[part.get("source")],
            types[part.get("target")],
        )
        ends = ["Junction" if "Junction" in end else end for end in (source, target)]
        if kind not in matrix().get((ends[0], ends[1]), {kind}):
            found.append(f"ArchiMate allows no {kind} from {source} to {target}; it is kept.")
    return found


@files("*/*.xml", all_sizes=True)
def test_what_is_written_again_is_as_the_schema_wants(file: Path) -> None:
    assert schema_errors(again(file)) == []


@files("*/*.xml", "*/*.archimate")
def test_what_is_written_is_read_as_it_was(file: Path) -> None:
    format = "archi" if file.suffix == ".archimate" else "exchange"
    assert set(archimate.parse(again(file, format)).graph) == set(imported(file).graph)


@NATIVE_FILES
def test_a_file_of_archi_says_the_same_when_it_has_been_through_rdf(file: Path) -> None:
    assert said(again(file, "archi")) == said(file.read_bytes())
    assert imported(file).loss_report == ()


@NATIVE_FILES
def test_a_file_of_archi_becomes_an_exchange_file_as_the_schema_wants(file: Path) -> None:
    content = again(file)
    assert schema_errors(content) == []
    before, after = ET.parse(file).getroot(), ET.fromstring(content)
    elements = [
        element
        for folder in before.iter("folder")
        for element in folder.iterfind("element")
        if "Diagram" not in str(element.get(TYPE))
    ]
    names = Counter(element.get("name") or "" for element in elements)
    kept = [*after.iter(f"{EXCHANGE}element"), *after.iter(f"{EXCHANGE}relationship")]
    assert Counter(part.findtext(f"{EXCHANGE}name") or "" for part in kept) == names
    assert len(list(after.iter(f"{EXCHANGE}node"))) == len(list(before.iter("child")))
    drawn = len(list(before.iter("sourceConnection")))
    assert len(list(after.iter(f"{EXCHANGE}connection"))) == drawn


@EXCHANGE_FILES
def test_an_exchange_file_becomes_a_file_of_archi_and_comes_back(file: Path) -> None:
    native = again(file, "archi")
    before, after = ET.parse(file).getroot(), ET.fromstring(native)
    kept = {element.get("id") for element in after.iter("element")}
    for kind in ("element", "relationship", "view"):
        assert {part.get("identifier") for part in before.iter(f"{EXCHANGE}{kind}")} <= kept
    boxes = {node.get("identifier"): node for node in before.iter(f"{EXCHANGE}node")}
    back = ET.fromstring(archimate.serialize(archimate.parse(native).graph))
    placed = {node.get("identifier"): node for node in back.iter(f"{EXCHANGE}node")}
    for name, node in boxes.items():
        assert [placed[name].get(key) for key in "xywh"] == [node.get(key) for key in "xywh"]
    assert bends(back) == bends(before)


def bends(root: ET.Element) -> dict[str, list[dict[str, str]]]:
    return {
        str(part.get("identifier")): [bend.attrib for bend in part.iter(f"{EXCHANGE}bendpoint")]
        for part in root.iter(f"{EXCHANGE}connection")
    }


@files("*/*.xml", "*/*.archimate")
def test_what_is_kept_can_be_asked(file: Path) -> None:
    store = EmbeddedStore()
    store.add(imported(file).graph)
    root = ET.parse(file).getroot()
    relationships = len(list(root.iter(f"{EXCHANGE}relationship"))) or sum(
        str(element.get(TYPE)).endswith("Relationship") for element in root.iter("element")
    )
    (row,) = store.select(
        """PREFIX am: <https://w3id.org/srm/archimate#>
        SELECT (COUNT(*) AS ?count) {
            ?r a am:Relationship ; am:relation ?p ; am:source ?s ; am:target ?t . ?s ?p ?t }"""
    )
    assert int(str(row["count"])) == relationships


def test_what_maps_becomes_our_terms() -> None:
    facts = imported(suite("opengroup-reference/archisurance_3.1-revised.xml")).facts
    namespace = f"{knowledge.ontology_iri()}#"
    kinds = Counter(str(cls).removeprefix(namespace) for cls in facts.objects(None, RDF.type))
    root = ET.parse(suite("opengroup-reference/archisurance_3.1-revised.xml")).getroot()
    types = Counter(element.get(TYPE) for element in root.iter(f"{EXCHANGE}element"))
    for ours, theirs in (
        ("Party", "BusinessActor"),
        ("Service", "BusinessService"),
        ("Outcome", "Outcome"),
        ("Resource", "Resource"),
    ):
        assert kinds[ours] == types[theirs], ours
    assert set(kinds) == {"Party", "Service", "Outcome", "Resource"} & set(kinds)


@pytest.mark.parametrize(
    "name", ["opengroup-reference/archisurance_3.1-revised.xml", "archi/Archisurance.archimate"]
)
def test_documentation_is_the_comment_of_what_it_is_about(name: str) -> None:
    root = ET.parse(suite(name)).getroot()
    told = {
        element.findtext("{*}documentation") or element.findtext("documentation")
        for element in root.iter()
        if element.tag.rpartition("}")[2] == "element"
        and str(element.get(TYPE)).rpartition(":")[2] == "BusinessService"
    } - {None}
    found = imported(suite(name))
    service = URIRef(f"{knowledge.ontology_iri()}#Service")
    comments = {
        str(comment)
        for thing in found.facts.subjects(RDF.type, service)
        for comment in found.graph.objects(thing, RDFS.comment)
    }
    assert comments == told
    assert not [*found.graph.triples((None, AM.documentation, None))]


def test_what_is_read_breaks_no_rule() -> None:
    """A graph takes in the models of others, and says what it would like to know of them."""
    store = EmbeddedStore()
    for name in (
        "opengroup-reference/archisurance_3.1-revised.xml",
        "archi/Archisurance.archimate",
        "visualparadigm/Model002FromVPwithDiagram.xml",
    ):
        store.add(imported(suite(name)).graph)
    report = validate(store)
    assert [result for result in report.results if result.severity == "Violation"] == []
    assert report.results


def test_relations_are_read_where_both_ends_are_what_the_property_relates() -> None:
    content = f"""<?xml version="1.0"?>
    <model xmlns="{language.EXCHANGE}" xmlns:xsi="{language.XSI}" identifier="m">
      <name>M</name>
      <elements>
        <element identifier="p" xsi:type="BusinessService"><name>Calls</name></element>
        <element identifier="s" xsi:type="Outcome"><name>In touch</name></element>
        <element identifier="n" xsi:type="Node"><name>Server</name></element>
      </elements>
      <relationships>
        <relationship identifier="r1" source="p" target="s" xsi:type="Realization"/>
        <relationship identifier="r2" source="n" target="s" xsi:type="Realization"/>
        <relationship identifier="r3" source="p" target="s" xsi:type="Influence"/>
      </relationships>
    </model>""".encode()
    found = archimate.parse(content, base="https://example.org/m#")
    reaches = URIRef(f"{knowledge.ontology_iri()}#facilitatesOutcome")
    one, other = URIRef("https://example.org/m#p"), URIRef("https://example.org/m#s")
    assert [t for t in found.facts if t[1] != RDF.type] == [(one, reaches, other)]
    assert (one, RDFS.label, Literal("Calls")) in found.graph


@EXCHANGE_FILES
def test_facts_about_what_others_drew_come_home(file: Path) -> None:
    """The model is enriched with statements of our own, and they travel with it."""
    graph = Graph() + imported(file).graph
    elements = sorted(
        (s for s, _, o in graph if str(o).startswith("https://purl.org/archimate#B")), key=str
    )
    note, other = URIRef("https://example.org/note"), URIRef("https://example.org/other")
    for number, element in enumerate(elements[:5]):
        graph.add((element, note, Literal(f"checked {number}", lang="en")))
        graph.add((element, other, elements[-1]))
        graph.add((element, RDFS.comment, Literal(f"why {number}", lang="en")))
        graph.add((element, RDFS.comment, Literal(number)))
    assert set(archimate.parse(archimate.serialize(graph)).graph) == set(graph)
