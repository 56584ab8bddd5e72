"""What would change, before anything does: a three-way comparison of statements.

What was written out is the base; ours is what the graph says now; theirs is what has come back. A
change that only they made is applied; one that only we made stays; where both changed one and the
same value, somebody has to decide: until it is settled whose counts, none of it is applied.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from typing import Literal as OneOf

import rdflib
from rdflib import RDF, RDFS, Literal
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.adapters.archimate.blank import labelled
from srmgraph.adapters.archimate.layout import Layout, layout
from srmgraph.errors import ConflictError
from srmgraph.names import short
from srmgraph.terms import Statement, n_triples

Side = OneOf["ours", "theirs"]
"""Whose values are taken where both sides have changed them."""

_MOST_LINES = 300
"""More than that, nobody reads."""

_MOST_CONFLICTS = 10
"""As many are told by an error; a plan tells them all."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a thing becomes another."""

    subject: Node
    property: Node
    before: Node
    after: Node


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides have changed the values of a property of a thing, and not in the same way.

    The three are the values that one side has and another has not; a side that has removed its
    value has none.
    """

    subject: Node
    property: Node
    base: tuple[Node, ...]
    ours: tuple[Node, ...]
    theirs: tuple[Node, ...]


@dataclass(frozen=True)
class Plan:
    """What applying their model to our graph would do.

    `added` and `removed` are whole statements, `changed` pairs of them. Of what is `conflicting`,
    the values of the side are taken that `settled` names; while it names none, applying the plan is
    refused. Everything is sorted. `layout` tells which of it only says how a model is drawn.
    """

    added: tuple[Statement, ...]
    changed: tuple[Change, ...]
    removed: tuple[Statement, ...]
    conflicting: tuple[Conflict, ...]
    settled: Side | None = None
    layout: Layout = field(default=Layout({}, {}), compare=False, repr=False)

    def __bool__(self) -> bool:
        """Tell whether there is anything to do or to decide."""
        return bool(self.added or self.changed or self.removed or self.conflicting)

    def has_effect(self, *, allow_deletes: bool = False) -> bool:
        """Tell whether applying it changes anything, or is refused."""
        if self.added or self.changed or (allow_deletes and self.removed):
            return True
        if self.settled is None:
            return bool(self.conflicting)
        return any(conflict.theirs or allow_deletes for conflict in self._taken())

    @property
    def is_open(self) -> bool:
        """Tell whether somebody has to decide before it can be applied."""
        return bool(self.conflicting) and self.settled is None

    def settle(self, side: Side | None) -> Plan:
        """Return it with all conflicts settled: our values stay, or theirs come."""
        return replace(self, settled=side)

    def _taken(self) -> tuple[Conflict, ...]:
        """Return the conflicts in which their values come."""
        return self.conflicting if self.settled == "theirs" else ()

    def apply(self, ours: rdflib.Graph, *, allow_deletes: bool = False) -> rdflib.Graph:
        """Return our graph with what they changed; `ours` itself stays as it is.

        Nothing is removed unless deletes are allowed, also where a conflict is settled. Raises
        ConflictError for conflicts that are not settled.
        """
        if self.is_open:
            told = [self._conflict(one, knowledge.prefixes()) for one in self.conflicting]
            more = len(told) - _MOST_CONFLICTS
            told[_MOST_CONFLICTS:] = [f"… and {more:,} more"] if more > 0 else []
            heading = (
                "Both sides have changed the same, so nothing was changed. Settle whose counts:"
            )
            raise ConflictError(
                "\n".join([heading, *told]), [_told(one) for one in self.conflicting]
            )
        result = rdflib.Graph(bind_namespaces="none")
        for prefix, namespace in ours.namespaces():
            result.bind(prefix, namespace)
        for statement in labelled(ours):
            result.add(statement)
        if allow_deletes:
            for statement in self.removed:
                result.remove(statement)
        for change in self.changed:
            result.remove((change.subject, change.property, change.before))
            result.add((change.subject, change.property, change.after))
        for conflict in self._taken():
            if conflict.theirs or allow_deletes:
                for value in conflict.ours:
                    result.remove((conflict.subject, conflict.property, value))
            for value in conflict.theirs:
                result.add((conflict.subject, conflict.property, value))
        for statement in self.added:
            result.add(statement)
        return result

    def remarks(self, *, allow_deletes: bool = False) -> list[str]:
        """Return, for people, what applying it leaves as it is."""
        found = []
        gone = self.removed or [one for one in self._taken() if not one.theirs]
        if gone and not allow_deletes:
            found.append("What was removed there (-) stays here; --allow-deletes removes it.")
        if self.is_open:
            found.append(
                "What both have changed (!) is to be decided before anything comes in: "
                "--settle ours keeps it as it is here, --settle theirs takes it as it is there."
            )
        return found

    def text(self, prefixes: Mapping[str, str] | None = None, *, details: bool = False) -> str:
        """Return it for people: `+` comes, `-` goes, `~` changes, `!` is to be decided.

        Unless `details` are wanted, what only says how a model is drawn is counted, by view, and no
        more than the first few hundred lines are told. What is to be decided is always told in
        full.
        """
        known = dict(knowledge.prefixes() if prefixes is None else prefixes)
        lines: list[str] = []
        untold = 0
        drawn: Counter[tuple[str, str]] = Counter()

        def say(sign: str, statement: Statement, *after: Node) -> None:
            nonlocal untold
            place = "" if details else self.layout.place(statement)
            if place:
                drawn[place, sign] += 1
            elif len(lines) >= _MOST_LINES and not details:
                untold += 1
            else:
                becomes = [f"→ {_name(value, known)}" for value in after]
                named = (_name(node, known) for node in statement)
                lines.append(" ".join([sign, *named, *becomes]))

        for statement in self.added:
            say("+", statement)
        for change in self.changed:
            before = (change.subject, change.property, change.before)
            say("~", before, change.after)
        for statement in self.removed:
            say("-", statement)
        if untold:
            lines.append(f"… and {untold:,} more, with --details")
        for (place, sign), count in sorted(drawn.items()):
            several = "s" if count > 1 else ""
            lines.append(f"{sign} {place}: {count:,} statement{several} of how it is drawn")
        lines += [self._conflict(one, known) for one in self.conflicting]
        counts = (
            f"{len(self.added):,} added, {len(self.changed):,} changed, "
            f"{len(self.removed):,} removed, {len(self.conflicting):,} conflicting"
        )
        return "\n".join([*lines, counts])

    def _conflict(self, conflict: Conflict, known: Mapping[str, str]) -> str:
        def one_of(values: tuple[Node, ...]) -> str:
            return ", ".join(_name(value, known) for value in values) or "nothing"

        about = f"{_name(conflict.subject, known)} {_name(conflict.property, known)}"
        settled = {"ours": "; ours stays", "theirs": "; theirs is taken", None: ""}[self.settled]
        return (
            f"! {about} was {one_of(conflict.base)}; ours: {one_of(conflict.ours)}; "
            f"theirs: {one_of(conflict.theirs)}{settled}"
        )

    def json(self) -> str:
        """Return it for programs; terms are written as in N-Triples."""
        document: dict[str, Any] = {
            "added": [_triple(statement) for statement in self.added],
            "changed": [
                {
                    "subject": n_triples(change.subject),
                    "property": n_triples(change.property),
                    "before": n_triples(change.before),
                    "after": n_triples(change.after),
                }
                for change in self.changed
            ],
            "removed": [_triple(statement) for statement in self.removed],
            "conflicting": [_told(conflict) for conflict in self.conflicting],
            "settled": self.settled,
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def plan(base: rdflib.Graph, ours: rdflib.Graph, theirs: rdflib.Graph) -> Plan:
    """Return what applying `theirs` to `ours` would do; both once were `base`.

    A value that changed on one side is a change; so it is for a text in one language. Where a
    property has several values, values come and go. Values in conflict are those of a property
    that has one value on every side, or of a text in one language: both changed it, or one
    changed it and the other removed it.
    Blank nodes are the same where the same is said of them and of those that they are joined to.
    """
    sides = [_slots(labelled(graph)) for graph in (base, ours, theirs)]
    added: list[Statement] = []
    removed: list[Statement] = []
    changed: list[Change] = []
    conflicting: list[Conflict] = []
    for slot in sorted(set().union(*sides), key=_slot_order):
        subject, name, _ = slot
        was, us, them = (side.get(slot, frozenset()) for side in sides)
        come, gone = them - was - us, (was - them) & us
        if not come and not gone and not (us != was and them != was and us != them):
            continue
        single = max(len(was), len(us), len(them)) == 1 and name != RDF.type
        if single and was and us != was and them != was and us != them:
            conflicting.append(Conflict(subject, name, tuple(was), tuple(us), tuple(them)))
        elif single and not was and us and them and us != them:
            conflicting.append(Conflict(subject, name, (), tuple(us), tuple(them)))
        elif single and len(come) == len(gone) == 1:
            changed.append(Change(subject, name, *gone, *come))
        else:
            added += [(subject, name, value) for value in come]
            removed += [(subject, name, value) for value in gone]
    return Plan(
        tuple(sorted(added, key=_order)),
        tuple(changed),
        tuple(sorted(removed, key=_order)),
        tuple(conflicting),
        layout=layout(
            (subject, name, values) for side in sides for (subject, name, _), values in side.items()
        ),
    )


_Slot = tuple[Node, Node, str]


def _slots(graph: Iterable[Statement]) -> dict[_Slot, frozenset[Node]]:
    """Return the values of each property of each thing; those in a language apart."""
    found: dict[_Slot, set[Node]] = {}
    for subject, name, value in graph:
        language = value.language or "" if isinstance(value, Literal) else ""
        found.setdefault((subject, name, language), set()).add(value)
    return {slot: frozenset(values) for slot, values in found.items()}


def _slot_order(slot: _Slot) -> tuple[str, bool, str, str]:
    subject, name, language = slot
    # What a thing is called comes first: that is how people find it.
    return str(subject), name != RDFS.label, str(name), language


def _order(statement: Statement) -> tuple[str, ...]:
    return tuple(map(n_triples, statement))


def _told(conflict: Conflict) -> dict[str, Any]:
    return {
        "subject": n_triples(conflict.subject),
        "property": n_triples(conflict.property),
        "base": [n_triples(value) for value in conflict.base],
        "ours": [n_triples(value) for value in conflict.ours],
        "theirs": [n_triples(value) for value in conflict.theirs],
    }


def _name(node: Node, known: Mapping[str, str]) -> str:
    if not isinstance(node, Literal):
        return short(node, known)
    if node.datatype is None or node.language:
        return n_triples(node)
    return f"{n_triples(Literal(str(node)))}^^{short(node.datatype, known)}"


def _triple(statement: Iterable[Node]) -> str:
    return f"{' '.join(map(n_triples, statement))} ."
