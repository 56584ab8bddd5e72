"""What a validation finds, as it comes in and as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from typing import TypeAlias

from rdflib import URIRef
from rdflib.term import Node

from srmgraph.validation.report import Cost, Described, GraphTotals, Result, counted_by_graph

_AT_ONCE = 1_000

GraphsOf: TypeAlias = Callable[[Collection[Node]], Described]
"""Tells of some nodes the named graphs in which they are described."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many results of each rule are kept, the first in the order of the report; and what tells
    the graphs by which all are counted before any is dropped."""

    number: int
    graphs_of: GraphsOf


@dataclass(frozen=True)
class Outcome:
    """What a validation found: results, sorted within each rule and at most so many as was asked
    for; how many there are by rule and severity and, if not all are kept, by graph and severity;
    what the rules cost; and the shapes that could not be compiled, each with the reason."""

    results: list[Result]
    totals: Mapping[tuple[str, str], int]
    graph_totals: GraphTotals | None
    costs: list[Cost]
    left_out: Mapping[Node, str]


class Gathered:
    """Results as they come in, at most so many of each rule, and how many there were."""

    def __init__(self, limit: Limit | None = None) -> None:
        self.totals: Counter[tuple[str, str]] = Counter()
        self._limit = limit
        self._graph_totals: Counter[tuple[URIRef | None, str]] = Counter()
        self._kept: dict[str, list[Result]] = {}
        self._costs: dict[str, Cost] = {}

    def take(self, found: Iterable[Result]) -> int:
        """Take in results, and return how many there are."""
        before = self.totals.total()
        for some in _batches(found):
            for result in some:
                self.totals[result.rule, result.severity] += 1
                self._keep(result)
            if self._limit is not None:
                graphs = self._limit.graphs_of(mentioned(some))
                self._graph_totals += counted_by_graph(some, graphs)
        return self.totals.total() - before

    def add(self, other: Gathered, costs: Iterable[Cost]) -> None:
        """Take in what was gathered elsewhere, and what it cost."""
        self.totals += other.totals
        self._graph_totals += other._graph_totals
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

    def outcome(self, left_out: Mapping[Node, str]) -> Outcome:
        """All of it, with the shapes that were left out."""
        graph_totals = None if self._limit is None else self._graph_totals
        return Outcome(self.results(), self.totals, graph_totals, self.costs(), left_out)

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
        if self._limit is not None and len(kept) > 2 * self._limit.number + 1000:
            kept[:] = self._first(kept)

    def _first(self, kept: list[Result]) -> list[Result]:
        if self._limit is None:
            return kept
        return nsmallest(self._limit.number, kept, Result.sort_key)


class Sums:
    """How many results were found, and what that cost, where none of them is kept."""

    def __init__(self) -> None:
        self.totals: Counter[tuple[str, str]] = Counter()
        self.graph_totals: Counter[tuple[URIRef | None, str]] = Counter()
        self._gathered = Gathered()

    def add(self, results: Collection[Result], graphs: Described, costs: Iterable[Cost]) -> None:
        """Count results about things that are described in some graphs."""
        self.totals.update((result.rule, result.severity) for result in results)
        self.graph_totals.update(counted_by_graph(results, graphs))
        for cost in costs:
            self._gathered.spend(cost)

    def costs(self) -> list[Cost]:
        """What the rules cost, the dearest first."""
        return self._gathered.costs()


def mentioned(results: Iterable[Result]) -> set[Node]:
    """The focus nodes and values of results."""
    return {
        node for result in results for node in (result.focus_node, result.value) if node is not None
    }


def _batches(found: Iterable[Result]) -> Iterator[list[Result]]:
    results = iter(found)
    while some := list(islice(results, _AT_ONCE)):
        yield some
