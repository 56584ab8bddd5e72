"""A report for programs that read it line by line, in JSON Lines, while it is written.

Each line is a result, as `json` describes it; the last line, which alone has "conforms", is the
rest of the report. Where it is missing, the validation has not come to its end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from srmgraph.validation.formats.json import results, summary
from srmgraph.validation.report import Report


def render(report: Report) -> str:
    """Write a whole report."""
    return "".join((*lines(report), last(report)))


def lines(report: Report) -> Iterator[str]:
    """Write the results of a report, or of a part of one."""
    return map(_line, results(report))


def last(report: Report) -> str:
    """Write the last line."""
    return _line(summary(report))


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
