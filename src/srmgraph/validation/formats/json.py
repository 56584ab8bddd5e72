"""A report for programs.

    {
      "conforms": false,
      "counts": {"Violation": 1, "Warning": 0, "Info": 0},
      "rulesChecked": 200,
      "byRule": {"relationship-has-provider": {"Violation": 1}},
      "byGraph": [{"graph": "https://…" or null, "counts": {"Violation": 1}}],
      "notes": [],
      "notChecked": {},                          rules that could not be checked, with the reason
      "results": [{
        "rule": "relationship-has-provider",     the last part of the rule's IRI
        "severity": "Violation",
        "message": "…", "advice": "…",
        "translations": [{"language": "de", "text": "…"}],   the message in other languages
        "focusNode": "https://…", "focusNodeLabel": "…" or null,
        "path": "<…>" or null,                   a SPARQL property path
        "value": "…" or null, "valueLabel": "…" or null,
        "didYouMean": "https://…" or null,       for a value that nobody declared
        "graphs": ["https://…", null],           that describe it; null is the default graph
        "file": "…" or null, "line": 1 or null,  where it is described, if that was looked up
        "repairs": [{                            what would mend it, if that was looked for
          "kind": "add", "certain": false,       add, remove, replace or did-you-mean
          "says": "add ex:acme ex:partOf ex:group",
          "update": "INSERT DATA { … }"          SPARQL Update
        }],
        "sourceShape": "https://…",
        "component": "http://www.w3.org/ns/shacl#MinCountConstraintComponent"
      }]
    }

Where the results of each rule were limited, the counts still count all. A severity of which there
is nothing is named in "counts" only. IRIs, blank nodes (`_:b1`) and literals (`"2"^^<…>`) are told
apart as in N-Triples, except that an IRI stands without its brackets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rdflib import URIRef
from rdflib.term import Node

from srmgraph.terms import n_triples
from srmgraph.validation import paths
from srmgraph.validation.formats import text
from srmgraph.validation.report import Repair, Report, Result


def render(report: Report) -> str:
    """Write *report* as JSON, in the form that this module's description shows, each result on a
    line of its own."""
    # What is to be indented, Python writes itself, at many times the cost.
    head = json.dumps(summary(report), ensure_ascii=False, indent=2).removesuffix("\n}")
    lines = ",\n    ".join(map(json.JSONEncoder(ensure_ascii=False).encode, results(report)))
    listed = f"[\n    {lines}\n  ]" if lines else "[]"
    return f'{head},\n  "results": {listed}\n}}\n'


def summary(report: Report) -> dict[str, Any]:
    """The report without its results, as Python values."""
    return {
        "conforms": report.conforms,
        "counts": dict(report.counts),
        "rulesChecked": len(report.rules),
        "byRule": {rule: dict(counts) for rule, counts in report.counts_by_rule.items()},
        "byGraph": [
            {"graph": graph, "counts": dict(counts)} for graph, counts in report.by_graph.items()
        ],
        "notes": list(report.notes),
        "notChecked": dict(report.unchecked),
    }


def results(report: Report) -> Iterator[dict[str, Any]]:
    """The results alone."""
    return (_result(report, result) for result in report.results)


def _result(report: Report, result: Result) -> dict[str, Any]:
    value, place = result.value, report.place(result)
    return {
        "rule": result.rule,
        "severity": result.severity,
        "message": result.message,
        "advice": result.advice,
        "translations": [
            {"language": one.language or "", "text": str(one)} for one in result.translations
        ],
        "focusNode": _term(result.focus_node),
        "focusNodeLabel": report.labels.get(result.focus_node),
        "path": None if result.path is None else paths.sparql(result.path),
        "value": None if value is None else _term(value),
        "valueLabel": None if value is None else report.labels.get(value),
        "didYouMean": None if value is None else report.hints.get(value),
        "graphs": list(report.described_in(result)),
        "file": None if place is None else str(place.file),
        "line": None if place is None else place.line,
        "repairs": [_repair(report, one) for one in report.repairs.get(result, ())],
        "sourceShape": _term(result.source_shape),
        "component": str(result.component),
    }


def _repair(report: Report, change: Repair) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "certain": change.is_certain,
        "says": text.repair(report, change),
        "update": change.update,
    }


def _term(node: Node) -> str:
    return str(node) if isinstance(node, URIRef) else n_triples(node)
