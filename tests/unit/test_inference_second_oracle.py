"""The compiled engine infers what reasonable infers, written in Rust by others.

Left out is what reasonable does wrong: by an inverse functional property that two things have to
themselves (“a p a”, “b p b”), it takes them to be the same. It finds no contradictions, and writes
some literals in other ways than they were stated, so neither is compared. What it passes over, in
whole or where things are the same, is `PASSED_OVER`; all else it infers in full.
"""

from pathlib import Path

import pytest
import reasonable
from hypothesis import HealthCheck, assume, given, settings
from rdflib import OWL, RDF, Graph, URIRef
from rdflib.term import Node
from tests.unit.inference import strategies

from srmgraph import knowledge
from srmgraph.errors import InconsistentError
from srmgraph.inference import infer
from srmgraph.store import open_store

PASSED_OVER = (
    *(OWL.propertyChainAxiom, OWL.oneOf, OWL.hasKey),
    *(OWL.maxCardinality, OWL.maxQualifiedCardinality),
)
Facts = set[tuple[Node, Node, Node]]


def ours(data: Graph, ontology: Graph) -> Facts:
    """What follows by the compiled engine, of things; contradictions are passed over."""
    store = open_store()
    store.add(data)
    try:
        return of_things(infer(store, ontology), data, ontology)
    except InconsistentError:
        assume(False)
        raise


def theirs(data: Graph, ontology: Graph) -> Facts:
    """What follows by reasonable, of things."""
    reasoner = reasonable.PyReasoner()
    reasoner.from_graph(data)
    reasoner.from_graph(ontology)
    return of_things(reasoner.reason(), data, ontology) - set(data)


def of_things(found: Graph | list[tuple[Node, Node, Node]], data: Graph, ontology: Graph) -> Facts:
    """The facts about the things of the data, without what holds of anything."""
    things = {node for node in data.all_nodes() if isinstance(node, URIRef) and node not in OWL}
    things -= set(ontology.subjects())
    return {
        (thing, predicate, value)
        for thing, predicate, value in found
        if thing in things
        and isinstance(value, URIRef)
        and value != OWL.Thing
        and (predicate, value) != (OWL.sameAs, thing)
    }


def without(graph: Graph, *predicates: URIRef) -> Graph:
    """What a graph states, but for some predicates and for inverse functional properties."""
    kept = Graph()
    for triple in graph:
        kind = (triple[1], triple[2])
        if triple[1] not in predicates and kind != (RDF.type, OWL.InverseFunctionalProperty):
            kept.add(triple)
    return kept


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(ontology=strategies.ontologies(of_all_kinds=True), data=strategies.data())
def test_all_that_reasonable_finds_follows(ontology: Graph, data: Graph) -> None:
    data, ontology = without(data), without(ontology)
    assert theirs(data, ontology) <= ours(data, ontology)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(ontology=strategies.ontologies(of_all_kinds=True), data=strategies.data())
def test_no_more_follows_but_by_what_it_passes_over(ontology: Graph, data: Graph) -> None:
    data, ontology = without(data, *PASSED_OVER), without(ontology, *PASSED_OVER)
    assert ours(data, ontology) == theirs(data, ontology)


@pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
def test_examples(file: Path) -> None:
    data, ontology = Graph().parse(file), knowledge.ontology()
    found = theirs(data, ontology)
    assert len(found) > 100
    assert found < ours(data, ontology)
    assert found == ours(data, without(ontology, OWL.propertyChainAxiom))
