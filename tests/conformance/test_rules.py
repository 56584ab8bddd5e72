"""Every rule has a case that keeps it and a case that breaks it, and finds just what it should.

The cases are rules/MODULE/RULE.conforms.ttl and RULE.fails.ttl; the second holds the results that
it expects. Each is validated as it is by both engines, and once more after inference.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rdflib import RDF, RDFS, SH, Graph, Namespace, URIRef
from rdflib.plugins.sparql import algebra, parser, processor
from tests.conformance import reports

from srmgraph import knowledge
from srmgraph.inference import infer
from srmgraph.store import EmbeddedStore
from srmgraph.validation import validate
from srmgraph.validation.shapes import Shapes

FOLDER = Path(__file__).parent
RULE = Namespace("https://w3id.org/srm/rule#")
MODULES = sorted(
    file.stem
    for file in (knowledge.ROOT / "shapes").glob("*.ttl")
    if file.stem not in ("shapes", "meta")
)
CASES = sorted(
    file
    for module in MODULES
    for file in (FOLDER / "rules" / module).glob("*.ttl")
    if file.name.endswith((".conforms.ttl", ".fails.ttl"))
)


def rule_of(file: Path) -> URIRef:
    return RULE[file.name.split(".")[0]]


def found(file: Path, store: EmbeddedStore) -> tuple[list[str], list[str]]:
    """The results that a case expects and those that its rule finds, as lines to compare."""
    rule = rule_of(file)
    results = [
        r
        for r in validate(store, reports.alone(rule, knowledge.shapes())).results
        if r.source_shape == rule
    ]
    return reports.lines(reports.split(file)[1], results)


def test_every_rule_has_both_cases_and_every_case_a_rule() -> None:
    rules = {str(rule).removeprefix(RULE) for rule in Shapes(knowledge.shapes()).with_targets()}
    for kind in ("conforms", "fails"):
        assert {f.name.split(".")[0] for f in CASES if f.name.endswith(f".{kind}.ttl")} == rules


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_case(file: Path) -> None:
    data, expected = reports.split(file)
    wanted, got = found(file, reports.store_of(data))
    assert got == wanted
    assert bool(expected) == file.name.endswith(".fails.ttl")


@pytest.mark.parametrize("file", [f for f in CASES if ".conforms." in f.name], ids=lambda f: f.stem)
def test_the_conforming_case_has_something_to_check(file: Path) -> None:
    """Otherwise it would conform whatever the rule says."""
    data, _ = reports.split(file)
    assert _targets(data, rule_of(file)), "the rule looks at nothing in this case"


@pytest.mark.slow
@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_case_after_inference(file: Path) -> None:
    store = reports.store_of(reports.split(file)[0])
    store.add(_inferred(file))
    wanted, got = found(file, store)
    assert got == wanted


@pytest.fixture
def parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rdflib keep what it has parsed: pySHACL sends it a query anew for each focus node."""
    parse, translate = parser.parseQuery, algebra.translateQuery

    @cache
    def translated(text: str, base: str | None, names: tuple[tuple[str, URIRef], ...]) -> Any:
        return translate(parse(text), base, dict(names))

    monkeypatch.setattr(processor, "parseQuery", lambda text: text)
    monkeypatch.setattr(
        processor,
        "translateQuery",
        lambda text, base=None, names=None: translated(text, base, tuple((names or {}).items())),
    )


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
@pytest.mark.usefixtures("parsed_once")
def test_both_engines_agree(module: str) -> None:
    """All failing cases of a module in one graph, so that pySHACL has to start but once."""
    together = Graph()
    for file in CASES:
        if file.parent.name == module and ".fails." in file.name:
            together += reports.split(file)[0]
    store = reports.store_of(together)
    ours, theirs = validate(store), validate(store, engine="pyshacl")
    assert ours.notes == ()
    assert len(ours.results) > 20 or module == "whole-graph"
    assert set(ours.results) == set(theirs.results)


def _targets(data: Graph, rule: URIRef) -> set[object]:
    shapes, ontology = knowledge.shapes(), knowledge.ontology()
    found: set[object] = set(shapes.objects(rule, SH.targetNode))
    for target in shapes.objects(rule, SH.targetClass):
        for kind in ontology.transitive_subjects(RDFS.subClassOf, target):
            found.update(data.subjects(RDF.type, kind))
    for predicate in shapes.objects(rule, SH.targetSubjectsOf):
        found.update(data.subjects(predicate))
    for predicate in shapes.objects(rule, SH.targetObjectsOf):
        found.update(data.objects(None, predicate))
    return found


@cache
def _closure(module: str) -> Graph:
    """What follows from the cases of a module at once: each has a namespace of its own, so they
    do not mix."""
    together = Graph()
    for file in CASES:
        if file.parent.name == module and not _is_inconsistent(file):
            together += reports.split(file)[0]
    return infer(reports.store_of(together))


def _inferred(file: Path) -> Graph:
    data, _ = reports.split(file)
    own = {term for triple in data for term in triple if "example.org" in str(term)}
    spaces = {str(term).rpartition("/")[0] + "/" for term in own}
    part = Graph()
    for triple in _closure(file.parent.name):
        if any(str(triple[0]).startswith(space) for space in spaces):
            part.add(triple)
    return part


def _is_inconsistent(file: Path) -> bool:
    """Cases that contradict the ontology itself, as some broken data must, allow no inference."""
    return (FOLDER / "inconsistent.txt").read_text().split().count(file.name) > 0


def test_inconsistent_cases_are_listed_rightly() -> None:
    listed = (FOLDER / "inconsistent.txt").read_text().split()
    names = {file.name for file in CASES}
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) <= names
