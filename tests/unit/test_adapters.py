"""The formats of RDF: what is written is read back the same, and is always written the same."""

import json
import subprocess
import sys
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, RDFS, XSD, Graph, Literal, URIRef
from tests.unit.rdf_strategies import XML_TEXT, graphs

from srmgraph import knowledge
from srmgraph.adapters import jsonld, rdf
from srmgraph.errors import InputError, UnknownFormatError
from srmgraph.store import open_store
from srmgraph.syntax import FORMATS, Parser
from srmgraph.terms import triples_to_oxigraph, triples_to_rdflib

EXAMPLES = [file for folder in knowledge.examples() for file in sorted(folder.glob("*.ttl"))]
TEXT_FORMATS = [name for name in FORMATS if name != "rdf-xml"]


def read_back(text: bytes, format: str) -> Graph:
    graph = Graph(bind_namespaces="none")
    iri = knowledge.context_iri()
    contexts = {iri: knowledge.context()}
    for triple in triples_to_rdflib(Parser(text, FORMATS[format], None, contexts.get)):
        graph.add(triple)
    return graph


def canonical(graph: Graph) -> set[str]:
    """The statements with the blank nodes named by their places in the graph."""
    dataset = pyoxigraph.Dataset(pyoxigraph.Quad(*triple) for triple in triples_to_oxigraph(graph))
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def assert_same(found: Graph, expected: Graph) -> None:
    assert canonical(found) == canonical(expected)


@pytest.mark.parametrize("format", TEXT_FORMATS)
@given(data=st.data())
def test_what_is_written_is_read_back(format: str, data: st.DataObject) -> None:
    graph = data.draw(graphs())
    assert_same(read_back(rdf.serialize(graph, format), format), graph)


@given(graph=graphs(XML_TEXT))
def test_what_is_written_as_rdf_xml_is_read_back(graph: Graph) -> None:
    assert_same(read_back(rdf.serialize(graph, "rdf-xml"), "rdf-xml"), graph)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: f"{file.parent.name}/{file.stem}")
# This comes from within rdflib, whenever it reads JSON-LD.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_rdflib_reads_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another reader of JSON-LD, given the context as a reader on the web fetches it."""
    # Else it would write +00:00 for Z.
    monkeypatch.setattr("rdflib.NORMALIZE_LITERALS", False)
    store = open_store()
    store.read(file)
    document = json.loads(rdf.serialize(store, "json-ld"))
    document["@context"] = [knowledge.context()["@context"], *document["@context"][1:]]
    other = Graph(bind_namespaces="none").parse(data=json.dumps(document), format="json-ld")
    assert_same(other, store.graph())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_examples_go_through_every_format(file: Path, format: str) -> None:
    store = open_store()
    store.read(file)
    text = rdf.serialize(store, format)
    again = open_store()
    again.parse(text, format)
    assert_same(again.graph(), store.graph())
    assert rdf.serialize(again, format) == text


