"""The W3C's test cases of OWL 2 that lie in the profile RL, run by the compiled engine.

The suite is not part of this repository: set SRMGRAPH_SUITES to the folder that holds it as
w3c/owl2rl. What is not reached stands with its reason in w3c-owl2-rl-not-reached.txt.

Source: https://www.w3.org/TR/owl2-test/
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from rdflib import OWL, RDF, RDFS, BNode, Graph, URIRef
from rdflib.term import Node
from tests.conformance import w3c
from tests.conformance.owl2_rl import DATATYPES

from srmgraph.errors import InconsistentError
from srmgraph.inference import infer
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.terms import n_triples

ROOT = w3c.SUITES / "w3c" / "owl2rl"
NOT_REACHED = w3c.reasons("w3c-owl2-rl-not-reached.txt")
REFLEXIVE = (OWL.sameAs, RDFS.subClassOf, RDFS.subPropertyOf)


def store_of(file: Path) -> EmbeddedStore:
    """A store with a premise and all that it imports."""
    catalog = ROOT / "imports-catalog.toml"
    known = tomllib.loads(catalog.read_text())["imports"]
    store = open_store()
    waiting, seen = [file], set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            store.read(one)
            imported = store.graph().objects(None, OWL.imports)
            waiting += [ROOT / known[str(iri)] for iri in imported]
    return store


def closed(file: Path) -> EmbeddedStore:
    """A store with a premise and all that follows; its axioms are data here, as any statement."""
    store = store_of(file)
    store.add(infer(store, Graph()))
    return store


def is_entailed(conclusion: Graph, store: EmbeddedStore) -> bool:
    """Whether the statements are in the store, blank nodes standing for anything."""

    def written(term: Node) -> str:
        return f"?{term}" if isinstance(term, BNode) else n_triples(term)

    patterns = [
        " ".join(written(term) for term in triple)
        for triple in conclusion
        if not is_trivial(*triple)
    ]
    return store.holds(f"ASK {{ {' . '.join(patterns)} }}")


def is_trivial(subject: Node, predicate: Node, value: Node) -> bool:
    """Whether it holds in any case, so that it is not among what is inferred."""
    if predicate == RDF.type:
        # The latter is the rule dt-type1.
        return value in (OWL.Thing, OWL.NamedIndividual) or (
            value == RDFS.Datatype and subject in DATATYPES
        )
    return subject == value and predicate in REFLEXIVE


@cache
def cases(kind: str) -> list[tuple[str, Path, Path | None]]:
    if not ROOT.is_dir():
        return []
    graph = Graph().parse(ROOT / "manifest.ttl", publicID=ROOT.as_uri() + "/manifest.ttl")
    return sorted(_cases(graph, w3c.MF[kind]))


def _cases(graph: Graph, kind: URIRef) -> Iterator[tuple[str, Path, Path | None]]:
    for entry in graph.subjects(RDF.type, kind):
        name = str(entry).partition("#")[2]
        action, result = graph.value(entry, w3c.MF.action), graph.value(entry, w3c.MF.result)
        conclusion = ROOT / Path(str(result)).name if result else None
        yield name, ROOT / Path(str(action)).name, conclusion


def parameters(kind: str) -> list[ParameterSet]:
    found = [pytest.param(*case, id=case[0]) for case in cases(kind)]
    missing = pytest.mark.skip(reason=f"the suite is not in {ROOT}; set SRMGRAPH_SUITES")
    return found or [pytest.param("", Path(), None, marks=missing, id="no suite")]


@pytest.mark.parametrize(("name", "premise", "conclusion"), parameters("PositiveEntailmentTest"))
def test_what_is_entailed_is_inferred(name: str, premise: Path, conclusion: Path | None) -> None:
    assert conclusion is not None
    wanted = store_of(conclusion).graph()
    assert is_entailed(wanted, closed(premise)) == (name not in NOT_REACHED)


@pytest.mark.parametrize(("name", "premise", "conclusion"), parameters("InconsistencyTest"))
def test_what_is_inconsistent_is_refused(name: str, premise: Path, conclusion: Path | None) -> None:
    assert conclusion is None
    assert name not in NOT_REACHED
    with pytest.raises(InconsistentError) as caught:
        infer(store_of(premise), Graph())
    assert caught.value.contradictions


@pytest.mark.parametrize(("name", "premise", "conclusion"), parameters("ConsistencyTest"))
def test_what_is_consistent_is_not_refused(
    name: str, premise: Path, conclusion: Path | None
) -> None:
    assert conclusion is None
    assert len(infer(store_of(premise), Graph())) >= 0
    assert name not in NOT_REACHED


def test_what_is_not_reached_is_a_case_and_has_a_reason() -> None:
    names = {case[0] for kind in ("PositiveEntailmentTest", "InconsistencyTest")
             for case in cases(kind)}  # fmt: skip
    if not names:
        pytest.skip(f"the suite is not in {ROOT}; set SRMGRAPH_SUITES")
    assert NOT_REACHED.keys() <= names
    assert all(len(reason) > 20 for reason in NOT_REACHED.values())
