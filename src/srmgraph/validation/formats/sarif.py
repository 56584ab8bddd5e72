"""A report for code scanning: SARIF 2.1.0 (OASIS)."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from srmgraph.validation import paths
from srmgraph.validation.report import Report, Result, Rule

_LEVELS = {"Violation": "error", "Warning": "warning", "Info": "note"}
# The name by which SARIF files say what they are; nothing is fetched from there.
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> str:
    """Write *report* as one SARIF run, with every rule that was checked."""
    index = {rule.name: place for place, rule in enumerate(report.rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "srmgraph",
                "version": version("srmgraph"),
                "informationUri": "https://w3id.org/srm",
                "rules": [_rule(rule) for rule in report.rules],
            }
        },
        "results": [_result(report, result, index) for result in report.results],
        "columnKind": "unicodeCodePoints",
    }
    if len(report.by_graph) > 1:
        run["properties"] = {
            "byGraph": [
                {"graph": graph, "counts": dict(counted)}
                for graph, counted in report.by_graph.items()
            ]
        }
    if not report.is_complete:
        run["invocations"] = [_invocation(report)]
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _invocation(report: Report) -> dict[str, Any]:
    return {
        "executionSuccessful": False,
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": f"Not checked: {reason}"},
                "associatedRule": {"id": rule},
            }
            for rule, reason in report.unchecked.items()
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": rule.name,
        "shortDescription": {"text": rule.message or rule.name},
        "defaultConfiguration": {"level": _LEVELS.get(rule.severity, "none")},
    }
    if rule.advice:
        found["help"] = {"text": rule.advice}
    return found


def _result(report: Report, result: Result, index: dict[str, int]) -> dict[str, Any]:
    named = [f"{report.name(result.focus_node)}: {result.message or result.rule}"]
    if result.value is not None and result.value != result.focus_node:
        named.append(f"Found: {report.name(result.value)}.")
        if (hint := report.hints.get(result.value)) is not None:
            named.append(f"Did you mean {report.short(hint)}?")
    if result.advice:
        named.append(result.advice)
    logical = {
        "name": report.name(result.focus_node),
        "fullyQualifiedName": str(result.focus_node),
        "kind": "resource",
    }
    location: dict[str, Any] = {"logicalLocations": [logical]}
    if (place := report.place(result)) is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(place.file.as_posix())},
            "region": {"startLine": place.line},
        }
    found: dict[str, Any] = {
        "ruleId": result.rule,
        "level": _LEVELS.get(result.severity, "none"),
        "message": {"text": " ".join(named)},
        "locations": [location],
    }
    if result.rule in index:
        found["ruleIndex"] = index[result.rule]
    if result.path is not None:
        found["properties"] = {"path": paths.sparql(result.path)}
    return found
