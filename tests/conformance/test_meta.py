"""The model keeps its own rules: what shapes/meta.ttl says of terms, codes, rules and questions.

The cases in meta/ show that each of these rules can fail: a case is checked by itself, without the
ontology, and a failing one holds the report that is expected of it.
"""

import re
from pathlib import Path

import pyshacl
import pytest
from pyshacl.entrypoints import meta_validate
from rdflib import RDF, SH, Graph, Literal, Namespace, URIRef
from rdflib.term import Node
from tests.conformance import reports

from srmgraph import knowledge, queries
from srmgraph.validation import validate

RULE = Namespace("https://w3id.org/srm/rule#")
FOLDER = Path(__file__).parent / "meta"
CONFORMING = sorted(FOLDER.glob("*.conforms.ttl"))
FAILING = sorted(FOLDER.glob("*.fails.ttl"))
TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)

Finding = tuple[str, ...]


def check(data: Graph, shapes: Graph) -> Graph:
    """The report of *shapes* on *data*."""
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes)
    assert isinstance(report, Graph)
    return report


def findings(report: Graph, rule: Node) -> list[Finding]:
    """What the results of *rule* say: focus node, value and severity, in order."""
    return sorted(
        tuple(
            term.n3() if isinstance(term := report.value(result, part), URIRef | Literal) else ""
            for part in (SH.focusNode, SH.value, SH.resultSeverity)
        )
        for result in report.subjects(SH.sourceShape, rule)
    )


def case(file: Path) -> tuple[Graph, Graph]:
    """The data of a case, and the report that it expects."""
    data, expected = Graph().parse(file), Graph()
    for report in list(data.subjects(RDF.type, SH.ValidationReport)):
        for node in (report, *data.objects(report, SH.result)):
            for triple in list(data.triples((node, None, None))):
                data.remove(triple)
                expected.add(triple)
    return data, expected


def has_target(data: Graph, rule: Node) -> bool:
    shapes = knowledge.meta_shapes()
    kinds = [data.subjects(RDF.type, kind) for kind in shapes.objects(rule, SH.targetClass)]
    subjects = [data.subjects(path) for path in shapes.objects(rule, SH.targetSubjectsOf)]
    return any(True for nodes in kinds + subjects for _ in nodes) or (
        (rule, SH.targetNode, None) in shapes
    )


def whole_model() -> Graph:
    """Ontology, rules, the rules about the model, and what their queries and the questions name."""
    model = Graph()
    for part in (
        knowledge.ontology(),
        knowledge.shapes(),
        knowledge.meta_shapes(),
        queries.describe(),
        queries.describe_shapes(),
    ):
        model += part
    return model


def test_the_model_keeps_its_own_rules() -> None:
    model = whole_model()
    assert (None, RDF.type, SH.SPARQLSelectExecutable) in model
    report = validate(reports.store_of(model), knowledge.meta_shapes())
    assert report.notes == ()
    assert [
        f"{result.rule} {result.focus_node} {result.value} {result.message}"
        for result in report.results
    ] == []


def test_every_rule_about_the_model_applies_to_something() -> None:
    model = whole_model()
    idle = {rule for rule in rules() if not has_target(model, rule)}
    assert idle <= {RULE["deprecated-term-is-not-used"]}


def test_advice_names_only_declared_terms() -> None:
    """Advice is text for people, so no query can check the terms in it."""
    model, names = whole_model(), dict(knowledge.prefixes())
    declared = {str(term) for term in model.subjects(RDF.type, None)}
    for rule, advice in model.subject_objects(RULE.advice):
        for prefix, name in re.findall(r"\b(srm|code|rule):([A-Za-z][\w-]*)", str(advice)):
            assert names[prefix] + name in declared | {str(RULE.advice)}, f"{rule}: {prefix}:{name}"


def rules() -> set[Node]:
    shapes = knowledge.meta_shapes()
    return {rule for target in TARGETS for rule in shapes.subjects(target)}


def test_every_rule_has_its_two_cases() -> None:
    names = sorted(str(rule).removeprefix(str(RULE)) for rule in rules())
    assert [file.name.removesuffix(".conforms.ttl") for file in CONFORMING] == names
    assert [file.name.removesuffix(".fails.ttl") for file in FAILING] == names


@pytest.mark.parametrize("file", CONFORMING, ids=lambda file: file.name.split(".")[0])
def test_a_conforming_case_conforms(file: Path) -> None:
    rule, (data, expected) = RULE[file.name.split(".")[0]], case(file)
    assert len(expected) == 0
    assert has_target(data, rule)
    assert findings(check(data, reports.alone(rule, knowledge.meta_shapes())), rule) == []


@pytest.mark.parametrize("file", FAILING, ids=lambda file: file.name.split(".")[0])
def test_a_failing_case_yields_its_report(file: Path) -> None:
    rule, (data, expected) = RULE[file.name.split(".")[0]], case(file)
    assert (None, SH.sourceShape, rule) in expected
    assert findings(check(data, reports.alone(rule, knowledge.meta_shapes())), rule) == findings(
        expected, rule
    )


def test_the_rules_are_well_formed_shapes() -> None:
    """SHACL's own shapes find nothing amiss, in the rules and in those about the model."""
    for shapes in (knowledge.shapes(), knowledge.meta_shapes()):
        # Lists are checked one member inside the other, which takes some depth.
        conforms, _, text = meta_validate(shapes, max_validation_depth=100)
        assert conforms, text
