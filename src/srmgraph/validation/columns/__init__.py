"""Checks answered on columns of numbers, in place of queries in the store, where data are many.

A query engine goes from one solution to the next. Here all solutions take each step together: the
statements of the store become columns of numbers once, one for each term, and a pattern is a look
at sorted columns. `reading` makes an algebra of the text of a query, or refuses it, and `scopes`
those that could not be answered from left to right; `evaluation` answers it, with the `relations`
of the `graph`; what an expression is worth for different values, `expressions` asks the store's own
engine.

A check that is refused is to be asked of the store.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from rdflib import RDF, RDFS
from rdflib.term import Node

from srmgraph.encoding import Encoding
from srmgraph.numbers import BITS, LOW
from srmgraph.store.query_errors import ENGINE_ERRORS
from srmgraph.validation.columns.evaluation import Evaluator
from srmgraph.validation.columns.graph import ColumnGraph, OutsideOfGraph
from srmgraph.validation.columns.reading import read
from srmgraph.validation.columns.tables import NONE, TooLarge
from srmgraph.validation.paths import Predicate
from srmgraph.validation.tokens import NotUnderstood

if TYPE_CHECKING:
    from srmgraph.terms import OxigraphTerm
    from srmgraph.validation.compiler import Check

_TYPE, _SUB_CLASS_OF = Predicate(RDF.type), Predicate(RDFS.subClassOf)


class Columns:
    """Statements as columns, on which checks are answered.

    Raises NotUnderstood for statements that have statements as terms.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._graph = ColumnGraph(encoding)
        self._evaluator = Evaluator(self._graph)

    def classes(self) -> set[OxigraphTerm]:
        """The classes that have instances."""
        numbers = self._graph.relation(_TYPE).pairs & LOW
        return set(self._graph.terms(np.unique(numbers).tolist()))

    def hierarchy(self) -> frozenset[tuple[OxigraphTerm, OxigraphTerm]]:
        """Pairs of a class and one above it."""
        pairs = self._graph.relation(_SUB_CLASS_OF).pairs
        classes, above = (self._graph.terms(n.tolist()) for n in (pairs >> BITS, pairs & LOW))
        return frozenset(zip(classes, above, strict=True))

    def rows(self, check: Check) -> list[dict[str, Node]] | None:
        """The solutions of a check's query, on all statements; None if the store is to be asked:
        where it is refused, or could not be answered within memory."""
        return None if refused(check) else self.solutions(check.sparql)

    def solutions(self, sparql: str, most: int | None = None) -> list[dict[str, Node]] | None:
        """The solutions of a query, no more than so many; None as for `rows`."""
        try:
            query = read(sparql)
            table = self._evaluator.answer(query)
        except (TooLarge, OutsideOfGraph, NotUnderstood, *ENGINE_ERRORS):
            return None
        columns = [table.columns[name].tolist() for name in query.columns] if table.size else []
        term = self._graph.rdflib
        return [
            {
                name: term(number)
                for name, number in zip(query.columns, row, strict=True)
                if number != NONE
            }
            for row in islice(zip(*columns, strict=True), most)
        ]


def refused(check: Check) -> str:
    """Why a check cannot be answered on columns; nothing if it can."""
    if check.targets is not None or check.sees_shapes:
        return "it is run for each focus node by itself"
    try:
        read(check.sparql)
    except NotUnderstood as reason:
        return str(reason)
    return ""
