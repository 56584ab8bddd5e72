"""What a report says of itself, and the five formats in which it is written."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from tests.unit import shacl_cases as cases

from srmgraph.errors import UnknownFormatError
from srmgraph.store import open_store
from srmgraph.validation import Report, Result, paths, validate
from srmgraph.validation.formats import FORMATS, render, text

EX = cases.EX
SHAPES = """
    @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    ex:has-name a sh:PropertyShape ; sh:targetClass ex:T ; sh:path ex:name ; sh:minCount 1 ;
        sh:message "A thing has a name, by which people find it in lists, on maps, in contracts """
SHAPES += """and in whatever else it may be mentioned in."@en ;
        sh:description "Add ex:name." .
    ex:is-small a sh:PropertyShape ; sh:targetClass ex:T ; sh:path ( ex:part ex:size ) ;
        sh:maxInclusive 5 ; sh:severity sh:Warning ; sh:message "A part is small." .
    ex:is-kept a sh:NodeShape ; sh:targetClass ex:T ; sh:nodeKind sh:IRI ; sh:severity sh:Info ;
        sh:message "A thing has an IRI." .
    ex:is-fine a sh:NodeShape ; sh:targetClass ex:T ; sh:severity ex:Trifle ;
        sh:not [ sh:hasValue ex:c ] .
    ex:holds a sh:NodeShape ; sh:targetClass ex:T ; sh:class ex:T ; sh:message "Always true." .
"""
DATA = """
    PREFIX ex: <https://example.org/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
    ex:a a ex:T ; rdfs:label "Thing A"@en , "Ding A"@de .
    ex:b a ex:T ; ex:name "b" ; ex:part [ ex:size 7 , 6 ] .
    ex:c a ex:T ; ex:part [ ex:size "<&\\u001B[31m ]]>\\n" ] .
    [] a ex:T ; ex:name "d" .
"""


def report_on(data: str) -> Report:
    store = open_store()
    store.parse(data, "turtle")
    return validate(store, Graph().parse(data=SHAPES))


@pytest.fixture(scope="module")
def report() -> Report:
    return report_on(DATA)


@pytest.fixture(scope="module")
def good() -> Report:
    return report_on(f'<{EX}e> a <{EX}T> ; <{EX}name> "e" .')


# ── The report itself ───────────────────────────────────────────────────────────────────────────


def test_results_are_sorted_with_the_worst_first(report: Report) -> None:
    assert [(result.severity, result.rule) for result in report.results] == [
        ("Violation", "has-name"),
        ("Violation", "has-name"),
        ("Warning", "is-small"),
        ("Warning", "is-small"),
        ("Warning", "is-small"),
        ("Info", "is-kept"),
        (f"{EX}Trifle", "is-fine"),
    ]
    assert [str(result.focus_node) for result in report.results[:4]] == [
        f"{EX}{name}" for name in "acbb"
    ]


def test_a_result_says_what_where_and_what_to_do(report: Report) -> None:
    first = report.results[0]
    assert first.message.startswith("A thing has a name")
    assert (first.language, first.advice) == ("en", "Add ex:name.")
    assert first.path == paths.Predicate(URIRef(f"{EX}name"))
    assert first.value is None
    assert first.component == SH.MinCountConstraintComponent
    assert first.source_shape == URIRef(f"{EX}has-name")
    assert {result.value for result in report.results[2:4]} == {Literal(6), Literal(7)}


def test_counts_and_groups(report: Report, good: Report) -> None:
    assert dict(report.counts) == {"Violation": 2, "Warning": 3, "Info": 1, f"{EX}Trifle": 1}
    assert list(report.counts) == ["Violation", "Warning", "Info", f"{EX}Trifle"]
    assert {rule: len(found) for rule, found in report.by_rule.items()} == {
        "has-name": 2,
        "is-small": 3,
        "is-kept": 1,
        "is-fine": 1,
    }
    assert dict(good.counts) == {"Violation": 0, "Warning": 0, "Info": 0}
    assert good.by_rule == {}


