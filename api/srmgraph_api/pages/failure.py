"""What fails if a thing fails: the relationships that rest on it, step by step, and whom that hits.

What rests on what is asked once for a revision (`what-if-….rq`) and kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from srmgraph.store import EmbeddedStore
from srmgraph_api.jobs import Desk
from srmgraph_api.pages import network, work
from srmgraph_api.pages.network import Network
from srmgraph_api.pages.work import Term

LISTED = 200
"""How many losses a page lists, and of how many it tells outcomes and people."""

_CANDIDATES = 20
_BLANK = "_:"
_NAMELESS = "something without a name"


@dataclass(frozen=True)
class Step:
    """One relationship rests on another by a component, which may have something to stand in."""

    relationship: str
    next: str
    component: str = ""
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loss:
    """A relationship that is lost to one of its consumers, after so many `steps` (1: at once).

    `chain` is every relationship from the first that fails to this one, and `components` what is
    built in on the way. `alternatives` are what could stand in for one of them.
    """

    relationship: Term
    providers: list[Term]
    consumer: Term
    steps: int
    chain: list[Term]
    components: list[Term]
    alternatives: list[Term]
    outcomes: list[Term]


@dataclass(frozen=True)
class Hit:
    """A party that loses so many of all relationships in which it consumes."""

    party: Term
    steps: int
    lost: int
    of: int

    @property
    def is_all(self) -> bool:
        """Whether nothing is left to it."""
        return self.lost == self.of


@dataclass(frozen=True)
class Shared:
    """A component on which so many of the lost relationships rest, through so many consumers."""

    component: Term
    relationship: Term
    relationships: int
    consumers: int
    alternatives: list[Term]


@dataclass(frozen=True)
class Failure:
    """What fails with a thing; `losses` are the first of `all_losses`, the nearest first.

    `direct` are the providers whose relationships fail at once. `worth` is what the lost agreements
    are worth in a year, by currency. `people` are customers, users and sponsors by relationship,
    and `vendors` who could stop everything that the thing provides.
    """

    thing: Term
    losses: list[Loss]
    all_losses: int
    relationships: int
    hits: list[Hit]
    parties: int
    shared: list[Shared]
    worth: dict[str, Decimal]
    people: list[tuple[Term, Term, list[Term]]]
    vendors: list[tuple[Term, int]]
    ties: list[tuple[str, str, Term, int]]
    names: dict[str, Term]
    is_on_loop: bool


class Dependencies:
    """What rests on what in one revision, and what it is good for and to whom.

    `outcomes` are those that a relationship helps a consumer to reach, and `roles` who is customer,
    user or sponsor in a relationship, each a party and a role.
    """

    def __init__(self, store: EmbeddedStore, scope: list[str]) -> None:
        """Ask a store, of the graphs in `scope` or else of all."""

        def rows(name: str) -> Iterable[tuple[str, ...]]:
            answer = work.answer(store, name, {}, scope)
            for row in _bindings(answer):
                yield tuple(_id(row.get(cell)) for cell in answer["head"]["vars"])

        self.not_in_force = {row[0] for row in rows("what-if-not-in-force")}
        built_on: dict[str, list[str]] = defaultdict(list)
        for product, relationship in rows("what-if-built-on"):
            built_on[product].append(relationship)
        alternatives: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for relationship, component, product, alternative in rows("what-if-built-in"):
            alternatives[relationship, component, product] += [alternative] if alternative else []
        self.steps: dict[str, list[Step]] = defaultdict(list)
        self._steps_to: dict[str, list[Step]] = defaultdict(list)
        for (relationship, component, product), others in alternatives.items():
            for following in built_on[product]:
                self._add(Step(relationship, following, component, tuple(others)))
        for relationship, following in rows("what-if-said"):
            self._add(Step(relationship, following))
        self.outcomes: dict[tuple[str, str], list[str]] = defaultdict(list)
        for relationship, consumer, outcome in rows("what-if-outcomes"):
            self.outcomes[relationship, consumer].append(outcome)
        self.roles: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for party, relationship, role, _ in rows("who-is-customer-user-and-sponsor"):
            if party:
                self.roles[relationship].append((party, role))

    def _add(self, step: Step) -> None:
        if step.next not in self.not_in_force:
            self.steps[step.relationship].append(step)
            self._steps_to[step.next].append(step)

    def reached(self, starts: Iterable[str]) -> dict[str, Step | None]:
        """Return what fails, the nearest first, with a step that leads there; None for a start."""
        found: dict[str, Step | None] = dict.fromkeys(starts)
        front = list(found)
        while front:
            following = []
            for relationship in front:
                for step in self.steps.get(relationship, ()):
                    if step.next not in found:
                        found[step.next] = step
                        following.append(step.next)
            front = following
        return found

    def indispensable(
        self, relationships: Collection[str], providers: Mapping[str, Collection[str]]
    ) -> set[str]:
        """Return the providers without whom none of some relationships is left: each rests on one
        of theirs, be it through others, by a component for which nothing else can stand in."""
        if not relationships:
            return set()
        below, front = set(), [next(iter(relationships))]
        while front:
            relationship = front.pop()
            if relationship not in below:
                below.add(relationship)
                front += [step.relationship for step in self._steps_to.get(relationship, ())]
        vendors: dict[str, list[str]] = defaultdict(list)
        supplies = {step.relationship for one in below for step in self._steps_to.get(one, ())}
        candidates = {vendor for supply in supplies for vendor in providers.get(supply, ())}
        for supply, steps in self.steps.items():
            sole = [step.next for step in steps if step.component and not step.alternatives]
            for vendor in candidates.intersection(providers.get(supply, ())):
                vendors[vendor] += sole
        return {
            vendor
            for vendor, starts in vendors.items()
            if self.reached(starts).keys() >= set(relationships)
        }


@lru_cache(maxsize=3)
def dependencies(desk: Desk, revision: int, scope: tuple[str, ...]) -> Dependencies:
    """Return what rests on what in a revision, in the graphs of `scope` or else in all."""
    return Dependencies(desk.revision(revision, scope), list(scope))


def fail(desk: Desk, revision: int, scope: list[str], thing: str) -> Failure:
    """Return what fails if a thing fails."""
    store = desk.revision(revision, scope)
    known = network.network(desk, revision, tuple(scope))
    rests = dependencies(desk, revision, tuple(scope))
    starts = [row["relationship"]["value"] for row in _bindings(
        work.answer(store, "what-if-starts", {"thing": f"<{thing}>"}, scope)
    )]  # fmt: skip
    reached = rests.reached(starts)
    chains = {relationship: _chain(reached, relationship) for relationship in reached}
    providers, consumers = _sides(known)
    ends = sorted(
        (
            (relationship, consumer)
            for relationship in reached
            for consumer in consumers.get(relationship, ())
        ),
        key=lambda end: (
            len(chains[end[0]]),
            known.name(end[1]).text,
            known.name(end[0]).text,
            end,
        ),
    )
    shown = ends[:LISTED]
    lost = dict.fromkeys(relationship for relationship, _ in shown)
    names = _Names(store, known)
    names.take(
        [thing]
        + [outcome for end in shown for outcome in rests.outcomes.get(end, ())]
        + [
            iri
            for relationship in lost
            for pair in rests.roles.get(relationship, ())
            for iri in pair
        ]
        + [
            iri
            for step in reached.values()
            if step is not None
            for iri in (step.component, *step.alternatives)
        ]
    )
    losses = []
    for relationship, consumer in shown:
        chain = chains[relationship]
        steps = [reached[one] for one in chain[1:]]
        losses.append(
            Loss(
                relationship=names[relationship],
                providers=[names[party] for party in sorted(providers[relationship])],
                consumer=names[consumer],
                steps=len(chain),
                chain=[names[one] for one in chain],
                components=[names[step.component] for step in steps if step and step.component],
                alternatives=[names[one] for step in steps if step for one in step.alternatives],
                outcomes=[names[one] for one in rests.outcomes.get((relationship, consumer), ())],
            )
        )
    return Failure(
        thing=names[thing],
        losses=losses,
        all_losses=len(ends),
        relationships=len({relationship for relationship, _ in ends}),
        hits=_hits(known, names, chains, ends),
        parties=len({party for tie in known.ties for party in (tie.provider, tie.consumer)}),
        shared=_shared(rests, names, reached, consumers),
        worth=_worth(known, reached),
        people=_people(rests, lost, names),
        vendors=_vendors(known, rests, providers, names, thing),
        ties=[
            (provider, consumer, names[relationship], len(chains[relationship]))
            for relationship, consumer in ends
            for provider in sorted(providers[relationship])
        ],
        names={
            party: names[party]
            for relationship, consumer in ends
            for party in (consumer, *providers[relationship])
        },
        is_on_loop=bool({consumer for _, consumer in ends} & {thing}),
    )


def missed(desk: Desk, revision: int, scope: list[str]) -> list[tuple[Term, int, int, int]]:
    """Return the parties that provide in most relationships: in how many, and what is lost if one
    fails: how many relationships, and to how many parties."""
    known = network.network(desk, revision, tuple(scope))
    rests = dependencies(desk, revision, tuple(scope))
    _, consumers = _sides(known)
    provided: dict[str, set[str]] = defaultdict(set)
    for tie in known.ties:
        if tie.relationship not in rests.not_in_force:
            provided[tie.provider].add(tie.relationship)
    most = sorted(provided, key=lambda party: (-len(provided[party]), known.name(party).text))
    found = []
    for party in most[:_CANDIDATES]:
        reached = rests.reached(sorted(provided[party]))
        hit = {consumer for one in reached for consumer in consumers.get(one, ())}
        found.append((known.name(party), len(provided[party]), len(reached), len(hit)))
    return sorted(found, key=lambda one: (-one[3], -one[2], one[0].text))


class _Names:
    """Names of things: those of a network, and others that are looked up together."""

    def __init__(self, store: EmbeddedStore, known: Network) -> None:
        self._store = store
        self._known = known.names
        self._more: dict[str, Term] = {}

    def take(self, iris: Iterable[str]) -> None:
        wanted = {iri for iri in iris if ":" in iri and not iri.startswith(_BLANK)}
        self._more |= work.names(self._store, wanted - self._known.keys())

    def __getitem__(self, iri: str) -> Term:
        if iri.startswith(_BLANK):
            return Term(_NAMELESS)
        return self._known.get(iri) or self._more.get(iri) or Term(iri, iri)


def _id(cell: dict[str, str] | None) -> str:
    if cell is None:
        return ""
    kind = cell["type"]
    return f"{_BLANK}{cell['value']}" if kind == "bnode" else cell["value"] if kind == "uri" else ""


def _bindings(answer: Any) -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = answer["results"]["bindings"]
    return found


def _chain(reached: Mapping[str, Step | None], relationship: str) -> list[str]:
    chain = [relationship]
    while (step := reached[chain[0]]) is not None:
        chain.insert(0, step.relationship)
    return chain


def _sides(known: Network) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The providers and the consumers of each relationship."""
    providers: dict[str, set[str]] = defaultdict(set)
    consumers: dict[str, set[str]] = defaultdict(set)
    for tie in known.ties:
        providers[tie.relationship].add(tie.provider)
        consumers[tie.relationship].add(tie.consumer)
    return providers, consumers


