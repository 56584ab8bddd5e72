"""The results of a report, found by what they are about: so what a change costs does not depend on
how many results there are."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from rdflib import Literal, URIRef
from rdflib.term import Node

from srmgraph.terms import OxigraphTerm, to_oxigraph
from srmgraph.validation import paths
from srmgraph.validation.report import Result, sorted_results
from srmgraph.validation.stored import oxigraph_as_stored

Key: TypeAlias = tuple[str, Node, URIRef, Node | None]
"""Rule, shape, component and constraint: what a result says of the check that found it."""

_Index: TypeAlias = dict[str, dict[OxigraphTerm, dict[Result, None]]]

_FEW = 100


class Register:
    """Results in the order of a report, by the check that found them, and by their nodes there.

    Nodes are told by the variable that holds them in a query: `this` for the focus node, `value`,
    and `path`. Equal results come and go together.
    """

    def __init__(self, results: Iterable[Result] = ()) -> None:
        """Take up results that are in the order of a report."""
        self.results = tuple(results)
        self._numbers: Counter[Result] = Counter()
        self._mentions: Counter[Node] = Counter()
        self._checks: dict[Key, dict[Result, None]] = {}
        # Made for a check when a change first bears on it.
        self._indexes: dict[Key, _Index] = {}
        for result in self.results:
            self._enter(result)

    def __contains__(self, result: Result) -> bool:
        return result in self._numbers

    @property
    def checks(self) -> Collection[Key]:
        """The checks that have results."""
        return self._checks.keys()

    def of(self, check: Key) -> Iterable[Result]:
        """What a check has found, each result once."""
        return self._checks.get(check, {})

    def at(self, check: Key, variable: str, node: OxigraphTerm) -> Iterable[Result]:
        """What a check has found where a variable holds a node, told as a store gives it back."""
        if check not in self._checks:
            return ()
        index = self._indexes.get(check)
        if index is None:
            index = self._indexes[check] = {}
            for result in self._checks[check]:
                self._place(index, result)
        return index.get(variable, {}).get(node, ())

    @property
    def nodes(self) -> Collection[Node]:
        """The nodes that are the focus node or the value of a result."""
        return self._mentions.keys()

    def mentioned(self, gone: Iterable[Result], found: Iterable[Result]) -> Mapping[Node, bool]:
        """The nodes of results that come or go, and whether any is left that mentions them."""
        left: Counter[Node] = Counter()
        for results, sign in ((gone, -1), (found, 1)):
            for result in results:
                number = self._numbers[result] if sign < 0 else 1
                for node in _nodes(result):
                    left[node] += sign * number
        return {node: self._mentions[node] + number > 0 for node, number in left.items()}

    def exchanged(self, gone: Collection[Result], found: Collection[Result]) -> tuple[Result, ...]:
        """The results as they are without those that are *gone*, and with those that are found."""
        if not gone and not found:
            return self.results
        if len(gone) > _FEW:
            results = [result for result in self.results if result not in gone]
        else:
            results = list(self.results)
            for result in gone:
                place = bisect_left(results, result.first_key(), key=Result.first_key)
                for _ in range(self._numbers[result]):
                    # Some that differ have the same place.
                    del results[results.index(result, place)]
        if len(found) > _FEW:
            return sorted_results([*results, *found])
        for result in found:
            key = result.first_key()
            last = first = bisect_left(results, key, key=Result.first_key)
            while last < len(results) and results[last].first_key() == key:
                last += 1
            insort(results, result, first, last, key=Result.sort_key)
        return tuple(results)

    def exchange(
        self, gone: Iterable[Result], found: Iterable[Result], results: tuple[Result, ...]
    ) -> None:
        """Let *results* be all; they are what `exchanged` gives for *gone* and *found*."""
        self.results = results
        for result in gone:
            self._leave(result)
        for result in found:
            self._enter(result)

    def _enter(self, result: Result) -> None:
        self._numbers[result] += 1
        self._mentions.update(_nodes(result))
        key = _key(result)
        self._checks.setdefault(key, {})[result] = None
        if key in self._indexes:
            self._place(self._indexes[key], result)

    def _leave(self, result: Result) -> None:
        number = self._numbers.pop(result)
        for node in _nodes(result):
            self._mentions[node] -= number
            if not self._mentions[node]:
                del self._mentions[node]
        key = _key(result)
        del self._checks[key][result]
        if not self._checks[key]:
            del self._checks[key]
        if (index := self._indexes.get(key)) is not None:
            for variable, term in _places(result):
                del index[variable][term][result]
                if not index[variable][term]:
                    del index[variable][term]

    def _place(self, index: _Index, result: Result) -> None:
        for variable, node in _places(result):
            index.setdefault(variable, {}).setdefault(node, {})[result] = None


def _places(result: Result) -> Iterator[tuple[str, OxigraphTerm]]:
    yield "this", _as_stored(result.focus_node)
    if result.value is not None:
        yield "value", _as_stored(result.value)
    if isinstance(result.path, paths.Predicate):
        yield "path", to_oxigraph(result.path.iri)


def _as_stored(node: Node) -> OxigraphTerm:
    return _literal_as_stored(node) if isinstance(node, Literal) else to_oxigraph(node)


@lru_cache(maxsize=10_000)
def _literal_as_stored(literal: Literal) -> OxigraphTerm:
    # Many results have the same value, and to ask takes long.
    return oxigraph_as_stored(to_oxigraph(literal))


def _key(result: Result) -> Key:
    return result.rule, result.source_shape, result.component, result.source_constraint


def _nodes(result: Result) -> tuple[Node, ...]:
    """The nodes that a result mentions."""
    if result.value is None:
        return (result.focus_node,)
    return result.focus_node, result.value
