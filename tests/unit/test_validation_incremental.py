"""A report that is brought up to date after a change equals that of a full validation."""

import dataclasses
import gc
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, SDO, SH, BNode, Graph, Literal, URIRef
from rdflib.term import Node
from tests.unit import shacl_cases as cases
from tests.unit import shacl_strategies as strategies

from srmgraph import knowledge
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.terms import Statement
from srmgraph.validation import (
    Change,
    Report,
    Validator,
    engine,
    incremental,
    paths,
    patterns,
    revalidate,
    runs,
    sight,
    things,
    validate,
)
from srmgraph.validation.incremental import Update, update
from srmgraph.validation.plans import Planner
from srmgraph.validation.register import Register
from srmgraph.validation.report import Result, sorted_results
from srmgraph.validation.shapes import Shapes

EX = cases.EX
PREFIXES = f"""
    @prefix ex: <{EX}> . @prefix sh: <{SH}> . @prefix rdfs: <{RDFS}> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
"""


# ── Random graphs, shapes and edits ─────────────────────────────────────────────────────────────


@st.composite
def edits(draw: st.DrawFn) -> tuple[list[Statement], list[Statement]]:
    """What a graph is made of, and the statements that are added or removed, one after the other:
    those that are there are removed."""
    data = sorted(draw(strategies.data()), key=str)
    more = sorted(draw(strategies.data()), key=str)
    more += [(pair[0], RDFS.subClassOf, pair[1]) for pair in draw(st.lists(_classes, max_size=1))]
    return data, draw(st.lists(st.sampled_from([*data, *more]), min_size=1, max_size=6))


_classes = st.tuples(*[st.sampled_from(strategies.CLASSES)] * 2)


@settings(max_examples=40)
@given(edited=edits(), shapes=strategies.shapes(sparql=True), steps=st.integers(1, 3))
def test_random_changes(
    edited: tuple[list[Statement], list[Statement]], shapes: Graph, steps: int
) -> None:
    _compare(edited, shapes, steps)


@pytest.mark.slow
@settings(max_examples=150)
@given(edited=edits(), shapes=strategies.shapes(sparql=True), steps=st.integers(1, 3))
def test_many_random_changes(
    edited: tuple[list[Statement], list[Statement]], shapes: Graph, steps: int
) -> None:
    _compare(edited, shapes, steps)


def _compare(edited: tuple[list[Statement], list[Statement]], shapes: Graph, steps: int) -> None:
    data, toggled = edited
    note(f"{shapes.serialize()}\n{data}\n{toggled}")
    view = Shapes(shapes)
    planner = Planner(view)
    oxigraph = pyoxigraph.Store()
    oxigraph.extend(_quads(data))
    register = Register(sorted_results(runs.on_store(oxigraph, view).gathered()[0].results()))
    memory = None
    for number in range(0, len(toggled), steps):
        change = _toggle(oxigraph, toggled[number : number + steps])
        updated = update(oxigraph, view, planner, register, change, memory=memory)
        memory = updated.memory
        _exchange(register, updated)
        note(f"{change} {updated.work}")
        assert register.results == sorted_results(
            runs.on_store(oxigraph, view).gathered()[0].results()
        )


def _exchange(register: Register, updated: Update) -> None:
    results = register.exchanged(updated.gone, updated.found)
    register.exchange(updated.gone, updated.found, results)


def _toggle(oxigraph: pyoxigraph.Store, statements: list[Statement]) -> Change:
    added, removed = [], []
    for quad in _quads(statements):
        if quad in oxigraph:
            oxigraph.remove(quad)
            removed.append(quad)
        else:
            oxigraph.add(quad)
            added.append(quad)
    return Change.of_quads(added, removed)


def _quads(statements: list[Statement]) -> list[pyoxigraph.Quad]:
    change = Change.of(statements)
    return [pyoxigraph.Quad(t.subject, t.predicate, t.object) for t in change.added]


