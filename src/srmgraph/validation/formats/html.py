"""A report as a page that stands alone: no script, no fetched file, light or dark as the reader's.

Nothing from the data becomes markup, and what would steer the direction of the text around it is
kept to itself.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping

from rdflib import BNode, URIRef
from rdflib.term import Node

from srmgraph.validation import paths
from srmgraph.validation.formats import text
from srmgraph.validation.report import SEVERITIES, Report, Result

_STYLE = """
:root { color-scheme: light dark; --red: #b3261e; --amber: #8a5a00; --blue: #1f5fa8; --line: #8886 }
@media (prefers-color-scheme: dark) { :root { --red: #ff8a80; --amber: #ffc46b; --blue: #8ab8ff } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem }
table { border-collapse: collapse; margin: 0 0 1rem }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: anywhere }
@media (min-width: 45rem) { th { overflow-wrap: normal } }
td { font-variant-numeric: tabular-nums }
details { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem 1rem;
  margin: .6rem 0 }
td ul { margin: 0; padding-left: 1.1rem }
summary { cursor: pointer } code { font-size: .875em }
.Violation { color: var(--red) } .Warning { color: var(--amber) } .Info { color: var(--blue) }
.faint { opacity: .75 } .severity { font-weight: 600 }
"""
_CONTENT = "default-src 'none'; style-src 'unsafe-inline'"


def render(report: Report) -> str:
    """Write *report* as one page of HTML."""
    return "\n".join(_page(report)) + "\n"


def _page(report: Report) -> Iterator[str]:
    verdict = "".join(words for words, _ in text.summary(report))
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_CONTENT}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{verdict.partition(':')[0]}: validation</title>"
    yield f"<style>{_STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    yield f"<h1>{_plain(verdict)}</h1>"
    yield from (f'<p class="faint">{_plain(note)}</p>' for note in report.notes)
    for rule, reason in report.unchecked.items():
        yield f"<p>Not checked: <code>{_plain(rule)}</code>, because {_plain(reason)}</p>"
    severities = list(report.counts)
    if len(report.by_rule) > 1:
        rules = ((f"<code>{_plain(r)}</code>", c) for r, c in report.counts_by_rule.items())
        yield from _summary("By rule", "Rule", rules, severities)
    if report.graphs:
        graphs = ((_graph(report, graph), c) for graph, c in report.by_graph.items())
        yield from _summary("By graph", "Graph", graphs, severities)
    for rule, results in report.by_rule.items():
        yield from _rule(report, rule, results)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _summary(
    title: str, what: str, rows: Iterable[tuple[str, Mapping[str, int]]], severities: list[str]
) -> Iterator[str]:
    yield f"<h2>{title}</h2>"
    yield from _table(
        [what, *(_plain(text.plural(severity).capitalize()) for severity in severities)],
        (
            [name, *(_number(counts.get(severity, 0)) for severity in severities)]
            for name, counts in rows
        ),
    )


def _graph(report: Report, graph: URIRef | None) -> str:
    return "outside named graphs" if graph is None else _thing(report, graph)


def _rule(report: Report, rule: str, results: tuple[Result, ...]) -> Iterator[str]:
    first = results[0]
    severity = first.severity if first.severity in SEVERITIES else "Info"
    counted = text.all_counts(report.counts_by_rule[rule])
    yield "<details open>"
    yield (
        f'<summary><span class="severity {severity}">{_plain(counted)}</span> '
        f"{_plain(first.message or rule)} <code>{_plain(rule)}</code></summary>"
    )
    if first.advice:
        yield f"<p>{_plain(first.advice)}</p>"
    messages = len({result.message for result in results}) > 1
    repairs = any(report.repairs.get(result) for result in results)
    head = ["Thing", "Value", "Property", "Where", *(["Message"] if messages else [])]
    head += ["What would mend it"] if repairs else []
    yield from _table(
        head,
        (
            [
                *_cells(report, result),
                *([_plain(result.message)] if messages else []),
                *([_repairs(report, result)] if repairs else []),
            ]
            for result in results
        ),
    )
    if report.number(rule) > len(results):
        yield f'<p class="faint">… and {report.number(rule) - len(results):,} more</p>'
    yield "</details>"


def _repairs(report: Report, result: Result) -> str:
    told = [_plain(text.repair(report, one)) for one in report.repairs.get(result, ())]
    more = "".join(f"<li>{words}</li>" for words in told)
    return f"<ul>{more}</ul>" if len(told) > 1 else "".join(told)


def _cells(report: Report, result: Result) -> Iterator[str]:
    yield _thing(report, result.focus_node)
    yield "" if result.value in (None, result.focus_node) else _thing(report, result.value)
    yield "" if result.path is None else _path(report, result.path)
    place = report.place(result)
    yield "" if place is None else f"<code>{_plain(str(place))}</code>"


def _thing(report: Report, node: Node | None) -> str:
    if node is None:
        return ""
    if isinstance(node, BNode):
        return "something without a name"
    if not isinstance(node, URIRef):
        return f"“{_plain(str(node))}”"
    code = f"<code>{_plain(report.short(node))}</code>"
    label = f"{_plain(report.labels[node])} " if node in report.labels else ""
    hint = report.hints.get(node)
    meant = "" if hint is None else f"; did you mean <code>{_plain(report.short(hint))}</code>?"
    return f"{label}{code}{meant}"


def _path(report: Report, path: paths.Path) -> str:
    names = dict.fromkeys(report.short(iri) for iri in paths.predicates(path))
    return " ".join(f"<code>{_plain(name)}</code>" for name in names)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield "<table>"
    yield f"<thead><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr></thead>"
    yield "<tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody>"
    yield "</table>"


def _number(number: int) -> str:
    return f"{number:,}" if number else ""


def _plain(words: str) -> str:
    return f"<bdi>{html.escape(text.printable(words))}</bdi>"
