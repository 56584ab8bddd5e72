"""The pieces of work about models of ArchiMate that workers do; see `jobs`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate.grammar import relations
from srmgraph.adapters.archimate.mapping import mapping
from srmgraph.adapters.archimate.plan import Plan, Side, plan
from srmgraph.change import Change
from srmgraph.store import EmbeddedStore
from srmgraph_api.jobs import BROUGHT, Desk, Made, Refused, Terms, Unchanged, made

_MOST_NOTES = 1000

# What is read now is read once, and not by every worker.
mapping(), relations()


@dataclass(frozen=True)
class Theirs:
    """A model as it was read: its statements in N-Triples, and what could not be kept."""

    statements: bytes
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Applied(Made):
    """What became of a model, told in a format."""

    told: str = ""


def drawn(
    desk: Desk, revision: int, name: str | None, format: str, scope: list[str]
) -> bytes | None:
    """Return a graph of a revision as a model, or all that are in `scope`; None if there is none.

    The graphs that the store keeps for itself are not drawn unless they are named.
    """
    store = desk.revision(revision)
    if name is not None:
        iri = rdflib.URIRef(name)
        return archimate.serialize(store.graph(iri), format) if store.has_graph(iri) else None
    if not scope:
        return archimate.serialize(store, format, without=knowledge.own_graphs())
    found = rdflib.Graph(bind_namespaces="none")
    for one in scope:
        for statement in store.graph(rdflib.URIRef(one)):
            found.add(statement)
    return archimate.serialize(found, format)


def read(desk: Desk, content: bytes, largest: int) -> Theirs:
    """Read a model that a stranger sent; raises ParseError. No zip may hold more than `largest`."""
    found = archimate.parse(content, largest=largest)
    store = EmbeddedStore()
    store.add(found.graph)
    lines = store.oxigraph.dump(
        format=pyoxigraph.RdfFormat.N_TRIPLES, from_graph=pyoxigraph.DefaultGraph()
    )
    notes = [*map(str, found.loss_report[:_MOST_NOTES])]
    if len(found.loss_report) > _MOST_NOTES:
        notes.append(f"{len(found.loss_report) - _MOST_NOTES:,} more notes are left out.")
    return Theirs(lines or b"", tuple(notes))


def planned(
    desk: Desk,
    revision: int,
    base: int | None,
    name: str,
    theirs: Theirs,
    allow_deletes: bool,
    settle: Side | None,
    format: str,
) -> str:
    """Return what applying a model to a graph would do, in a format: text or JSON."""
    ours = desk.revision(revision).graph(rdflib.URIRef(name))
    todo = _plan(desk, base, ours, name, theirs).settle(settle)
    return _told(todo, theirs, allow_deletes, format)


def apply(
    desk: Desk,
    terms: Terms,
    base: int | None,
    name: str,
    theirs: Theirs,
    content: bytes,
    allow_deletes: bool,
    settle: Side | None,
    format: str,
) -> Applied | Refused:
    """Change a graph as a model with this content says, and return what was done.

    Raises ConflictError for what both sides have changed, unless it is settled.
    """
    iri = rdflib.URIRef(name)
    told = ""

    def make(change: Change) -> bool:
        nonlocal told
        is_new = not change.store.has_graph(iri)
        terms.check(name, is_there=not is_new)
        ours = change.store.graph(iri)
        todo = _plan(desk, base, ours, name, theirs).settle(settle)
        told = _told(todo, theirs, allow_deletes, format)
        if not todo.has_effect(allow_deletes=allow_deletes):
            raise Unchanged
        change.store.remove_graph(iri)
        change.store.add(todo.apply(ours, allow_deletes=allow_deletes), iri)
        change.remember(iri, "ArchiMate", content)
        return is_new

    outcome = made(desk, terms, f"{BROUGHT} {name}", make)
    if isinstance(outcome, Refused):
        return outcome
    return Applied(outcome.revision, outcome.created, outcome.changed, told)


def _plan(desk: Desk, base: int | None, ours: rdflib.Graph, name: str, theirs: Theirs) -> Plan:
    store = EmbeddedStore()
    store.parse(theirs.statements, "n-triples")
    before = ours if base is None else desk.revision(base).graph(rdflib.URIRef(name))
    return plan(before, ours, store.graph())


def _told(todo: Plan, theirs: Theirs, allow_deletes: bool, format: str) -> str:
    remarks = todo.remarks(allow_deletes=allow_deletes)
    if format == "json":
        document = json.loads(todo.json()) | {"notes": [*theirs.notes], "remarks": remarks}
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return "\n".join([todo.text(), *remarks, *_listed(theirs.notes)]) + "\n"


def _listed(notes: Iterable[str]) -> Iterable[str]:
    return (f"line {note}" if note[:1].isdigit() else note for note in notes)
