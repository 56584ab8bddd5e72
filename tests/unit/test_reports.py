"""What a report says of itself, and the six formats in which it is written."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from tests.unit import shacl_cases as cases

from srmgraph import knowledge
from srmgraph.errors import UnknownFormatError
from srmgraph.store import open_store
from srmgraph.validation import (
    Change,
    Place,
    Report,
    Result,
    hints,
    locate,
    paths,
    places,
    revalidate,
    validate,
)
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


def report_on(data: str, limit: int | None = None) -> Report:
    store = open_store()
    store.parse(data, "turtle")
    return validate(store, Graph().parse(data=SHAPES), limit=limit)


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


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("text", "Conforms as far as it was checked: no rules checked, 1 not checked, nothing"),
        ("html", "<title>Conforms as far as it was checked: validation</title>"),
        ("json", '"conforms": false'),
        ("turtle", "sh:conforms false"),
    ],
)
def test_what_was_not_checked_does_not_conform(format: str, expected: str) -> None:
    report = Report((), unchecked={"small": "it has no end"})
    assert not report.conforms
    assert not report.fails("Info")
    assert expected in render(report, format)


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


@pytest.mark.parametrize("format", ["text", "html", "junit"])
def test_a_rule_may_find_things_of_several_severities(format: str) -> None:
    """Also with several messages; each is counted, and told, as what it is."""
    shapes = Graph().parse(
        data=f"""
        PREFIX ex: <{cases.EX}> PREFIX sh: <http://www.w3.org/ns/shacl#>
        ex:rule a sh:NodeShape ; sh:targetSubjectsOf ex:p ;
            sh:property [ sh:path ex:p ; sh:nodeKind sh:IRI ; sh:message "No IRI." ] ,
                [ sh:path ex:q ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message "No q." ] .
        """
    )
    store = open_store()
    store.parse(f"<{cases.EX}a> <{cases.EX}p> 1 , 2 .", "turtle")
    told = render(validate(store, shapes), format)
    assert "2 violations, 1 warning" in told
    assert "No IRI." in told
    assert "No q." in told


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────


def test_json_is_as_it_is_described(report: Report, good: Report) -> None:
    content = json.loads(render(report, "json"))
    assert list(content) == [
        "conforms", "counts", "rulesChecked", "byRule", "byGraph", "notes", "notChecked",
        "results",
    ]  # fmt: skip
    assert content["conforms"] is False
    assert content["counts"] == report.counts
    assert content["rulesChecked"] == 5
    assert content["notes"] == []
    assert content["results"][0] == {
        "rule": "has-name",
        "severity": "Violation",
        "message": report.results[0].message,
        "advice": "Add ex:name.",
        "translations": [],
        "focusNode": f"{EX}a",
        "focusNodeLabel": "Thing A",
        "path": f"<{EX}name>",
        "value": None,
        "valueLabel": None,
        "didYouMean": None,
        "graphs": [],
        "file": None,
        "line": None,
        "repairs": [],
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
    members = {
        *content,
        *content["results"][0],
        *content["byGraph"][0],
        "relationship-has-provider",
    }
    members |= {"Violation", "Warning", "Info"}
    members |= {"kind", "certain", "says", "update"}  # of repairs
    members |= {"language", "text"}  # of translations
    assert set(re.findall(r'"([\w-]+)":', described)) == members


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


# ── HTML ────────────────────────────────────────────────────────────────────────────────────────


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_stands_alone(report: Report, good: Report) -> None:
    for one in (report, good):
        page = Page(render(one, "html"))
        assert page.open == []
        names = {tag for tag, _ in page.tags}
        assert not names & {"script", "link", "img", "iframe", "a", "form", "object", "base"}
        allowed = {"lang", "charset", "name", "content", "http-equiv", "class", "open"}
        assert {name for _, attributes in page.tags for name in attributes} <= allowed
        policy = next(a for tag, a in page.tags if a.get("http-equiv"))
        assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"
        assert "prefers-color-scheme: dark" in page.text
        assert "url(" not in page.text
    assert "Does not conform" in Page(render(report, "html")).text
    assert "Conforms: 5 rules checked" in Page(render(good, "html")).text


def test_html_says_all(report: Report) -> None:
    text = Page(render(report, "html")).text
    for result in report.results:
        for words in (result.rule, result.message, result.advice):
            assert words in text
    assert "Thing A ex:a" in text
    assert "something without a name" in text
    assert "“<&\ufffd[31m ]]>\n”" in text


def test_nothing_from_the_data_becomes_markup() -> None:
    bad = "</bdi></td><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\u202e"
    node = URIRef(f"{EX}{bad}")
    hostile = Result(
        rule=bad,
        severity=bad,
        message=bad,
        advice=bad,
        focus_node=node,
        path=paths.Predicate(node),
        value=Literal(bad),
        source_shape=node,
        component=node,
    )
    one = Report(
        (hostile, dataclasses.replace(hostile, message="other")),
        labels={node: bad},
        prefixes={bad: EX},
        notes=(bad,),
        graphs={node: (node, None)},
        hints={node: node},
        places={node: Place(Path(bad), 3)},
    )
    page = Page(render(one, "html"))
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "table"),
        *("thead", "tbody", "tr", "th", "td", "details", "summary", "span", "code", "bdi"),
    }
    assert page.text.count(bad) > 8
    assert {a["class"] for _, a in page.tags if "class" in a} <= {"severity Info", "faint"}


# ── Limits, costs, graphs, hints ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_limit_keeps_the_first_and_counts_all(report: Report, limit: int) -> None:
    limited = report_on(DATA, limit)
    kept = [r for results in report.by_rule.values() for r in results[:limit]]
    assert list(limited.results) == kept
    assert limited.counts == report.counts
    assert {rule: limited.number(rule) for rule in report.by_rule} == {
        rule: len(results) for rule, results in report.by_rule.items()
    }
    assert text.render(limited, limit=1) == text.render(report, limit=1)
    assert limited.counts_by_rule == report.counts_by_rule
    milder = limited.at_least("Warning")
    assert milder.counts == report.at_least("Warning").counts
    assert ElementTree.tostring(
        ElementTree.fromstring(render(limited, "junit"))[0][0][0], encoding="unicode"
    ).startswith('<failure type="Violation" message="A thing has a name')
    assert "2 violations" in render(limited, "junit")


def test_a_limit_keeps_the_first_of_very_many() -> None:
    data = "".join(f"<{EX}{number:05}> a <{EX}T> . " for number in range(3000, 0, -1))
    limited = report_on(data, 2)
    assert [str(r.focus_node)[-5:] for r in limited.by_rule["has-name"]] == ["00001", "00002"]
    assert limited.number("has-name") == 3000
    assert limited.counts["Violation"] == 3000
    with pytest.raises(ValueError, match="1 or more"):
        report_on(data, 0)


def test_a_limited_report_stands_for_no_graph() -> None:
    with pytest.raises(ValueError, match="brought up to date"):
        revalidate(open_store(), report_on(DATA, 1), Change(), Graph().parse(data=SHAPES))


def test_what_rules_cost(report: Report) -> None:
    assert {cost.rule: (cost.queries, cost.results) for cost in report.costs} == {
        "has-name": (1, 2),
        "is-small": (1, 3),
        "is-kept": (1, 1),
        "is-fine": (1, 1),
        "holds": (1, 0),
    }
    assert [c.seconds for c in report.costs] == sorted(c.seconds for c in report.costs)[::-1]
    table = text.profile(report, limit=3).splitlines()
    assert table[0].split() == ["ms", "queries", "results", "rule"]
    assert [line.split()[-1] for line in table[1:4]] == [c.rule for c in report.costs[:3]]
    assert table[4].endswith("… 2 more")
    assert len(text.profile(report).splitlines()) == 6
    assert text.profile(Report(())) == ""


def test_results_are_counted_by_named_graph() -> None:
    store = open_store()
    store.parse(
        f"""
        PREFIX ex: <{EX}>
        ex:none a ex:T .
        ex:g1 {{ ex:a a ex:T . ex:b a ex:T ; ex:part [ ex:size 7, 8 ] }}
        ex:g2 {{ ex:b ex:other ex:c . ex:d a ex:T ; ex:name "d" }}
        """,
        "trig",
    )
    found = validate(store, Graph().parse(data=SHAPES))
    g1, g2 = URIRef(f"{EX}g1"), URIRef(f"{EX}g2")
    assert found.by_graph == {
        None: {"Violation": 1},
        g1: {"Violation": 2, "Warning": 2},
        g2: {"Violation": 1, "Warning": 2},
    }
    assert list(found.by_graph) == [None, g1, g2]
    for exclusive in (False, True):
        limited = validate(store, Graph().parse(data=SHAPES), limit=1, exclusive=exclusive)
        assert len(limited.results) < len(found.results)
        assert limited.by_graph == found.by_graph
        assert limited.at_least("Violation").by_graph == found.at_least("Violation").by_graph
    page = Page(render(found, "html")).text
    assert "ex:g1" in page
    assert "By rule" in page
    told = text.render(found)
    assert (
        "By graph\n"
        "  • outside named graphs: 1 violation\n"
        "  • <ex:g1>: 2 violations, 2 warnings\n"
        "  • <ex:g2>: 1 violation, 2 warnings\n"
    ) in told
    assert "By graph" not in text.render(dataclasses.replace(found, results=()))
    content = json.loads(render(found, "json"))
    assert content["byGraph"][1] == {"graph": str(g1), "counts": {"Violation": 2, "Warning": 2}}
    assert content["byRule"] == found.counts_by_rule
    (run,) = json.loads(render(found, "sarif"))["runs"]
    assert run["properties"] == {"byGraph": content["byGraph"]}
    (suite,) = ElementTree.fromstring(render(found, "junit"))
    # By the schema of JUnit, the properties of a test suite stand before its test cases.
    assert suite[0].tag == "properties"
    assert [(told.get("name"), told.get("value")) for told in suite[0]] == [
        ("outside named graphs", "1 violation"),
        (f"graph {g1}", "2 violations, 2 warnings"),
        (f"graph {g2}", "1 violation, 2 warnings"),
    ]
    assert json.loads(render(found, "json"))["results"][1]["graphs"] == [str(g1), str(g2)]
    assert report_on(DATA).by_graph == {
        None: {"Violation": 2, "Warning": 3, "Info": 1, f"{EX}Trifle": 1}
    }


def test_a_misspelt_term_is_told_what_it_may_mean() -> None:
    terms = sorted(
        str(term) for term in knowledge.ontology().subjects(RDF.type) if "#has" in str(term)
    )
    right = URIRef(terms[0])
    wrong = URIRef(right[:-3] + right[-2:])
    shout = URIRef(right.replace("#has", "#HAS"))
    far = URIRef(f"{right.partition('#')[0]}#qqq")
    found = hints.hints([wrong, shout, right, URIRef(f"{EX}has"), Literal("x"), BNode(), far])
    assert found == {wrong: right, shout: right}
    store = open_store()
    store.parse(f"<{EX}a> <{wrong}> <{EX}b> .", "turtle")
    report = validate(store)
    assert report.hints == {wrong: right}
    name = right.rpartition("#")[2]
    assert f"; did you mean srm:{name}?" in str(report)
    assert f"did you mean srm:{name}?" in Page(render(report, "html")).text
    assert f"Did you mean srm:{name}?" in render(report, "sarif")
    meant = [r["didYouMean"] for r in json.loads(render(report, "json"))["results"]]
    assert str(right) in meant


# ── Places ──────────────────────────────────────────────────────────────────────────────────────

TURTLE = f"""# a comment about <{EX}a> .
@prefix ex: <{EX}> .
@prefix : <{EX}> .
ex:other ex:says "ex:a . <{EX}a>", '''
ex:a a ex:T .''' ; ex:knows ex:a .
@base <https://example.org/> .

