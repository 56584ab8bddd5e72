"""Views as pictures: well-formed, complete, escaped, and the same each time."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]
from rdflib import RDFS, Literal, URIRef
from tests.unit.archimate.test_archi import EX, small

from srmgraph.adapters import archimate
from srmgraph.adapters.archimate import drawing

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
        assert len(root.findall(f"{SVG}rect")) == 1 + len(nodes)
        # A long name is broken into lines, so blanks are not compared.
        drawn = "".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
        drawn = "".join(drawn.split())
        for node in nodes:
            if element := node.attributes.get("elementRef"):
                assert "".join(names[element].split()) in drawn
        seen += drawn
    assert "<script>a&b</script>" in seen
    assert pictures == [*drawing.pictures(archimate.draw(graph))]
