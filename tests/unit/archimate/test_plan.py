"""What would change, before anything does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDFS, XSD, Graph, Literal, URIRef
from tests.unit.archimate.test_archi import EX, Desk, small, term, thing

from srmgraph.adapters import archimate
from srmgraph.adapters.archimate.mapping import AM
from srmgraph.adapters.archimate.model import minted
from srmgraph.adapters.archimate.plan import Change, Conflict, Plan, Side, plan
from srmgraph.errors import ConflictError
from srmgraph.terms import Statement

ANN, LABEL = thing("ann"), RDFS.label


def english(text: str) -> Literal:
    return Literal(text, lang="en")


def named(name: str, graph: Graph | None = None) -> Graph:
    result = Graph() + (small() if graph is None else graph)
    result.set((ANN, LABEL, english(name)))
    return result


def test_nothing_has_changed() -> None:
    found = plan(small(), small(), small())
    assert not found
    assert found.text() == "0 added, 0 changed, 0 removed, 0 conflicting"
    assert set(found.apply(small(), allow_deletes=True)) == set(small())


def test_a_change_of_theirs_is_applied_and_one_of_ours_stays() -> None:
    theirs = named("Anne")
    found = plan(small(), small(), theirs)
    assert found == Plan((), (Change(ANN, LABEL, english("Ann"), english("Anne")),), (), ())
    assert found.text({"ex": EX, "rdfs": str(RDFS)}) == (
        '~ ex:ann rdfs:label "Ann"@en → "Anne"@en\n0 added, 1 changed, 0 removed, 0 conflicting'
    )
    assert set(found.apply(small())) == set(theirs)
    assert not plan(small(), theirs, small())
    assert not plan(small(), theirs, theirs)


def test_what_both_changed_is_to_be_decided() -> None:
    found = plan(small(), named("Annie"), named("Anne"))
    conflict = Conflict(ANN, LABEL, (english("Ann"),), (english("Annie"),), (english("Anne"),))
    assert found == Plan((), (), (), (conflict,))
    assert found.is_open
    assert "--settle" in found.remarks()[0]
    assert '! ex:ann rdfs:label was "Ann"@en; ours: "Annie"@en; theirs: "Anne"@en' in found.text(
        {"ex": EX, "rdfs": str(RDFS)}
    )
    with pytest.raises(ConflictError, match=r'ours: "Annie"@en; theirs: "Anne"@en') as refused:
        found.apply(named("Annie"), allow_deletes=True)
    assert [one["theirs"] for one in refused.value.conflicts] == [['"Anne"@en']]


@pytest.mark.parametrize(("side", "name"), [("ours", "Annie"), ("theirs", "Anne")])
def test_a_conflict_is_settled_for_one_side_and_stays_settled(side: Side, name: str) -> None:
    settled = plan(small(), named("Annie"), named("Anne")).settle(side)
    assert settled.has_effect() is (side == "theirs")
    assert settled.remarks() == []
    assert f"{side} " in settled.text().splitlines()[0].rpartition(";")[2]
    assert json.loads(settled.json())["settled"] == side
    done = settled.apply(named("Annie"))
    assert set(done) == set(named(name))
    again = plan(small(), done, named("Anne")).settle(side)
    assert not again.has_effect(allow_deletes=True)
    assert set(again.apply(done)) == set(done)


def test_a_conflict_with_what_they_removed_goes_only_if_deletes_are_allowed() -> None:
    without = Graph() + small()
    without.remove((ANN, LABEL, None))
    settled = plan(small(), named("Annie"), without).settle("theirs")
    assert not settled.has_effect()
    assert "--allow-deletes" in settled.remarks()[0]
    assert set(settled.apply(named("Annie"))) == set(named("Annie"))
    assert settled.has_effect(allow_deletes=True)
    assert set(settled.apply(named("Annie"), allow_deletes=True)) == set(without)


def test_an_error_names_the_first_conflicts_and_carries_all() -> None:
    base, ours, theirs = Graph(), Graph(), Graph()
    for graph, name in ((base, "x"), (ours, "y"), (theirs, "z")):
        for number in range(12):
            graph.add((thing(f"t{number:02}"), LABEL, english(name)))
    with pytest.raises(ConflictError) as refused:
        plan(base, ours, theirs).apply(ours)
    assert str(refused.value).endswith("… and 2 more")
    assert len(refused.value.conflicts) == 12


def test_what_one_changed_and_the_other_removed_is_to_be_decided() -> None:
    without = Graph() + small()
    without.remove((ANN, LABEL, None))
    for ours, theirs in ((named("Annie"), without), (without, named("Annie"))):
        (conflict,) = plan(small(), ours, theirs).conflicting
        assert conflict.base == (english("Ann"),)
        assert {conflict.ours, conflict.theirs} == {(), (english("Annie"),)}
    assert "theirs: nothing" in plan(small(), named("Annie"), without).text()


def test_what_both_added_in_different_words_is_to_be_decided() -> None:
    base = Graph() + small()
    base.remove((ANN, LABEL, None))
    found = plan(base, named("Annie", base), named("Anne", base))
    assert [conflict.base for conflict in found.conflicting] == [()]


def test_languages_do_not_stand_in_each_others_way() -> None:
    ours, theirs = (Graph() + small() for _ in range(2))
    ours.remove((thing("shop"), LABEL, Literal("Laden", lang="de")))
    ours.add((thing("shop"), LABEL, Literal("Geschäft", lang="de")))
    theirs.remove((thing("shop"), LABEL, english("Shop")))
    theirs.add((thing("shop"), LABEL, english("Store")))
    found = plan(small(), ours, theirs)
    assert found.conflicting == ()
    assert set(found.apply(ours).objects(thing("shop"), LABEL)) == {
        english("Store"),
        Literal("Geschäft", lang="de"),
    }


def test_nothing_is_removed_unless_that_is_allowed() -> None:
    statement = (thing("deal"), term("isGovernedBy"), thing("contract"))
    theirs = Graph() + small()
    theirs.remove(statement)
    found = plan(small(), small(), theirs)
    assert found == Plan((), (), (statement,), ())
    assert not found.has_effect()
    assert found.has_effect(allow_deletes=True)
    assert set(found.apply(small())) == set(small())
    assert set(found.apply(small(), allow_deletes=True)) == set(theirs)
    assert found.text({"ex": EX}).startswith("- ex:deal ")


def test_values_of_which_there_may_be_several_come_and_go() -> None:
    ours, theirs = (Graph() + small() for _ in range(2))
    consumer = term("hasConsumer")
    ours.add((thing("deal"), consumer, thing("bob")))
    theirs.add((thing("deal"), consumer, thing("eve")))
    theirs.remove((thing("deal"), consumer, ANN))
    found = plan(small(), ours, theirs)
    assert found.added == ((thing("deal"), consumer, thing("eve")),)
    assert found.removed == ((thing("deal"), consumer, ANN),)
    assert found.conflicting == ()


def test_programs_read_it_as_json() -> None:
    theirs = named("Anne")
    theirs.add((ANN, RDFS.comment, Literal("New")))
    theirs.remove((thing("bob"), LABEL, None))
    told = json.loads(plan(small(), small(), theirs).json())
    assert told["added"] == [f'<{EX}ann> <{RDFS.comment}> "New" .']
    assert told["removed"] == [f'<{EX}bob> <{LABEL}> "Bob"@en .']
    assert told["changed"][0]["before"] == '"Ann"@en'
    assert told["conflicting"] == []
    both = json.loads(plan(small(), named("Annie"), named("Anne")).json())
    assert both["conflicting"][0]["ours"] == ['"Annie"@en']


def test_what_an_architect_has_done_is_planned() -> None:
    desk = Desk(small())
    desk.element("ann")[0].text = "Anne"
    desk.remove(minted(EX + "bob"))
    found = plan(small(), small(), desk.read().facts)
    assert [change.after for change in found.changed] == [english("Anne")]
    assert {subject for subject, _, _ in found.removed} == {thing("bob")}
    assert found.added == ()


DRAWN = """<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="id-m">
  <name>Theirs</name>
  <elements>
    <element identifier="a" xsi:type="BusinessService"><name>A</name></element>
    <element identifier="b" xsi:type="BusinessService"><name>B</name></element>
  </elements>
  <relationships>
    <relationship identifier="r" source="a" target="b" xsi:type="Serving"/>
  </relationships>
  <organizations><item><label>Services</label><item identifierRef="a"/></item></organizations>
  <views><diagrams>
    <view identifier="v" xsi:type="Diagram"><name>Overview</name>
      <node identifier="n" elementRef="a" xsi:type="Element" x="7" y="7" w="120" h="60">
        <node identifier="o" elementRef="b" xsi:type="Element" x="17" y="17" w="20" h="20"/>
      </node>
    </view>
  </diagrams></views>
