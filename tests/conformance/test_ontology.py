"""The ontology is OWL 2 DL and OWL 2 RL, consistent, and every term of it can have instances.

The planted faults in ontology/ show that each check can fail: a file adds its axioms to the whole
ontology, and its first line says which check must catch it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyhermit import Reasoner, load_snapshot
from pyhermit.profile import validate_owl2_dl_view
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, Namespace, URIRef
from tests.conformance.owl2_rl import faults

from srmgraph import knowledge

PLANTED = sorted((Path(__file__).parent / "ontology").glob("*.ttl"))
EX = Namespace("https://example.org/witness/")


def whole(*others: Graph) -> Graph:
    """The ontology and *others* as one OWL document: a single header, no imports."""
    merged = Graph()
    for graph in (knowledge.ontology(), *others):
        merged += graph
    for header in set(merged.subjects(RDF.type, OWL.Ontology)):
        merged.remove((header, None, None))
    merged.add((URIRef("https://example.org/whole"), RDF.type, OWL.Ontology))
    return merged


def owl_file(graph: Graph, folder: Path) -> Path:
    file = folder / "whole.ttl"
    graph.serialize(file, format="turtle")
    return file


def dl_faults(graph: Graph, folder: Path) -> list[str]:
    report = validate_owl2_dl_view(load_snapshot(owl_file(graph, folder)))
    assert report.complete
    return [issue.message for issue in report.issues if issue.severity.value == "error"]


def is_consistent(graph: Graph, folder: Path) -> bool:
    reasoner = Reasoner(owl_file(graph, folder))
    try:
        return bool(reasoner.is_consistent())
    finally:
        reasoner.dispose()


def with_times(graph: Graph) -> Graph:
    """Each date as the time at which it begins: OWL 2 has no dates."""
    told = Graph()
    for subject, name, value in graph:
        if isinstance(value, Literal) and value.datatype == XSD.date:
            value = Literal(f"{value}T00:00:00Z", datatype=XSD.dateTime)
        told.add((subject, name, value))
    return told


def witnesses(ontology: Graph) -> Iterator[tuple[URIRef, URIRef, URIRef | Literal]]:
    """One instance of every class and one use of every property, all of them strangers."""
    for number, name in enumerate(sorted(_declared(ontology, OWL.Class))):
        yield EX[f"instance-{number}"], RDF.type, name
    for number, name in enumerate(sorted(_declared(ontology, OWL.ObjectProperty))):
        yield EX[f"subject-{number}"], name, EX[f"object-{number}"]
    for number, name in enumerate(sorted(_declared(ontology, OWL.DatatypeProperty))):
        datatype = URIRef(str(ontology.value(name, RDFS.range) or XSD.string))
        text = {XSD.boolean: "true", XSD.dateTime: "2026-01-05T10:30:00Z"}.get(datatype, "1")
        yield EX[f"thing-{number}"], name, Literal(text, datatype=datatype)


def _declared(ontology: Graph, kind: URIRef) -> set[URIRef]:
    return {name for name in ontology.subjects(RDF.type, kind) if isinstance(name, URIRef)}


def test_the_ontology_is_owl_2_rl() -> None:
    assert faults(knowledge.ontology()) == []


def test_the_ontology_is_owl_2_dl(tmp_path: Path) -> None:
    assert dl_faults(whole(), tmp_path) == []


def test_every_class_and_property_can_be_used_at_once(tmp_path: Path) -> None:
    ontology = knowledge.ontology()
    used = Graph()
    for triple in witnesses(ontology):
        used.add(triple)
        for individual in (triple[0], triple[2]):
            if isinstance(individual, URIRef) and individual in EX:
                used.add((individual, RDF.type, OWL.NamedIndividual))
    assert len(used) > 500
    assert is_consistent(whole(used), tmp_path)


@pytest.mark.parametrize("folder", knowledge.examples(), ids=lambda folder: folder.name)
def test_every_example_is_consistent(folder: Path, tmp_path: Path) -> None:
    example = Graph().parse(folder / f"{folder.name}.ttl")
    assert is_consistent(whole(with_times(example)), tmp_path)


@pytest.mark.parametrize("file", PLANTED, ids=lambda file: file.stem)
def test_planted_faults_are_caught(file: Path, tmp_path: Path) -> None:
    first_line = file.read_text(encoding="utf-8").splitlines()[0]
    fault = Graph().parse(file)
    graph = whole(fault)
    match first_line.removeprefix("# must be: "):
        case "outside OWL 2 RL":
            assert len(faults(graph)) == 1
        case "outside OWL 2 DL":
            assert dl_faults(graph, tmp_path)
        case "inconsistent":
            assert not is_consistent(graph, tmp_path)
        case other:
            pytest.fail(f"{file.name}: the first line does not say what must be caught: {other}")


def test_every_term_is_in_the_module_that_defines_it() -> None:
    for file in sorted((knowledge.ROOT / "ontology").glob("*.ttl")):
        module = Graph().parse(file)
        header = module.value(predicate=RDF.type, object=OWL.Ontology)
        for term in set(module.subjects(RDFS.isDefinedBy, None)):
            assert set(module.objects(term, RDFS.isDefinedBy)) == {header}, f"{file.name}: {term}"


def test_no_class_is_named_by_a_blank_node_alone() -> None:
    ontology = knowledge.ontology()
    for node in ontology.subjects(RDF.type, OWL.Class):
        if isinstance(node, BNode):
            assert (node, RDFS.subClassOf, None) in ontology or list(ontology.subjects(None, node))