# ── What is remembered ──────────────────────────────────────────────────────────────────────────


_PATTERNS = [tuple(map(bool, map(int, f"{number:03b}"))) for number in range(1, 8)]


@pytest.mark.parametrize("kept", [3, 50_000])
@given(edited=edits())
def test_what_was_seen_is_right_after_each_change(
    kept: int, edited: tuple[list[Statement], list[Statement]]
) -> None:
    data, toggled = edited
    oxigraph = pyoxigraph.Store()
    oxigraph.extend(_quads(data))
    everything = {quad.triple for quad in _quads([*data, *toggled])}
    memory = sight.Memory()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sight, "MOST_KEPT", kept)
        for statement in toggled:
            change = _toggle(oxigraph, [statement])
            memory.forget((*change.added, *change.removed))
            remembering = sight.Sight(oxigraph, change.added, change.removed, memory)
            fresh = sight.Sight(oxigraph)
            for triple in everything:
                for node, backwards in ((triple.subject, False), (triple.object, True)):
                    for name in (triple.predicate, None):
                        found = remembering.ends(node, name, backwards)
                        assert found == fresh.ends(node, name, backwards)
                for given_places in _PATTERNS:
                    places = zip(triple, given_places, strict=True)
                    pattern = [term if is_given else None for term, is_given in places]
                    seen = {_triple(each) for each in remembering.statements(*pattern)}
                    assert seen == {_triple(each) for each in fresh.statements(*pattern)}


def _triple(statement: pyoxigraph.Triple | pyoxigraph.Quad) -> pyoxigraph.Triple:
    return statement.triple if isinstance(statement, pyoxigraph.Quad) else statement


# ── Each kind of constraint ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parent / "shapes").glob("*.ttl")), ids=lambda file: file.stem
)
def test_each_statement_of_a_case(file: Path) -> None:
    """Every statement about what is good or bad goes and comes back."""
    graph, _ = cases.split(file)
    view = Shapes(graph)
    planner = Planner(view)
    oxigraph = cases.store_of(graph).oxigraph
    first = sorted_results(runs.on_store(oxigraph, view).gathered()[0].results())
    register = Register(first)
    good, bad = cases.names(graph)
    things = {pyoxigraph.NamedNode(EX + name) for name in good | bad}
    changed = False
    memory = sight.Memory()
    for quad in [quad for quad in oxigraph if {quad.subject, quad.object} & things]:
        oxigraph.remove(quad)
        gone = Change.of_quads((), [quad])
        _exchange(register, update(oxigraph, view, planner, register, gone, memory=memory))
        assert register.results == sorted_results(
            runs.on_store(oxigraph, view).gathered()[0].results()
        )
        changed |= register.results != first
        oxigraph.add(quad)
        come = Change.of_quads([quad])
        _exchange(register, update(oxigraph, view, planner, register, come, memory=memory))
        assert register.results == first
    # Empty lists are at fault, or not, whatever the data say.
    assert changed or not first or file.stem == "empty-lists"


# ── The rules of the project ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


@pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
def test_edits_of_an_example(file: Path, validator: Validator) -> None:
    chance = random.Random(file.stem)
    store = open_store()
    store.read(file)
    report = validator.validate(store, exclusive=True)
    vocabulary = list(store.oxigraph)
    for _ in range(2):
        change = _edit(store, vocabulary, chance)
        report = validator.revalidate(store, report, change, exclusive=True)
        assert report == validator.validate(store, exclusive=True)
    assert report.work is not None
    assert report.work.nodes > 0
    assert report.work.queries < report.work.of / 2


def _edit(store: EmbeddedStore, vocabulary: list[pyoxigraph.Quad], chance: random.Random) -> Change:
    removed = chance.sample(list(store.oxigraph), chance.randint(1, 3))
    added = []
    for _ in range(chance.randint(0, 3)):
        subject, predicate, value = chance.choices(vocabulary, k=3)
        added.append(pyoxigraph.Quad(subject.subject, predicate.predicate, value.object))
    for quad in removed:
        store.oxigraph.remove(quad)
    for quad in added:
        store.oxigraph.add(quad)
    return Change.of_quads(added, removed)


