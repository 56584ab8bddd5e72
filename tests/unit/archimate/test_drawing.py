"""Views as pictures: well-formed, complete, escaped, and the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree  # type: ignore[import-untyped]
from rdflib import RDFS, Graph, Literal, URIRef
from tests.unit.archimate.test_archi import EX, small

from srmgraph import knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate import drawing, package

DOCS = Path(__file__).parents[3] / "docs"
HOSTILE = [
    "</text><script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "<![CDATA[x]]> ]]> &lt;script&gt; &#x3c;",
    "<!-- --><!DOCTYPE svg [<!ENTITY x 'y'>]>&x;",
    "مزوّد الخدمة \u202e gnp.exe",
    "服务提供商" * 40,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 30,
    "W" * 20_000,
    "e\u0301" * 200,
    "two\nlines\tand a tab",
]
SVG = "{http://www.w3.org/2000/svg}"


def test_every_element_of_a_view_is_drawn_with_its_name_and_nothing_is_run() -> None:
    graph = small()
    graph.set((URIRef(f"{EX}shop"), RDFS.label, Literal("<script>a&b</script>", "en")))
    model = archimate.draw(graph)
    names = {part.identifier: part.name for part in model.elements}
    pictures = [*drawing.pictures(model)]
    assert pictures
    assert len(pictures) == len(model.views)
    seen = ""
    for view, (name, picture) in zip(model.views, pictures, strict=True):
        root = etree.fromstring(picture.encode())
        assert root.findtext(f"{SVG}title") == name
        assert not [*root.iter(f"{SVG}script")]
        nodes = [part for part in view.walk() if part.kind == "node"]
        assert len([*root.iter(f"{SVG}rect")]) == 1 + len(nodes)
        # A long name is broken into lines, so blanks are not compared.
        drawn = "".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
        drawn = "".join(drawn.split())
        for node in nodes:
            if element := node.attributes.get("elementRef"):
                assert "".join(names[element].split()) in drawn
        seen += drawn
    assert "<script>a&b</script>" in seen
    assert pictures == [*drawing.pictures(archimate.draw(graph))]


@pytest.mark.parametrize("label", HOSTILE, ids=lambda label: ascii(label)[1:25])
def test_names_that_are_meant_to_harm_or_are_long_are_text_and_nothing_else(label: str) -> None:
    """In elements, in views, and in what they are headed with; from exchange files and Archi's."""
    graph = small()
    for name in ("shop", "deal", "ann"):
        graph.set((URIRef(f"{EX}{name}"), RDFS.label, Literal(label, "en")))
    usual = {"svg", "title", "defs", "style", "marker", "polygon", "polyline", "path"}
    usual |= {"g", "rect", "text", "tspan", "line"}
    for format in ("exchange", "archi"):
        content = archimate.serialize(graph, format)
        drawn = [*drawing.pictures(package.open_package(content).model)]
        assert drawn
        for _, picture in drawn:
            root = etree.fromstring(picture.encode())
            assert {etree.QName(part).localname for part in root.iter("*")} <= usual
            assert not [*root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity)]
            for part in root.iter("*"):
                assert not [name for name in part.attrib if name.startswith(("on", "{", "href"))]
        names = drawing.file_names(name for name, _ in drawn)
        assert all(0 < len(name.encode()) < 255 and "/" not in name for name in names)


def test_boxes_in_boxes_are_drawn_over_those_that_they_lie_in() -> None:
    node = ""
    for depth in range(40, 0, -1):
        at = f'x="{depth}" y="{depth}" w="{400 - 2 * depth}" h="{400 - 2 * depth}"'
        node = (
            f'<node identifier="n{depth}" xsi:type="Container" {at}>'
            f"<label>Group {depth}</label>{node}</node>"
        )
    content = f"""<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="m"><name>m</name>
      <elements><element identifier="e" xsi:type="Grouping"><name>G</name></element></elements>
      <views><diagrams><view identifier="v" xsi:type="Diagram"><name>Deep</name>{node}</view>
      </diagrams></views></model>"""
    ((_, picture),) = drawing.pictures(package.open_package(content.encode()).model)
    drawn = ["".join(t.itertext()) for t in etree.fromstring(picture.encode()).iter(f"{SVG}text")]
    assert drawn == [f"Group {depth}" for depth in range(1, 41)]


def test_the_pictures_in_the_documentation_are_as_the_command_draws_them() -> None:
    def drawn(graph: Graph, view: str) -> str:
        model = package.open_package(archimate.serialize(graph)).model
        return dict(drawing.pictures(model))[f"Service relationships of {view}"]

    graph = Graph().parse(knowledge.example_file("cellphone"))
    before = (DOCS / "archimate-view.svg").read_text(encoding="utf-8")
    assert drawn(graph, "Cell phone service provider") == before
    (called,) = graph.subjects(RDFS.label, Literal("Phone subscription", "en"))
    graph.set((called, RDFS.label, Literal("Mobile subscription", "en")))
    after = (DOCS / "archimate-view-back.svg").read_text(encoding="utf-8")
    assert drawn(graph, "Subscriber") == after
