"""A report for people: grouped by rule, things by their names, advice on what to do."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

from srmgraph.terms import Statement, n_triples
from srmgraph.validation import paths
from srmgraph.validation.report import SEVERITIES, Repair, Report, Result

LIMIT = 10
"""How many results of one rule are shown before the rest is only counted."""

WIDTH = 100

_LONGEST, _LONGEST_PLACE = 80, 300
_MOST_REPAIRS = 3
_NAMELESS = "something without a name"
_CONTROL = re.compile(r"(?!\s)[\x00-\x1f\x7f-\x9f]")

Span: TypeAlias = tuple[str, str]
"""A piece of text and its style: a severity, `heading`, `faint`, or `` for plain text."""

Line: TypeAlias = list[Span]

_PLURALS = {"Violation": "violations", "Warning": "warnings", "Info": "hints"}
_SINGULARS = {"Violation": "violation", "Warning": "warning", "Info": "hint"}


def render(report: Report, limit: int = LIMIT) -> str:
    """Write *report* as plain text; at most `limit` results of each rule are listed."""
    return "\n".join("".join(text for text, _ in line) for line in lines(report, limit)) + "\n"


def lines(report: Report, limit: int = LIMIT) -> Iterator[Line]:
    """The lines of the text, with the style of each piece for terminals that have colours."""
    for rule, results in report.by_rule.items():
        yield from _block(report, rule, results, limit)
        yield []
    yield from _graphs(report)
    for note in report.notes:
        yield [(f"Note: {note}", "faint")]
    for rule, reason in report.unchecked.items():
        yield [("Not checked: ", "Warning"), (rule, ""), (f": {printable(reason)}", "faint")]
    yield summary(report)


def summary(report: Report) -> Line:
    """One line: whether the data conform, and how much was found."""
    number = len({rule.name for rule in report.rules} - set(report.unchecked))
    checked = f"{number or 'no'} {'rule' if number == 1 else 'rules'} checked"
    if not report.is_complete:
        checked += f", {len(report.unchecked)} not checked"
    style = "Violation" if report.fails() else "heading" if report.is_complete else "Warning"
    counted = [counts(severity, number) for severity, number in report.counts.items() if number]
    found = ", ".join(counted) if counted else "nothing found"
    return [(_conformance(report).capitalize(), style), (f": {checked}, {found}.", "")]


def _conformance(report: Report) -> str:
    if report.fails():
        return "does not conform"
    return "conforms" if report.is_complete else "conforms as far as it was checked"


def counts(severity: str, number: int) -> str:
    """`2 violations`, `1 hint`; a severity that is not SHACL's own is named by its IRI."""
    names = _SINGULARS if number == 1 else _PLURALS
    return f"{number:,} {names.get(severity, f'of severity {severity}')}"


def all_counts(counted: Mapping[str, int]) -> str:
    """`2 violations, 1 hint`, in the given order."""
    return ", ".join(counts(severity, number) for severity, number in counted.items())


def plural(severity: str) -> str:
    """`violations`; a severity that is not SHACL's own is named by its IRI."""
    return _PLURALS.get(severity, severity)


def printable(words: str) -> str:
    """A text without what would steer a terminal."""
    return _CONTROL.sub("\ufffd", words)


