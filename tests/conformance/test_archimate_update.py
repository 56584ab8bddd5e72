"""Models from many tools, brought up to date: byte by byte the same where nothing has changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from tests.conformance.archimate_suite import models, schema_errors

from srmgraph import knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate.kept import ARCHIMATE
from srmgraph.adapters.archimate.update import update

PERSON = URIRef(f"{knowledge.ontology_iri()}#Person")
NEW = URIRef("https://example.org/new")


def slow(parameters: list[Any]) -> list[Any]:
    return [
        pytest.param(*each.values, id=each.id, marks=[*each.marks, pytest.mark.slow])
        for each in parameters
    ]


MODELS = [
    *models("opengroup/*.xml"),
    *models("visualparadigm/*BackFromArchi.xml"),
    *slow(models("visualparadigm/*FromVP*.xml") + models("sparx/*.xml") + models("archi/*")),
]


def graph_of(file: Path) -> Graph:
    return archimate.read(file).graph


@pytest.mark.parametrize("file", MODELS + slow(models("*-*/*.xml")))
def test_without_a_change_not_one_byte_changes(file: Path) -> None:
    content = file.read_bytes()
    # Neither if the graph knows what is in the file, nor if it knows nothing of it.
    for graph in (graph_of(file), Graph())[: 1 if len(content) > 500_000 else 2]:
        assert update(content, graph, file).content == content


@pytest.mark.parametrize("file", MODELS)
def test_what_is_new_comes_in_and_the_rest_stays(file: Path) -> None:
    content = file.read_bytes()
    graph = graph_of(file)
    there = set(graph)
    elements = sorted(
        (
            subject
            for subject, cls in graph.subject_objects(RDF.type)
            if str(cls).startswith(ARCHIMATE) and graph.value(subject, RDFS.label) is not None
        ),
        key=str,
    )
    renamed = elements[len(elements) // 2]
    old = next(iter(graph.objects(renamed, RDFS.label)))
    assert isinstance(old, Literal)
    graph.remove((renamed, RDFS.label, old))
    graph.add((renamed, RDFS.label, Literal("Renamed & new", lang=old.language)))
    graph.add((NEW, RDF.type, PERSON))
    graph.add((NEW, RDFS.label, Literal("Eve")))
    done = update(content, graph, file)
    assert done.removed == done.left == []
    assert "BusinessActor “Eve”" in done.added
    again = archimate.parse(done.content).graph
    assert set(graph) - set(again) == set()
    assert (renamed, RDFS.label, old) not in again
    assert len(set(again) - there) < 40
    if file.suffix == ".xml":
        assert schema_errors(done.content) == schema_errors(content)
    # All lines that were there still are, but for the one with the name.
    lines = content.splitlines()
    left = set(done.content.splitlines())
    lost = [line for line in lines if line not in left]
    assert len(lost) <= 3, lost


@pytest.mark.parametrize("file", MODELS)
def test_what_is_deleted_goes_from_folders_and_views_too(file: Path) -> None:
    content = file.read_bytes()
    graph = graph_of(file)
    elements = {s for s, c in graph.subject_objects(RDF.type) if str(c).startswith(ARCHIMATE)}
    gone = min(elements, key=str)
    identifier = str(graph.value(gone, ARCHIMATE.identifier))
    graph.remove((gone, None, None))
    graph.remove((None, None, gone))
    stays = update(content, graph, file)
    assert stays.left
    assert stays.removed == []
    assert identifier.encode() in stays.content
    done = update(content, graph, file, allow_deletes=True)
    assert done.removed
    assert not re.search(rf"\b{re.escape(identifier)}\"".encode(), done.content)
    assert not [n for n in archimate.parse(done.content).loss_report if "not there" in n.message]
    if file.suffix == ".xml":
        assert schema_errors(done.content) == schema_errors(content)