def test_only_few_queries_are_run_for_one_statement(validator: Validator) -> None:
    store = open_store()
    store.read(knowledge.example_file("cellphone"))
    report = validator.validate(store)
    (quad, *_) = store.oxigraph.quads_for_pattern(None, pyoxigraph.NamedNode(RDFS.label), None)
    store.oxigraph.remove(quad)
    after = validator.revalidate(store, report, Change.of_quads((), [quad]))
    assert after == validator.validate(store)
    assert after.work is not None
    assert after.work.queries < after.work.of / 10
    assert not after.work.whole


# ── What has to be checked whole, and what must not be ──────────────────────────────────────────


def _shapes(text: str) -> Graph:
    return Graph().parse(data=PREFIXES + text)


def _store(text: str) -> EmbeddedStore:
    store = open_store()
    store.parse(PREFIXES + text, "turtle")
    return store


def _after(shapes: str, before: str, added: str = "", removed: str = "") -> tuple[Report, Report]:
    """The report that is brought up to date, and that of a full validation."""
    rules, store = _shapes(shapes), _store(before)
    standing = validate(store, rules)
    new, old = _store(added).oxigraph, _store(removed).oxigraph
    for quad in old:
        assert quad in store.oxigraph
        store.oxigraph.remove(quad)
    store.oxigraph.extend(new)
    return revalidate(store, standing, Change.of_quads(new, old), rules), validate(store, rules)


CASES = {
    "gains a target": ("ex:b a ex:T .", ""),
    "loses a target": ("", "ex:a a ex:T ."),
    "is all right again": ("ex:a ex:p ex:z .", ""),
    "becomes faulty": ("", "ex:c ex:p ex:x ."),
    "gains a target by a sub-class": ("ex:S rdfs:subClassOf ex:T .", ""),
    "loses a target by a sub-class": ("", "ex:U rdfs:subClassOf ex:T ."),
    "has another name": ('ex:a rdfs:label "Another"@en .', 'ex:a rdfs:label "A" .'),
    "is written in another way": ("ex:a ex:n 007 .", "ex:a ex:n 7.0 ."),
}
BASIC = """
    ex:has-p a sh:PropertyShape ; sh:targetClass ex:T ; sh:path ex:p ; sh:minCount 1 .
    ex:n-is-small a sh:PropertyShape ; sh:targetClass ex:T ; sh:path ex:n ; sh:maxInclusive 3 .
"""
DATA = """
    ex:a a ex:T ; rdfs:label "A" ; ex:n 7.0 . ex:b ex:q ex:a . ex:s a ex:S . ex:u a ex:U .
    ex:c a ex:T ; ex:p ex:x . ex:U rdfs:subClassOf ex:T .
"""


@pytest.mark.parametrize("name", CASES)
def test_focus_nodes_come_and_go(name: str) -> None:
    added, removed = CASES[name]
    updated, full = _after(BASIC, DATA, added, removed)
    assert updated == full
    assert updated != validate(_store(DATA), _shapes(BASIC))


LONG = """
    ex:a a ex:T ; ex:p ex:1 . ex:1 ex:q ex:2 . ex:2 ex:r ex:z .
    ex:b a ex:T ; ex:n ex:3 . ex:3 ex:n ex:4 . ex:4 ex:n ex:5 . ex:5 ex:n ex:z .
    ex:c a ex:T . ex:6 ex:m ex:c .
"""
ALONG = """
    ex:sequence a sh:PropertyShape ; sh:targetClass ex:T ; sh:path ( ex:p ex:q ex:r ) ;
        sh:maxCount 0 .
    ex:repeated a sh:PropertyShape ; sh:targetClass ex:T ; sh:path [ sh:oneOrMorePath ex:n ] ;
        sh:disjoint ex:s .
    ex:inverse a sh:PropertyShape ; sh:targetClass ex:T ;
        sh:path ( [ sh:inversePath ex:m ] [ sh:zeroOrOnePath ex:m ] ) ; sh:maxCount 2 .
"""


