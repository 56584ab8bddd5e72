"""Reading files into a store, asking it, and terms on their way in and out."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from rdflib import RDFS, XSD, BNode, Graph, Literal, URIRef, Variable
from tests.unit.rdf_strategies import ANY_TEXT, graphs, literals, things

from srmgraph import knowledge, sparql
from srmgraph.errors import (
    InputError,
    MissingFileError,
    ParseError,
    QueryError,
    StoreError,
    UnknownFormatError,
)
from srmgraph.store import EmbeddedStore, embedded, open_store
from srmgraph.syntax import FORMATS
from srmgraph.terms import to_oxigraph, to_rdflib, triples_to_oxigraph

HERE = Path(__file__).parent
FAULTY_FILES = sorted(f for f in (HERE / "faulty-files").iterdir() if f.suffix != ".error")
FAULTY_QUERIES = sorted((HERE / "faulty-queries").glob("*.rq"))
EX = "https://example.org/"


@pytest.fixture
def store() -> EmbeddedStore:
    """A store with three statements about two things."""
    store = open_store("memory:")
    store.parse(f'PREFIX ex: <{EX}> ex:a ex:p ex:b , 3 . ex:b ex:q "x"@en .', "turtle")
    return store


@pytest.mark.parametrize("file", FAULTY_FILES, ids=lambda file: file.name)
def test_a_faulty_file_is_refused_and_leaves_no_trace(file: Path, store: EmbeddedStore) -> None:
    before = store.graph()
    expected = file.with_name(f"{file.name}.error").read_text(encoding="utf-8").strip()
    with pytest.raises(ParseError) as caught:
        store.read(file)
    assert str(caught.value).startswith(f"{file}:")
    assert expected in str(caught.value)
    assert caught.value.file == file
    assert set(store.graph()) == set(before)


def test_an_error_after_many_statements_leaves_no_trace(tmp_path: Path) -> None:
    file = tmp_path / "late.nt"
    lines = [f"<{EX}{n}> <{EX}p> _:b{n} .\n" for n in range(20_000)]
    file.write_text("".join([*lines, "nonsense\n"]))
    store = open_store()
    with pytest.raises(ParseError) as caught:
        store.read(file)
    assert (caught.value.line, len(store)) == (20_001, 0)


def test_a_large_file_is_read_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srmgraph.store.embedded._LARGE", 10)
    file = tmp_path / "large.ttl"
    file.write_text(f"PREFIX ex: <{EX}> ex:a ex:p _:b . _:b ex:p 1 .")
    store = open_store()
    store.read(file)
    assert (len(store), store.prefixes) == (2, {"ex": EX})
    file.write_text(f"PREFIX ex: <{EX}> ex:a ex:p _:b .\nex:a ex:p")
    with pytest.raises(ParseError) as caught:
        store.read(file)
    assert (caught.value.line, len(store)) == (2, 2)


def test_a_missing_file_and_an_unknown_format_are_named(
    tmp_path: Path, store: EmbeddedStore
) -> None:
    with pytest.raises(MissingFileError, match="There is no such file"):
        store.read(tmp_path / "nothing.ttl")
    with pytest.raises(MissingFileError, match="This is a folder"):
        store.read(tmp_path)
    for name in ("data.xls", "data.ttl"):
        (tmp_path / name).touch()
    with pytest.raises(UnknownFormatError) as caught:
        store.read(tmp_path / "data.xls")
    for known in FORMATS.values():
        assert known.title in str(caught.value)
        assert f".{known.endings[0]}" in str(caught.value)
    with pytest.raises(UnknownFormatError, match="There is no format “excel”"):
        store.read(tmp_path / "data.ttl", "excel")


@pytest.mark.parametrize("name", [*FORMATS, *(e for f in FORMATS.values() for e in f.endings)])
def test_a_format_goes_by_its_name_and_by_its_endings(name: str, tmp_path: Path) -> None:
    empty = {"json-ld": "{}", "jsonld": "{}"}
    xml = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    file = tmp_path / "file"
    file.write_text(xml if name in ("rdf-xml", "rdf", "owl") else empty.get(name, ""))
    open_store().read(file, name)


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "marked.ttl"
    file.write_text(f"<{EX}a> <{EX}b> 1 .", encoding="utf-8-sig")
    store = open_store()
    store.read(file)
    assert len(store) == 1


def test_blank_nodes_of_two_files_stay_apart_and_are_named_by_their_order() -> None:
    store = open_store()
    for _ in range(2):
        store.parse(f"_:x <{EX}p> [ <{EX}p> _:x ] .", "turtle")
    assert len(store) == 4
    again = open_store()
    for _ in range(2):
        again.parse(f"_:x <{EX}p> [ <{EX}p> _:x ] .", "turtle")
    assert set(store.graph()) == set(again.graph())


def test_named_graphs_are_kept_and_queries_see_the_union(store: EmbeddedStore) -> None:
    store.parse(f"PREFIX ex: <{EX}> ex:g {{ ex:a ex:p ex:c }}", "trig")
    things = [row["thing"] for row in store.select(f"SELECT ?thing {{ <{EX}a> <{EX}p> ?thing }}")]
    assert {URIRef(f"{EX}b"), URIRef(f"{EX}c")} < set(things)
    assert store.holds(f"ASK {{ GRAPH <{EX}g> {{ <{EX}a> <{EX}p> <{EX}c> }} }}")
    assert len(store.graph()) == len(store) == 4


def test_a_graph_is_added_under_a_name_and_removed_again(store: EmbeddedStore) -> None:
    name, graph = URIRef(f"{EX}g"), Graph()
    graph.add((URIRef(f"{EX}a"), RDFS.label, Literal("a")))
    store.add(graph, name)
    assert store.holds(f"ASK {{ GRAPH <{EX}g> {{ ?thing ?property 'a' }} }}")
    store.remove_graph(name)
    assert len(store) == 3
    graph.add((Literal("no subject"), RDFS.label, Literal("b")))
    with pytest.raises(InputError, match="cannot be the subject"):
        store.add(graph)
    assert len(store) == 3


def test_the_published_context_is_known_without_a_network() -> None:
    entries = knowledge.context()["@context"]
    takes_iris = [name for name, entry in entries.items() if '"@type": "@id"' in json.dumps(entry)]
    store = open_store()
    for context in (
        f'"{knowledge.context_iri()}"',
        f'["{knowledge.context_iri()}", {{"ex": "{EX}"}}]',
    ):
        store.parse(
            f'{{"@context": {context}, "id": "{EX}a", "{takes_iris[0]}": "{EX}b"}}', "json-ld"
        )
    assert len(store) == 1
    assert store.holds(f"ASK {{ <{EX}a> ?property <{EX}b> }}")


def test_rows_give_values_by_name_and_in_order(store: EmbeddedStore) -> None:
    solutions = store.select(
        f"SELECT ?thing ?count ?missing {{ ?thing <{EX}p> ?count FILTER(isNumeric(?count)) }}"
    )
    assert solutions.variables == ("thing", "count", "missing")
    (row,) = solutions
    assert row.thing == row["thing"] == URIRef(f"{EX}a")
    assert row.count == Literal(3)
    assert row.missing is None
    assert list(row) == [URIRef(f"{EX}a"), Literal(3), None]
    assert row.asdict() == {"thing": URIRef(f"{EX}a"), "count": Literal(3)}
    with pytest.raises(AttributeError, match=r"the row has \?thing, \?count, \?missing"):
        _ = row.things
    with pytest.raises(KeyError):
        _ = row["things"]
    assert list(solutions) == []


def test_construct_and_holds(store: EmbeddedStore) -> None:
    graph = store.construct(f"CONSTRUCT {{ ?b <{EX}r> ?a }} WHERE {{ ?a <{EX}p> ?b . ?b ?c ?d }}")
    assert set(graph) == {(URIRef(f"{EX}b"), URIRef(f"{EX}r"), URIRef(f"{EX}a"))}
    assert not store.holds(f"ASK {{ <{EX}nobody> ?p ?o }}")
    with pytest.raises(QueryError, match="no CONSTRUCT or DESCRIBE query"):
        store.construct("ASK {}")
    with pytest.raises(QueryError, match="no ASK query"):
        store.holds("SELECT * {}")


@pytest.mark.parametrize("file", FAULTY_QUERIES, ids=lambda file: file.stem)
def test_a_faulty_query_is_explained(file: Path, store: EmbeddedStore) -> None:
    with pytest.raises(QueryError) as caught:
        store.select(file.read_text(encoding="utf-8"))
    assert f"{caught.value}\n" == file.with_suffix(".error").read_text(encoding="utf-8")


def test_only_stores_that_exist_are_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no store"):
        open_store(str(tmp_path / "none"))


def test_a_copy_can_be_changed_apart(store: EmbeddedStore) -> None:
    copy = store.copy()
    copy.parse(f"<{EX}a> <{EX}p> _:new .", "turtle")
    assert (len(store), len(copy)) == (3, 4)
    store.replace(copy)
    assert len(store) == 4


@given(term=things() | literals(ANY_TEXT))
def test_terms_survive_the_way_in_and_out(term: URIRef | BNode | Literal) -> None:
    found = to_rdflib(to_oxigraph(term))
    assert type(found) is type(term)
    assert str(found) == str(term)
    if isinstance(found, Literal) and isinstance(term, Literal):
        assert (found.datatype, found.language) == (term.datatype, term.language)


@given(graph=graphs())
def test_a_graph_survives_the_way_in_and_out(graph: Graph) -> None:
    """A store may write a number in another way, as 7 for 007, but never lose a statement."""
    store = open_store()
    store.add(graph)
    plain = {t for t in graph if not isinstance(t[2], Literal) or t[2].datatype is None}
    assert plain <= set(store.graph())
    assert len({t[:2] for t in graph}) == len({t[:2] for t in store.graph()})


def test_literals_of_one_meaning_are_one() -> None:
    assert to_oxigraph(Literal("x")) == to_oxigraph(Literal("x", datatype=XSD.string))
    assert to_rdflib(pyoxigraph.Literal("2026-11-23", datatype=pyoxigraph.NamedNode(XSD.date))) == (
        Literal(date(2026, 11, 23))
    )


def test_what_is_no_term_is_refused() -> None:
    for term in (URIRef("https://example.org/a b"), Variable("x")):
        with pytest.raises(InputError):
            to_oxigraph(term)
    with pytest.raises(InputError, match="is no IRI"):
        list(triples_to_oxigraph([(URIRef(f"{EX}a"), BNode(), Literal(1))]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"PREFIX a: <{EX}> SELECT * {{ ?a a:b 'a:c' }}", [f"{EX}b"]),
        (f"PREFIX a: <{EX}> # a:no\nASK {{ ?a a:b\\/c '''a:no' ''' }}", [f"{EX}b/c"]),
        (f"PREFIX : <{EX}> ASK {{ ?a :b <urn:x:d> }}", [f"{EX}b", "urn:x:d"]),
        (f"PREFIX a-b.c: <{EX}> ASK {{ ?a a-b.c:x.y . ?b a-b.c:z. }}", [f"{EX}x.y", f"{EX}z"]),
        ('ASK { ?a ?b "<https://no.example/>" , """ " a:no """ }', []),
        ("BASE <https://no.example/> ASK { ?a ?b _:b0 . FILTER(?a<3 && ?b>2) }", []),
    ],
)
def test_iris_are_found_in_a_query(text: str, expected: list[str]) -> None:
    assert sparql.references(text) == expected