@pytest.mark.parametrize(
    ("severity", "kept", "fails"),
    [("Violation", 2, True), ("Warning", 5, True), ("Info", 6, True), (f"{EX}Trifle", 7, True)],
)
def test_milder_results_can_be_left_out(
    report: Report, severity: str, kept: int, fails: bool
) -> None:
    shown = report.at_least(severity)
    assert len(shown.results) == kept
    assert shown.results == report.results[:kept]
    assert shown.rules == report.rules
    assert report.fails(severity) is fails
    assert len(report.results) == 7


def test_only_a_violation_keeps_data_from_conforming(report: Report, good: Report) -> None:
    assert not report.conforms
    milder = Report(report.results[2:])
    assert milder.conforms
    assert not milder.fails()
    assert milder.fails("Warning")
    assert Report(report.results[5:]).fails("Info")
    assert not Report(report.results[5:]).fails("Warning")
    assert good.conforms
    assert not good.fails("Info")


def test_rules_are_listed_whether_or_not_they_found_anything(report: Report) -> None:
    assert [rule.name for rule in report.rules] == [
        "has-name",
        "holds",
        "is-fine",
        "is-kept",
        "is-small",
    ]
    assert report.rules[0].advice == "Add ex:name."
    assert report.rules[4].severity == "Warning"


def test_validation_leaves_data_and_shapes_as_they_were() -> None:
    store, shapes = open_store(), Graph().parse(data=SHAPES)
    store.parse(DATA, "turtle")
    before, copy = set(store.graph()), set(shapes)
    calls: list[tuple[int, int]] = []
    validate(store, shapes, progress=lambda done, of: calls.append((done, of)))
    assert set(store.graph()) == before
    assert set(shapes) == copy
    assert [done for done, _ in calls] == list(range(1, len(calls) + 1))
    assert {of for _, of in calls} == {len(calls)}
    assert len(calls) == 5


# ── Text ────────────────────────────────────────────────────────────────────────────────────────


def test_text_tells_people_what_to_do(report: Report) -> None:
    assert render(report) == str(report)
    blocks = str(report).split("\n\n")
    assert blocks[0] == (
        "2 violations  has-name\n"
        "  A thing has a name, by which people find it in lists, on maps, in contracts and in "
        "whatever else\n  it may be mentioned in.\n"
        "    • Thing A <ex:a>  (ex:name)\n"
        "    • <ex:c>  (ex:name)\n"
        "  → Add ex:name."
    )
    assert blocks[2].startswith("1 hint  is-kept\n")
    assert "    • something without a name" in blocks[2]
    assert blocks[3].startswith(f"1 of severity {EX}Trifle  is-fine\n")
    assert blocks[-1] == (
        "Does not conform: 5 rules checked, 2 violations, 3 warnings, 1 hint, "
        f"1 of severity {EX}Trifle.\n"
    )


def test_text_holds_nothing_that_would_steer_a_terminal(report: Report) -> None:
    (line,) = [line for line in str(report).splitlines() if "[31m" in line]
    assert line == "    • <ex:c>: “<&\ufffd[31m ]]>”  (ex:part …)"
    assert not set(str(report)) & {chr(code) for code in range(32)} - {"\n"}


def test_text_wraps_and_shortens(report: Report) -> None:
    word = "word " * 100
    long = Result(
        rule="r",
        severity="Info",
        message=word,
        advice=word,
        focus_node=URIRef(f"{EX}a"),
        path=None,
        value=Literal(word),
        source_shape=BNode(),
        component=SH.ClassConstraintComponent,
    )
    lines = render(Report((long,), labels={URIRef(f"{EX}a"): "Name\nof A"})).splitlines()
    assert max(map(len, lines)) <= text.WIDTH + 30
    assert max(len(line) for line in lines if "•" not in line) <= text.WIDTH
    assert any("Name of A" in line and line.endswith("…”") for line in lines)
    assert " ".join(" ".join(lines).split()).count("word") >= 200