@pytest.mark.parametrize(
    ("rule", "added", "removed"),
    [
        ("sequence", "ex:c ex:p ex:1 .", ""),
        ("sequence", "", "ex:1 ex:q ex:2 ."),
        ("sequence", "", "ex:2 ex:r ex:z ."),
        ("sequence", "", "ex:a ex:p ex:1 . ex:1 ex:q ex:2 . ex:2 ex:r ex:z ."),
        ("repeated", "", "ex:5 ex:n ex:z ."),
        ("repeated", "", "ex:4 ex:n ex:5 ."),
        ("repeated", "", "ex:3 ex:n ex:4 . ex:4 ex:n ex:5 . ex:5 ex:n ex:z ."),
        ("repeated", "ex:4 ex:n ex:new .", ""),
        ("inverse", "ex:6 ex:m ex:7 .", ""),
        ("inverse", "ex:8 ex:m ex:c .", ""),
    ],
)
def test_a_change_far_away_along_a_path(rule: str, added: str, removed: str) -> None:
    direct = "ex:b ex:s ex:4, ex:5, ex:z, ex:new ."
    updated, full = _after(ALONG, LONG + direct, added, removed)
    assert updated == full
    before = validate(_store(LONG + direct), _shapes(ALONG))
    assert updated.by_rule.get(rule) != before.by_rule.get(rule)
    assert updated.work is not None
    assert not updated.work.whole


def test_a_path_of_no_step_begins_at_whatever_is_in_the_graph() -> None:
    select = "SELECT $this ?value { ?value ex:q* ?x FILTER(?x = ex:new) }"
    shapes = _sparql(select, "sh:targetNode ex:graph")
    updated, full = _after(shapes, DATA, "ex:a ex:other ex:new .")
    assert updated == full
    assert [result.value for result in updated.results] == [URIRef(f"{EX}new")]


def test_a_sub_class_concerns_only_the_rules_about_it() -> None:
    other = "ex:other a sh:NodeShape ; sh:targetClass ex:Other ; sh:nodeKind sh:BlankNode ."
    updated, full = _after(BASIC + other, DATA + "ex:o a ex:Other .", "ex:S rdfs:subClassOf ex:T .")
    assert updated == full
    assert updated.work is not None
    assert set(updated.work.whole) == {"has-p", "n-is-small"}


def _sparql(select: str, target: str = "sh:targetClass ex:T") -> str:
    return f"""
        ex:shapes sh:declare [ sh:prefix "ex" ; sh:namespace "{EX}" ] .
        ex:rule a sh:NodeShape ; {target} ;
            sh:sparql [ sh:prefixes ex:shapes ; sh:select \"\"\"{select}\"\"\" ] .
    """


def test_a_rule_that_asks_the_clock_is_checked_whole() -> None:
    select = "SELECT $this { $this ex:n ?n FILTER(YEAR(NOW()) > ?n) }"
    updated, full = _after(_sparql(select), DATA, "ex:b ex:q ex:z .")
    assert updated == full
    assert updated.results
    assert updated.work is not None
    assert "the clock" in updated.work.whole["rule"]


def test_a_rule_about_today_is_checked_whole_once_a_day() -> None:
    select = "SELECT $this { $this ex:n ?n FILTER(STR(?n) < SUBSTR(STR(NOW()), 1, 10)) }"
    rules, store = _shapes(_sparql(select)), _store(DATA + "ex:a ex:n 1 .")
    standing = validate(store, rules)
    assert len(standing.results) == 1
    assert standing.made is not None
    yesterday = dataclasses.replace(standing, made=standing.made - timedelta(days=1))
    for report, reasons in ((standing, set()), (yesterday, {"rule"})):
        updated = revalidate(store, report, Change(), rules)
        # The clock may have struck midnight.
        today = standing.made.date() == updated.made.date() if updated.made else False
        assert updated == standing
        assert updated.work is not None
        assert set(updated.work.whole) == reasons or not today


