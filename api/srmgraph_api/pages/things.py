"""What workers do for the page of a thing: gather what is known of it, and what rules say of it.

A query `about-….rq` is a section of the page, with its summary as the heading; sections stand in
the order of their files' names, and what has no answer has no section. A variable `group` parts the
rows; `from` and `until` are drawn as bars.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice

import pyoxigraph
from rdflib import RDF, SKOS, URIRef

from srmgraph import knowledge
from srmgraph.names import in_words
from srmgraph.store import EmbeddedStore
from srmgraph.validation import Report, paths, revalidate
from srmgraph.validation.incremental import MOST_STATEMENTS
from srmgraph.validation.incremental import Change as Changed
from srmgraph_api.jobs import Desk
from srmgraph_api.pages import reports, times, work
from srmgraph_api.pages.times import Bar
from srmgraph_api.pages.work import Row, Term

MOST_ROWS = 60
"""Rows of a group, and values of a property, that are shown."""

_SECTION = "about-"
_NUMBERED = re.compile(r"^about-\d+-")


@dataclass(frozen=True)
class Group:
    """Rows that belong together; `number` is how many there are, of which the first are kept.

    A cell holds several terms where rows differ in nothing else.
    """

    name: Term | None
    rows: list[list[list[Term]]]
    number: int
    bars: list[Bar | None]


@dataclass(frozen=True)
class Section:
    """A part of the page: a question about the thing, with its answer.

    `today` is where today stands among the bars, in percent; `span` are their first and last day.
    """

    name: str
    heading: str
    help: str
    columns: list[str]
    groups: list[Group]
    today: float | None = None
    span: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Value:
    """A value of a property; `is_inferred` tells that it follows and was not stated."""

    term: Term
    is_inferred: bool


@dataclass(frozen=True)
class Property:
    """A property with its first values, of `number`."""

    term: Term
    values: list[Value]
    number: int


@dataclass(frozen=True)
class Told:
    """All that the page of a thing tells but for what rules say.

    `kinds` are those that were stated, each with its definition. `stated` and `inferred` are facts
    about it, and `references` facts about others of which it is the value.
    """

    name: Term
    kinds: list[tuple[Term, str]]
    sections: list[Section]
    stated: list[Property]
    inferred: list[Property]
    references: list[Property]
    sources: list[Row]


@dataclass(frozen=True)
class Finding:
    """What a rule says of the thing, and what to do; `shape` is its IRI, and `property` that of the
    property that it is about, empty if it is about none."""

    severity: str
    message: str
    advice: str
    shape: str
    value: str
    property: str


def tell(desk: Desk, revision: int, scope: list[str], iri: str) -> Told | None:
    """Return what is known of a thing; None if nothing is said of it."""
    store = desk.revision(revision, scope)
    sections = [name for name in work.page_queries() if name.startswith(_SECTION)]
    asked = {
        name: {"thing": f"<{iri}>"}
        for name in ("thing-facts", "thing-references", "thing-sources", *sections)
    }
    answers = work.rows(desk, revision, asked, scope)
    facts, references = answers["thing-facts"], answers["thing-references"]
    if not facts and not references:
        return None
    kinds = [
        row["value"]
        for row in facts
        if not _is_true(row["isInferred"])
        and row["property"] is not None
        and row["property"].iri == str(RDF.type)
    ]
    return Told(
        name=work.names(store, [iri])[iri],
        kinds=[(kind, _definition(kind.iri)) for kind in kinds if kind is not None and kind.iri],
        sections=[_section(name, answers[name]) for name in sections if answers[name]],
        stated=_properties([row for row in facts if not _is_true(row["isInferred"])], "value"),
        inferred=_properties([row for row in facts if _is_true(row["isInferred"])], "value"),
        references=_properties(references, "from"),
        sources=answers["thing-sources"],
    )


def check(desk: Desk, revision: int, iri: str) -> list[Finding] | None:
    """Return what the rules say of a thing; None if too much is said of it to be checked alone.

    The outcome is what a report on the whole revision says of it. What is found in the graph as a
    whole, and told of the ontology, is told on no page of a thing.
    """
    store = desk.revision(revision)
    thing = URIRef(iri)
    report = reports.standing_report(desk, revision)
    if report is None:
        report = _around(store, iri)
    if report is None:
        return None
    return [
        Finding(
            severity=result.severity,
            message=reports.in_words(result.message),
            advice=reports.in_words(result.advice),
            shape=str(result.source_shape),
            value="" if result.value is None else report.name(result.value),
            property=str(next(iter(paths.predicates(result.path)), "")) if result.path else "",
        )
        for result in report.results
        if report.subject(result) == thing
    ]


def _around(store: EmbeddedStore, iri: str) -> Report | None:
    """A report on what bears on a thing; None if that is too much."""
    node, engine = pyoxigraph.NamedNode(iri), store.oxigraph
    quads = [
        *engine.quads_for_pattern(node, None, None, None),
        *islice(engine.quads_for_pattern(None, None, node, None), MOST_STATEMENTS + 1),
    ]
    if len(quads) > MOST_STATEMENTS:
        return None
    # As if the report had been empty, and all that is said of the thing were new.
    before = Report((), rules=(), made=datetime.now(UTC))
    return revalidate(store, before, Changed.of_quads(quads))


def _section(name: str, rows: Sequence[Row]) -> Section:
    kept = work.page_queries()[name]
    columns = [
        column for column in rows[0] if column != "group" and any(row[column] for row in rows)
    ]
    parted: dict[Term | None, list[Row]] = defaultdict(list)
    for row in rows:
        parted[row.get("group")].append(row)
    span = (
        times.span((row[name] for row in rows for name in ("from", "until")), date.today())
        if {"from", "until"} <= set(columns)
        else None
    )
    return Section(
        name=_NUMBERED.sub("", name),
        heading=kept.summary,
        help=kept.help if span is None else "",
        columns=[in_words(column).capitalize() for column in columns],
        groups=[
            Group(
                name=group,
                rows=cells[:MOST_ROWS],
                number=len(cells),
                bars=[_bar(row, span) for row in own[:MOST_ROWS]] if span else [],
            )
            for group, own in parted.items()
            for cells in [_cells(own, columns, is_merged=span is None)]
        ],
        today=times.share(date.today(), span) if span else None,
        span=(span[0].isoformat(), span[1].isoformat()) if span else ("", ""),
    )


def _cells(rows: Sequence[Row], columns: list[str], *, is_merged: bool) -> list[list[list[Term]]]:
    """The terms of rows; rows that differ in the last column alone are one, if they may be."""
    cells: list[list[list[Term]]] = []
    for row in rows:
        own = [[term] if (term := row[column]) is not None else [] for column in columns]
        if is_merged and cells and len(columns) > 1 and cells[-1][:-1] == own[:-1]:
            cells[-1][-1] += own[-1]
        else:
            cells.append(own)
    return cells


def _properties(rows: Sequence[Row], cell: str) -> list[Property]:
    values: dict[Term, list[Value]] = defaultdict(list)
    for row in rows:
        name, value = row["property"], row[cell]
        if name is not None and value is not None:
            values[name].append(Value(value, _is_true(row["isInferred"])))
    return [Property(name, own[:MOST_ROWS], len(own)) for name, own in values.items()]


def _definition(kind: str) -> str:
    return str(knowledge.ontology().value(URIRef(kind), SKOS.definition) or "")


def _is_true(term: Term | None) -> bool:
    return term is not None and term.text == "true"


def _bar(row: Row, span: tuple[date, date]) -> Bar | None:
    renews_itself = _is_true(row.get("renewsItself"))
    return times.bar(row["from"], row["until"], span, renews_itself=renews_itself)
