"""The synthetic ecosystem: always the same, of the size asked for, all of the model in it."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest
from benchmarks.defects import DEFECTS, Planter
from benchmarks.defects.cell import Cell, Defect
from benchmarks.ecosystem import describe, write_ecosystem
from benchmarks.engines import compiled
from benchmarks.growth import Growth
from benchmarks.manifest import Finding, Manifest
from benchmarks.ntriples import MODEL
from rdflib import OWL, RDF, RDFS, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph import knowledge


def _ours(terms: Iterable[Node]) -> set[str]:
    """Those of the terms that belong to the model."""
    return {str(term) for term in terms if isinstance(term, URIRef) and term.startswith(MODEL)}


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return knowledge.ontology()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    file = tmp_path_factory.mktemp("ecosystem") / "ecosystem.nt"
    write_ecosystem(file, 10_000)
    return Graph().parse(file, format="nt")


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second, other = (tmp_path / name for name in ("first.nt", "second.nt", "other.nt"))
    expected = write_ecosystem(first, 20_000, seed=7).manifest.read_bytes()
    assert write_ecosystem(second, 20_000, seed=7).manifest.read_bytes() == expected
    write_ecosystem(other, 20_000, seed=8)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != other.read_bytes()


@pytest.mark.parametrize("triples", [1_000, 3_333, 10_000, 100_000])
def test_the_size_is_reached_within_five_percent(tmp_path: Path, triples: int) -> None:
    file = tmp_path / "ecosystem.nt"
    written = write_ecosystem(file, triples).triples
    lines = file.read_bytes().splitlines()
    assert abs(len(lines) - triples) <= triples / 20
    assert len(lines) == written
    assert len(set(lines)) == written, "a triple is written twice"


def test_a_few_vendors_serve_very_many(tmp_path: Path) -> None:
    file = tmp_path / "ecosystem.nt"
    write_ecosystem(file, 300_000)
    degrees: dict[str, int] = {}
    for line in file.read_text(encoding="ascii").splitlines():
        subject, predicate, *_ = line.split(" ", 2)
        if predicate == f"<{MODEL}managesRelationship>":
            degrees[subject] = degrees.get(subject, 0) + 1
    ordered = sorted(degrees.values(), reverse=True)
    busiest_tenth = sum(ordered[: len(ordered) // 10])
    assert busiest_tenth > sum(ordered) / 2
    assert ordered[0] > 20 * ordered[len(ordered) // 2]


def test_every_class_of_the_model_occurs(ontology: Graph, data: Graph) -> None:
    used = set(data.objects(None, RDF.type))
    for kind in list(used):
        used.update(kind for kind in ontology.transitive_objects(kind, RDFS.subClassOf) if kind)
    # Individuals of the code lists are typed in the ontology; they occur as values.
    for value in set(data.objects()):
        used.update(ontology.objects(value, RDF.type))
    classes = _ours(ontology.subjects(RDF.type, OWL.Class))
    assert sorted(classes - _ours(used)) == []


def test_every_property_of_the_model_is_stated_or_follows(ontology: Graph, data: Graph) -> None:
    properties = _ours(
        term
        for kind in (OWL.ObjectProperty, OWL.DatatypeProperty)
        for term in ontology.subjects(RDF.type, kind)
    )
    used = _with_what_follows(data.predicates(), ontology)
    assert sorted(properties - _ours(used)) == []


def test_only_terms_of_the_model_occur(ontology: Graph, tmp_path: Path) -> None:
    file = tmp_path / "clean.nt"
    write_ecosystem(file, 10_000, defects=False)
    clean = Graph().parse(file, format="nt")
    terms = _ours([*clean.predicates(), *clean.objects(None, RDF.type)])
    assert sorted(terms - _ours(ontology.subjects())) == []


def _with_what_follows(used: Iterable[Node], ontology: Graph) -> set[Node]:
    """The properties that hold somewhere once these are stated."""
    known = set(used)
    chains = [
        (name, list(Collection(ontology, head)))
        for name, head in ontology.subject_objects(OWL.propertyChainAxiom)
    ]
    while True:
        more = {
            wide for narrow, wide in ontology.subject_objects(RDFS.subPropertyOf) if narrow in known
        }
        for one, other in ontology.subject_objects(OWL.inverseOf):
            if one in known or other in known:
                more |= {one, other}
        more |= {name for name, steps in chains if known.issuperset(steps)}
        if more <= known:
            return known
        known |= more


@pytest.mark.slow
def test_a_validation_finds_exactly_what_was_planted(tmp_path: Path) -> None:
    file = tmp_path / "ecosystem.nt"
    manifest = write_ecosystem(file, 150_000).manifest
    _, _, findings = compiled(file)
    assert Manifest.read(manifest).differences(found for found, _ in findings) == []


def test_without_defects_only_loops_are_found(tmp_path: Path) -> None:
    file = tmp_path / "clean.nt"
    write_ecosystem(file, 20_000, defects=False)
    _, _, findings = compiled(file)
    assert {found.rule for found, _ in findings} == {"relationship-does-not-rest-on-itself"}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__qualname__)
def test_every_defect_can_be_planted(defect: Defect, tmp_path: Path) -> None:
    """Its turn comes, and the relationship has the facts that it changes."""
    planted: list[Finding] = []

    def watched(cell: Cell) -> list[Finding]:
        findings = defect(cell)
        planted.extend(findings)
        return findings

    planter = Planter(Manifest(), (watched,))
    for step in islice(Growth(1).steps(), 400):
        list(describe(step, planter))
    assert planted