ex:a
    a ex:T .  # a dot. ex:b a ex:T .
<b> a ex:T ; ex:part [ ex:size 7.5 ] , [
    ex:size 8 ] .
PREFIX e: <{EX}>
e:c a ex:T ; ex:part [ ex:size 1 ] . :d\\-e a ex:T .
"""
TRIG = f"""PREFIX ex: <{EX}>
ex:g {{ ex:other ex:knows ex:a .
  ex:a a ex:T }}
GRAPH <{EX}g2> {{
  ex:b a ex:T . ex:c a ex:T }}
ex:d-e a ex:T .
"""
LINES = f"""<{EX}other> <{EX}knows> <{EX}a> .
<{EX}a> <{EX}says> "<{EX}b>" .
<{EX}b> <{RDF.type}> <{EX}T> .
<{EX}a> <{RDF.type}> <{EX}T> .
<{EX}c> <{RDF.type}> <{EX}T> .
<{EX}d-e> <{RDF.type}> <{EX}T> .
"""
XML = f"""<rdf:RDF xmlns:rdf="{RDF}" xmlns:ex="{EX}">
<ex:T rdf:about="{EX}a"/>
<ex:T rdf:about="{EX}b"/>
<ex:T rdf:about="{EX}c"/>
<ex:T rdf:about="{EX}d-e"/>
</rdf:RDF>
"""


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("a.ttl", TURTLE, {"a": 8, "b": 10, "c": 13, "d-e": 13}),
        ("a.trig", TRIG, {"a": 3, "b": 5, "c": 5, "d-e": 6}),
        ("a.nt", LINES, {"a": 2, "b": 3, "c": 5, "d-e": 6}),
        ("a.rdf", XML, {"a": 2, "b": 3, "c": 4, "d-e": 5}),
    ],
)
def test_things_are_placed(
    name: str,
    content: str,
    lines: dict[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A long name would be cut short in the text.
    monkeypatch.chdir(tmp_path)
    file = Path(name)
    file.write_text(content)
    store = open_store()
    store.read(file)
    report = validate(store, Graph().parse(data=SHAPES))
    assert report.places == {}
    placed = locate(report, store, [file])
    for thing, line in lines.items():
        assert placed.places[URIRef(f"{EX}{thing}")] == Place(file, line)
    results = [r for r in placed.results if r.focus_node == URIRef(f"{EX}a")]
    assert placed.place(results[0]) == Place(file, lines["a"])
    assert f"{name}:{lines['a']}" in str(placed)
    assert f"{name}:{lines['a']}" in Page(render(placed, "html")).text
    found = json.loads(render(placed, "sarif"))["runs"][0]["results"][0]["locations"][0]
    assert found["physicalLocation"]["region"] == {"startLine": lines["a"]}
    first = json.loads(render(placed, "json"))["results"][0]
    assert (first["file"], first["line"]) == (str(file), lines["a"])
    assert placed.results == report.results


LINE = st.sampled_from(
    [
        *("<x:a> <x:p> <x:b> .", "<x:a> <x:q> <x:a> .", "<x:ab> <x:p> <x:c> .", "<x:b> <x:p> 1 ."),
        *("# <x:a>", " <x:a> <x:p> <x:b> .", "<x:a", "_:b <x:p> <x:c> .", "<x:a><x:p><x:d>.", ""),
    ]
)


@given(st.lists(LINE).map("\n".join), st.sampled_from([0, 50]))
def test_the_first_line_that_begins_with_a_thing_is_its_place(text: str, sought: int) -> None:
    names = [f"x:{name}" for name in ("a", "ab", "b", "c", "d", "e")]
    lines = text.split("\n")
    begins: dict[URIRef, int] = {}
    has: dict[URIRef, int] = {}
    for number, line in reversed([*enumerate(lines, 1)]):
        for name in names:
            if line.startswith(f"<{name}>"):
                begins[URIRef(name)] = number
            if f"<{name}>" in line:
                has[URIRef(name)] = number
    with patch.object(places, "_MOST_SOUGHT", sought):
        found = places._in_lines(text.encode(), set(map(URIRef, names)))
    assert found == (begins, {name: line for name, line in has.items() if name not in begins})


def test_what_has_no_name_is_placed_with_what_has(tmp_path: Path) -> None:
    one, two = tmp_path / "one.ttl", tmp_path / "two.ttl"
    one.write_text(f"\n<{EX}a> <{EX}part> [\n <{EX}part> [ a <{EX}T> ] ] . [] a <{EX}T> .")
    two.write_text(f"<{EX}z> <{EX}knows> <{EX}b> .\n\n<{EX}b> a <{EX}T> .")
    store = open_store()
    store.read(one)
    store.read(two)
    report = validate(store, Graph().parse(data=SHAPES))
    placed = locate(report, store, [one, tmp_path / "gone.ttl", two])
    assert {str(place) for place in placed.places.values()} == {f"{one}:2", f"{two}:3"}
    nowhere = [r for r in placed.results if placed.place(r) is None]
    # The one that stands in nothing.
    assert {r.rule for r in nowhere} == {"has-name", "is-kept"}


def test_a_result_about_the_whole_graph_is_placed_where_its_value_is(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(f"\n<{EX}a>\n <https://w3id.org/srm#hasProvidr> <{EX}b> .")
    store = open_store()
    store.read(file)
    placed = locate(validate(store), store, [file])
    (misspelt,) = placed.by_rule["only-declared-properties-are-used"]
    assert placed.place(misspelt) == Place(file, 3)


# ── All ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_unknown_format_is_refused(report: Report) -> None:
    with pytest.raises(UnknownFormatError, match="text, turtle, json, jsonl, junit, sarif, html"):
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
    assert set(FORMATS) == {"text", "turtle", "json", "jsonl", "junit", "sarif", "html"}
