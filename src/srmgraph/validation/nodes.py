"""What checks find at some nodes: without a query, wherever that can be told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import pyoxigraph

from srmgraph.terms import OxigraphTerm, to_rdflib
from srmgraph.validation import engine
from srmgraph.validation.compiler import Check
from srmgraph.validation.footprint import Footprint
from srmgraph.validation.matching import InDoubt, Row
from srmgraph.validation.report import Result
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.sight import Sight


class NodeChecks:
    """Runs checks at nodes, and counts the queries and the nodes."""

    def __init__(self, oxigraph: pyoxigraph.Store, shapes: Shapes, sight: Sight) -> None:
        self.queries = 0
        self.nodes = 0
        self._oxigraph = oxigraph
        self._shapes = shapes
        self._sight = sight

    def at(
        self, check: Check, seen: Footprint, variable: str, nodes: Collection[OxigraphTerm]
    ) -> Iterator[Result]:
        """What a check finds where a variable holds one of some nodes, as the store has them."""
        self.nodes += len(nodes)
        rows: list[Row] = []
        left: set[OxigraphTerm] = set()
        for node in nodes:
            try:
                rows += seen.matcher.rows(self._sight, {variable: node})
            except InDoubt:
                left.add(node)
        if left and variable in seen.sieves:
            left = self._sifted(seen.sieves[variable], variable, left)
        if left:
            self.queries += 1
            yield from engine.results(self._oxigraph, self._shapes, check, variable, left)
        if rows:
            yield from self.results(check, rows)

    def results(self, check: Check, rows: Iterable[Row]) -> Iterator[Result]:
        """What solutions of a check's query mean."""
        columns = check.columns
        told = ({name: to_rdflib(row[name]) for name in columns if name in row} for row in rows)
        return engine.of_rows(self._shapes, check, told)

    def _sifted(self, sieve: str, variable: str, nodes: set[OxigraphTerm]) -> set[OxigraphTerm]:
        # SPARQL has no way to write a blank node.
        blank: set[OxigraphTerm] = {n for n in nodes if isinstance(n, pyoxigraph.BlankNode)}
        named = sorted(map(str, nodes - blank))
        if not named:
            return blank
        self.queries += 1
        solutions = engine.query(self._oxigraph, sieve % " ".join(named))
        return blank | {solution[variable] for solution in solutions}
