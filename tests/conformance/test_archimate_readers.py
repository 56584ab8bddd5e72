"""What is written, as seen by a reader that others have made: archithreat."""

from __future__ import annotations

from pathlib import Path

import pytest
from archithreat.core import parser
from rdflib import Graph

from srmgraph import knowledge
from srmgraph.adapters import archimate


@pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
def test_another_reader_sees_the_same_model(file: Path) -> None:
    graph = Graph().parse(file)
    model = archimate.draw(graph)
    seen = parser.parse_bytes(archimate.serialize(graph))
    assert seen.name == model.header.name
    assert {e.id: (e.archimate_type, e.name) for e in seen.elements.values()} == {
        part.identifier: (part.type, part.name) for part in model.elements
    }
    assert {
        r.id: (r.archimate_type, r.source_id, r.target_id) for r in seen.relationships.values()
    } == {
        part.identifier: (part.type, part.attributes["source"], part.attributes["target"])
        for part in model.relationships
    }
    for theirs, ours in zip(seen.views, model.views, strict=True):
        assert theirs.name == ours.name
        boxes = {
            part.identifier: (
                part.attributes.get("elementRef"),
                *(int(part.attributes[name]) for name in "xywh"),
            )
            for part in ours.walk()
            if part.kind == "node"
        }
        assert {n.id: (n.element_ref, n.x, n.y, n.width, n.height) for n in theirs.nodes} == boxes
        lines = {part.identifier for part in ours.walk() if part.kind == "connection"}
        assert {c.id for c in theirs.connections} == lines
