"""The two engines agree, on shapes and data that nobody thought of."""

import re
from collections import Counter

import pytest
from hypothesis import assume, given, note, settings
from rdflib import RDF, SH, Graph
from tests.unit import shacl_cases as cases
from tests.unit import shacl_strategies as random

from srmgraph.validation import engine, reference
from srmgraph.validation.compiler import compile
from srmgraph.validation.report import Result
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.targets import Classes

_NOTHING = Graph()


@pytest.mark.slow
@settings(max_examples=100)
@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_both_engines_find_the_same(data: Graph, shapes: Graph) -> None:
    assume(not _is_known_to_differ(shapes))
    note(f"{data.serialize()}\n{shapes.serialize()}")
    store, view = cases.store_of(data), Shapes(shapes)
    outcome = engine.run(store.oxigraph, view)
    ours, left_out = outcome.results, outcome.left_out
    theirs = reference.run(store, _NOTHING, view)
    ours += reference.run(store, _NOTHING, view, frozenset(left_out)) if left_out else []
    assert _lines(ours) == _lines(theirs)


@settings(max_examples=100)
@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_faster_ways_find_the_same(data: Graph, shapes: Graph) -> None:
    note(f"{data.serialize()}\n{shapes.serialize()}")
    store, view = cases.store_of(data), Shapes(shapes)
    known = engine.hierarchy_graph(engine.hierarchy(store.oxigraph))
    checks = compile(view, Classes(known)).checks
    one_by_one = [each for check in checks for each in engine.results(store.oxigraph, view, check)]
    assert _lines(engine.run(store.oxigraph, view).results) == _lines(one_by_one)


def _is_known_to_differ(shapes: Graph) -> bool:
    """Whether there is anything of which docs/validation.md says that pySHACL has it otherwise."""
    sequences = set(shapes.subjects(RDF.first))
    queries = [str(text) for text in shapes.objects(None, SH.select)]
    return not sequences.isdisjoint(shapes.objects(None, SH.inversePath)) or any(
        ("COUNT" in text and "|" in text) or re.search(r"[)][*?] <", text) for text in queries
    )


def _lines(results: list[Result]) -> Counter[tuple[str, ...]]:
    return Counter(
        (
            result.rule,
            *(f"{name} {value}" for name, value in sorted(cases.described(result).items())),
        )
        for result in results
    )
