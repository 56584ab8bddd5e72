"""How a synthetic ecosystem grows: who enters it, and who then serves whom.

Providers stand in tiers, and an organization consumes only from lower tiers, so that dependencies
form chains; loops are planted as rings of organizations that serve each other. A provider is
chosen in proportion to the relationships it already has, so a few become very big.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.concepts.plan import (
    DAYS,
    Form,
    Individual,
    Organization,
    Relationship,
    ServiceBundle,
)

_T = TypeVar("_T")

TIERS = 3
"""Tiers 0 to 2 provide; tier 3 only consumes."""


@dataclass(slots=True)
class Step:
    """What enters the ecosystem at one time. It is complete in itself and refers only back."""

    organizations: list[tuple[Organization, list[ServiceBundle]]] = field(default_factory=list)
    individuals: list[Individual] = field(default_factory=list)
    relationships: list[Relationship] = field(default_factory=list)
    ring: list[Relationship] = field(default_factory=list)
    """Those of the relationships that rest on themselves."""


class Growth:
    """An endless sequence of steps, always the same for the same seed."""

    def __init__(self, seed: int) -> None:
        # Only random() is promised to give the same sequence in every version of Python.
        self._random = random.Random(seed).random
        self._organizations = 0
        self._individuals = 0
        self._relationships = 0
        self._shares: list[list[ServiceBundle]] = [[] for _ in range(TIERS)]
        self._consumers: list[tuple[Organization, ServiceBundle | None]] = []
        self._people: list[Individual] = []
        self._pairs: set[tuple[str, str]] = set()

    def steps(self) -> Iterator[Step]:
        """The steps, without end: a base provider first."""
        yield self._new_provider(0)
        yield self._new_provider(1)
        while True:
            yield self._step()

    def small_step(self) -> Step:
        """One more person who consumes, where there is no room for more."""
        step = Step()
        self._serve_individual(step, self._new_individual(step))
        return step

    def next_person(self) -> int:
        """The number of one more person."""
        self._individuals += 1
        return self._individuals

    def employer(self) -> str:
        """A unit where people work: of the first provider, whose step is always written."""
        return self._shares[0][0].provider.part("operations")

    def _step(self) -> Step:
        draw = self._random()
        if draw < 0.01:
            return self._new_ring(2 + int(self._random() * 2))
        if draw < 0.015:
            return self._new_provider(0)
        if draw < 0.06:
            return self._new_provider(1 + int(self._random() * 2))
        step = Step()
        if draw < 0.35:
            self._serve_individual(step, self._new_individual(step))
        elif draw < 0.45 and self._people:
            self._serve_individual(step, self._any(self._people))
        elif draw < 0.65:
            self._serve_organization(step, *self._new_consumer(step))
        else:
            self._serve_organization(step, *self._any(self._consumers))
        return step

    def _any(self, items: list[_T]) -> _T:
        return items[int(self._random() * len(items))]

    # ── Who enters ───────────────────────────────────────────────────────────────────────────────

    def _organization(self, tier: int) -> Organization:
        self._organizations += 1
        return Organization(self._organizations, tier)

    def _new_individual(self, step: Step) -> Individual:
        individual = Individual(self.next_person())
        self._people.append(individual)
        step.individuals.append(individual)
        return individual

    def _new_consumer(self, step: Step) -> tuple[Organization, None]:
        organization = self._organization(TIERS)
        step.organizations.append((organization, []))
        self._consumers.append((organization, None))
        return organization, None

    def _new_provider(self, tier: int) -> Step:
        """A provider with what it consumes, someone who consumes from it, a unit served inside."""
        step = Step()
        organization = self._organization(tier)
        lines = [ServiceBundle(number, organization) for number in range(2 if tier == 0 else 1)]
        step.organizations.append((organization, lines))
        if tier:
            upstream = self._choose_provider(tier, organization.iri)
            assert upstream, "a new organization has no provider yet"
            self._relate(step, Form.ACCESS, upstream, organization, lines[0])
            self._consumers.append((organization, lines[0]))
        for line in lines:
            self._shares[tier].append(line)
            self._relate(step, Form.SUBSCRIPTION, line, self._new_individual(step))
        if organization.number % 3 == 0:
            self._relate(step, Form.INTERNAL, lines[0], organization)
        return step

    def _new_ring(self, size: int) -> Step:
        step = Step()
        lines = []
        for _ in range(size):
            organization = self._organization(TIERS - 1)
            line = ServiceBundle(0, organization)
            step.organizations.append((organization, [line]))
            lines.append(line)
        for line, successor in zip(lines, [*lines[1:], lines[0]], strict=True):
            self._relate(step, Form.ACCESS, line, successor.provider, successor)
        step.ring = list(step.relationships)
        for line in lines:
            self._shares[TIERS - 1].append(line)
        return step

    # ── Who serves whom ──────────────────────────────────────────────────────────────────────────

    def _serve_individual(self, step: Step, individual: Individual) -> None:
        line = self._choose_provider(TIERS, individual.iri)
        if line:
            self._relate(step, Form.SUBSCRIPTION, line, individual)

    def _serve_organization(
        self, step: Step, organization: Organization, feeds: ServiceBundle | None
    ) -> None:
        line = self._choose_provider(organization.tier, organization.iri)
        if not line:
            return
        draw = self._random()
        if feeds:
            form = Form.ACCESS
        else:
            form = Form.ACCESS if draw < 0.5 else Form.ACTION if draw < 0.8 else Form.GOODS
        self._pairs.add((organization.iri, line.iri))
        other = self._choose_provider(organization.tier, organization.iri)
        if draw > 0.15 or not other or not self._next_starts_later():
            self._relate(step, form, line, organization, feeds)
            return
        follower = self._relationships + 2
        self._relate(
            step,
            form,
            line,
            organization,
            feeds,
            gives_rise_to=Relationship(follower, Form.ACCESS, other, organization).iri,
            recommends=other.part("offering"),
        )
        self._relate(step, Form.ACCESS, other, organization, feeds)

    def _next_starts_later(self) -> bool:
        number = self._relationships + 1
        return (number + 1) * 7 % DAYS > number * 7 % DAYS

    def _choose_provider(self, below: int, consumer: str) -> ServiceBundle | None:
        """A line of business of a lower tier, by preferential attachment; new to the consumer."""
        allowed = self._shares[:below]
        for _ in range(20):
            place = int(self._random() * sum(len(shares) for shares in allowed))
            line = _item(allowed, place)
            if (consumer, line.iri) not in self._pairs:
                return line
        return None

    def _relate(
        self,
        step: Step,
        form: Form,
        line: ServiceBundle,
        consumer: Organization | Individual,
        feeds: ServiceBundle | None = None,
        gives_rise_to: str = "",
        recommends: str = "",
    ) -> None:
        self._relationships += 1
        relationship = Relationship(
            self._relationships, form, line, consumer, feeds, gives_rise_to, recommends
        )
        self._pairs.add((consumer.iri, line.iri))
        if form is not Form.INTERNAL:
            self._shares[line.provider.tier].append(line)
        step.relationships.append(relationship)


def _item(lists: list[list[_T]], place: int) -> _T:
    """The item at a place of the lists put one after the other."""
    for items in lists:
        if place < len(items):
            return items[place]
        place -= len(items)
    raise IndexError(place)