def test_queries_see_the_union_unless_they_name_their_graphs() -> None:
    store = open_store()
    store.parse("<x:a> <x:p> 1 . <x:g> { <x:a> <x:p> 2 } <x:h> { <x:a> <x:p> 3 }", "trig")

    def values(sparql: str, *default: str, named: Sequence[str] = ()) -> list[str]:
        return store.answer(sparql, "csv", default, named).decode().split()[1:]

    assert sorted(values("SELECT ?v { ?s ?p ?v }")) == ["1", "2", "3"]
    assert values("SELECT ?v FROM <x:g> { ?s ?p ?v }") == ["2"]
    assert values("SELECT ?v FROM NAMED <x:h> { ?s ?p ?v }") == []
    assert values("SELECT ?v FROM NAMED <x:h> { GRAPH ?g { ?s ?p ?v } }") == ["3"]
    # The graphs of the request stand above those of the query.
    assert values("SELECT ?v FROM <x:g> { ?s ?p ?v }", "x:h") == ["3"]
    assert values("SELECT ?v { GRAPH ?g { ?s ?p ?v } }", named=["x:g"]) == ["2"]


def test_who_sees_some_graphs_only_asks_these(tmp_path: Path) -> None:
    store = open_store()
    store.parse("<x:g> { <x:a> <x:b> 1 } <x:h> { <x:a> <x:b> 2 } <x:a> <x:b> 3 .", "trig")
    seen, every = store.seeing(["x:g"]), "SELECT ?n { ?s ?p ?n }"
    assert [str(row["n"]) for row in seen.select(every)] == ["1"]
    assert len(list(store.select(every))) == 3
    assert seen.holds("ASK { GRAPH <x:g> { ?s ?p 1 } }")
    for around in ("FROM <x:h> { ?s ?p ?n }", "{ GRAPH <x:h> { ?s ?p ?n } }"):
        assert "2" not in [str(row["n"]) for row in seen.select(f"SELECT ?n {around}")]
    assert len(seen.construct("CONSTRUCT WHERE { ?s ?p ?o }")) == 1


def test_a_query_of_any_form_is_answered_as_text(store: EmbeddedStore) -> None:
    store.parse("<x:a> <x:p> 1 .", "turtle")
    assert store.answer("ASK { ?s ?p 1 }", "json") == b'{"head":{},"boolean":true}'
    assert b"<x:a> <x:p>" in store.answer("CONSTRUCT WHERE { ?s ?p ?o }", "n-triples")
    with pytest.raises(UnknownFormatError, match="csv, tsv, json, xml"):
        store.answer("ASK { }", "turtle")
    with pytest.raises(UnknownFormatError, match="Turtle"):
        store.answer("CONSTRUCT WHERE { ?s ?p ?o }", "csv")
    with pytest.raises(QueryError, match="Invalid IRI"):
        store.answer("ASK { }", "json", ["no iri"])


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("format", ["turtle", "trig", "n-quads"])
def test_statements_outside_graphs_go_to_the_graph_that_is_named(
    format: str, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr(embedded, "_LARGE", 0)
    store = open_store()
    store.parse("<x:a> <x:b> <x:c> .", format, URIRef("x:g"))
    assert store.graphs() == {URIRef("x:g"): 1}