def test_text_shows_some_and_counts_the_rest(report: Report) -> None:
    shown = text.render(report, limit=2)
    assert shown.count("(ex:part …)") == 2
    assert "    … and 1 more\n" in shown
    assert "more" not in text.render(report, limit=3)
    none = text.render(report, limit=0)
    assert "•" not in none
    assert "… and 3 more" in none


def test_text_of_a_good_report_is_one_line(good: Report) -> None:
    assert str(good) == "Conforms: 5 rules checked, nothing found.\n"
    assert str(Report(())) == "Conforms: no rules checked, nothing found.\n"
    noted = Report((), notes=("Something to know.",))
    assert str(noted).startswith("Note: Something to know.\n")


# ── Turtle ──────────────────────────────────────────────────────────────────────────────────────


def test_turtle_is_the_report_of_shacl(report: Report) -> None:
    graph = Graph().parse(data=render(report, "turtle"))
    assert isomorphic(graph, report.graph())
    node = graph.value(predicate=RDF.type, object=SH.ValidationReport)
    assert list(graph.objects(node, SH.conforms)) == [Literal(False)]
    results = list(graph.objects(node, SH.result))
    assert len(results) == len(report.results)
    for result in results:
        for name in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent):
            assert len(list(graph.objects(result, name))) == 1
    (sized, *_) = [r for r in results if (r, SH.value, Literal(7)) in graph]
    path = graph.value(sized, SH.resultPath)
    assert path is not None
    assert paths.read(graph, path) == report.results[3].path
    named = {m for r in results for m in graph.objects(r, SH.resultMessage)}
    assert Literal("A part is small.") in named
    assert any(isinstance(m, Literal) and m.language == "en" for m in named)
    # For SHACL, any result at all keeps data from conforming.
    milder = Report(report.results[2:]).graph()
    assert list(milder.objects(None, SH.conforms)) == [Literal(False)]
    assert list(Report(()).graph().objects(None, SH.conforms)) == [Literal(True)]


def test_turtle_of_every_kind_of_path_is_read_back() -> None:
    graph, _ = cases.split(Path(__file__).parent / "shapes" / "paths.ttl")
    report = validate(cases.store_of(graph), graph)
    again = Graph().parse(data=render(report, "turtle"))
    found = sorted(
        paths.sparql(paths.read(again, path)) for path in again.objects(None, SH.resultPath)
    )
    assert found == sorted(paths.sparql(r.path) for r in report.results if r.path is not None)
    assert len(set(found)) == 7


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────


def test_json_is_as_it_is_described(report: Report, good: Report) -> None:
    content = json.loads(render(report, "json"))
    assert list(content) == ["conforms", "counts", "rulesChecked", "notes", "results"]
    assert content["conforms"] is False
    assert content["counts"] == report.counts
    assert content["rulesChecked"] == 5
    assert content["notes"] == []
    assert content["results"][0] == {
        "rule": "has-name",
        "severity": "Violation",
        "message": report.results[0].message,
        "advice": "Add ex:name.",
        "focusNode": f"{EX}a",
        "focusNodeLabel": "Thing A",
        "path": f"<{EX}name>",
        "value": None,
        "valueLabel": None,
        "sourceShape": f"{EX}has-name",
        "component": str(SH.MinCountConstraintComponent),
    }
    seven = next(r for r in content["results"] if "7" in (r["value"] or ""))
    assert seven["value"] == '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'
    assert seven["path"] == f"(<{EX}part>/<{EX}size>)".strip("()")
    assert next(r for r in content["results"] if r["rule"] == "is-kept")["focusNode"][:2] == "_:"
    assert json.loads(render(good, "json"))["results"] == []


def test_json_says_what_its_description_says(report: Report) -> None:
    described = sys.modules["srmgraph.validation.formats.json"].__doc__ or ""
    content = json.loads(render(report, "json"))
    members = {*content, *content["results"][0], "Violation", "Warning", "Info"}
    assert set(re.findall(r'"(\w+)":', described)) == members


