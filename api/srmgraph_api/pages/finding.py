"""What workers do for the search: keep the names of all things, and find those with a text in them.

The names are read once for a revision: to look through them takes milliseconds, and to ask the
store for them seconds where there are many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest

from srmgraph_api.jobs import Desk
from srmgraph_api.pages import work
from srmgraph_api.pages.work import Term


@dataclass(frozen=True)
class Found:
    """A thing with the kinds that were stated; `is_term` tells a term of the model from data."""

    thing: Term
    kinds: list[Term]
    is_term: bool


def find(desk: Desk, revision: int, scope: list[str], text: str, most: int) -> list[Found]:
    """Return at most so many things that have a text in one of their names, in capitals or not.

    The nearest come first: those that are called so, those whose name begins so, all others; but
    terms of the model stand behind things of the data. Looked for are the graphs in `scope` or, if
    there are none, all.
    """
    store = desk.revision(revision, scope)
    part = text.lower()
    best: dict[str, tuple[int, str]] = {}
    for name, thing in names(desk, revision, tuple(scope)):
        if part in name:
            nearness = 0 if name == part else 1 if name.startswith(part) else 2
            if thing not in best or (nearness, name) < best[thing]:
                best[thing] = nearness, name
    rows: dict[str, list[work.Row]] = {
        thing: [] for thing in nsmallest(most, best, key=lambda thing: (best[thing], thing))
    }
    answers = {"find-kinds": work.answer_about(store, "find-kinds", rows, scope)}
    for row in work.named(store, answers)["find-kinds"]:
        term = row["thing"]
        assert term is not None
        rows[term.iri].append(row)
    return sorted((_found(several) for several in rows.values()), key=lambda one: one.is_term)


def _found(rows: Sequence[work.Row]) -> Found:
    thing = rows[0]["thing"]
    assert thing is not None
    kinds = [kind for row in rows if (kind := row["kind"]) is not None]
    return Found(thing, kinds, str(rows[0]["isTerm"]) == "true")


@lru_cache(maxsize=3)
def names(desk: Desk, revision: int, scope: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the names of all things that have an IRI, in small letters, each with the thing.

    Those of the graphs in `scope` or, if there are none, of all.
    """
    answer = work.answer(desk.revision(revision), "find-names", {}, list(scope))
    return [
        (row["label"]["value"].lower(), row["thing"]["value"])
        for row in answer["results"]["bindings"]
        if row["thing"]["type"] == "uri"
    ]
