"""What workers do for the pages of reports: check a revision, and tell what was found in words."""

from __future__ import annotations

import re
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from rdflib import RDFS, BNode, Literal, URIRef
from rdflib.term import Node

from srmgraph import knowledge, queries
from srmgraph.names import labels, short
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore
from srmgraph.terms import to_oxigraph
from srmgraph.validation import Report, Result, of_the_project, paths, validate
from srmgraph.validation.incremental import Change
from srmgraph.validation.report import SEVERITIES, Place
from srmgraph_api.jobs import Desk, as_seen, seen_in
from srmgraph_api.pages.work import Term, names, page_queries

MOST_FOUND = 500
"""How many results of a rule a page shows."""

MOST_ASKED = 500
"""Of how many things a page says which organizations have to do with them."""

_NAMELESS = "something without a name"
_OUTSIDE = "outside of all graphs"
_KEPT = 3
_PREFIXED = re.compile(r"\b(\w+):(\w+)")
_ASKED = re.compile(r"srmgraph ask ([a-z-]+)")

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Found:
    """A result: the thing that it is about, the property and value if it has them, and where."""

    thing: Term
    property: Term | None
    value: Term | None
    message: str
    place: str


@dataclass(frozen=True)
class Rule:
    """What a rule found: the first of `number` results, the worst severity first."""

    name: str
    shape: str
    severity: str
    message: str
    advice: str
    number: int
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Told:
    """A report as a page shows it.

    `graphs` counts by the graph that a result concerns, `organizations` by those that have to do
    with the first things: whoever takes part in a thing, or the organization around them.
    """

    conforms: bool
    counts: Counts
    checked: int
    rules: tuple[Rule, ...]
    graphs: tuple[tuple[Term, Counts], ...]
    organizations: tuple[tuple[Term, Counts], ...]
    notes: tuple[str, ...]


def standing(
    desk: Desk, revision: int, graph: str, organization: str, severity: str, scope: list[str]
) -> Told:
    """Return the report on a revision, or what of it concerns a graph or an organization, or is of
    a severity.

    What concerns none of the graphs in `scope`, if there are any, is left out. Which organizations
    have to do with a thing follows from all graphs, so it is told to those who may see all.
    """
    if not (graph or organization or severity):
        return _told_of_all(desk, revision, tuple(scope))
    report, about, organizations = _grouped(desk, revision, tuple(scope))
    graphs = report.by_graph
    if graph:
        report = only(report, {URIRef(graph)})
    if organization:
        wanted = {thing for thing, several in about.items() if organization in several}
        kept = tuple(one for one in report.results if str(report.subject(one)) in wanted)
        report = with_results(report, kept)
    if severity:
        kept = tuple(one for one in report.results if one.severity == severity)
        report = with_results(report, kept)
    return told(report, graphs, organizations)


@lru_cache(maxsize=_KEPT)
def _told_of_all(desk: Desk, revision: int, scope: tuple[str, ...]) -> Told:
    report, _, organizations = _grouped(desk, revision, scope)
    return told(report, report.by_graph, organizations)


@lru_cache(maxsize=_KEPT)
def _grouped(
    desk: Desk, revision: int, scope: tuple[str, ...]
) -> tuple[Report, dict[str, list[str]], tuple[tuple[Term, Counts], ...]]:
    """The report on a revision, or what of it concerns the graphs in a scope; the organizations
    that have to do with its things; and what concerns each of them."""
    report, store = _report(desk, revision), desk.revision(revision, scope)
    # What is found in a graph may be told with things of others.
    if (seen := seen_in(desk.revision(revision), scope)) is not None:
        report = as_seen(only(report, {URIRef(name) for name in scope}), seen)
    about = {} if scope else _organizations(store, report)
    return report, about, _by_organization(store, report, about)


def counts(desk: Desk, revisions: list[int], seconds: float, largest: int) -> dict[int, Counts]:
    """Return how much of each severity was found in revisions, as many as that takes no longer.

    Those without a report beside them are checked if they have so many statements at most.
    """
    end = time.monotonic() + seconds
    kept = FolderStore(desk.folder).revisions
    found: dict[int, Counts] = {}
    for number in revisions:
        is_cheap = kept.report(number) is not None or kept.describe(number).statements <= largest
        if is_cheap and time.monotonic() < end:
            found[number] = dict(_report(desk, number).counts)
    return found


def _organizations(store: EmbeddedStore, report: Report) -> dict[str, list[str]]:
    """The organizations that have to do with the things of a report, by these."""
    things = dict.fromkeys(
        node for one in report.results if isinstance(node := report.subject(one), URIRef)
    )
    values = " ".join(str(to_oxigraph(node)) for node in [*things][:MOST_ASKED])
    query = page_queries()["report-organizations"].text.replace("{ UNDEF }", f"{{ {values} }}")
    found: dict[str, list[str]] = {}
    for row in store.select(query):
        found.setdefault(str(row["thing"]), []).append(str(row["organization"]))
    return found


def _by_organization(
    store: EmbeddedStore, report: Report, about: Mapping[str, list[str]]
) -> tuple[tuple[Term, Counts], ...]:
    """How much of each severity concerns each organization, those with most of the worst first."""
    counted: dict[str, Counter[str]] = {}
    for one in report.results:
        for iri in about.get(str(report.subject(one)), ()):
            counted.setdefault(iri, Counter())[one.severity] += 1
    known = names(store, counted)
    return tuple(
        sorted(
            ((known[iri], dict(numbers)) for iri, numbers in counted.items()),
            key=lambda one: ([-one[1].get(name, 0) for name in SEVERITIES], one[0].text),
        )
    )


