"""The first closure of many statements, worked out on columns, is that of few, one by one."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pyoxigraph
import pytest
from benchmarks.ecosystem import write_ecosystem
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from tests.unit.inference import strategies
from tests.unit.inference.strategies import EX
from tests.unit.test_inference import CASES, split

from srmgraph import knowledge
from srmgraph.encoding import Encoding, term_of, text_of
from srmgraph.errors import ClosureTooLargeError, InconsistentError
from srmgraph.inference import Closure, Program, closure, columns, encoded
from srmgraph.store import EmbeddedStore, open_store

ANYWAY = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def on_columns(at_once: int = 3) -> Iterator[None]:
    """Let columns be used for anything, and joined in small pieces."""
    with patch.object(closure, "MANY", 0), patch.object(columns, "_AT_ONCE", at_once):
        yield


def holding(data: Graph) -> EmbeddedStore:
    store = EmbeddedStore()
    store.add(data)
    return store


def closed(store: EmbeddedStore, program: Program | None) -> Closure | str:
    try:
        return Closure.of_store(store, program)
    except InconsistentError as error:
        return str(error)


def same(store: EmbeddedStore, program: Program | None = None) -> Closure | None:
    """The closure on columns, which is the same as that one by one; none if both are refused."""
    plainly = closed(store, program)
    with on_columns():
        found = closed(store, program)
    if isinstance(found, str) or isinstance(plainly, str):
        assert found == plainly
        return None
    assert set(found) == set(plainly)
    assert len(found) == len(plainly)
    assert told(found) == told(plainly)
    return found


def told(found: Closure) -> tuple[int, int, Counter[str]]:
    """What the report tells, whichever rule of equality it names for what several of them find."""
    facts: Counter[str] = Counter()
    for rule, count in found.report.facts.items():
        facts["equality" if "eq-rep" in rule else rule] += count
    return found.report.rounds, found.report.fired, facts


@ANYWAY
@given(ontology=strategies.ontologies(of_all_kinds=True), data=strategies.data())
def test_columns_close_as_sets_do(ontology: Graph, data: Graph) -> None:
    found = same(holding(data), Program.compile(ontology))
    event("refused" if found is None else "closed")


@ANYWAY
@given(ontology=strategies.ontologies(), data=strategies.data(40), draw=st.data())
def test_a_closure_made_on_columns_is_kept_right(
    ontology: Graph, data: Graph, draw: st.DataObject
) -> None:
    compiled = Program.compile(ontology)
    try:
        with on_columns():
            kept = Closure.of_store(holding(data), compiled)
    except InconsistentError:
        reject()
    going = draw.draw(st.sets(st.sampled_from(sorted(data)), max_size=3)) if data else set()
    coming = set(draw.draw(st.lists(strategies.statements(), max_size=3)))
    kept.remove(going)
    stated = set(data) - going | coming
    try:
        anew = Closure(compiled, stated)
    except InconsistentError:
        with pytest.raises(InconsistentError):
            kept.add(coming)
        return
    kept.add(coming)
    assert set(kept) == set(anew)


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_cases_are_closed_alike(file: Path) -> None:
    ontology, data, _ = split(file)
    same(data, Program.compile(ontology))


@pytest.mark.parametrize("folder", knowledge.examples(), ids=lambda folder: folder.name)
def test_examples_are_closed_alike(folder: Path) -> None:
    store = open_store()
    for file in sorted(folder.glob("*.ttl")):
        store.read(file)
    found = same(store)
    if found is not None:
        fact = min(found)
        assert str(found.explain(fact)) == str(Closure.of_store(store).explain(fact))


def test_a_made_ecosystem_is_closed_alike(tmp_path: Path) -> None:
    file = tmp_path / "ecosystem.nt"
    write_ecosystem(file, 3_000, defects=False)
    store = open_store()
    store.read(file)
    assert same(store)


def test_the_limit_is_noticed_while_a_rule_is_at_work() -> None:
    ontology, data = Graph(), Graph()
    ontology.add((EX.part, RDF.type, OWL.TransitiveProperty))
    for one in range(40):
        for other in range(40):
            data.add((EX[f"x{one}"], EX.part, EX[f"y{other}"]))
            data.add((EX[f"y{one}"], EX.part, EX[f"z{other}"]))
    with on_columns(), pytest.raises(ClosureTooLargeError, match="prp-trp"):
        Closure.of_store(holding(data), Program.compile(ontology), limit=1_000)


def test_what_is_the_same_is_left_to_sets() -> None:
    ontology, data = Graph(), Graph()
    ontology.add((EX.key, RDF.type, OWL.FunctionalProperty))
    ontology.add((EX.other, RDFS.subPropertyOf, EX.key))
    data.add((EX.a, EX.key, EX.b))
    data.add((EX.a, EX.other, EX.c))
    found = same(holding(data), Program.compile(ontology))
    assert found is not None
    assert (EX.b, OWL.sameAs, EX.c) in found


def test_a_literal_is_of_a_datatype_by_its_value() -> None:
    ontology, data = Graph(), Graph()
    some = BNode()
    for statement in (
        (some, OWL.onProperty, EX.size),
        (some, OWL.someValuesFrom, XSD.positiveInteger),
        (some, RDFS.subClassOf, EX.Large),
        (EX.size, RDF.type, OWL.DatatypeProperty),
    ):
        ontology.add(statement)
    data.add((EX.a, EX.size, Literal(3)))
    data.add((EX.b, EX.size, Literal(-3)))
    # That a thing is of a datatype too must not hide that the numbers are.
    data.add((EX.c, RDF.type, XSD.positiveInteger))
    found = same(holding(data), Program.compile(ontology))
    assert found is not None
    assert (EX.a, RDF.type, EX.Large) in found
    assert (EX.b, RDF.type, EX.Large) not in found


@pytest.mark.parametrize("classes", [["A", "A"], ["A", "B"], ["A", "B", "C"], ["B", "C"]])
def test_what_is_of_classes_that_exclude_each_other_is_found(classes: list[str]) -> None:
    ontology, data = Graph(), Graph()
    every, members = BNode(), BNode()
    Collection(ontology, members, [EX[name] for name in classes])
    ontology.add((every, RDF.type, OWL.AllDisjointClasses))
    ontology.add((every, OWL.members, members))
    for name in ("A", "B"):
        data.add((EX[f"only{name}"], RDF.type, EX[name]))
    found = same(holding(data), Program.compile(ontology))
    assert (found is None) == (classes == ["A", "A"])
    data.add((EX.both, RDF.type, EX.A))
    data.add((EX.both, RDF.type, EX.B))
    found = same(holding(data), Program.compile(ontology))
    assert (found is None) == ("A" in classes)


TERMS = (
    pyoxigraph.NamedNode("https://example.org/ä?a=1#b"),
    pyoxigraph.BlankNode("b1"),
    pyoxigraph.Literal('a "b" \\ \n\r\t . \u00e4\U0001f600 <x> .\n'),
    pyoxigraph.Literal("x", language="en-gb"),
    pyoxigraph.Literal("", datatype=pyoxigraph.NamedNode("https://example.org/D")),
    pyoxigraph.Literal("1", datatype=pyoxigraph.NamedNode(XSD.integer)),
)


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_a_term_is_read_as_it_is_written(term: pyoxigraph.Literal) -> None:
    assert term_of(text_of(term)) == term


def test_statements_of_all_graphs_but_some_are_encoded_once_each() -> None:
    store = pyoxigraph.Store()
    subject, name = pyoxigraph.NamedNode("x:s"), pyoxigraph.NamedNode("x:p")
    left_out = pyoxigraph.NamedNode("x:g3")
    graphs = [pyoxigraph.NamedNode("x:g1"), pyoxigraph.NamedNode("x:g2"), left_out]
    store.add(pyoxigraph.Quad(subject, name, pyoxigraph.Literal("0")))
    for place, graph in enumerate(graphs, 1):
        store.add(pyoxigraph.Quad(subject, name, pyoxigraph.Literal("shared"), graph))
        store.add(pyoxigraph.Quad(subject, name, pyoxigraph.Literal(str(place)), graph))
    for value in TERMS:
        store.add(pyoxigraph.Quad(subject, name, value, graphs[0]))
    found = Encoding.of_store(store, [left_out])
    assert len(found) == 4 + len(TERMS)
    values = {found.term(int(pair) & 0xFFFFFFFF) for pair in found.statements[b"<x:p>"]}
    assert values == {*TERMS, *(pyoxigraph.Literal(text) for text in ("shared", "0", "1", "2"))}
    assert found.number(pyoxigraph.Literal("3")) is None


def test_a_graph_that_is_inferred_is_not_taken_for_stated() -> None:
    store = EmbeddedStore()
    stated = Graph()
    stated.add((EX.a, EX.p, EX.b))
    store.add(stated)
    store.add(stated, URIRef(knowledge.inferred_graph()))
    with on_columns():
        assert len(Closure.of_store(store, Program.compile(Graph()))) == 0


@pytest.mark.parametrize("bits", [63, 0])
def test_what_follows_is_written_sorted(bits: int) -> None:
    data = Graph()
    data.add((EX.p, RDFS.subPropertyOf, EX.q))
    data.add((EX.p, RDFS.domain, EX.C))
    values = [*(Literal(text) for text in ("a", "a b", "a\nb", "é", "a!", "")), Literal(10), EX.b]
    for value in (*values, Literal("a", lang="en"), URIRef(f"{EX.b}/c"), BNode("x")):
        for subject in (EX.s, URIRef(f"{EX.s}/t"), BNode("y")):
            data.add((subject, EX.p, value))
    program = Program.compile(Graph())
    plainly = Closure.of_store(store := holding(data), program)
    with on_columns():
        found = Closure.of_store(store, program)
    lines = sorted(f"{quad.triple} .\n" for quad in plainly.quads())
    assert len(lines) > 33
    assert plainly.text().decode() == "".join(lines)
    with patch.object(encoded, "_BITS", bits):
        assert found.text().decode() == "".join(lines)
    assert Closure.of_store(holding(Graph()), program).text() == b""