def test_a_rule_without_a_way_to_its_focus_nodes_is_checked_whole() -> None:
    select = "SELECT $this { FILTER EXISTS { ?x ex:q ex:z } }"
    updated, full = _after(_sparql(select), DATA, "ex:b ex:q ex:z .")
    assert updated == full
    assert len(updated.results) == 3
    assert updated.work is not None
    assert "No path" in updated.work.whole["rule"]
    elsewhere, full = _after(_sparql(select), DATA, "ex:b ex:q ex:y .")
    assert elsewhere == full
    assert elsewhere.work is not None
    assert not elsewhere.work.whole
    assert elsewhere.work.queries == 0


def test_a_rule_about_the_whole_graph_is_checked_for_what_is_new() -> None:
    select = "SELECT $this ?value { ?value ex:q ?x FILTER NOT EXISTS { ?value a ?kind } }"
    shapes = _sparql(select, "sh:targetNode ex:graph")
    updated, full = _after(shapes, DATA, "ex:new ex:q ex:a . ex:b a ex:T .")
    assert updated == full
    assert [result.value for result in updated.results] == [URIRef(f"{EX}new")]
    assert updated.work is not None
    assert (dict(updated.work.whole), updated.work.nodes) == ({}, 2)


def test_a_node_with_too_many_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "MOST_NODES", 20)
    select = "SELECT $this { $this ex:in/^ex:in ?other . ?other ex:q ex:a }"
    many = " ".join(f"ex:m{n} a ex:T ; ex:in ex:hub ." for n in range(21))
    updated, full = _after(_sparql(select), DATA + many, "ex:m1 ex:q ex:a .")
    assert updated == full
    assert len(updated.results) == 21
    assert updated.work is not None
    assert "20 nodes" in updated.work.whole["rule"]


