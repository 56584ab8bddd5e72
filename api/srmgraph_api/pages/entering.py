"""What workers do for the pages of forms: say what a form shows, and save what was typed."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph
from rdflib import RDF, RDFS, URIRef
from rdflib.term import Node

from srmgraph.adapters.spreadsheet.cells import CellError
from srmgraph.adapters.spreadsheet.form import Sheet
from srmgraph.change import Change
from srmgraph.store.intake import graph_name
from srmgraph.terms import to_oxigraph
from srmgraph_api import jobs
from srmgraph_api.jobs import Desk, Made, Refused, Terms
from srmgraph_api.pages.entries import Entry, FaultsError, Reading, group, plain, sheets
from srmgraph_api.pages.work import Term

_CHANGED = (
    "Someone else has changed this thing since you opened the form. What you typed is still here; "
    "open the thing anew to see what it says now."
)


@dataclass(frozen=True)
class Shown:
    """What a form shows besides what is typed: the things that its lists offer, by their groups;
    and of a thing that is there, its kind, its name, what it says and where it is kept."""

    choices: dict[str, tuple[Term, ...]]
    lines: dict[str, list[str]]
    kind: str = ""
    name: str = ""
    graph: str = ""


@dataclass(frozen=True)
class Saved:
    """What became of what was typed, and the IRI of the thing."""

    thing: str
    made: Made | Refused


def show(desk: Desk, revision: int, slug: str, thing: str, scope: list[str]) -> Shown:
    """Return what the form shows for a thing, or for a new one if none is named."""
    reading = Reading(desk.revision(revision, scope), scope)
    sheet = sheets()[slug]
    choices = {
        group(column): reading.choices(column)
        for column in sheet.columns
        if column.is_thing and not column.codes
    }
    if not thing:
        return Shown(choices, {})
    lines = {
        str(column.property): sorted(
            {reading.written(value, column) for value in reading.stated(thing, column)}
        )
        for column in sheet.columns
    }
    types = reading.types(thing)
    kind, graphs = next(
        ((str(cls), types[cls]) for cls in sheet.types.values() if cls in types),
        (str(sheet.cls), next(iter(types.values()), [])),
    )
    names = lines.get(str(RDFS.label), [])
    return Shown(choices, lines, kind, names[0] if names else "", graphs[0] if graphs else "")


def save(desk: Desk, terms: Terms, entry: Entry, scope: list[str]) -> Saved:
    """Make a thing what was typed: only what the form shows is changed.

    Raises FaultsError for what cannot be understood, or if the thing has changed since it was seen.
    """
    sheet = sheets()[entry.slug]
    before = Reading(desk.revision(entry.seen, scope), scope)
    thing = entry.thing

    def make(change: Change) -> bool:
        nonlocal thing
        now = Reading(change.store, scope)
        wanted = understood(sheet, entry, before)
        if not thing:
            thing = str(_mint(sheet, entry, now))
        held = {column.property: now.stated(thing, column) for column in sheet.columns}
        if entry.thing and any(
            set(before.stated(thing, column)) != set(held[column.property])
            for column in sheet.columns
        ):
            raise FaultsError({"": _CHANGED})
        is_changed = _set_kind(change, sheet, entry, thing, now)
        for column in sheet.columns:
            old, new = held[column.property], wanted[column.property]
            gone = [
                _quad(thing, column.property, value, graph)
                for value in set(old) - new
                for graph in old[value]
            ]
            more = [_quad(thing, column.property, value, entry.graph) for value in new - set(old)]
            change.store.remove(gone)
            change.store.write(iter(more), len(more))
            is_changed |= set(old) != new
        if not is_changed:
            raise jobs.Unchanged
        return False

    name = next(iter(entry.lines.get(str(RDFS.label), [])), "") or entry.thing
    verb = "changed" if entry.thing else "entered"
    made = jobs.made(desk, terms, f"{verb} {name}", make)
    return Saved(thing, made)


def understood(sheet: Sheet, entry: Entry, before: Reading) -> dict[Node, set[Node]]:
    """Return the values of each column; what stands there unchanged means what it meant."""
    faults: dict[str, str] = {}
    found: dict[Node, set[Node]] = {}
    for column in sheet.columns:
        name = str(column.property)
        values = before.stated(entry.thing, column) if entry.thing else {}
        known: dict[str, set[Node]] = {}
        for value in values:
            known.setdefault(plain(before.written(value, column)), set()).add(value)
        found[column.property] = set()
        for line in entry.lines.get(name, []):
            try:
                found[column.property] |= known.get(line) or {
                    before.meant(line, column, entry.language)
                }
            except CellError as error:
                faults[name] = str(error)
        if column.is_single and len(entry.lines.get(name, [])) > max(1, len(values)):
            faults[name] = "There can be only one."
    if faults:
        raise FaultsError(faults)
    return found


def _mint(sheet: Sheet, entry: Entry, now: Reading) -> URIRef:
    names = entry.lines.get(str(RDFS.label), [])
    if not names:
        raise FaultsError({str(RDFS.label): "Write the name by which people know it."})
    try:
        return now.mint(sheet, names[0], now.base(entry.graph) or entry.base)
    except CellError as error:
        raise FaultsError({str(RDFS.label): str(error)}) from None


def _set_kind(change: Change, sheet: Sheet, entry: Entry, thing: str, now: Reading) -> bool:
    """Let a thing be of the kind that was chosen; tell whether it was not."""
    types = now.types(thing)
    kinds = set(sheet.types.values())
    if URIRef(entry.kind) in types:
        return False
    for cls, graphs in types.items():
        if cls in kinds:
            change.store.remove(_quad(thing, RDF.type, cls, graph) for graph in graphs)
    change.store.write(iter([_quad(thing, RDF.type, URIRef(entry.kind), entry.graph)]), 1)
    return True


def _quad(thing: str, property: Node, value: Node, graph: str) -> pyoxigraph.Quad:
    return pyoxigraph.Quad(
        pyoxigraph.NamedNode(thing),
        pyoxigraph.NamedNode(str(property)),
        to_oxigraph(value),
        graph_name(URIRef(graph) if graph else None),
    )
