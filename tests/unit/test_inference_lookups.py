"""A proof found by looks into a store is as short as one found among all facts, and holds."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, event, given, reject, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, Graph
from tests.unit.inference import strategies
from tests.unit.inference.strategies import EX

from srmgraph import ServiceGraph, knowledge
from srmgraph.errors import InconsistentError, UnprovedError
from srmgraph.inference import Closure, Program, Proof, lookups, prove, search
from srmgraph.store import EmbeddedStore
from srmgraph.terms import Statement


def closed(data: EmbeddedStore, program: Program | None = None) -> Closure:
    """Let a store hold what follows."""
    closure = Closure.of_store(data, program)
    data.write(closure.quads(knowledge.inferred_graph()), len(closure))
    return closure


def looked_up(
    store: EmbeddedStore, statement: Statement, program: Program | None = None
) -> Proof | None:
    return lookups.prove(store.oxigraph, statement, store.prefixes, program)


@pytest.mark.parametrize("folder", knowledge.examples(), ids=lambda folder: folder.name)
def test_each_fact_of_an_example_is_proved_as_among_all_facts(folder: Path) -> None:
    store = EmbeddedStore()
    store.read(folder / f"{folder.name}.ttl")
    closure = closed(store)
    assert len(closure) > 0
    for statement in sorted(closure):
        found, known = looked_up(store, statement), closure.explain(statement)
        assert found is not None, statement
        assert found.steps == known.steps, statement
        assert found.sentence == known.sentence
        assert found.is_shortest


def consistent(ontology: Graph, data: Graph) -> tuple[EmbeddedStore, Program, Closure]:
    """A store of the data with what follows; data that contradict the ontology are passed over."""
    program = Program.compile(ontology)
    store = EmbeddedStore()
    store.add(data)
    try:
        return store, program, closed(store, program)
    except InconsistentError:
        reject()


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(ontology=strategies.ontologies(of_all_kinds=True), data=strategies.data(most=8))
def test_what_is_found_is_a_shortest_proof_that_holds(ontology: Graph, data: Graph) -> None:
    store, program, closure = consistent(ontology, data)
    known = set(store.graph()) | set(ontology)
    for statement in sorted(closure)[:12]:
        found = looked_up(store, statement, program)
        event("not found" if found is None else f"{min(found.steps, 5)} steps")
        if found is None:
            continue
        assert found.statement == statement
        assert found.steps == closure.explain(statement).steps
        grounds = {part.statement for part in found.parts() if part.is_stated}
        assert grounds <= known
        assert statement in Closure(program, [one for one in data if one in grounds])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    ontology=strategies.ontologies(of_all_kinds=True),
    data=strategies.data(most=8),
    picks=st.lists(st.tuples(*[st.integers(0, 1000)] * 3), min_size=8, max_size=8),
)
def test_what_a_store_that_is_kept_does_not_hold_does_not_follow(
    ontology: Graph, data: Graph, picks: list[tuple[int, int, int]]
) -> None:
    store, program, closure = consistent(ontology, data)
    store.write(iter([knowledge.ontology_mark()]), 1)
    about = sorted({*closure, *data}, key=str)
    assume(about)
    for pick in picks:
        one, other, third = (about[number % len(about)] for number in pick)
        statement = one[0], other[1], third[2]
        try:
            found = looked_up(store, statement, program)
        except UnprovedError as error:
            event("does not follow")
            assert statement not in closure
            with pytest.raises(UnprovedError, match=f"^{re.escape(str(error))}$"):
                closure.explain(statement)
        else:
            event("not found" if found is None else "follows")
            assert found is None or statement in closure


def acme(more: str = "") -> EmbeddedStore:
    store = EmbeddedStore()
    store.parse(
        f"PREFIX ex: <{EX}> PREFIX owl: <{OWL}> PREFIX rdfs: <{RDFS}> "
        "PREFIX srm: <https://w3id.org/srm#> "
        f"ex:payroll srm:hasConsumer ex:acme . {more}",
        "turtle",
    )
    return store


PARTY = knowledge.prefixes()["srm"] + "Party"
QUESTION = [f"<{EX.acme}>", f"<{RDF.type}>", f"<{PARTY}>"]


def test_nothing_is_closed_for_a_proof_in_a_store_that_holds_what_follows() -> None:
    store = acme()
    plainly = prove(store, QUESTION)
    closed(store)

    def never() -> Closure:
        raise AssertionError("all that follows was worked out")

    assert prove(store, QUESTION, never) == plainly
    assert [str(one) for one in prove(store, QUESTION, never, every=True)]


def test_what_follows_and_is_never_told_is_not_denied() -> None:
    ontology = Graph().add((EX.A, RDFS.subClassOf, EX.B))
    program, store = Program.compile(ontology), EmbeddedStore()
    store.add(Graph().add((EX.A, RDF.type, EX.A)))
    closure = closed(store, program)
    store.write(iter([knowledge.ontology_mark()]), 1)
    untold = (EX.A, RDF.type, EX.B)
    assert untold in closure
    assert untold not in store.graph()
    assert looked_up(store, untold, program) is None


def test_nothing_is_closed_for_what_does_not_follow_in_a_store_that_is_kept(
    tmp_path: Path,
) -> None:
    with ServiceGraph.open(str(tmp_path / "store"), create=True) as graph:
        graph.load(knowledge.example_file("cellphone"))
        nothing = [f"<{EX.acme}>", f"<{RDF.type}>", f"<{PARTY}>"]
        closure = Closure.of_store(graph.store)
        with pytest.raises(UnprovedError) as known:
            prove(graph.store, nothing, lambda: closure)

        def never() -> Closure:
            raise AssertionError("all that follows was worked out")

        with pytest.raises(UnprovedError) as found:
            prove(graph.store, nothing, never)
    assert str(found.value) == str(known.value)


@pytest.mark.parametrize(
    "more",
    [
        "ex:acme owl:sameAs ex:other .",
        "ex:p rdfs:subPropertyOf ex:q . ex:acme ex:p ex:x .",
    ],
)
def test_where_looks_are_not_enough_all_that_follows_is_worked_out(more: str) -> None:
    store = acme(more)
    plainly = prove(store, QUESTION)
    closure = closed(store)
    asked = []

    def whole() -> Closure:
        asked.append(True)
        return closure

    assert [one.steps for one in prove(store, QUESTION, whole)] == [plainly[0].steps]
    assert asked


def test_a_proof_that_takes_too_long_to_find_is_taken_from_all_facts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = acme()
    closed(store)
    monkeypatch.setattr(search, "DEEPEST", 0)
    (found,) = prove(store, QUESTION)
    assert not found.is_shortest
