"""A service graph as a whole: load, check, ask, infer, write."""

from pathlib import Path
from typing import Any

import pytest
from rdflib import OWL, RDF, RDFS, Graph, Literal, URIRef
from rdflib.compare import isomorphic

import srmgraph
from srmgraph import ServiceGraph, knowledge, queries
from srmgraph.errors import (
    DoesNotConformError,
    InconsistentError,
    MissingFileError,
    ParameterError,
    ParseError,
    QueryError,
    StoreError,
    UnknownFormatError,
    UnknownQuestionError,
)
from srmgraph.syntax import FORMATS

GOOD = knowledge.ROOT / "data" / "real-estate" / "real-estate.ttl"
SMALL = knowledge.ROOT / "data" / "banking" / "banking.ttl"
BROKEN = knowledge.ROOT / "data" / "banking" / "broken.ttl"
EX = "https://example.org/"


@pytest.fixture
def graph() -> ServiceGraph:
    return ServiceGraph.open()


@pytest.fixture(scope="module")
def loaded() -> ServiceGraph:
    """A graph that holds an example; not to be changed."""
    graph = ServiceGraph.open()
    graph.load(GOOD)
    return graph


def statements(graph: ServiceGraph) -> set[str]:
    return {str(quad) for quad in graph.store.snapshot().oxigraph}


# ── Loading ─────────────────────────────────────────────────────────────────────────────────────


def test_loading_returns_the_report_on_the_whole_graph(graph: ServiceGraph) -> None:
    calls: list[tuple[int, int]] = []
    report = graph.load(str(GOOD), progress=lambda done, of: calls.append((done, of)))
    assert report.conforms
    assert report.counts["Warning"] > 0, "warnings are told, but do not stop a load"
    numbers = [done for done, _ in calls]
    assert numbers == sorted(set(numbers))
    assert calls[-1][0] == calls[-1][1] > len(calls) > 100
    size = len(graph.store)
    again = graph.load(SMALL)
    assert len(graph.store) > size
    assert set(report.results) <= set(again.results)
    assert again.results == graph.validate().results


def test_what_does_not_conform_is_refused_with_its_report(graph: ServiceGraph) -> None:
    graph.load(SMALL)
    before, prefixes = statements(graph), dict(graph.store.prefixes)
    with pytest.raises(DoesNotConformError) as caught:
        graph.load(GOOD, BROKEN)
    report = caught.value.report
    assert isinstance(report, srmgraph.Report)
    assert not report.conforms
    count = report.counts["Violation"]
    assert str(caught.value) == (
        f"{GOOD} {BROKEN}: does not conform, {count} violations. "
        f"Nothing was loaded. See them with: srmgraph validate {GOOD} {BROKEN}"
    )
    assert statements(graph) == before
    assert graph.store.prefixes == prefixes