def told(
    report: Report,
    graphs: Mapping[URIRef | None, Counts] | None = None,
    organizations: tuple[tuple[Term, Counts], ...] = (),
) -> Told:
    """Return a report as a page shows it."""
    about = {rule.name: rule for rule in report.rules}
    by_graph = report.by_graph if graphs is None else graphs
    properties = {iri for one in report.results if one.path for iri in paths.predicates(one.path)}
    called = {iri: report.labels.get(iri, "") for iri in properties} | {
        iri: str(label) for iri, label in _of_ontology(properties).items()
    }

    def found(one: Result) -> Found:
        place = report.place(one)
        several = () if one.path is None else tuple(paths.predicates(one.path))
        return Found(
            _term(report, report.subject(one)),
            Term(called.get(several[0]) or report.short(several[0]), str(several[0]))
            if several
            else None,
            None if one.value in (None, report.subject(one)) else _term(report, one.value),
            in_words(one.message),
            "" if place is None else _where(place),
        )

    return Told(
        report.conforms,
        dict(report.counts),
        len(report.rules),
        tuple(
            Rule(
                name,
                str(about[name].shape) if name in about else "",
                results[0].severity,
                in_words(results[0].message),
                in_words(results[0].advice),
                len(results),
                tuple(found(one) for one in results[:MOST_FOUND]),
            )
            for name, results in report.by_rule.items()
        ),
        tuple((graph_term(report, graph), dict(number)) for graph, number in by_graph.items()),
        organizations,
        (
            *report.notes,
            *(f"Not checked: {rule}: {reason}" for rule, reason in report.unchecked.items()),
        ),
    )


def in_words(text: str) -> str:
    """Return a sentence of a rule with terms of the ontology as people call them, and with what a
    question asks in place of its command."""

    def called(found: re.Match[str]) -> str:
        namespace = knowledge.prefixes().get(found[1], "")
        label = knowledge.ontology().value(URIRef(namespace + found[2]), RDFS.label)
        return found[0] if label is None else f"“{label}”"

    def asked(found: re.Match[str]) -> str:
        kept = queries.questions().get(found[1])
        return found[0] if kept is None else f"“{kept.summary}”"

    return _ASKED.sub(asked, _PREFIXED.sub(called, text))


def only(report: Report, graphs: Iterable[URIRef]) -> Report:
    """Return what of a report concerns these graphs."""
    wanted = set(graphs)
    kept = tuple(
        one for one in report.results if wanted & set(report.graphs.get(report.subject(one), ()))
    )
    return with_results(report, kept)


def violations(desk: Desk, revision: int) -> dict[str, int]:
    """Return how many violations there are of each thing, by its IRI, where there are any."""
    report = _report(desk, revision)
    subjects = (report.subject(one) for one in report.results if one.severity == SEVERITIES[0])
    return dict(Counter(str(node) for node in subjects if isinstance(node, URIRef)))


def graph_term(report: Report, graph: URIRef | None) -> Term:
    """Return a graph as people know it: by its label, or by the name of the file it came from."""
    if graph is None:
        return Term(_OUTSIDE)
    return Term(report.labels.get(graph) or file_name(graph) or report.short(graph), str(graph))


def file_name(iri: str) -> str:
    """Return the last part of an address; empty if it has none."""
    return unquote(PurePosixPath(urlsplit(iri).path).name)


_reports: OrderedDict[tuple[str, int], Report] = OrderedDict()
"""The reports that this worker has made last: a revision never changes."""


def _report(desk: Desk, revision: int) -> Report:
    found = standing_report(desk, revision)
    return _keep(desk, revision, validate(desk.revision(revision))) if found is None else found


def standing_report(desk: Desk, revision: int) -> Report | None:
    """Return the report on a revision if it was made before, by whoever wrote it or here; else
    None. Rules that depend on the day are checked again on another day."""
    key = (str(desk.folder), revision)
    if key in _reports:
        _reports.move_to_end(key)
        return _reports[key]
    validator = of_the_project()
    text = FolderStore(desk.folder).revisions.report(revision)
    report = None if text is None else validator.load(text)
    if report is None:
        return None
    if report.made is None or report.made.date() != datetime.now(UTC).date():
        report = validator.revalidate(desk.revision(revision), report, Change())
    return _keep(desk, revision, report)


def _keep(desk: Desk, revision: int, report: Report) -> Report:
    _reports[str(desk.folder), revision] = report
    while len(_reports) > _KEPT:
        _reports.popitem(last=False)
    return report


def with_results(report: Report, results: tuple[Result, ...]) -> Report:
    """Return a report with these results in place of its own."""
    return Report(
        results,
        rules=report.rules,
        labels=report.labels,
        prefixes=report.prefixes,
        notes=report.notes,
        graphs=report.graphs,
        hints=report.hints,
        places=report.places,
    )


def _of_ontology(nodes: Iterable[Node]) -> dict[Node, str]:
    return labels(EmbeddedStore(), nodes)


def _where(place: Place) -> str:
    return place.words or f"line {place.line}"


def _term(report: Report, node: Node | None) -> Term:
    if node is None or isinstance(node, BNode):
        return Term(_NAMELESS)
    if isinstance(node, Literal):
        return Term(str(node), language=node.language or "")
    return Term(report.labels.get(node) or short(node, report.prefixes), str(node))
