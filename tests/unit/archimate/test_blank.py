"""Labels of blank nodes tell what is said of them, and nothing else."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import RDFS, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.term import Node

from srmgraph.adapters.archimate.blank import labelled
from srmgraph.adapters.archimate.plan import plan
from srmgraph.terms import Statement

BLANK = [BNode(f"b{n}") for n in range(5)]
NODES = [*BLANK, URIRef("urn:a"), URIRef("urn:b")]
STATEMENTS = st.sets(
    st.tuples(st.sampled_from(NODES), st.just(RDFS.seeAlso), st.sampled_from(NODES))
    | st.tuples(st.sampled_from(NODES), st.just(RDFS.label), st.sampled_from("xy").map(Literal)),
    max_size=9,
)


def graph(statements: set[Statement]) -> Graph:
    found = Graph()
    for statement in statements:
        found.add(statement)
    return found


def renamed(statements: set[Statement], order: list[BNode]) -> set[Statement]:
    new: dict[Node, Node] = dict(zip(BLANK, order, strict=True))
    return {(new.get(s, s), p, new.get(o, o)) for s, p, o in statements}


@settings(max_examples=60, deadline=None)
@given(STATEMENTS, st.permutations(BLANK))
def test_names_of_blank_nodes_play_no_part(found: set[Statement], order: list[BNode]) -> None:
    other = renamed(found, order)
    assert labelled(found) == labelled(other)
    assert labelled(labelled(found)) == labelled(found)
    assert isomorphic(graph(found), graph(labelled(found)))
    assert not plan(graph(found), graph(other), graph(found))


@settings(max_examples=60, deadline=None)
@given(STATEMENTS, STATEMENTS)
def test_what_others_say_plays_no_part(found: set[Statement], more: set[Statement]) -> None:
    apart = renamed(more, [BNode(f"c{n}") for n in range(5)])
    assert len(labelled(found | apart)) == len(found | apart)
    if not any(isinstance(node, BNode) for s, _, o in apart for node in (s, o)):
        assert labelled(found) - apart == labelled(found | apart) - apart


def test_a_change_of_one_node_leaves_others_as_they_were() -> None:
    first, second, third = BLANK[:3]
    base: set[Statement] = {(first, RDFS.label, Literal("x")), (second, RDFS.label, Literal("y"))}
    theirs: set[Statement] = {(third, RDFS.label, Literal("x")), (first, RDFS.label, Literal("z"))}
    todo = plan(graph(base), graph(base), graph(theirs))
    assert [str(value) for _, _, value in todo.added] == ["z"]
    assert [str(value) for _, _, value in todo.removed] == ["y"]
    applied = todo.apply(graph(base), allow_deletes=True)
    assert isomorphic(applied, graph(theirs))


def test_groups_that_say_the_same_stay_apart() -> None:
    found: set[Statement] = {(node, RDFS.label, Literal("x")) for node in BLANK}
    assert len(labelled(found)) == len(BLANK)


def test_a_long_list_is_no_trouble() -> None:
    nodes = [BNode() for _ in range(5000)]
    found: set[Statement] = {(a, RDFS.seeAlso, b) for a, b in pairwise(nodes)}
    found |= {(node, RDFS.label, Literal(number)) for number, node in enumerate(nodes)}
    assert len(labelled(found)) == len(found)
