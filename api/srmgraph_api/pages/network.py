"""Who is joined to whom, as workers keep it: read once for a revision, then filtered in no time.

What it knows of the data is what the queries `map-….rq` answer; a file `map-by-NAME.rq` is a filter
of that name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from srmgraph.store import EmbeddedStore
from srmgraph_api.jobs import Desk
from srmgraph_api.pages import work
from srmgraph_api.pages.work import Term

_FACET = "map-by-"


@dataclass(frozen=True, slots=True)
class Tie:
    """A relationship, with one of its providers and one of its consumers; all are IRIs."""

    relationship: str
    provider: str
    consumer: str


@dataclass(frozen=True)
class Worth:
    """What an agreement is worth in a year; the currency is empty where none is told."""

    agreement: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class View:
    """What is to be seen: relationships that fit each filter that is given.

    `facets` are values by the names of filters, each a name or an IRI; `text` is part of a name;
    `centre` is a party, seen with all that is so many `steps` away. `tier` and `kind` are of one of
    the parties of a relationship.
    """

    facets: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    centre: str = ""
    steps: int = 1
    tier: str = ""
    kind: str = ""


class Network:
    """The relationships of one revision. `names` are those of all things that it speaks of."""

    def __init__(self, store: EmbeddedStore, scope: list[str]) -> None:
        """Ask a store the queries of the map, of the graphs in `scope` or else of all."""

        def rows(name: str) -> list[tuple[str, ...]]:
            """The cells as text; whatever has no IRI cannot be shown and is left out."""
            answer = work.answer(store, name, {}, scope)
            return [
                tuple(row[cell]["value"] if cell in row else "" for cell in answer["head"]["vars"])
                for row in answer["results"]["bindings"]
                if all(cell["type"] != "bnode" for cell in row.values())
            ]

        self.ties = [Tie(*key) for key in rows("map-relationships")]
        self.kinds: dict[str, list[str]] = defaultdict(list)
        for party, kind in rows("map-parties"):
            self.kinds[party].append(kind)
        self.worth: dict[str, list[Worth]] = defaultdict(list)
        for relationship, agreement, amount, currency in rows("map-worth"):
            if (number := _number(amount)) is not None:
                self.worth[relationship].append(Worth(agreement, number, currency))
        self.facets: dict[str, dict[str, set[str]]] = {}
        for name in facet_queries():
            values: dict[str, set[str]] = defaultdict(set)
            for relationship, value in rows(name):
                values[relationship].add(value)
            self.facets[name.removeprefix(_FACET)] = values
        self.names = work.names(store, self._things())
        drawn = {tie.relationship for tie in self.ties}
        self.options = {
            name: Counter(value for relationship in drawn for value in values.get(relationship, ()))
            for name, values in self.facets.items()
        }

    def _things(self) -> set[str]:
        tied = {iri for tie in self.ties for iri in (tie.relationship, tie.provider, tie.consumer)}
        kinds = {kind for kinds in self.kinds.values() for kind in kinds}
        values = {
            value for facet in self.facets.values() for values in facet.values() for value in values
        }
        return tied | kinds | values

    def seen(self, view: View) -> list[Tie]:
        """Return what a view shows."""
        ties = self.ties
        for name, given in view.facets.items():
            wanted = self._called(given, self.options[name])
            facet = self.facets[name]
            ties = [tie for tie in ties if facet.get(tie.relationship, set()) & wanted]
        if view.text:
            ties = self._with_text(ties, view.text.casefold())
        if view.tier or view.kind:
            tier = tiers(ties)
            ties = [
                tie
                for tie in ties
                if any(
                    view.tier in ("", tier[party]) and view.kind in ("", self.kind(party))
                    for party in (tie.provider, tie.consumer)
                )
            ]
        if view.centre:
            near = neighbourhood(ties, view.centre, view.steps)
            ties = [tie for tie in ties if tie.provider in near and tie.consumer in near]
        return ties

    def kind(self, party: str) -> str:
        """Return what kind of thing a party is, the first of several; empty if it is not told."""
        return next(iter(self.kinds.get(party, ())), "")

    def name(self, iri: str) -> Term:
        """Return the name of a thing."""
        return self.names.get(iri) or Term(iri, iri)

    def _called(self, given: str, values: Collection[str]) -> set[str]:
        """The things that have an IRI or a name, in capitals or not."""
        small = given.casefold()
        return {iri for iri in values if iri == given or self.name(iri).text.casefold() == small}

    def _with_text(self, ties: list[Tie], text: str) -> list[Tie]:
        fitting = {iri for iri, name in self.names.items() if text in name.text.casefold()}
        return [
            tie
            for tie in ties
            if {tie.provider, tie.consumer, tie.relationship} & fitting
            or any(facet.get(tie.relationship, set()) & fitting for facet in self.facets.values())
        ]


@lru_cache(maxsize=3)
def network(desk: Desk, revision: int, scope: tuple[str, ...]) -> Network:
    """Return the network of a revision, of the graphs in `scope` or, if there are none, of all."""
    return Network(desk.revision(revision, scope), list(scope))


def facet_queries() -> list[str]:
    """Return the names of the queries that are filters."""
    return [name for name in work.page_queries() if name.startswith(_FACET)]


# ── Of any network ──────────────────────────────────────────────────────────────────────────────


def neighbourhood(ties: Iterable[Tie], centre: str, steps: int) -> set[str]:
    """Return the parties that are so many steps or fewer away, in either direction."""
    beside: dict[str, set[str]] = defaultdict(set)
    for tie in ties:
        beside[tie.provider].add(tie.consumer)
        beside[tie.consumer].add(tie.provider)
    return set(_distances(beside, {centre}, steps))


def tiers(ties: Collection[Tie]) -> dict[str, str]:
    """Return each party's place: `consumer` if it only consumes, `provider` if it serves one of
    these, and else `supplier`."""
    names = ("consumer", "provider")
    return {
        party: names[steps] if steps < len(names) else "supplier"
        for party, steps in distances(ties).items()
    }


def distances(ties: Collection[Tie]) -> dict[str, int]:
    """Return how many steps each party is away from the nearest that only consumes.

    Those from which none is reached count as one step further than the farthest.
    """
    providers = {tie.provider for tie in ties}
    parties = providers | {tie.consumer for tie in ties}
    served_by: dict[str, set[str]] = defaultdict(set)
    for tie in ties:
        served_by[tie.consumer].add(tie.provider)
    found = _distances(served_by, parties - providers)
    farthest = max(found.values(), default=0) + 1
    return {party: found.get(party, max(farthest, 2)) for party in parties}


def loops(ties: Collection[Tie]) -> list[set[str]]:
    """Return the parties that serve each other in circles, each circle with all that is in it.

    Source: Tarjan, Depth-first search and linear graph algorithms (1972), without recursion.
    """
    serves: dict[str, list[str]] = defaultdict(list)
    for tie in ties:
        serves[tie.provider].append(tie.consumer)
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found = []
    for start in list(serves):
        if start in number:
            continue
        path = [(start, iter(serves[start]))]
        number[start] = lowest[start] = len(number)
        stack.append(start)
        waiting.add(start)
        while path:
            party, rest = path[-1]
            step = next((one for one in rest if one not in number or one in waiting), None)
            if step is None:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[party])
                if lowest[party] == number[party]:
                    circle = set(stack[stack.index(party) :])
                    del stack[-len(circle) :]
                    waiting -= circle
                    if len(circle) > 1 or party in serves[party]:
                        found.append(circle)
            elif step in number:
                lowest[party] = min(lowest[party], number[step])
            else:
                number[step] = lowest[step] = len(number)
                stack.append(step)
                waiting.add(step)
                path.append((step, iter(serves.get(step, ()))))
    return found


def _distances(
    beside: Mapping[str, set[str]], starts: Collection[str], most: int | None = None
) -> dict[str, int]:
    found = dict.fromkeys(starts, 0)
    front = set(starts)
    steps = 0
    while front and (most is None or steps < most):
        steps += 1
        front = {one for party in front for one in beside.get(party, ()) if one not in found}
        found |= dict.fromkeys(front, steps)
    return found


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
