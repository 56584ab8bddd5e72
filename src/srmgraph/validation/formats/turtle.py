"""A report in Turtle, as SHACL defines it (section 3.6)."""

from __future__ import annotations

from srmgraph.validation.report import Report


def render(report: Report) -> str:
    """Write *report* as a sh:ValidationReport."""
    return str(report.graph().serialize(format="turtle"))
