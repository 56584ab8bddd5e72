"""A report for continuous integration: one test case for each rule, in JUnit's XML.

A Violation is a failure, and a rule that could not be checked is an error. Warnings and Infos are
told on the output of their test case, for JUnit knows nothing between passed and failed. How much
was found in each graph, where that is several, is told by properties of the test suite.
"""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

from srmgraph.validation.formats import text
from srmgraph.validation.report import Report, Result

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """Write *report* as a JUnit test suite."""
    failing = {rule: found for rule, found in report.by_rule.items() if _violations(found)}
    names = sorted({rule.name for rule in report.rules} | {*report.by_rule, *report.unchecked})
    suite = ElementTree.Element(
        "testsuite",
        name="srmgraph validate",
        tests=str(len(names)),
        failures=str(len(failing)),
        errors=str(len(report.unchecked)),
        skipped="0",
    )
    if len(report.by_graph) > 1:
        properties = ElementTree.SubElement(suite, "properties")
        for graph, counted in report.by_graph.items():
            ElementTree.SubElement(
                properties,
                "property",
                name=_clean(f"graph {graph}" if graph else "outside named graphs"),
                value=_clean(text.all_counts(counted)),
            )
    for name in names:
        case = ElementTree.SubElement(suite, "testcase", classname="rules", name=_clean(name))
        results = report.by_rule.get(name, ())
        if name in report.unchecked:
            ElementTree.SubElement(case, "error", message=_clean(report.unchecked[name]))
        if name in failing:
            failure = ElementTree.SubElement(
                case,
                "failure",
                type=results[0].severity,
                message=_clean(
                    f"{results[0].message} {text.all_counts(report.counts_by_rule[name])}."
                ),
            )
            failure.text = _details(report, results)
        elif results:
            output = ElementTree.SubElement(case, "system-out")
            output.text = _details(report, results)
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + ElementTree.tostring(suites, encoding="unicode")
        + "\n"
    )


def _violations(results: tuple[Result, ...]) -> bool:
    return any(result.severity == "Violation" for result in results)


def _details(report: Report, results: tuple[Result, ...]) -> str:
    only = replace(report, results=results, notes=(), unchecked={})
    return _clean(text.render(only, limit=len(results)).rsplit("\n\n", 1)[0])


def _clean(words: str) -> str:
    return _NOT_XML.sub("\ufffd", words)