def _hits(
    known: Network,
    names: _Names,
    chains: Mapping[str, list[str]],
    ends: Iterable[tuple[str, str]],
) -> list[Hit]:
    consumed: dict[str, set[str]] = defaultdict(set)
    for tie in known.ties:
        consumed[tie.consumer].add(tie.relationship)
    lost: dict[str, set[str]] = defaultdict(set)
    for relationship, consumer in ends:
        lost[consumer].add(relationship)
    hits = [
        Hit(
            party=names[party],
            steps=min(len(chains[one]) for one in relationships),
            lost=len(relationships),
            of=len(consumed[party]),
        )
        for party, relationships in lost.items()
    ]
    return sorted(hits, key=lambda hit: (-hit.lost / hit.of, -hit.lost, hit.steps, hit.party.text))


def _shared(
    rests: Dependencies,
    names: _Names,
    reached: Mapping[str, Step | None],
    consumers: Mapping[str, set[str]],
) -> list[Shared]:
    """The components by which failure goes on, those on which most rests first."""
    carried: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for relationship in reached:
        for step in rests.steps.get(relationship, ()):
            if step.component:
                carried[step.component, relationship].append(step)
    listed = sorted(carried.items())[:LISTED]
    names.take(
        iri for (component, _), steps in listed for iri in (component, *steps[0].alternatives)
    )
    found = [
        Shared(
            component=names[component],
            relationship=names[relationship],
            relationships=len(after := rests.reached(step.next for step in steps)),
            consumers=len({party for one in after for party in consumers.get(one, ())}),
            alternatives=[names[one] for one in steps[0].alternatives],
        )
        for (component, relationship), steps in listed
    ]
    return sorted(found, key=lambda one: (-one.consumers, -one.relationships, one.component.text))


