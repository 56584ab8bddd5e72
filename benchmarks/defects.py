"""Defects planted in a synthetic ecosystem, each with the results it must cause."""

from collections.abc import Iterator

from benchmarks.concepts.plan import Relationship
from benchmarks.manifest import Finding, Manifest
from benchmarks.ntriples import Node

EVERY = 10


class Planter:
    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._pending: list[Finding] = []

    def plant(self, it: Relationship, nodes: list[Node], in_ring: bool) -> Iterator[Node]:
        yield from nodes

    def commit(self) -> None:
        self._manifest.add(self._pending)
        self._pending.clear()

    def discard(self) -> None:
        self._pending.clear()