def profile(report: Report, limit: int = LIMIT) -> str:
    """What the dearest rules cost, as a table for people; empty if nothing was measured."""
    if not report.costs:
        return ""
    rows = [("ms", "queries", "results", "rule")]
    rows += [
        (f"{cost.seconds * 1000:,.1f}", f"{cost.queries:,}", f"{cost.results:,}", cost.rule)
        for cost in report.costs[:limit]
    ]
    rest = report.costs[limit:]
    if rest:
        rows.append(
            (
                f"{sum(cost.seconds for cost in rest) * 1000:,.1f}",
                f"{sum(cost.queries for cost in rest):,}",
                f"{sum(cost.results for cost in rest):,}",
                f"… {len(rest):,} more",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "".join(
        "  ".join([*(cell.rjust(w) for cell, w in zip(row, widths, strict=False)), row[3]]) + "\n"
        for row in rows
    )


def _block(report: Report, rule: str, results: tuple[Result, ...], limit: int) -> Iterator[Line]:
    first = results[0]
    severity = first.severity if first.severity in SEVERITIES else "Info"
    yield [
        (all_counts(report.counts_by_rule[rule]), severity),
        ("  ", ""),
        (rule, "faint"),
    ]
    yield from _wrapped(first.message or rule, "  ", "heading")
    for result in results[:limit]:
        yield found(report, result)
        if result.message not in ("", first.message):
            yield from _wrapped(result.message, "        ", "")
        yield from _repairs(report, result)
    if (more := report.number(rule) - min(limit, len(results))) > 0:
        yield [(f"    … and {more:,} more", "faint")]
    if first.advice:
        yield from _wrapped(f"→ {first.advice}", "  ", "")


def _graphs(report: Report) -> Iterator[Line]:
    """How much was found in each graph, where that is several; rules have their counts above."""
    if len(report.by_graph) < 2:
        return
    yield [("By graph", "heading")]
    for graph, counted in report.by_graph.items():
        where: Line = [("outside named graphs", "")] if graph is None else _thing(report, graph)
        yield [("  • ", ""), *where, (f": {all_counts(counted)}", "")]
    yield []


def found(report: Report, result: Result) -> Line:
    """The line of one result: the thing, the value, the property and the place."""
    line: Line = [("    • ", ""), *_thing(report, result.focus_node)]
    if result.value is not None and result.value != result.focus_node:
        line += [(": ", ""), *_thing(report, result.value)]
    if result.path is not None:
        line.append((f"  ({_path(report, result.path)})", "faint"))
    if (place := report.place(result)) is not None:
        line.append((f"  {one_line(str(place), _LONGEST_PLACE)}", "faint"))
    return line


def _repairs(report: Report, result: Result) -> Iterator[Line]:
    """What would mend a result: not to say it at all, only where nothing else is known."""
    repairs = report.repairs.get(result, ())
    chosen = [one for one in repairs if one.kind != "remove"] or list(repairs)
    words = [repair(report, one) for one in chosen[:_MOST_REPAIRS]]
    if len(chosen) > _MOST_REPAIRS:
        words.append(f"one of {len(chosen) - _MOST_REPAIRS} more")
    for number, line in enumerate(words):
        yield [(f"        {'or' if number else '→'} {line}", "")]


def repair(report: Report, change: Repair) -> str:
    """What a repair does, in words: `add ex:acme ex:name "Acme"`."""
    old, new = change.removed, change.added
    if len(new) == 1 and not old:
        return f"add {_statement(report, new[0])}"
    if len(old) == 1 and not new:
        return f"remove {_statement(report, old[0])}"
    differences = {
        (before, after)
        for one, other in zip(old, new, strict=False)
        for before, after in zip(one, other, strict=True)
        if before != after
    }
    if len(old) == len(new) and len(differences) == 1:
        ((before, after),) = differences
        times = f", {len(old)} times" if len(old) > 1 else ""
        return f"write {_written(report, after)} in place of {_written(report, before)}{times}"
    told = [f"remove {_statement(report, one)}" for one in old]
    return ", ".join([*told, *(f"add {_statement(report, one)}" for one in new)])


def _statement(report: Report, statement: Statement) -> str:
    return " ".join(_written(report, node) for node in statement)


def _written(report: Report, node: Node) -> str:
    """A term as Turtle has it, with a prefix where one is known."""
    if isinstance(node, BNode):
        return _NAMELESS
    if isinstance(node, URIRef):
        name = report.short(node)
        return f"<{one_line(name)}>" if name == node else name
    if isinstance(node, Literal) and node.datatype is not None:
        return f"{one_line(n_triples(Literal(str(node))))}^^{report.short(node.datatype)}"
    return one_line(n_triples(node))


def _thing(report: Report, node: Node) -> Line:
    if node in report.labels:
        return [(one_line(report.labels[node]), ""), (f" <{report.short(node)}>", "faint")]
    if isinstance(node, BNode):
        return [(_NAMELESS, "")]
    if isinstance(node, URIRef):
        named: Line = [(f"<{report.short(node)}>", "")]
        if (hint := report.hints.get(node)) is not None:
            named.append((f"; did you mean {report.short(hint)}?", ""))
        return named
    return [(f"“{one_line(str(node))}”", "")]


def _path(report: Report, path: paths.Path) -> str:
    names = list(dict.fromkeys(report.short(iri) for iri in paths.predicates(path)))
    return names[0] if len(names) == 1 else f"{names[0]} …"


def _wrapped(text: str, indent: str, style: str) -> Iterator[Line]:
    following = indent + ("  " if text.startswith("→") else "")
    for line in textwrap.wrap(
        printable(text), WIDTH, initial_indent=indent, subsequent_indent=following
    ):
        yield [(line, style)]


def one_line(words: str, longest: int = _LONGEST) -> str:
    """A text of the data on one line: it may be long, and may hold what would steer a terminal."""
    line = printable(" ".join(words.split()))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def verdict(report: Report) -> str:
    """Return in short whether the data conform, and how many results there are of each kind."""
    found = [counts(severity, number) for severity, number in report.counts.items() if number]
    told = f", {', '.join(found)}" if found else ""
    return f"{_conformance(report)}{told}"