</model>"""


def drawn(text: str = DRAWN) -> Graph:
    return archimate.parse(text.encode(), base=EX).graph


def test_how_a_model_is_drawn_is_counted_and_told_in_full_when_asked() -> None:
    found = plan(Graph(), Graph(), drawn())
    known = {"ex": EX, "am": str(AM), "rdfs": str(RDFS), "xsd": str(XSD)}
    lines = found.text(known).splitlines()
    assert '+ ex:a rdfs:label "A"' in lines
    assert '+ ex:v rdfs:label "Overview"' in lines
    assert "+ ex:a https://purl.org/archimate#serving ex:b" in lines
    assert not [line for line in lines if " am:" in line]
    counted = [line for line in lines if line.endswith("of how it is drawn")]
    assert [line.split(":")[0] for line in counted] == [
        *("+ elements", "+ folders", "+ model", "+ relations", "+ view “Overview”")
    ]
    full = found.text(known, details=True).splitlines()
    assert '+ ex:o am:x "17"^^xsd:integer' in full
    assert len(full) == len(found.added) + 1
    numbers = [int(line.split(": ")[1].split()[0]) for line in counted]
    assert len(lines) - len(counted) - 1 + sum(numbers) == len(found.added)
    assert len(json.loads(found.json())["added"]) == len(found.added)


def test_a_long_plan_is_cut_unless_all_is_asked_for() -> None:
    many = Graph()
    for number in range(1_000):
        many.add((thing(f"t{number:04}"), LABEL, english("x")))
    found = plan(Graph(), Graph(), many)
    lines = found.text().splitlines()
    assert len(lines) == 302
    assert lines[-2:] == [
        "… and 700 more, with --details",
        "1,000 added, 0 changed, 0 removed, 0 conflicting",
    ]
    assert len(found.text(details=True).splitlines()) == 1_001


def test_a_box_that_was_moved_is_counted_by_view_and_one_that_both_moved_is_told() -> None:
    theirs = drawn(DRAWN.replace('x="17"', 'x="18"'))
    assert plan(drawn(), drawn(), theirs).text() == (
        "~ view “Overview”: 1 statement of how it is drawn\n"
        "0 added, 1 changed, 0 removed, 0 conflicting"
    )
    ours = drawn(DRAWN.replace('x="17"', 'x="19"'))
    known = {"ex": EX, "am": str(AM), "xsd": str(XSD)}
    assert plan(drawn(), ours, theirs).text(known) == (
        '! ex:o am:x was "17"^^xsd:integer; ours: "19"^^xsd:integer; theirs: "18"^^xsd:integer\n'
        "0 added, 0 changed, 0 removed, 1 conflicting"
    )


STATEMENTS = st.tuples(
    st.sampled_from([URIRef("urn:a"), URIRef("urn:b")]),
    st.sampled_from([RDFS.label, URIRef("urn:p")]),
    st.sampled_from(
        [Literal(1), Literal("x", lang="en"), Literal("y", lang="en"), URIRef("urn:a")]
    ),
)
GRAPHS = st.frozensets(STATEMENTS, max_size=5)
SIDES: tuple[Side, ...] = ("ours", "theirs")


def graph_of(statements: frozenset[Statement]) -> Graph:
    graph = Graph()
    for statement in statements:
        graph.add(statement)
    return graph


@given(GRAPHS, GRAPHS, GRAPHS)
def test_a_plan_is_all_that_is_to_be_done(
    base: frozenset[Statement], ours: frozenset[Statement], theirs: frozenset[Statement]
) -> None:
    found = plan(*map(graph_of, (base, ours, theirs)))
    done, taken = (
        set(found.settle(side).apply(graph_of(ours), allow_deletes=True)) for side in SIDES
    )
    disputed = {(c.subject, c.property) for c in found.conflicting}
    merged = (set(ours) - (set(base) - set(theirs))) | (set(theirs) - set(base))
    for settled in (done, taken):
        assert {s for s in settled if s[:2] not in disputed} == {
            s for s in merged if s[:2] not in disputed
        }
    for conflict in found.conflicting:
        about = conflict.subject, conflict.property
        for settled, had, lost in (
            (done, conflict.ours, conflict.theirs),
            (taken, conflict.theirs, conflict.ours),
        ):
            assert {(*about, value) for value in had} <= settled
            assert not {(*about, value) for value in lost} & settled
    for side, settled in zip(SIDES, (done, taken), strict=True):
        again = plan(graph_of(base), graph_of(frozenset(settled)), graph_of(theirs)).settle(side)
        assert not again.has_effect(allow_deletes=True)
    if ours == base:
        assert done == set(theirs)
        assert not found.conflicting
    if theirs == base:
        assert not found
