"""What workers do for the page on which a thing is deleted: say what would go, and let it go."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph

from srmgraph import knowledge
from srmgraph.change import Change
from srmgraph.store import EmbeddedStore
from srmgraph_api import jobs
from srmgraph_api.jobs import Desk, Made, Refused, Terms
from srmgraph_api.pages import work
from srmgraph_api.pages.entries import FaultsError
from srmgraph_api.pages.work import Term

MOST_REFERENCES = 200
"""How many statements that refer to a thing a page lists."""

_CHANGED = (
    "Someone else has changed what is said of this thing since you looked. This is what would go "
    "now."
)


@dataclass(frozen=True)
class Doomed:
    """What would go with a thing: how many statements say what it is, and how many refer to it;
    the first of these with what refers (None if it has no name) and by which property."""

    name: str
    own: int
    referring: int
    references: tuple[tuple[Term | None, Term], ...]


def look(desk: Desk, revision: int, thing: str, scope: list[str]) -> Doomed | None:
    """Return what would go with a thing; None if nothing is stated of it."""
    store = desk.revision(revision, scope)
    own, referring = _own(store, thing, scope), _referring(store, thing, scope)
    if not own:
        return None
    listed = sorted({(str(one.subject), str(one.predicate)): one for one in referring}.items())
    shown = [one for _, one in listed[:MOST_REFERENCES]]
    nodes = [node for one in shown for node in (one.subject, one.predicate)]
    known = work.names(
        store, {thing, *(one.value for one in nodes if isinstance(one, pyoxigraph.NamedNode))}
    )
    references = tuple(
        (known.get(getattr(one.subject, "value", "")), known[one.predicate.value]) for one in shown
    )
    return Doomed(known[thing].text, len(own), len(referring), references)


def delete(
    desk: Desk, terms: Terms, thing: str, seen: int, name: str, scope: list[str]
) -> Made | Refused:
    """Let a thing go, with all that refers to it, so that nothing refers to what is not there.

    Raises FaultsError if any of it has changed since the revision that was seen.
    """

    def make(change: Change) -> bool:
        before, now = (
            {*_own(store, thing, scope), *_referring(store, thing, scope)}
            for store in (desk.revision(seen), change.store)
        )
        if before != now:
            raise FaultsError({"": _CHANGED})
        change.store.remove(now)
        return False

    return jobs.made(desk, terms, f"deleted {name}", make)


def _own(store: EmbeddedStore, thing: str, scope: list[str]) -> list[pyoxigraph.Quad]:
    """What is stated of a thing, and of things without a name that it alone refers to."""
    reached: set[pyoxigraph.NamedNode | pyoxigraph.BlankNode] = {pyoxigraph.NamedNode(thing)}
    while True:
        found = [quad for node in reached for quad in _stated(store, scope, node, None)]
        parts = {
            value
            for value in {quad.object for quad in found}
            if isinstance(value, pyoxigraph.BlankNode)
            and value not in reached
            and {quad.subject for quad in _stated(store, scope, None, value)} <= reached
        }
        if not parts:
            return found
        reached |= parts


def _referring(store: EmbeddedStore, thing: str, scope: list[str]) -> list[pyoxigraph.Quad]:
    node = pyoxigraph.NamedNode(thing)
    return [one for one in _stated(store, scope, None, node) if one.subject != node]


def _stated(
    store: EmbeddedStore,
    scope: list[str],
    subject: pyoxigraph.NamedNode | pyoxigraph.BlankNode | None,
    value: pyoxigraph.NamedNode | pyoxigraph.BlankNode | None,
) -> list[pyoxigraph.Quad]:
    kept = set(map(str, knowledge.own_graphs()))
    quads = store.oxigraph.quads_for_pattern(subject, None, value, None)
    return [
        quad
        for quad in quads
        if (graph := getattr(quad.graph_name, "value", "")) not in kept
        and (not scope or graph in scope)
    ]
