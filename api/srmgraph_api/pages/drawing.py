"""What of a network is drawn and listed: each party while they are few, else hubs and groups."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from srmgraph_api.jobs import Desk
from srmgraph_api.pages import network
from srmgraph_api.pages.network import Network, Tie, View
from srmgraph_api.pages.work import Term

MOST_PARTIES = 60
MOST_ARROWS = 110
HUBS = 14
"""Where more than these would be drawn, so many hubs stand for themselves, the rest in groups."""
ROWS = 100
"""Pairs of parties on a page of the table."""
OPTIONS = 300
"""Values of a filter that are listed; others can be typed."""


@dataclass(frozen=True)
class Node:
    """A party, or a group of `parties` of one tier and kind; `role` is provider, consumer or both.

    `relationships` are those in which it provides or consumes.
    """

    id: str
    name: Term
    tier: str
    role: str
    kind: Term | None
    relationships: int
    provides: int
    consumes: int
    parties: int = 1
    violations: int = 0


@dataclass(frozen=True)
class Arrow:
    """All relationships in which one node provides and another consumes.

    `worth` is what their agreements are worth in a year, by currency; `is_loop` tells that what is
    provided comes round to the provider again.
    """

    provider: Term
    consumer: Term
    source: str
    target: str
    relationships: int
    worth: dict[str, Decimal]
    is_loop: bool
    violations: int = 0


@dataclass(frozen=True)
class Drawing:
    """A view of a network. `nodes` and `arrows` are drawn; `pairs` is a page of the table.

    `parties`, `relationships`, `all_pairs` and `loops` are how many there are; `left_out` are the
    relationships for which no arrow is drawn. `options` are the values of each filter that are
    listed with the number of relationships that have them, and `currencies` those that occur.
    """

    nodes: list[Node]
    arrows: list[Arrow]
    pairs: list[Arrow]
    parties: int
    relationships: int
    all_pairs: int
    loops: int
    left_out: int
    is_grouped: bool
    options: dict[str, list[tuple[Term, int]]]
    currencies: list[str]
    centre: Term | None
    kind: Term | None
    everything: int = field(default=0)


def draw(
    desk: Desk,
    revision: int,
    scope: list[str],
    view: View,
    page: int,
    violations: Mapping[str, int] | None = None,
) -> Drawing:
    """Return a view of a revision's network, with a page of its table, counted from 1.

    `violations` are how many there are of each thing; those of a party and of the relationships in
    which it provides or consumes are told of its node.
    """
    faults = violations or {}
    known = network.network(desk, revision, tuple(scope))
    ties = known.seen(view)
    circle = {party: number for number, loop in enumerate(network.loops(ties)) for party in loop}
    pairs = _arrows(known, ties, {}, circle, faults)
    tiers = network.tiers(ties)
    is_grouped = len(tiers) > MOST_PARTIES or len(pairs) > MOST_ARROWS
    groups = _groups(known, ties, tiers, view.centre) if is_grouped else {}
    nodes = _nodes(known, ties, tiers, groups, faults)
    arrows = _arrows(known, ties, groups, circle, faults) if is_grouped else pairs
    drawn = [arrow for arrow in arrows if arrow.source != arrow.target or not is_grouped]
    drawn = drawn[:MOST_ARROWS]
    return Drawing(
        nodes=nodes,
        arrows=drawn,
        pairs=pairs[(page - 1) * ROWS : page * ROWS],
        parties=len(tiers),
        relationships=len({tie.relationship for tie in ties}),
        all_pairs=len(pairs),
        loops=len(set(circle.values())),
        left_out=sum(arrow.relationships for arrow in arrows)
        - sum(arrow.relationships for arrow in drawn),
        is_grouped=is_grouped,
        options={
            name: [(known.name(value), count) for value, count in options.most_common(OPTIONS)]
            for name, options in known.options.items()
        },
        currencies=sorted(
            {worth.currency for tie in ties for worth in known.worth.get(tie.relationship, ())}
            - {""}
        ),
        centre=known.name(view.centre) if view.centre else None,
        kind=known.name(view.kind) if view.kind else None,
        everything=len({tie.relationship for tie in known.ties}),
    )


def _groups(
    known: Network, ties: Sequence[Tie], tiers: dict[str, str], centre: str
) -> dict[str, str]:
    """The name of the group in which each party is drawn that is not drawn by itself."""
    degree: Counter[str] = Counter()
    for _, party in {
        (tie.relationship, party) for tie in ties for party in (tie.provider, tie.consumer)
    }:
        degree[party] += 1
    by_itself = {centre} | {
        party for party, _ in sorted(degree.items(), key=lambda one: (-one[1], one[0]))[:HUBS]
    }
    return grouped(
        (party, f"{tier} {known.kind(party)}")
        for party, tier in tiers.items()
        if party not in by_itself
    )


def grouped(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the group of each party, given parties with names of groups; none is there alone."""
    members: dict[str, list[str]] = defaultdict(list)
    for party, name in named:
        members[name].append(party)
    return {
        party: name for name, parties in members.items() if len(parties) > 1 for party in parties
    }


