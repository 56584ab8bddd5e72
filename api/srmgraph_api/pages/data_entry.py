"""The pages of forms, in which people enter things and change what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from rdflib import RDFS, XSD
from starlette.datastructures import FormData

from srmgraph import knowledge
from srmgraph.adapters.spreadsheet.form import Column, Sheet, form
from srmgraph.validation import Report, paths
from srmgraph_api import access, jobs
from srmgraph_api.access import Client
from srmgraph_api.jobs import Refused, Terms
from srmgraph_api.pages import entering, reports
from srmgraph_api.pages.entering import Shown
from srmgraph_api.pages.entries import (
    MOST_CHOICES,
    Entry,
    FaultsError,
    group,
    plain,
    sheet_for,
    sheets,
)
from srmgraph_api.pages.site import Site
from srmgraph_api.problems import CHANGE_ERRORS, Problem, in_public

_FEW = 60
_LANGUAGE = "en"
_MOST_LINES = 200
_TAG = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")
_KINDS: Mapping[Any, str] = {
    XSD.date: "date",
    XSD.boolean: "truth",
    XSD.decimal: "number",
    XSD.integer: "number",
    XSD.nonNegativeInteger: "number",
}
_HINTS: Mapping[Any, str] = {
    XSD.dateTime: "A moment, as 2027-01-31T09:00:00Z.",
    XSD.decimal: "A number.",
    XSD.integer: "A whole number.",
    XSD.nonNegativeInteger: "A whole number, not below 0.",
}
_TYPED = "Write its name, or its IRI."


@dataclass(frozen=True)
class Field:
    """A field of a form: what it is called, what it is for, and what is typed in its lines.

    `kind` is how a line is entered; `choices` are texts with what they stand for. `list` names the
    list of a field that has too many to choose from; where `is_cut`, there are more than on it.
    `required` is 2 where a rule demands a value, 1 where a rule misses one, else 0.
    """

    name: str
    id: str
    title: str
    help: str
    kind: str
    choices: tuple[tuple[str, str], ...]
    list: str
    is_cut: bool
    required: int
    is_single: bool
    lines: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether it is shown at once: it is wanted, or there is something in it."""
        return bool(self.required or self.faults or any(self.lines) or len(self.lines) > 1)


def router(site: Site) -> APIRouter:
    """Return the routes of the forms."""
    routes = APIRouter()
    service = site.service

    @routes.get("/enter", include_in_schema=False)
    def kinds(request: Request) -> Response:
        access.reader(service, request)
        may = site.may(request, "write")
        return site.page(request, "enter.html", sheets=sheets().values(), may=may)

    @routes.get("/edit", include_in_schema=False)
    async def edit(request: Request, iri: str, field: str = "") -> Response:
        classes = (await site.rows(request, {"thing-classes": {"thing": f"<{iri}>"}})).values()
        found = sheet_for(one["class"].iri for rows in classes for one in rows if one["class"])
        if found is None:
            raise Problem(404, f"There is no form for <{iri}>: it is of no kind that has one.")
        return RedirectResponse(site.url(f"/enter/{found.slug}", thing=iri, field=field), 303)

    @routes.get("/enter/{slug}", include_in_schema=False)
    async def empty(request: Request, slug: str, thing: str = "", field: str = "") -> Response:
        _sheet(slug)
        _check(Entry(slug, thing, "", "urn:x", _LANGUAGE, 0, ""))
        if service.sessions.key(request) is None:
            return site.to_sign_in(request)
        client = access.reader(service, request)
        if not site.may(request, "write"):
            raise Problem(403, "This needs a key with the role write.")
        seen = service.revision
        shown = await service.read(client.line, entering.show, seen, slug, thing, client.scope())
        if thing and not shown.graph:
            raise Problem(404, f"Nothing is stated of <{thing}> that could be changed here.")
        entry = Entry(slug, thing, shown.kind, shown.graph, _LANGUAGE, seen, "", shown.lines)
        return await _form(request, client, entry, shown, wanted=field)

    @routes.post("/enter/{slug}", include_in_schema=False)
    async def save(request: Request, slug: str) -> Response:
        sent = await site.form(request)
        client = access.writer(service, request)
        entry = _entry(site, request, _sheet(slug), sent)
        _check(entry)
        client.check_writes(entry.graph)
        if "more" in sent:
            name = str(sent["more"])
            more = {**entry.lines, name: [*(entry.lines.get(name) or [""]), ""]}
            return await _form(request, client, _with(entry, more))
        checked = service.settings.checking == "all"
        terms = Terms(client.author, None, "", checked, graphs=client.graphs)
        try:
            saved = await service.write(client.line, entering.save, terms, entry, client.scope())
        except FaultsError as error:
            return await _form(request, client, entry, faults=error.faults)
        except CHANGE_ERRORS as error:
            return await _form(request, client, entry, faults={"": in_public(error)})
        if isinstance(saved.made, Refused):
            assert isinstance(saved.made.report, Report)
            if not saved.made.report.fails():
                # What is broken lies where the key does not see it.
                return await _form(request, client, entry, faults={"": saved.made.detail})
            return await _form(request, client, entry, report=saved.made.report, thing=saved.thing)
        return RedirectResponse(site.url("/resource", iri=saved.thing), 303)

    async def _form(
        request: Request,
        client: Client,
        entry: Entry,
        shown: Shown | None = None,
        faults: Mapping[str, str] | None = None,
        report: Report | None = None,
        thing: str = "",
        wanted: str = "",
    ) -> Response:
        if shown is None:
            shown = await service.read(
                client.line,
                entering.show,
                service.revision,
                entry.slug,
                entry.thing,
                client.scope(),
            )
        sheet = sheets()[entry.slug]
        told = {name: [text] for name, text in (faults or {}).items()}
        others = None
        if report is not None:
            others = _place(report.at_least("Violation"), sheet, thing, told)
        listed = json.loads(
            await service.read(client.line, jobs.listed, service.revision, client.scope())
        )
        graphs = _graphs(site, request, client, [one["graph"] for one in listed["graphs"]])
        fields = [_field(n, column, entry, shown, told) for n, column in enumerate(sheet.columns)]
        return site.page(
            request,
            "entry.html",
            status=422 if faults or report else 200,
            sheet=sheet,
            entry=entry,
            name=shown.name,
            open=[field for field in fields if field.is_open or field.name == wanted],
            more=[field for field in fields if not field.is_open and field.name != wanted],
            lists={field.list: shown.choices[field.list] for field in fields if field.list},
            graphs=graphs,
            problem=" ".join(told.get("", [])),
            is_refused=report is not None,
            others=others,
            wanted=wanted,
        )

    return routes


