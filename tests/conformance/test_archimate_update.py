"""Models from many tools, brought up to date: byte by byte the same where nothing has changed."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]
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


# ── Small edits at random ───────────────────────────────────────────────────────────────────────


@cache
def read(file: Path) -> tuple[bytes, frozenset[Any], tuple[URIRef, ...]]:
    """The bytes of a model, what it says, and the elements in it that have one name."""
    content = file.read_bytes()
    graph = archimate.parse(content).graph
    elements = sorted(
        subject
        for subject, cls in graph.subject_objects(RDF.type)
        if isinstance(subject, URIRef)
        and str(cls).startswith(ARCHIMATE)
        and len([*graph.objects(subject, RDFS.label)]) == 1
        and "<!" not in str(graph.value(subject, RDFS.label))
    )
    return content, frozenset(graph), tuple(elements)


def lines_of(content: bytes, identifiers: set[str]) -> set[int]:
    """The lines, from 0, of the elements with these identifiers."""
    found: set[int] = set()
    for part in etree.fromstring(content).iter("{*}element"):
        if {part.get("identifier"), part.get("id")} & identifiers:
            after = part.getnext()
            last = part.sourceline if after is None else after.sourceline - 1
            inner = max(one.sourceline for one in part.iter())
            # The end of the last of them stands in a line of its own at most.
            found.update(range(part.sourceline - 1, max(last, inner + 3)))
    return found


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)


@pytest.mark.parametrize(
    "file",
    [
        *models("opengroup/Model_View.xml"),
        *models("visualparadigm/*BackFromArchi.xml"),
        *slow(models("archi/Archisurance.archimate")),
    ],
)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_small_edits_change_nothing_but_what_they_are_about(file: Path, data: Any) -> None:
    content, said, elements = read(file)
    edits = data.draw(
        st.dictionaries(
            st.sampled_from(elements), st.tuples(NAMES, st.none() | NAMES), min_size=1, max_size=4
        )
    )
    graph = Graph()
    for statement in said:
        graph.add(statement)
    for thing, (name, why) in edits.items():
        old = graph.value(thing, RDFS.label)
        assert isinstance(old, Literal)
        graph.set((thing, RDFS.label, Literal(name, lang=old.language)))
        if why is not None:
            graph.set((thing, RDFS.comment, Literal(why, lang=old.language)))
    done = update(content, graph, file)
    again = archimate.parse(done.content).graph
    for thing in edits:
        for property in (RDFS.label, RDFS.comment):
            assert set(again.objects(thing, property)) == set(graph.objects(thing, property))
    assert set(again) == set(graph)
    assert update(done.content, graph, file).content == done.content
    before, after = content.splitlines(), done.content.splitlines()
    identifiers = {str(graph.value(thing, ARCHIMATE.identifier)) for thing in edits}
    may_change = lines_of(content, identifiers)
    # Where a line is added, it is the one before which it is that counts.
    may_change |= {line + 1 for line in may_change}
    for kind, start, end, _, _ in difflib.SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if kind != "equal":
            assert set(range(start, max(end, start + 1))) <= may_change
    if all(why is None for _, why in edits.values()):
        unchanged = Graph()
        for statement in said:
            unchanged.add(statement)
        assert update(done.content, unchanged, file).content == content