def _nodes(
    known: Network,
    ties: Sequence[Tie],
    tiers: dict[str, str],
    groups: dict[str, str],
    faults: Mapping[str, int],
) -> list[Node]:
    """The parties and groups, those that are farthest from the last consumers first."""
    provided: dict[str, set[str]] = defaultdict(set)
    consumed: dict[str, set[str]] = defaultdict(set)
    members: dict[str, set[str]] = defaultdict(set)
    for tie in ties:
        for party, relationships in ((tie.provider, provided), (tie.consumer, consumed)):
            node = groups.get(party, party)
            relationships[node].add(tie.relationship)
            members[node].add(party)
    steps = network.distances(ties)
    nodes = []
    for node, parties in members.items():
        party = min(parties)
        kind = known.kind(party)
        nodes.append(
            Node(
                id=node,
                name=known.name(party),
                tier=tiers[party],
                role="both"
                if provided[node] and consumed[node]
                else "provider"
                if provided[node]
                else "consumer",
                kind=known.name(kind) if kind else None,
                relationships=len(provided[node] | consumed[node]),
                provides=len(provided[node]),
                consumes=len(consumed[node]),
                parties=len(parties),
                violations=sum(
                    faults.get(one, 0) for one in parties | provided[node] | consumed[node]
                ),
            )
        )
    far = {node: max(steps[party] for party in parties) for node, parties in members.items()}
    return sorted(nodes, key=lambda one: (-far[one.id], -one.relationships, one.name.text))


def _arrows(
    known: Network,
    ties: Sequence[Tie],
    groups: dict[str, str],
    circle: dict[str, int],
    faults: Mapping[str, int],
) -> list[Arrow]:
    """Who provides to whom, the most first."""
    between: dict[tuple[str, str], list[Tie]] = defaultdict(list)
    for tie in ties:
        ends = groups.get(tie.provider, tie.provider), groups.get(tie.consumer, tie.consumer)
        between[ends].append(tie)
    arrows = []
    for (source, target), those in between.items():
        agreements = {
            worth.agreement: worth
            for tie in those
            for worth in known.worth.get(tie.relationship, ())
        }
        worth_by: dict[str, Decimal] = {}
        for worth in agreements.values():
            worth_by[worth.currency] = worth_by.get(worth.currency, Decimal(0)) + worth.amount
        arrows.append(
            Arrow(
                provider=known.name(those[0].provider),
                consumer=known.name(those[0].consumer),
                source=source,
                target=target,
                relationships=len({tie.relationship for tie in those}),
                worth=dict(sorted(worth_by.items())),
                is_loop=any(
                    tie.provider in circle and circle[tie.provider] == circle.get(tie.consumer)
                    for tie in those
                ),
                violations=sum(faults.get(one, 0) for one in {tie.relationship for tie in those}),
            )
        )
    return sorted(
        arrows,
        key=lambda one: (-one.relationships, one.provider.text, one.consumer.text, one.source),
    )