# ── JUnit ───────────────────────────────────────────────────────────────────────────────────────


def test_junit_has_one_test_for_each_rule(report: Report) -> None:
    suites = ElementTree.fromstring(render(report, "junit"))
    (suite,) = suites
    assert suites.tag == "testsuites"
    assert suite.attrib == {
        "name": "srmgraph validate",
        "tests": "5",
        "failures": "1",
        "errors": "0",
        "skipped": "0",
    }
    names = [case.attrib["name"] for case in suite]
    assert names == ["has-name", "holds", "is-fine", "is-kept", "is-small"]
    case_of = dict(zip(names, suite, strict=True))
    (failure,) = case_of["has-name"]
    assert failure.tag == "failure"
    assert failure.attrib["type"] == "Violation"
    assert failure.attrib["message"].endswith("2 violations.")
    assert "Thing A <ex:a>" in (failure.text or "")
    (output,) = case_of["is-small"]
    assert output.tag == "system-out"
    assert "<&\ufffd[31m ]]>" in (output.text or "")
    assert list(case_of["holds"]) == []


# ── SARIF ───────────────────────────────────────────────────────────────────────────────────────


def test_sarif_has_what_sarif_requires(report: Report, good: Report) -> None:
    for one in (report, good):
        log = json.loads(render(one, "sarif"))
        assert log["version"] == "2.1.0"
        (run,) = log["runs"]
        driver = run["tool"]["driver"]
        assert driver["name"] == "srmgraph"
        assert driver["version"]
        ids = [rule["id"] for rule in driver["rules"]]
        assert ids == [rule.name for rule in one.rules]
        assert len(run["results"]) == len(one.results)
        for rule in driver["rules"]:
            assert rule["shortDescription"]["text"]
            assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
        for result in run["results"]:
            assert result["message"]["text"]
            assert ids[result["ruleIndex"]] == result["ruleId"]
            assert result["level"] in ("none", "note", "warning", "error")
            for location in result["locations"]:
                for place in location["logicalLocations"]:
                    assert place["fullyQualifiedName"]
    levels = [r["level"] for r in json.loads(render(report, "sarif"))["runs"][0]["results"]]
    assert levels == ["error"] * 2 + ["warning"] * 3 + ["note", "none"]


def test_sarif_tells_what_was_found(report: Report) -> None:
    results = json.loads(render(report, "sarif"))["runs"][0]["results"]
    assert results[0]["message"]["text"].startswith("Thing A: A thing has a name")
    assert results[0]["message"]["text"].endswith("Add ex:name.")
    assert results[2]["message"]["text"] == "ex:b: A part is small. Found: 6."


# ── All ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_unknown_format_is_refused(report: Report) -> None:
    with pytest.raises(UnknownFormatError, match="text, turtle, json, junit, sarif"):
        render(report, "word")


def test_the_same_data_give_the_same_report(tmp_path: Path) -> None:
    """Another process, with other hashes and other names of blank nodes, writes the same."""
    (tmp_path / "data.ttl").write_text(DATA)
    (tmp_path / "shapes.ttl").write_text(SHAPES)
    program = (
        "import pathlib, sys\n"
        "from srmgraph.store import open_store\n"
        "from srmgraph.validation import validate\n"
        "from srmgraph.validation.formats import FORMATS, render\n"
        "store, shapes = open_store(), open_store()\n"
        "store.read(pathlib.Path('data.ttl'))\n"
        "shapes.read(pathlib.Path('shapes.ttl'))\n"
        "report = validate(store, shapes.graph())\n"
        "print(*(render(report, format) for format in FORMATS))\n"
    )

    def outputs() -> Iterator[str]:
        for seed in ("1", "2", "3"):
            yield subprocess.run(
                [sys.executable, "-c", program],
                env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
                cwd=tmp_path,
                check=True,
                capture_output=True,
                text=True,
                encoding="utf-8",
            ).stdout

    assert len(set(outputs())) == 1
    assert set(FORMATS) == {"text", "turtle", "json", "junit", "sarif"}
