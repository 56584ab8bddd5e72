"""What workers do for the pages of questions: answer one, and find what could be asked of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from srmgraph import queries
from srmgraph.errors import ParameterError
from srmgraph.queries import Question
from srmgraph.store import EmbeddedStore
from srmgraph_api.jobs import Desk
from srmgraph_api.pages import work
from srmgraph_api.pages.work import Row, Term

MOST_ROWS = 1000
"""How many rows of an answer a page shows."""

MOST_CHOICES = 1000
"""How many things the list of a parameter offers."""

_WHY = re.compile("The value of “[^”]*” cannot be used: ")


@dataclass(frozen=True)
class Answer:
    """What a question found: the first rows, by the names of its columns, and how many there are.

    `faults` says of parameters why their values cannot be used; there are no rows then.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    total: int = 0
    faults: dict[str, str] = field(default_factory=dict)


def answer(desk: Desk, revision: int, name: str, given: dict[str, str], scope: list[str]) -> Answer:
    """Answer a kept question from the graphs in `scope` or, if there are none, from all."""
    store = desk.revision(revision, scope)
    kept = queries.question(name)
    faults = _faults(kept, store, given)
    if faults:
        return Answer(faults=faults)
    found = json.loads(store.answer(kept.bind(store, **given), "json", scope, scope))
    columns, total = found["head"]["vars"], len(found["results"]["bindings"])
    del found["results"]["bindings"][MOST_ROWS:]
    rows = work.named(store, {name: found})[name]
    return Answer(tuple(columns), tuple(rows), total)


def choices(desk: Desk, revision: int, name: str, scope: list[str]) -> dict[str, tuple[Term, ...]]:
    """Return, for each parameter of a question that takes a thing, the things that have an answer.

    No two have the same text. At most so many are looked for as a list can hold.
    """
    store = desk.revision(revision, scope)
    kept = queries.question(name)
    found: dict[str, Any] = {
        one.name: json.loads(
            store.answer(f"{kept.choices(one.name)}LIMIT {MOST_CHOICES}", "json", scope, scope)
        )
        for one in kept.parameters
        if takes_thing(one)
    }
    return {
        parameter: told_apart([term for row in rows if (term := row[parameter]) and term.iri])
        for parameter, rows in work.named(store, found).items()
    }


def takes_thing(parameter: queries.Parameter) -> bool:
    """Whether a parameter takes a thing, not a number or a day."""
    default = parameter.default or ""
    return parameter.datatype is None and not default.startswith('"') and not default.isdecimal()


def told_apart(things: list[Term]) -> tuple[Term, ...]:
    """Return things in the order of their texts, which are made different where they are not."""
    known = Counter(one.text for one in things)
    apart = [
        replace(one, text=f"{one.text} <{one.iri}>") if known[one.text] > 1 else one
        for one in things
    ]
    return tuple(sorted(apart, key=lambda one: (one.text.casefold(), one.text)))


def _faults(kept: Question, store: EmbeddedStore, given: dict[str, str]) -> dict[str, str]:
    faults = kept.missing(store, given)
    for name, value in given.items():
        try:
            kept.bind(store, **{name: value})
        except ParameterError as error:
            reason = _WHY.sub("", str(error))
            faults[name] = reason[:1].upper() + reason[1:]
    return faults
