"""The three CSV files by which Archi updates an open model."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from rdflib import Graph
from tests.conformance.test_archimate_formats import EVERYTHING
from tests.unit.archimate.test_archi import EX, small

from srmgraph import knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate import native_writer
from srmgraph.adapters.archimate.language import FOLDER_OF
from srmgraph.adapters.archimate.model import Model, Part, Property, minted
from srmgraph.errors import InputError


def written(graph: Graph, folder: Path) -> dict[str, list[dict[str, str]]]:
    return {
        file.stem: list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
        for file in archimate.write_tables(graph, folder)
    }


def test_all_that_is_drawn_stands_in_the_tables(tmp_path: Path) -> None:
    found = written(small(), tmp_path)
    model = archimate.draw(small())
    assert list(found) == ["elements", "relations", "properties"]
    first, *elements = found["elements"]
    assert first["Type"] == "ArchimateModel"
    assert {row["ID"] for row in elements} == {part.identifier for part in model.elements}
    assert {row["Type"] for row in elements} <= set(FOLDER_OF)
    ids = {row["ID"] for row in found["elements"] + found["relations"]}
    assert len(ids) == len(found["elements"]) + len(found["relations"])
    for row in found["relations"]:
        assert {row["Source"], row["Target"]} <= ids
        assert row["Type"].endswith("Relationship")
    assert {row["ID"] for row in found["properties"]} <= ids
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", identifier) for identifier in ids)
    shop = next(row for row in elements if row["ID"] == minted(f"{EX}shop"))
    assert (shop["Name"], shop["Specialization"]) == ("Shop", "Organization")
    assert shop["Documentation"] == "Sells phones.\nAnd plans."
    keys = {row["Key"]: row["Value"] for row in found["properties"]}
    assert keys["srm:validFrom^^xsd:date"] == "2026-01-01"
    assert keys["Directed"] == "true"
    assert "Specialization" not in keys


def test_what_attributes_say_has_properties_of_its_own(tmp_path: Path) -> None:
    found = written(archimate.parse(EVERYTHING.encode()).graph, tmp_path)
    said = {(row["ID"], row["Key"]): row["Value"] for row in found["properties"]}
    assert said["r3", "Access_Type"] == "ReadWrite"
    assert said["r5", "Influence_Strength"] == "++"
    assert said["r6", "Directed"] == "true"
    assert said["or", "Junction_Type"] == "Or"
    types = {row["ID"]: row["Type"] for row in found["elements"]}
    assert types["and"] == types["or"] == "Junction"


@pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
@pytest.mark.parametrize("is_open", [False, True], ids=["into an empty model", "into the same"])
def test_nothing_is_lost_when_archi_reads_the_tables(
    file: Path, is_open: bool, tmp_path: Path
) -> None:
    graph = Graph().parse(file)
    before = archimate.draw(graph if is_open else Graph())
    model = through_tables(before, written(graph, tmp_path))
    target = tmp_path / "model.archimate"
    target.write_bytes(native_writer.write(model))
    assert set(archimate.read(target).facts) == set(graph)


def through_tables(model: Model, tables: dict[str, list[dict[str, str]]]) -> Model:
    """A model that is open in Archi, after it has read the tables; as its CSVImporter does it."""
    definitions = {name: identifier for identifier, name in model.property_names().items()}
    known = {part.identifier: part for part in (model.header, *model.concepts())}
    there = {
        (part.identifier, prop.definition): prop
        for part in known.values()
        for prop in reversed(part.properties)
    }

    def add(part: Part, key: str, value: str) -> None:
        if key not in definitions:
            definitions[key] = model.definition(key)
        part.properties.append(Property(definitions[key], [("", value)]))

    header, *elements = tables["elements"]
    known[header["ID"]] = model.header
    model.header.identifier = header["ID"]
    for row in (*elements, *tables["relations"]):
        part = known.get(row["ID"])
        if part is None:
            kind = "relationship" if "Source" in row else "element"
            part = Part(kind, row["ID"], row["Type"].removesuffix("Relationship"))
            part.type = "AndJunction" if part.type == "Junction" else part.type
            if "Source" in row:
                part.attributes = {"source": row["Source"], "target": row["Target"]}
            if row["Specialization"]:
                add(part, "Specialization", row["Specialization"])
            (model.relationships if "Source" in row else model.elements).append(part)
            known[part.identifier] = part
        part.names = [("", row["Name"])] if row["Name"] else []
        part.documentation = [("", row["Documentation"])] if row["Documentation"] else []
    special = {"Access_Type": "accessType", "Influence_Strength": "modifier"}
    special |= {"Directed": "isDirected"}
    for row in tables["properties"]:
        part, key = known[row["ID"]], row["Key"]
        first = there.get((part.identifier, definitions.get(key, "")))
        if key in special:
            part.attributes[special[key]] = row["Value"]
        elif first is not None:
            first.values = [("", row["Value"])]
        else:
            add(part, key, row["Value"])
    return model


def test_every_field_is_quoted_and_the_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    before = [file.read_bytes() for file in archimate.write_tables(small(), tmp_path)]
    assert before == [file.read_bytes() for file in archimate.write_tables(small(), tmp_path)]
    for content in before:
        rest = re.sub(rb'"(?:[^"]|"")*"', b"", content)
        assert set(rest) <= set(b",\r\n")


def test_a_folder_is_made_if_it_can_be(tmp_path: Path) -> None:
    assert len(archimate.write_tables(Graph(), tmp_path / "new")) == 3
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        archimate.write_tables(Graph(), tmp_path / "file")
