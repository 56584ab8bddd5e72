"""The two engines agree, on shapes and data that nobody thought of."""

import re
from collections import Counter

import pyoxigraph
import pytest
from hypothesis import assume, given, note, settings
from rdflib import RDF, SH, Graph
from rdflib.term import Node
from tests.unit import shacl_cases as cases
from tests.unit import shacl_strategies as random

from srmgraph.validation import engine, reference, runs
from srmgraph.validation.compiler import Compiled, compile
from srmgraph.validation.report import Result
from srmgraph.validation.shapes import Shapes, of_the_project
from srmgraph.validation.targets import Classes

_NOTHING: tuple[pyoxigraph.Quad, ...] = ()


@pytest.mark.slow
@settings(max_examples=100)
@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_both_engines_find_the_same(data: Graph, shapes: Graph) -> None:
    assume(not _is_known_to_differ(shapes))
    note(f"{data.serialize()}\n{shapes.serialize()}")
    store, view = cases.store_of(data), Shapes(shapes)
    found, left_out = runs.on_store(store.oxigraph, view).gathered()
    ours = found.results()
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
    assert _lines(runs.on_store(store.oxigraph, view).gathered()[0].results()) == _lines(one_by_one)


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


NESTED = """
@prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
ex:outer sh:targetClass ex:A ; sh:property ex:inner ; sh:node ex:other .
ex:inner sh:targetSubjectsOf ex:q ; sh:path ex:p ; sh:minCount 1 ; sh:property ex:innermost .
ex:innermost sh:targetObjectsOf ex:q ; sh:path ex:r ; sh:maxCount 2 .
ex:other sh:targetNode ex:a ; sh:property [ sh:path ex:s ; sh:maxCount 1 ] .
"""


@pytest.mark.parametrize("which", ["of the project", "in each other"])
def test_some_rules_are_compiled_as_among_all(which: str) -> None:
    """Also where one rule is part of another, and finds something as such."""
    view = of_the_project() if which == "of the project" else Shapes(Graph().parse(data=NESTED))
    classes = Classes(Graph())

    def queries(compiled: Compiled, rule: Node) -> list[str]:
        return [check.sparql for check in compiled.checks if check.rule == rule]

    every = compile(view, classes)
    rules = view.with_targets()
    for rule in rules[:: max(1, len(rules) // 20)]:
        some = compile(view, classes, {view.name(rule)})
        assert queries(some, rule) == queries(every, rule) != []
    assert len(compile(view, classes, set()).checks) == 0
    if which == "in each other":
        assert len(queries(every, rules[0])) == 2
