"""A report in the formats that people and tools read.

| name   | for whom |
|--------|----------|
| text   | people: grouped by rule, things by their names, advice on what to do |
| turtle | RDF tools: the validation report as SHACL defines it |
| json   | programs |
| jsonl  | programs that read it line by line, while it is written |
| junit  | continuous integration: one test case for each rule |
| sarif  | code scanning: SARIF 2.1.0 |
| html   | people: one page, which stands alone |
"""

from __future__ import annotations

from collections.abc import Callable

from srmgraph.errors import UnknownFormatError
from srmgraph.validation.formats import html, json, jsonl, junit, sarif, text, turtle
from srmgraph.validation.report import Report

FORMATS: dict[str, Callable[[Report], str]] = {
    "text": text.render,
    "turtle": turtle.render,
    "json": json.render,
    "jsonl": jsonl.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "html": html.render,
}
"""How a report is written, by the name of the format."""


def render(report: Report, format: str = "text") -> str:
    """Write *report* in *format*; raises UnknownFormatError, which lists the formats."""
    if format not in FORMATS:
        known = ", ".join(FORMATS)
        raise UnknownFormatError(f"There is no report format {format!r}. Use one of: {known}.")
    return FORMATS[format](report)


__all__ = ["FORMATS", "render"]