def _worth(known: Network, reached: Iterable[str]) -> dict[str, Decimal]:
    agreements = {
        worth.agreement: worth
        for relationship in reached
        for worth in known.worth.get(relationship, ())
    }
    sums: dict[str, Decimal] = {}
    for worth in agreements.values():
        sums[worth.currency] = sums.get(worth.currency, Decimal(0)) + worth.amount
    return dict(sorted(sums.items()))


def _people(
    rests: Dependencies, relationships: Iterable[str], names: _Names
) -> list[tuple[Term, Term, list[Term]]]:
    """Who is to be told: the party, the relationship and its roles there."""
    roles: dict[tuple[str, str], list[Term]] = defaultdict(list)
    for relationship in relationships:
        for party, role in rests.roles.get(relationship, ()):
            roles[party, relationship].append(names[role])
    return [
        (names[party], names[relationship], sorted(own, key=lambda role: role.text))
        for (party, relationship), own in roles.items()
    ]


def _vendors(
    known: Network,
    rests: Dependencies,
    providers: Mapping[str, set[str]],
    names: _Names,
    thing: str,
) -> list[tuple[Term, int]]:
    """Who could stop everything that a provider provides, and how many relationships that is.

    What is not in force counts nowhere, not on the way either; the kept question, which cannot tell
    that, leaves out only what has ended, at both ends.
    """
    provided = {
        tie.relationship
        for tie in known.ties
        if tie.provider == thing and tie.relationship not in rests.not_in_force
    }
    vendors = rests.indispensable(provided, providers) - {thing}
    found = [(names[vendor], len(provided)) for vendor in vendors]
    return sorted(found, key=lambda one: (one[0].text, one[0].iri))