@pytest.mark.parametrize(
    ("name", "content", "error", "place"),
    [
        ("none.ttl", None, MissingFileError, (None, None)),
        ("bad.ttl", b"<https://example.org/a>\n  nowhere:b 1 .", ParseError, (2, 3)),
        ("bad.nt", b"<https://example.org/a> <https://example.org/b> 1 .", ParseError, (1, None)),
        ("data.docx", b"", UnknownFormatError, (None, None)),
    ],
)
def test_one_bad_file_stops_them_all_and_is_named(
    graph: ServiceGraph,
    tmp_path: Path,
    name: str,
    content: bytes | None,
    error: type[srmgraph.InputError],
    place: tuple[int | None, int | None],
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(error) as caught:
        graph.load(GOOD, file)
    assert caught.value.file == file
    assert str(caught.value).startswith(f"{file}:")
    assert (caught.value.line, place[1] and caught.value.column) == place
    assert len(graph.store) == 0


def test_a_format_can_be_named(graph: ServiceGraph, tmp_path: Path) -> None:
    file = tmp_path / "data.txt"
    file.write_bytes(GOOD.read_bytes())
    with pytest.raises(UnknownFormatError):
        graph.load(file)
    graph.load(file, format="turtle")
    assert len(graph.store) > 0


# ── Inference ───────────────────────────────────────────────────────────────────────────────────


def test_what_is_inferred_stays_apart_and_is_replaced(tmp_path: Path) -> None:
    graph = ServiceGraph.open()
    graph.load(SMALL)
    stated = statements(graph)
    said: list[str] = []
    count = graph.infer(said.append)
    assert said
    assert count == len(graph.inferred()) > 0
    assert len(graph.store) == len(stated) + count
    assert stated < statements(graph)
    assert graph.infer() == count
    assert len(graph.store) == len(stated) + count
    # What was inferred from less may be wrong of more, so it goes.
    graph.load(GOOD)
    assert len(graph.inferred()) == 0


def test_a_contradiction_leaves_nothing_inferred(graph: ServiceGraph) -> None:
    ontology = knowledge.ontology()
    one, other = next(iter(sorted(ontology.subject_objects(OWL.disjointWith))))
    graph.store.parse(f"<{EX}a> a <{one}> .", "turtle")
    assert graph.infer() > 0
    graph.store.parse(f"<{EX}a> a <{other}> .", "turtle")
    with pytest.raises(InconsistentError, match="and nothing is both"):
        graph.infer()
    assert len(graph.inferred()) == 0
    assert len(graph.store) == 2


def test_a_question_infers_what_it_needs_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    known = queries.questions().values()
    needy = next(kept for kept in known if kept.uses_inference)
    example = knowledge.ROOT / "data" / needy.example / f"{needy.example}.ttl"
    plain = next(kept for kept in known if not kept.uses_inference)
    calls: list[int] = []
    infer = ServiceGraph.infer

    def counted(self: ServiceGraph, *arguments: object) -> int:
        calls.append(1)
        return infer(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ServiceGraph, "infer", counted)
    graph = ServiceGraph.open()
    graph.store.read(example)
    list(graph.ask(plain.name))
    assert len(calls) == 0
    said: list[str] = []
    first = [row.asdict() for row in graph.ask(needy.name, progress=said.append)]
    assert said
    assert first
    assert len(calls) == 1
    assert [row.asdict() for row in graph.ask(needy.name)] == first
    assert len(calls) == 1
    graph.load(SMALL)
    list(graph.ask(needy.name))
    assert len(calls) == 2


# ── Asking ──────────────────────────────────────────────────────────────────────────────────────


def test_a_question_is_asked_with_its_parameters(loaded: ServiceGraph) -> None:
    for kept in queries.questions().values():
        if kept.example != GOOD.stem or kept.uses_inference:
            continue
        rows = [row.asdict() for row in loaded.ask(kept.name)]
        for parameter in kept.parameters:
            for row in rows:
                if parameter.name in row:
                    given: dict[str, Any] = {parameter.name: row[parameter.name]}
                    narrowed = loaded.ask(kept.name, **given)
                    found = [one.asdict() for one in narrowed]
                    assert row in found
                    assert all(one[parameter.name] == row[parameter.name] for one in found)
                    return
    pytest.fail("no question of this example answers with one of its parameters")


def test_asking_wrongly_is_refused_with_advice(loaded: ServiceGraph) -> None:
    with pytest.raises(UnknownQuestionError, match="There is no question"):
        loaded.ask("nonsense")
    name = next(iter(queries.questions()))
    with pytest.raises(ParameterError, match=f"The question {name} has no parameter “nonsense”"):
        loaded.ask(name, nonsense=1)


def test_queries_see_all_that_is_stated(loaded: ServiceGraph) -> None:
    rows = list(loaded.select(f"SELECT ?thing ?name {{ ?thing <{RDFS.label}> ?name }}"))
    assert {row.thing for row in rows} == set(loaded.store.graph().subjects(RDFS.label))
    built = loaded.construct(f"CONSTRUCT {{ ?t <{EX}called> ?n }} {{ ?t <{RDFS.label}> ?n }}")
    assert len(built) == len({(row.thing, row.name) for row in rows})
    assert loaded.holds(f"ASK {{ ?thing <{RDFS.label}> ?name }}")
    assert not loaded.holds(f"ASK {{ <{EX}nothing> ?p ?o }}")


def test_wrong_forms_of_queries_are_refused(loaded: ServiceGraph) -> None:
    for ask, sparql in (
        (loaded.select, "ASK {}"),
        (loaded.construct, "SELECT * {}"),
        (loaded.holds, "CONSTRUCT WHERE { ?s ?p ?o }"),
        (loaded.select, "SELECT ?x { ?x a"),
        (loaded.select, "DELETE WHERE { ?s ?p ?o }"),
        (loaded.select, "SELECT * { SERVICE <https://example.org/> { ?s ?p ?o } }"),
    ):
        with pytest.raises(QueryError):
            ask(sparql)


def test_only_stores_that_there_are_can_be_opened() -> None:
    with pytest.raises(StoreError, match="no store that can be opened"):
        ServiceGraph.open("ftp://example.org/")
    with ServiceGraph.open("memory:") as graph:
        assert len(graph.store) == 0


# ── Writing ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def inferred() -> ServiceGraph:
    """A graph with facts that were inferred; not to be changed."""
    graph = ServiceGraph.open()
    graph.load(SMALL)
    graph.infer()
    return graph


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_is_read_again(format: str, inferred: ServiceGraph, tmp_path: Path) -> None:
    ending = FORMATS[format].endings[0]
    file, again, whole = (tmp_path / f"{name}.{ending}" for name in ("one", "again", "whole"))
    inferred.write(file)
    inferred.write(str(again), format)
    inferred.write(whole, inferred=True)
    assert file.read_bytes() == again.read_bytes()
    stated, read, with_facts = (ServiceGraph.open() for _ in range(3))
    stated.store.read(SMALL)
    read.store.read(file)
    with_facts.store.read(whole)
    assert isomorphic(read.store.graph(), stated.store.graph())
    assert isomorphic(with_facts.store.graph(), inferred.store.graph())
    assert len(with_facts.store) > len(stated.store)
    read.write(again)
    assert file.read_bytes() == again.read_bytes(), "prefixes are kept as well"


def test_named_graphs_are_written_and_read(graph: ServiceGraph, tmp_path: Path) -> None:
    graph.store.parse(f'PREFIX ex: <{EX}> ex:g {{ ex:a ex:p "x" }} ex:a ex:p "y" .', "trig")
    graph.write(tmp_path / "file.trig")
    other = ServiceGraph.open()
    other.load(tmp_path / "file.trig")
    assert set(other.store.graph()) == set(graph.store.graph())
    assert other.holds(f'ASK {{ GRAPH <{EX}g> {{ <{EX}a> <{EX}p> "x" }} }}')
    with pytest.raises(UnknownFormatError):
        graph.write(tmp_path / "file.docx")


def test_types_of_what_comes_back(loaded: ServiceGraph) -> None:
    """Users hold terms of rdflib in their hands, never those of the engine."""
    row = next(loaded.select("SELECT * { ?s ?p ?o FILTER(isLiteral(?o)) }"))
    assert isinstance(row.s, URIRef)
    assert isinstance(row.o, Literal)
    assert isinstance(loaded.inferred(), Graph)
    assert (None, RDF.type, None) in loaded.store.graph()


def test_blank_nodes_of_files_with_graphs_are_their_own(
    tmp_path: Path, graph: ServiceGraph
) -> None:
    for name in ("one", "two"):
        text = (
            f'PREFIX {name}: <{EX}> GRAPH {name}:{name} {{ _:b {name}:p "x" }} _:b {name}:p "y" .'
        )
        (tmp_path / f"{name}.trig").write_text(text)
    for _ in range(2):
        graph.load(tmp_path / "one.trig", tmp_path / "two.trig")
    quads = list(graph.store.snapshot().oxigraph)
    subjects: dict[str, set[str]] = {}
    for quad in quads:
        subjects.setdefault(str(quad.subject), set()).add(str(quad.graph_name))
    files = {name: f"<{(tmp_path / f'{name}.trig').as_uri()}>" for name in ("one", "two")}
    # One blank node for each file, in the graph that it names and in the one for all else.
    assert sorted(map(sorted, subjects.values())) == sorted(
        sorted([f"<{EX}{name}>", file]) for name, file in files.items()
    )
    assert len(quads) == 4
    assert {graph.store.snapshot().prefixes[name] for name in ("one", "two")} == {EX}
