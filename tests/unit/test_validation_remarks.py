"""What has no effect in shapes is told, though SHACL does not forbid it."""

import pytest
from rdflib import Graph
from tests.unit import shacl_cases as cases

from srmgraph import knowledge
from srmgraph.validation import validate
from srmgraph.validation.remarks import remarks
from srmgraph.validation.shapes import Shapes

HEAD = """
@prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:a a ex:A ; ex:p 1 .
"""
NO_TARGET = "No shape says what it is about (sh:targetClass and the like), so nothing was checked."


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ("ex:S sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .", []),
        ("ex:S sh:property [ sh:path ex:p ; sh:minCount 1 ] .", [NO_TARGET]),
        ("ex:S sh:targetClass ex:A ; sh:deactivated true ; sh:nodeKind sh:Literal .", []),
        (
            "ex:S sh:targetClas ex:A ; sh:nodeKind sh:IRI .",
            [
                NO_TARGET,
                "S: sh:targetClas is no term of SHACL, and has no effect; "
                "did you mean sh:targetClass?",
            ],
        ),
        (
            "ex:S sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:minCnt 2 ] .",
            [
                "S, on p: sh:minCnt is no term of SHACL, and has no effect; "
                "did you mean sh:minCount?"
            ],
        ),
        (
            "ex:S sh:targetClass ex:A ; sh:severity sh:Wrning ; sh:nodeKind sh:IRI .",
            ["S: sh:Wrning is no term of SHACL; did you mean sh:Warning?"],
        ),
        (
            "ex:S sh:targetClass ex:B ; sh:property [ sh:path ex:p ; sh:datatype xsd:integr ] .",
            ["S, on p: xsd:integr is no datatype of XML Schema; did you mean xsd:integer?"],
        ),
        (
            "ex:S sh:targetClass ex:A ; sh:or ( ex:Nowhere [ sh:nodeKind sh:IRI ] ) .",
            ["S: nothing is said of the shape Nowhere, so it has no effect."],
        ),
        (
            "ex:S sh:targetClass ex:A ; sh:js [ sh:jsFunctionName 'f' ] ; sh:rule [ ] .",
            [
                "S: sh:js has no effect, since JavaScript is not run.",
                "S: sh:rule has no effect, since nothing is inferred by the rules of shapes.",
            ],
        ),
    ],
)
def test_remarks(shapes: str, expected: list[str]) -> None:
    graph = Graph().parse(data=HEAD + shapes)
    report = validate(cases.store_of(graph), graph)
    assert list(report.notes) == expected
    assert report.conforms


def test_the_rules_of_the_project_give_no_cause() -> None:
    assert remarks(Shapes(knowledge.shapes())) == ()
    assert remarks(Shapes(knowledge.meta_shapes())) == ()


def test_expressions_are_left_to_pyshacl() -> None:
    """They are looked at there only if it is told so."""
    shapes = HEAD + "ex:S sh:targetClass ex:A ; sh:expression [ sh:path ex:p ] ."
    found = {}
    for value in ("1", "true"):
        graph = Graph().parse(data=shapes.replace("ex:p 1", f"ex:p {value}"))
        report = validate(cases.store_of(graph), graph)
        assert report.notes == ("S was checked by pySHACL: no query for sh:expression.",)
        found[value] = len(report.results)
    assert found == {"1": 1, "true": 0}