def test_a_focus_node_with_too_many_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is one at all cannot be looked up before it is checked."""
    monkeypatch.setattr(sight, "MOST_NODES", 20)
    shapes = """
        ex:s a sh:NodeShape ; sh:targetObjectsOf ex:in ;
            sh:property [ sh:path ex:q ; sh:minCount 1 ] .
    """
    many = " ".join(f"ex:m{n} ex:in ex:hub ." for n in range(25))
    for added, removed in (("ex:hub ex:q 1 .", ""), ("", "ex:hub ex:q 2 .")):
        updated, full = _after(shapes, f"{many} {removed}", added, removed)
        assert updated == full
        assert updated.work is not None
        assert not updated.work.whole
        assert updated.work.nodes == 1


def test_after_very_many_changes_all_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for most, is_followed in ((2, True), (1, False)):
        monkeypatch.setattr(incremental, "MOST_STATEMENTS", most)
        updated, full = _after(BASIC, DATA, "ex:a ex:p ex:y, ex:z .")
        assert updated == full
        assert (updated.work is not None) is is_followed


def test_what_is_left_to_pyshacl_is_checked_whole() -> None:
    recursive = """
        ex:recursive a sh:NodeShape ; sh:targetClass ex:T ;
            sh:property [ sh:path ex:p ; sh:node ex:recursive ; sh:maxCount 1 ] .
    """
    for shapes in (recursive, BASIC + recursive):
        updated, full = _after(shapes, DATA, "ex:a ex:p ex:a, ex:b . ex:a ex:n 5 .", "")
        assert updated == full
        assert any(result.rule == "recursive" for result in updated.results)


def test_a_shape_that_both_engines_use() -> None:
    """Nobody could tell which of them has found what; so all is done anew."""
    shared = """
        ex:shared a sh:PropertyShape ; sh:path ex:p ; sh:maxCount 1 .
        ex:one a sh:NodeShape ; sh:targetClass ex:T ; sh:property ex:shared .
        ex:two a sh:NodeShape ; sh:targetClass ex:T ; sh:property ex:shared ; sh:node ex:two .
    """
    updated, full = _after(shared, DATA, "ex:c ex:p ex:y .")
    assert updated == full
    assert updated.results


@pytest.mark.parametrize("number", [3, 150])
def test_new_results_come_to_their_places(number: int) -> None:
    added = " ".join(f"ex:{'az'[n % 2]}{n} a ex:T ; ex:n 9 ." for n in range(number))
    updated, full = _after(BASIC, DATA, added)
    assert len(full.results) == 2 * number + 3
    assert updated == full


def test_without_any_change_nothing_is_asked() -> None:
    updated, full = _after(BASIC, DATA)
    assert updated == full
    assert updated.work is not None
    assert (updated.work.queries, updated.work.nodes) == (0, 0)


# ── Reports with many results ───────────────────────────────────────────────────────────────────

MANY = """
    ex:has-p a sh:PropertyShape ; sh:targetClass ex:T ; sh:path ex:p ; sh:minCount 1 .
    ex:n-is-small a sh:PropertyShape ; sh:targetClass ex:T ; sh:path ex:n ; sh:maxInclusive 3 ;
        sh:severity sh:Warning .
    ex:closed a sh:NodeShape ; sh:targetSubjectsOf ex:in ; sh:closed true ; sh:severity sh:Info ;
        sh:ignoredProperties ( ex:in ex:p ex:n <http://www.w3.org/2000/01/rdf-schema#label> ) .
    ex:whole a sh:NodeShape ; sh:targetNode ex:graph ; sh:sparql [ sh:prefixes ex:shapes ;
        sh:select "SELECT $this ?value { ?value ex:in ?x FILTER NOT EXISTS { ?x a ex:T } }" ] .
    ex:shapes sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/" ] .
""".replace("https://example.org/", EX)


def _crowd(number: int) -> str:
    return " ".join(
        f"ex:m{n} a ex:T ; ex:n 0{n % 9}.50 ; ex:in ex:m{n + 1} ; rdfs:label 'M {n}' ."
        for n in range(number)
    )


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), most=st.sampled_from([0, 5, 500]))
def test_random_changes_among_many_results(seed: int, most: int) -> None:
    """One change in three is taken back, so that the next begins at the same report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(things, "_MOST_PATCHES", most)
        _change_among_many(random.Random(seed))


def _change_among_many(chance: random.Random) -> None:
    validator, store = Validator(_shapes(MANY)), _store(_crowd(40))
    report = validator.validate(store, exclusive=True)
    assert len(report.results) > 80
    vocabulary = [*store.oxigraph, *_store("ex:m3 ex:p ex:z ; ex:n 9 ; ex:other ex:m1 .").oxigraph]
    for _ in range(6):
        change = _edit(store, vocabulary, chance)
        after = validator.revalidate(store, report, change, exclusive=True)
        anew = validator.validate(store, exclusive=True)
        assert after == anew
        assert anew == after
        assert {name: len(told) for name, told in _told(after)} == {
            name: len(told) for name, told in _told(anew)
        }
        if chance.random() < 1 / 3:
            for triple in change.added:
                store.oxigraph.remove(pyoxigraph.Quad(*triple))
            store.oxigraph.extend(pyoxigraph.Quad(*triple) for triple in change.removed)
            if report != validator.validate(store, exclusive=True):
                # What was added had been there before.
                report = validator.validate(store, exclusive=True)
        else:
            report = after


def _told(report: Report) -> list[tuple[str, Mapping[Node, object]]]:
    return [(name, getattr(report, name)) for name in ("labels", "graphs", "hints")]


@given(st.lists(st.sampled_from(["Violation", "Warning", "Info", f"{EX}bad", f"{EX}worse"])))
def test_results_are_counted(severities: list[str]) -> None:
    results = [
        Result("rule", severity, "", "", Literal(number), None, None, Literal(""), SH.Shape)
        for number, severity in enumerate(severities)
    ]
    counts = Report(sorted_results(results)).counts
    assert {severity: number for severity, number in counts.items() if number} == Counter(
        severities
    )
    assert list(counts)[:3] == ["Violation", "Warning", "Info"]


def test_what_a_change_costs_does_not_grow_with_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    of_result = Result.__hash__, Result.__eq__, Result.sort_key

    def counted(number: int) -> Callable[..., object]:
        def call(*given: object) -> object:
            looks[-1] += 1
            return of_result[number](*given)  # type: ignore[arg-type]

        return call

    for number, name in enumerate(("__hash__", "__eq__", "sort_key")):
        monkeypatch.setattr(Result, name, counted(number))
    for crowd in (50, 1_000):
        looks.append(0)
        validator, store = Validator(_shapes(MANY)), _store(_crowd(crowd))
        report = validator.validate(store, exclusive=True)
        for name in ("m7", "m8"):
            (quad,) = _store(f"ex:{name} ex:p ex:z .").oxigraph
            store.oxigraph.add(quad)
            looks[-1] = 0
            change = Change.of_quads([quad])
            report = validator.revalidate(store, report, change, exclusive=True)
        assert len(report.results) > crowd
        assert not any(result.focus_node in (EX_M7, EX_M8) for result in report.by_rule["has-p"])
    assert looks[1] < looks[0] + 50


EX_M7, EX_M8 = URIRef(f"{EX}m7"), URIRef(f"{EX}m8")


# ── Reports that are kept ───────────────────────────────────────────────────────────────────────


def test_a_report_is_kept_for_another_process(tmp_path: Path, validator: Validator) -> None:
    """There, blank nodes of the shapes have other names."""
    program = (
        "import pathlib, sys\n"
        "from srmgraph.store import open_store\n"
        "from srmgraph.validation import Validator\n"
        "store, validator = open_store(), Validator()\n"
        "store.read(pathlib.Path(sys.argv[1]))\n"
        "sys.stdout.write(validator.dump(validator.validate(store)))\n"
    )
    file = tmp_path / "data.ttl"
    text = knowledge.example_file("banking").read_text(encoding="utf-8")
    kind = next(knowledge.ontology().subjects(RDF.type, OWL.Class))
    file.write_text(
        f"{text}\n[] a <{kind}> ; <{RDF.value}> 4.0 .\n<{EX}x> a <{kind}> ; <{kind}s> 4.50 .\n"
    )
    kept = subprocess.run(
        [sys.executable, "-c", program, str(file)], check=True, capture_output=True, text=True
    ).stdout
    store = open_store()
    store.read(file)
    expected = validator.validate(store)
    assert any(isinstance(result.source_constraint, BNode) for result in expected.results)
    assert any(isinstance(result.focus_node, BNode) for result in expected.results)
    standing = validator.load(kept)
    assert standing == expected
    assert standing is not None
    assert standing.made is not None
    quads = list(store.oxigraph.quads_for_pattern(None, pyoxigraph.NamedNode(RDFS.label), None))
    for quad in quads[:3]:
        store.oxigraph.remove(quad)
    after = validator.revalidate(store, standing, Change.of_quads((), quads[:3]))
    assert after == validator.validate(store)
    assert validator.load(validator.dump(after)) == after


def test_a_report_under_other_rules_is_none() -> None:
    store = _store(DATA)
    one, other = Validator(_shapes(BASIC)), Validator(_shapes(BASIC + "ex:x sh:order 1 ."))
    kept = one.dump(one.validate(store))
    assert one.load(kept) == one.validate(store)
    assert other.load(kept) is None
    for text in ("", "{}", "[]", "null", kept[:-5], kept.replace('"iri"', '"iri",1,2')):
        assert one.load(text) is None
    with pytest.raises(ValueError, match="leaves results out"):
        one.dump(one.validate(store, limit=1))


def test_shapes_that_say_the_same_are_not_mixed_up() -> None:
    """Of two that nothing tells apart, no report is brought up to date; it is made anew."""
    twice = "ex:s sh:targetClass ex:T ; sh:property [ sh:path ex:p ; sh:minCount 1 ] "
    alike = Validator(_shapes(f"{twice} , [ sh:path ex:p ; sh:minCount 1 ] ."))
    apart = Validator(_shapes(f"{twice} . {twice.replace('ex:s', 'ex:r')} ."))
    for validator, loads in ((alike, False), (apart, True)):
        report = validator.validate(_store(DATA))
        assert report.results
        assert (validator.load(validator.dump(report)) == report) is loads


@given(path=strategies.paths())
def test_paths_are_read_as_they_are_written(path: Graph) -> None:
    (node,) = path.objects(strategies.EX.shape, SH.path)
    read = paths.read(path, node)
    assert patterns.path(paths.sparql(read)) == read


# ── The store is left alone ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("exclusive", [False, True])
def test_who_reads_the_store_meanwhile(exclusive: bool) -> None:
    """Nobody sees the ontology in a store that was not said to be for validation alone."""
    store, sizes = _store(DATA), set()

    def look(_done: int, _of: int) -> None:
        sizes.add(len(store))

    before = list(store.oxigraph)
    validate(store, _shapes(BASIC), exclusive=exclusive, progress=look)
    assert (sizes == {len(before)}) is not exclusive
    assert list(store.oxigraph) == before


def test_a_store_that_holds_the_ontology_is_read_as_it_is(
    tmp_path: Path, validator: Validator, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = knowledge.example_file("banking")
    alone = open_store()
    alone.read(file)
    expected = validator.validate(alone)
    store = open_store()
    store.read(file)
    store.add(knowledge.ontology(), knowledge.ontology_graph())
    said = Graph()
    said.add((knowledge.ontology_graph(), SDO.sha256, Literal(knowledge.ontology_hash())))
    store.add(said, knowledge.provenance_graph())
    read_only = _read_only(store, tmp_path / "store")
    monkeypatch.setattr(engine, "ontology", lambda: pytest.fail("it is there already"))
    found = validator.validate(read_only)
    assert found.results == expected.results
    assert found.graphs == {}
    assert validator.revalidate(read_only, found, Change()) == found


def _read_only(store: EmbeddedStore, folder: Path) -> EmbeddedStore:
    writer = pyoxigraph.Store(str(folder))
    writer.extend(store.oxigraph)
    writer.flush()
    del writer
    gc.collect()
    return EmbeddedStore(pyoxigraph.Store.read_only(str(folder)))


RULES = Path(__file__).parents[1] / "conformance" / "rules"


@pytest.mark.parametrize(
    "case",
    [
        "activities/consumption-is-performed-on-the-consumers-side",
        "activities/provision-is-performed-on-the-providers-side",
        "activities/activity-falls-within-its-relationship",
    ],
)
def test_what_is_said_of_a_thing_goes_and_comes_back(case: str) -> None:
    store = open_store("memory:")
    store.read(RULES / f"{case}.fails.ttl")
    validator = Validator()
    standing = validator.validate(store, exclusive=True)
    assert standing.results
    for thing in {quad.subject for quad in store.oxigraph}:
        quads = list(store.oxigraph.quads_for_pattern(thing, None, None))
        for quad in quads:
            store.oxigraph.remove(quad)
        gone = validator.revalidate(store, standing, Change.of_quads((), quads), exclusive=True)
        assert gone == validator.validate(store, exclusive=True)
        for quad in quads:
            store.oxigraph.add(quad)
        back = validator.revalidate(store, gone, Change.of_quads(quads), exclusive=True)
        assert back == standing
