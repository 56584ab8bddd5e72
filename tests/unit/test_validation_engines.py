"""The two engines agree, on shapes and data that nobody thought of."""

from collections import Counter

import pytest
from hypothesis import given, note, settings
from rdflib import Graph
from tests.unit import shacl_cases as cases
from tests.unit import shacl_strategies as random

from srmgraph.validation import engine, reference
from srmgraph.validation.report import Result
from srmgraph.validation.shapes import Shapes

_NOTHING = Graph()


@pytest.mark.slow
@settings(max_examples=100)
@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_both_engines_find_the_same(data: Graph, shapes: Graph) -> None:
    note(f"{data.serialize()}\n{shapes.serialize()}")
    store, view = cases.store_of(data), Shapes(shapes)
    outcome = engine.run(store.oxigraph, view)
    ours, left_out = outcome.results, outcome.left_out
    theirs = reference.run(store, _NOTHING, view)
    ours += reference.run(store, _NOTHING, view, frozenset(left_out)) if left_out else []
    assert _lines(ours) == _lines(theirs)


def _lines(results: list[Result]) -> Counter[tuple[str, ...]]:
    return Counter(
        (
            result.rule,
            *(f"{name} {value}" for name, value in sorted(cases.described(result).items())),
        )
        for result in results
    )
