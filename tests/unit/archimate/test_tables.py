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

from srmgraph.adapters import archimate
from srmgraph.adapters.archimate.language import FOLDER_OF
from srmgraph.adapters.archimate.model import minted
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
