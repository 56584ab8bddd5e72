"""Views of any ecosystem: boxes lie in their lanes and over no other, whoever serves whom."""

from __future__ import annotations

from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from tests.unit.archimate.test_archi import term

from srmgraph.adapters import archimate
from srmgraph.adapters.archimate.geometry import Box, box_of
from srmgraph.adapters.archimate.model import Part

PARTIES = [URIRef(f"https://example.org/party-{number}") for number in range(30)]
NAMES = st.sampled_from(["", "A", "Payroll bureau", "W" * 300, "服务提供商" * 40, "مزوّد الخدمة"])
Served = list[tuple[URIRef, URIRef, str]]


def ecosystem(served: Served) -> Graph:
    """Who serves whom, themselves too, through a relationship of that name."""
    graph = Graph()
    for number, (provider, consumer, name) in enumerate(served):
        relationship = URIRef(f"https://example.org/relationship-{number}")
        graph.add((relationship, RDF.type, term("ServiceRelationship")))
        graph.add((relationship, RDFS.label, Literal(name, "en")))
        graph.add((relationship, term("hasProvider"), provider))
        graph.add((relationship, term("hasConsumer"), consumer))
        for party in (provider, consumer):
            graph.add((party, RDF.type, term("Organization")))
            graph.set((party, RDFS.label, Literal(name, "en")))
    return graph


def nodes(part: Part) -> list[Part]:
    return [inner for inner in part.parts if inner.kind == "node"]


def overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.w and other.x < one.x + one.w
    return across and one.y < other.y + other.h and other.y < one.y + one.h


def within(inner: Box, outer: Box) -> bool:
    across = outer.x < inner.x and inner.x + inner.w < outer.x + outer.w
    return across and outer.y < inner.y and inner.y + inner.h < outer.y + outer.h


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.sampled_from(PARTIES), st.sampled_from(PARTIES), NAMES),
        min_size=1,
        max_size=60,
    )
)
def test_boxes_lie_in_their_lanes_and_over_no_other(served: Served) -> None:
    model = archimate.draw(ecosystem(served))
    concerned = {party for provider, consumer, _ in served for party in (provider, consumer)}
    assert len(model.views) == len(concerned)
    for view in model.views:
        lanes = nodes(view)
        assert len(lanes) == 3
        for group in (lanes, *map(nodes, lanes)):
            for one, other in combinations(map(box_of, group), 2):
                assert not overlap(one, other)
        for lane in lanes:
            assert all(within(box_of(node), box_of(lane)) for node in nodes(lane))
        shown = [node.attributes["elementRef"] for lane in lanes for node in nodes(lane)]
        assert len(shown) == len(set(shown))
        # A view is for a party that serves or is served: it stands in the middle.
        assert nodes(lanes[1])
