"""Defects planted in a synthetic ecosystem, each with the results it must cause.

A defect changes the description of one relationship and says what a validation then has to find:
the rule that is broken, and those that rest on the same fact. One module for each part of the
model.
"""

from collections import deque
from collections.abc import Iterator

from benchmarks.concepts.plan import Relationship
from benchmarks.defects import (
    activities,
    agreements,
    dependencies,
    offerings,
    relationships,
    value,
    whole_graph,
)
from benchmarks.defects.cell import Cell, Defect, MissingFactError, finding
from benchmarks.manifest import Finding, Manifest
from benchmarks.ntriples import Node

EVERY = 5
"""One relationship in so many gets a defect."""

DEFECTS: tuple[Defect, ...] = (
    *relationships.DEFECTS,
    *activities.DEFECTS,
    *offerings.DEFECTS,
    *agreements.DEFECTS,
    *value.DEFECTS,
    *dependencies.DEFECTS,
    *whole_graph.DEFECTS,
)


class Planter:
    """Plants the defects in turn, each where the facts are found that it changes."""

    def __init__(
        self,
        manifest: Manifest,
        defects: tuple[Defect, ...] = DEFECTS,
        every: int = EVERY,
        each: int = 1,
    ) -> None:
        """One relationship in so many (*every*) gets so many defects (*each*)."""
        self._manifest = manifest
        self._turn = deque(defects)
        self._every = every
        self._each = each
        self._pending: list[Finding] = []

    def plant(self, it: Relationship, nodes: list[Node], in_ring: bool) -> Iterator[Node]:
        """Give back the description, with a defect if it is this relationship's turn."""
        if in_ring:
            self._pending += self._loop(it)
        elif it.number % self._every == 2 % self._every:
            cell = Cell(it, nodes)
            for _ in range(self._each):
                self._pending += self._next_defect(cell)
            nodes = cell.nodes
        yield from nodes

    def commit(self) -> None:
        """Expect what was planted since the last time."""
        self._manifest.add(self._pending)
        self._pending.clear()

    def discard(self) -> None:
        """Forget what was planted since the last time: it is not written."""
        self._pending.clear()

    def _next_defect(self, cell: Cell) -> list[Finding]:
        for place, defect in enumerate(self._turn):
            try:
                findings = defect(cell)
            except MissingFactError:
                # It stays in front, for the next relationship that has what it needs.
                continue
            del self._turn[place]
            self._turn.append(defect)
            return findings
        return []

    def _loop(self, it: Relationship) -> list[Finding]:
        return [finding("relationship-does-not-rest-on-itself", it.iri)]
