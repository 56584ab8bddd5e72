"""What a validation finds, as it comes in and as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest

from rdflib.term import Node

from srmgraph.validation.report import Cost, Result


@dataclass(frozen=True)
class Outcome:
    """What a validation found: results, sorted within each rule and at most so many as was asked
    for; how many there are by rule and severity; what the rules cost; and the shapes that could not
    be compiled, each with the reason."""

    results: list[Result]
    totals: Mapping[tuple[str, str], int]
    costs: list[Cost]
    left_out: Mapping[Node, str]


class Gathered:
    """Results as they come in, at most so many of each rule, and how many there were."""

    def __init__(self, limit: int | None = None) -> None:
        self.totals: Counter[tuple[str, str]] = Counter()
        self._limit = limit
        self._kept: dict[str, list[Result]] = {}
        self._costs: dict[str, Cost] = {}

    def take(self, found: Iterable[Result]) -> int:
        """Take in results, and return how many there are."""
        before = self.totals.total()
        for result in found:
            self.totals[result.rule, result.severity] += 1
            self._keep(result)
        return self.totals.total() - before

    def add(self, other: Gathered, costs: Iterable[Cost]) -> None:
        """Take in what was gathered elsewhere, and what it cost."""
        self.totals += other.totals
        for result in other.results():
            self._keep(result)
        for cost in costs:
            self.spend(cost)

    def spend(self, cost: Cost) -> None:
        """Add up what a rule cost."""
        old = self._costs.get(cost.rule, Cost(cost.rule, 0, 0, 0.0))
        self._costs[cost.rule] = Cost(
            cost.rule,
            old.queries + cost.queries,
            old.results + cost.results,
            old.seconds + cost.seconds,
        )

    def results(self) -> list[Result]:
        """The results that are kept."""
        return [result for kept in self._kept.values() for result in self._first(kept)]

    def costs(self) -> list[Cost]:
        """What the rules cost, the dearest first."""
        return sorted(self._costs.values(), key=lambda cost: (-cost.seconds, cost.rule))

    def _keep(self, result: Result) -> None:
        kept = self._kept.setdefault(result.rule, [])
        kept.append(result)
        # Not at every result, because it takes a look at all.
        if self._limit is not None and len(kept) > 2 * self._limit + 1000:
            kept[:] = self._first(kept)

    def _first(self, kept: list[Result]) -> list[Result]:
        return kept if self._limit is None else nsmallest(self._limit, kept, Result.sort_key)