def _sheet(slug: str) -> Sheet:
    if slug not in sheets():
        raise Problem(404, f"There is no form “{slug}”. All forms are at /enter.")
    return sheets()[slug]


def _entry(site: Site, request: Request, sheet: Sheet, sent: FormData) -> Entry:
    def one(name: str) -> str:
        value = sent.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    lines = {}
    for column in sheet.columns:
        name = str(column.property)
        typed = (plain(str(value)) for value in sent.getlist(name)[:_MOST_LINES])
        lines[name] = [text for text in typed if text]
    kind = one("kind")
    return Entry(
        sheet.slug,
        one("thing"),
        kind if kind in map(str, sheet.types.values()) else str(sheet.cls),
        one("graph"),
        one("language").lower() or _LANGUAGE,
        int(one("seen")) if one("seen").isdecimal() else site.service.revision,
        f"{_own(site, request)}/",
        lines,
    )


def _check(entry: Entry) -> None:
    """Raise Problem 400 for what a form of ours does not send."""
    try:
        for iri in filter(None, (entry.thing, entry.graph)):
            pyoxigraph.NamedNode(iri)
    except ValueError as error:
        raise Problem(400, f"“{iri}” is no IRI: {error}.") from None
    if not entry.graph:
        raise Problem(400, "Say in which graph it is kept.")
    if not _TAG.fullmatch(entry.language):
        raise Problem(400, f"“{entry.language}” is no tag of a language, such as en.")


def _with(entry: Entry, lines: dict[str, list[str]]) -> Entry:
    return Entry(
        entry.slug,
        entry.thing,
        entry.kind,
        entry.graph,
        entry.language,
        entry.seen,
        entry.base,
        lines,
    )


def _own(site: Site, request: Request) -> str:
    """The graph for what is entered here, unless it goes elsewhere."""
    base = site.service.settings.base or str(request.base_url)
    return f"{base.rstrip('/')}/graphs/entered"


def _graphs(
    site: Site, request: Request, client: Client, known: list[str | None]
) -> dict[str, str]:
    """The graphs in which a thing can be kept, as people know them."""
    kept = set(map(str, knowledge.own_graphs()))
    found = {iri for iri in known if iri and iri not in kept} | set(client.graphs)
    if not client.graphs:
        found.add(_own(site, request))
    return {iri: reports.file_name(iri) or iri for iri in sorted(found)}


def _field(
    number: int, column: Column, entry: Entry, shown: Shown, told: Mapping[str, list[str]]
) -> Field:
    name = str(column.property)
    choices: tuple[tuple[str, str], ...] = ()
    listed, is_cut, kind = "", False, _KINDS.get(column.datatype, "text")
    if column.codes:
        kind = "choice"
        choices = tuple((str(code), form().label(code)) for code in column.codes)
    elif column.is_thing:
        things = shown.choices.get(group(column), ())
        kind = "choice" if 0 < len(things) <= _FEW else "name"
        choices = tuple((one.text, one.text) for one in things) if kind == "choice" else ()
        listed = group(column) if kind == "name" and things else ""
        is_cut = len(things) >= MOST_CHOICES
    elif column.datatype is None and column.property == RDFS.comment:
        kind = "long"
    # What else is told there is for spreadsheets.
    meaning = form().definition(column.property).partition(". ")[0].rstrip(".")
    hint = _TYPED if is_cut else _HINTS.get(column.datatype, "")
    sentences = [f"{meaning}." if meaning else "", hint]
    lines = entry.lines.get(name) or [""]
    return Field(
        name=name,
        id=f"field-{number}",
        title=column.title,
        help=" ".join(filter(None, sentences)),
        kind=kind,
        choices=choices,
        list=listed,
        is_cut=is_cut,
        required=column.required,
        is_single=column.is_single,
        lines=tuple(lines),
        faults=tuple(told.get(name, ())),
    )


def _place(
    report: Report, sheet: Sheet, thing: str, told: dict[str, list[str]]
) -> reports.Told | None:
    """Put what rules say to the fields that it is about; return the rest."""
    names = {str(column.property) for column in sheet.columns}
    left = []
    for result in report.results:
        about = (
            {} if result.path is None else dict.fromkeys(map(str, paths.predicates(result.path)))
        )
        fitting = [name for name in about if name in names]
        if str(result.focus_node) == thing and fitting:
            text = f"{reports.in_words(result.message)} {reports.in_words(result.advice)}".strip()
            if text not in told.setdefault(fitting[0], []):
                told[fitting[0]].append(text)
        else:
            left.append(result)
    return reports.told(reports.with_results(report, tuple(left))) if left else None