@pytest.mark.parametrize("format", FORMATS)
def test_the_text_depends_on_nothing_but_the_statements(format: str, tmp_path: Path) -> None:
    """Another process, with other hashes and other names of blank nodes, writes the same."""
    source = tmp_path / "source.ttl"
    source.write_text(
        "@prefix ex: <https://example.org/> . @prefix b: <https://example.org/b/> .\n"
        "ex:a b:c [ b:d 1 , 2 ; b:e [ b:d 3 ] ] , _:x . _:x b:d _:y . _:y b:d _:x .\n"
    )
    program = (
        "import sys, pathlib\n"
        "from srmgraph.store import open_store\n"
        "from srmgraph.adapters import rdf\n"
        "store = open_store()\n"
        "store.read(pathlib.Path(sys.argv[1]))\n"
        "sys.stdout.buffer.write(rdf.serialize(store, sys.argv[2]))\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program, str(source), format],
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


@pytest.mark.parametrize("format", [name for name in FORMATS if FORMATS[name].has_graphs])
def test_named_graphs_are_kept(format: str, tmp_path: Path) -> None:
    store = open_store()
    store.parse(
        "PREFIX ex: <https://example.org/> "
        "ex:a ex:b ex:c . ex:g { ex:a ex:b _:d , ex:c . _:d ex:b 1 } "
        "_:h { ex:a ex:b 2 } ex:a { ex:g ex:b 3 }",
        "trig",
    )
    file = tmp_path / "graphs"
    rdf.write(store, file, format)
    again = open_store()
    again.read(file, format)
    assert rdf.serialize(again, "n-quads") == rdf.serialize(store, "n-quads")
    assert len(again) == len(store) == 6


def test_a_format_without_graphs_holds_the_union() -> None:
    store = open_store()
    store.parse("PREFIX ex: <https://example.org/> ex:a ex:b 1 . ex:g { ex:a ex:b 1 , 2 }", "trig")
    assert len(read_back(rdf.serialize(store, "turtle"), "turtle")) == 2


def test_rdf_xml_says_what_it_cannot_express() -> None:
    graph = Graph()
    graph.add((URIRef("https://example.org/a"), URIRef("https://example.org/1"), Literal(1)))
    with pytest.raises(InputError, match=r"cannot express the property <https://example\.org/1>"):
        rdf.serialize(graph, "rdf-xml")
    graph = Graph()
    graph.add((URIRef("https://example.org/a"), RDFS.label, Literal("bell \x07")))
    with pytest.raises(InputError, match="control characters"):
        rdf.serialize(graph, "rdf-xml")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "kept.rdf"
    file.write_text("as it was")
    graph = Graph()
    graph.add((URIRef("https://example.org/a"), RDFS.label, Literal("bell \x07")))
    with pytest.raises(InputError):
        rdf.write(graph, file)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.rdf"]
    assert file.read_text() == "as it was"
    with pytest.raises(UnknownFormatError, match=r"The ending “\.docx” tells no format of RDF"):
        rdf.write(graph, tmp_path / "graph.docx")
    with pytest.raises(InputError, match="cannot be written"):
        rdf.write(Graph(), tmp_path / "no-such-folder" / "graph.ttl")


def test_the_published_context_is_up_to_date() -> None:
    file = knowledge.ROOT / "mappings" / "context.jsonld"
    assert file.read_text(encoding="utf-8") == jsonld.text(jsonld.context()), (
        "mappings/context.jsonld is stale; write it anew with: srmgraph context"
    )


def test_every_term_has_a_short_name_or_a_prefix() -> None:
    entries = jsonld.context()["@context"]
    prefixes = knowledge.prefixes()
    for term, kind in knowledge.ontology().subject_objects(RDF.type):
        if not isinstance(term, URIRef) or "#" not in term:
            continue
        if (term, RDFS.isDefinedBy, None) not in knowledge.ontology():
            continue
        name = term.rpartition("#")[2]
        assert name in entries or any(str(term).startswith(iri) for iri in prefixes.values()), (
            f"{term} ({kind})"
        )


ONTOLOGY = """
    @prefix ex: <https://example.org/model#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix m: <https://example.org/> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
    ex:House a owl:Class ; rdfs:isDefinedBy m:m . ex:Colour a owl:Class ; rdfs:isDefinedBy m:m .
    ex:hasColour a owl:ObjectProperty ; rdfs:range ex:Colour ; rdfs:isDefinedBy m:m .
    ex:isNextTo a owl:ObjectProperty ; rdfs:range ex:House ; rdfs:isDefinedBy m:m .
    ex:height a owl:DatatypeProperty ; rdfs:range xsd:decimal ; rdfs:isDefinedBy m:m .
    ex:name a owl:DatatypeProperty ; rdfs:range xsd:string ; rdfs:isDefinedBy m:m .
    ex:built a owl:DatatypeProperty ; rdfs:isDefinedBy m:m .
    ex:Red a owl:NamedIndividual , ex:Colour ; skos:inScheme m:s ; rdfs:isDefinedBy m:m .
    <https://example.org/other#House> a owl:NamedIndividual , ex:Colour ;
        skos:inScheme m:s ; rdfs:isDefinedBy m:m .
    skos:Concept a owl:Class .
"""
SHAPES = """
    @prefix ex: <https://example.org/model#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    ex:shape sh:path ex:built ; sh:datatype xsd:date .
"""


def test_a_context_is_made_from_what_an_ontology_declares() -> None:
    entries = jsonld.context(Graph().parse(data=ONTOLOGY), Graph().parse(data=SHAPES))["@context"]
    assert entries["House"] == "ex:House"
    assert entries["Red"] == "ex:Red"
    assert entries["hasColour"] == {"@id": "ex:hasColour", "@type": "@vocab"}
    assert entries["isNextTo"] == {"@id": "ex:isNextTo", "@type": "@id"}
    assert entries["height"] == {"@id": "ex:height", "@type": "xsd:decimal"}
    assert entries["name"] == {"@id": "ex:name"}
    assert entries["built"] == {"@id": "ex:built", "@type": "xsd:date"}
    assert "Concept" not in entries


def test_two_terms_of_one_name_are_refused() -> None:
    text = ONTOLOGY + "<https://example.org/other#Red> a owl:Class ; rdfs:isDefinedBy m:m ."
    jsonld.context(Graph().parse(data=text), Graph())
    text += "<https://example.org/third#Red> a owl:Class ; rdfs:isDefinedBy m:m ."
    with pytest.raises(InputError, match="would have the same name"):
        jsonld.context(Graph().parse(data=text), Graph())


def test_short_names_are_understood() -> None:
    """A property that takes codes, one that takes things, and a date, all as plain text."""
    entries = knowledge.context()["@context"]
    codes = sorted(iri for name, iri in entries.items() if str(iri).startswith("code:"))

    def typed(kind: str) -> str:
        """The first property whose values the context takes to be of this kind."""
        return next(
            str(name)
            for name, definition in entries.items()
            if isinstance(definition, dict) and definition.get("@type") == kind
        )

    coded, dated, decimal = typed("@vocab"), typed("xsd:date"), typed("xsd:decimal")
    document = {
        "@context": [knowledge.context_iri(), {"ex": "https://example.org/"}],
        "id": "ex:a",
        coded: codes[0].removeprefix("code:"),
        dated: "2026-11-23",
        decimal: 12.5,
    }
    store = open_store()
    store.parse(json.dumps(document), "json-ld")
    found = {(predicate, value) for _, predicate, value in store.graph()}
    prefixes = knowledge.prefixes()

    def whole(name: str) -> URIRef:
        prefix, local = name.split(":")
        return URIRef(prefixes[prefix] + local)

    assert found == {
        (whole(entries[coded]["@id"]), whole(codes[0])),
        (whole(entries[dated]["@id"]), Literal("2026-11-23", datatype=XSD.date)),
        (whole(entries[decimal]["@id"]), Literal("12.5", datatype=XSD.decimal)),
    }
