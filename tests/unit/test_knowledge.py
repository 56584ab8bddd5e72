"""The knowledge of the project is found and loads."""

import json
from pathlib import Path

import pytest
from rdflib import OWL, RDF, Graph, URIRef

from srmgraph import knowledge
from srmgraph.errors import ParseError


def test_the_folders_are_there() -> None:
    for name in ("data", "mappings", "ontology", "queries", "shapes"):
        assert (knowledge.ROOT / name).is_dir()


def test_everything_loads_once() -> None:
    for load in (knowledge.ontology, knowledge.alignments, knowledge.shapes, knowledge.meta_shapes):
        graph = load()
        assert isinstance(graph, Graph)
        assert len(graph) > 0
        assert load() is graph
    assert json.dumps(knowledge.context())
    assert knowledge.examples() == sorted(knowledge.examples())
    assert knowledge.question_files() == sorted(knowledge.question_files())


def test_the_ontology_has_one_iri() -> None:
    iri = URIRef(knowledge.ontology_iri())
    assert (iri, RDF.type, OWL.Ontology) in knowledge.ontology()
    assert list(knowledge.ontology().subjects(OWL.imports, iri)) == []
    assert knowledge.context_iri() == f"{iri}/context.jsonld"


def test_alignments_stay_apart() -> None:
    assert set(knowledge.alignments()).isdisjoint(knowledge.ontology())


def test_the_rules_do_not_hold_those_about_the_model() -> None:
    own = {iri for iri in knowledge.meta_shapes().subjects() if isinstance(iri, URIRef)}
    assert own
    assert own.isdisjoint(knowledge.shapes().subjects())


def test_prefixes_are_those_that_the_files_declare() -> None:
    prefixes = knowledge.prefixes()
    assert list(prefixes) == sorted(prefixes)
    for file in sorted((knowledge.ROOT / "ontology").glob("*.ttl")):
        for prefix, namespace in Graph(bind_namespaces="none").parse(file).namespaces():
            assert prefixes[prefix] == str(namespace), f"{file.name} has another {prefix}:"


def test_an_error_in_our_own_files_is_reported_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ontology").mkdir()
    (tmp_path / "ontology" / "module.ttl").write_text("<https://example.org/a> a\n    b:C .\n")
    monkeypatch.setattr(knowledge, "ROOT", tmp_path)
    with pytest.raises(ParseError) as caught:
        knowledge._parsed_ontology.__wrapped__()
    assert caught.value.file == tmp_path / "ontology" / "module.ttl"
    assert (caught.value.line, caught.value.column) == (2, 5)
