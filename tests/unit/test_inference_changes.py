"""A closure that is kept as data change is the closure that is worked out anew."""

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, Graph, Literal
from rdflib.term import Node
from tests.unit.inference import strategies
from tests.unit.inference.strategies import EX

from srmgraph.errors import InconsistentError
from srmgraph.inference import Closure, ClosureTooLargeError, Program, closure
from srmgraph.store import open_store

Statement = tuple[Node, Node, Node]


def program(*statements: Statement) -> Program:
    graph = Graph()
    for statement in statements:
        graph.add(statement)
    return Program.compile(graph)


LOOPS = (
    (EX.part, RDF.type, OWL.TransitiveProperty),
    (EX.part, OWL.inverseOf, EX.whole),
    (EX.part, RDF.type, OWL.ObjectProperty),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(ontology=strategies.ontologies(of_all_kinds=True), data=strategies.data(), draw=st.data())
def test_a_changed_closure_is_the_closure_of_the_changed(
    ontology: Graph, data: Graph, draw: st.DataObject
) -> None:
    compiled = Program.compile(ontology)
    stated = set(data)
    try:
        closure = Closure(compiled, stated)
    except InconsistentError:
        stated = set()
        try:
            closure = Closure(compiled)
        except InconsistentError:
            reject()  # The ontology contradicts itself.
    for _ in range(draw.draw(st.integers(1, 5))):
        before = set(closure)
        if stated and draw.draw(st.sampled_from([True, False])):
            some = st.lists(st.sampled_from(sorted(stated)), min_size=1, max_size=3)
            going: set[Statement] = set(draw.draw(some))
            stated -= going
            change = closure.remove(going)
        else:
            coming = set(draw.draw(st.lists(strategies.statements(), min_size=1, max_size=3)))
            try:
                anew = Closure(compiled, stated | coming)
            except InconsistentError:
                with pytest.raises(InconsistentError):
                    closure.add(coming)
                assert set(closure) == before
                continue
            change = closure.add(coming)
            assert set(closure) == set(anew)
            stated |= coming
        assert set(closure) == set(Closure(compiled, stated))
        assert change.added == set(closure) - before
        assert change.removed == before - set(closure)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(ontology=strategies.ontologies(of_all_kinds=True), data=strategies.data())
def test_what_is_found_to_follow_has_a_derivation(ontology: Graph, data: Graph) -> None:
    store = open_store()
    store.add(data)
    closure = Closure.of_store(store, Program.compile(ontology), check=False)
    evaluation = closure._state.evaluation
    for key, numbers in evaluation.facts.all().items():
        derived = {number for number in numbers if any(evaluation.derivations((key, number)))}
        assert evaluation.following(key, numbers) == derived


def test_a_loop_does_not_hold_itself_up() -> None:
    ring = [(EX[f"x{n}"], EX.part, EX[f"x{(n + 1) % 4}"]) for n in range(4)]
    closure = Closure(program(*LOOPS), ring)
    assert len(closure) == 12 + 16
    change = closure.remove(ring[:1])
    assert change.added == set()
    # What is left is a path of four: three pairs stated, three that follow, six the other way.
    assert len(closure) == 3 + 6
    assert closure.remove(ring[1:]).added == set()
    assert len(closure) == 0
    assert closure.add(ring).removed == set()
    assert len(closure) == 12 + 16


def test_what_is_the_same_comes_and_goes() -> None:
    data: list[Statement] = [(EX.a, EX.part, EX.b), (EX.c, EX.label, Literal("c"))]
    closure = Closure(program(*LOOPS), data)
    before = set(closure)
    same = (EX.b, OWL.sameAs, EX.c)
    change = closure.add([same])
    assert (EX.a, EX.part, EX.c) in change.added
    assert (EX.b, EX.label, Literal("c")) in change.added
    assert closure.remove([same]).removed == change.added
    assert set(closure) == before


def test_what_is_stated_no_longer_merely_follows() -> None:
    chain: list[Statement] = [(EX.a, EX.part, EX.b), (EX.b, EX.part, EX.c)]
    both = (EX.a, EX.part, EX.c)
    closure = Closure(program(*LOOPS), chain)
    assert both in closure
    assert closure.add([both]).removed == {both}
    assert closure.remove([both]).added == {both}
    assert closure.remove([both]).removed == set()
    assert both in closure


def test_the_ontology_is_not_removed() -> None:
    closure = Closure(program(*LOOPS), [(EX.a, EX.part, EX.b)])
    assert closure.remove(LOOPS).removed == set()
    assert (EX.b, EX.whole, EX.a) in closure


def test_axioms_come_and_go_like_other_statements() -> None:
    closure = Closure(program(*LOOPS), [(EX.a, EX.likes, EX.b)])
    axiom = (EX.likes, RDF.type, OWL.SymmetricProperty)
    assert closure.add([axiom]).added == {(EX.b, EX.likes, EX.a)}
    assert closure.add([(EX.c, EX.likes, EX.d)]).added == {(EX.d, EX.likes, EX.c)}
    assert len(closure.remove([axiom]).removed) == 2
    assert len(closure) == 0


def test_a_contradiction_leaves_all_as_it_was() -> None:
    disjoint = (EX.A, OWL.disjointWith, EX.B)
    closure = Closure(program(*LOOPS, disjoint), [(EX.x, RDF.type, EX.A)])
    with pytest.raises(InconsistentError, match=r"is a .*A and a .*B"):
        closure.add([(EX.x, RDF.type, EX.B), (EX.a, EX.part, EX.b)])
    assert set(closure) == set()
    assert (EX.a, EX.part, EX.b) not in closure
    assert closure.add([(EX.a, EX.part, EX.b)]).added == {(EX.b, EX.whole, EX.a)}


def test_what_would_never_end_is_stopped() -> None:
    ring = [(EX[f"x{n}"], EX.part, EX[f"x{(n + 1) % 50}"]) for n in range(50)]
    with pytest.raises(ClosureTooLargeError, match="More than 1,000 facts follow"):
        Closure(program(*LOOPS), ring, limit=1000)
    closure = Closure(program(*LOOPS), ring[:-20], limit=1000)
    before = set(closure)
    with pytest.raises(ClosureTooLargeError, match="so nothing was inferred"):
        closure.add(ring)
    assert set(closure) == before
    assert ring[-1] not in closure


def test_a_limit_is_set_by_how_much_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = [(EX[f"x{n}"], EX.part, EX[f"x{(n + 1) % 50}"]) for n in range(50)]
    assert len(Closure(program(*LOOPS), ring)) == 50 * 50 * 2 - 50
    monkeypatch.setattr(closure, "LEAST_LIMIT", 100)
    with pytest.raises(ClosureTooLargeError, match="More than 350 facts"):
        Closure(program(*LOOPS), ring)


def test_the_report_says_what_the_rules_did() -> None:
    closure = Closure(program(*LOOPS), [(EX.a, EX.part, EX.b), (EX.b, EX.part, EX.c)])
    report = closure.report
    assert report.facts["prp-inv1"] + report.facts["prp-inv2"] + report.facts["prp-trp"] == 4
    assert report.rounds >= 2
    assert report.fired >= 2
    assert str(report).startswith("4 facts in ")
    assert "prp-trp" in str(report)
