"""Plain JSON with the published context means what it should, to us and to other readers."""

import json
from pathlib import Path
from typing import Any

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.adapters import jsonld, rdf
from srmgraph.store import open_store

PLAIN = sorted((Path(__file__).parent / "plain-json").glob("*.jsonld"))
EX = "https://example.org/"
# This comes from within rdflib, whenever it reads JSON-LD.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")


def ours(document: dict[str, Any]) -> Graph:
    store = open_store()
    store.parse(json.dumps(document), "json-ld")
    return store.graph()


def others(document: dict[str, Any]) -> Graph:
    """What rdflib reads, when it is given the context as a reader on the web fetches it."""
    published = knowledge.context()["@context"]
    used = document["@context"]
    contexts = used if isinstance(used, list) else [used]
    inlined = [published if one == knowledge.context_iri() else one for one in contexts]
    text = json.dumps(document | {"@context": inlined})
    return Graph(bind_namespaces="none").parse(data=text, format="json-ld")


def terms(kind: Node) -> dict[str, URIRef]:
    """The short names of the context that stand for terms of a kind, and these."""
    entries = knowledge.context()["@context"]
    prefixes = knowledge.prefixes()
    found = {}
    for name, entry in entries.items():
        prefix, colon, local = (
            (entry if isinstance(entry, str) else entry["@id"]).partition(":")
            if not name.startswith("@")
            else ("", "", "")
        )
        if colon and prefix in prefixes:
            iri = URIRef(prefixes[prefix] + local)
            if (iri, RDF.type, kind) in knowledge.ontology():
                found[name] = iri
    return found


def normalized(graph: Graph) -> Graph:
    """As a store keeps it, so that 12.50 and 12.5 are one."""
    store = open_store()
    store.add(graph)
    return store.graph()


@pytest.mark.parametrize("file", PLAIN, ids=lambda file: file.stem)
def test_plain_json_means_what_it_should(file: Path) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    expected = normalized(Graph().parse(file.with_suffix(".ttl")))
    assert isomorphic(ours(document), expected)
    assert isomorphic(normalized(others(document)), expected)


@pytest.mark.parametrize("file", PLAIN, ids=lambda file: file.stem)
def test_plain_json_is_written_as_plain_json(file: Path) -> None:
    """What can be said by a short name is written so."""
    store = open_store()
    store.read(file)
    written = json.loads(rdf.serialize(store, "json-ld"))
    original = json.loads(file.read_text(encoding="utf-8"))
    assert isomorphic(ours(written), store.graph())

    def keys(value: Any) -> set[str]:
        if isinstance(value, list):
            return {key for part in value for key in keys(part)}
        if not isinstance(value, dict):
            return set()
        inner = {key for name, part in value.items() if name != "@context" for key in keys(part)}
        return inner | {name for name in value if not name.startswith("@") and ":" not in name}

    short = keys(original) & set(knowledge.context()["@context"])
    empty = {name for name, value in original.items() if value == []}
    assert short - empty <= keys(written)


def test_every_name_of_a_class_is_that_class() -> None:
    classes = terms(OWL.Class)
    assert len(classes) > 80
    document = {
        "@context": knowledge.context_iri(),
        "@graph": [{"id": f"{EX}{name}", "type": name} for name in classes],
    }
    expected = {(URIRef(f"{EX}{name}"), RDF.type, iri) for name, iri in classes.items()}
    assert set(ours(document)) == set(others(document)) == expected


def test_every_name_of_a_relation_takes_things() -> None:
    relations = terms(OWL.ObjectProperty)
    assert len(relations) > 100
    document = {"@context": knowledge.context_iri(), "id": f"{EX}a"}
    document |= {name: f"{EX}{name}" for name in relations}
    expected = {(URIRef(f"{EX}a"), iri, URIRef(f"{EX}{name}")) for name, iri in relations.items()}
    assert set(ours(document)) == set(others(document)) == expected


def test_every_name_of_a_code_is_that_code_where_codes_are_taken() -> None:
    """A code whose name is taken by something else has to keep its prefix."""
    ontology, entries = knowledge.ontology(), knowledge.context()["@context"]
    codes = terms(OWL.NamedIndividual)
    assert len(codes) > 20
    all_codes = {code for code in ontology.subjects(SKOS.inScheme) if isinstance(code, URIRef)}
    for code in all_codes - set(codes.values()):
        name = str(code).rpartition("#")[2]
        assert entries[name] != f"code:{name}"
    coded = [
        name
        for name, entry in entries.items()
        if isinstance(entry, dict) and entry.get("@type") == "@vocab"
    ]
    assert coded
    for property_name in coded:
        document = {"@context": knowledge.context_iri(), "id": f"{EX}a"}
        document[property_name] = sorted(codes)  # type: ignore[assignment]
        assert (
            set(ours(document).objects()) == set(others(document).objects()) == set(codes.values())
        )


def test_every_name_of_a_value_gives_it_its_datatype() -> None:
    values = terms(OWL.DatatypeProperty)
    assert len(values) > 15
    entries = knowledge.context()["@context"]
    for name, iri in values.items():
        document = {"@context": knowledge.context_iri(), "id": f"{EX}a", name: "x"}
        (value,) = others(document).objects(URIRef(f"{EX}a"), iri)
        assert isinstance(value, Literal)
        datatype = entries[name].get("@type")
        written = str(value.datatype or "").replace("http://www.w3.org/2001/XMLSchema#", "xsd:")
        assert written == (datatype or "")
        # A store keeps whole numbers of all kinds as integers.
        ranges = set(knowledge.ontology().objects(iri, RDFS.range))
        assert not ranges or datatype in (None, "xsd:integer") or value.datatype in ranges
        (same,) = ours(document).objects(URIRef(f"{EX}a"), iri)
        assert same == value


def test_the_context_is_what_the_ontology_makes_it() -> None:
    assert knowledge.context() == jsonld.context()
    names = list(knowledge.context()["@context"])
    assert len(names) == len(set(names))


def test_the_context_can_be_written_elsewhere(tmp_path: Path) -> None:
    file = jsonld.write_context(tmp_path / "context.jsonld")
    published = knowledge.ROOT / "mappings" / "context.jsonld"
    assert file.read_bytes() == published.read_bytes()
