"""All checks of a shapes graph, run on some data: in a store, or on columns where data are many."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph
from rdflib.term import Node

from srmgraph.store import EmbeddedStore
from srmgraph.terms import OxigraphTerm, to_rdflib
from srmgraph.validation import engine
from srmgraph.validation.compiler import Check, Compiled, compile
from srmgraph.validation.engine import Hierarchy, Rows
from srmgraph.validation.outcome import Gathered, Limit
from srmgraph.validation.report import Cost
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.sieves import fused, lacking
from srmgraph.validation.targets import Classes
from srmgraph.validation.tokens import NotUnderstood

if TYPE_CHECKING:
    from srmgraph.encoding import Encoding
    from srmgraph.validation.columns import Columns

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of queries that are done and the number of all."""

Answer: TypeAlias = Callable[[], tuple[Gathered, list[Cost]]]
"""Gives what checks found that were run together, and what each of them cost."""

_Checks: TypeAlias = tuple[Check, ...]

MANY = 20_000
"""From so many statements on, checks are answered on columns."""

_THREADS = 2
_AHEAD = _THREADS + 1
_MOST_SIFTED = 1_000
_FALSE = pyoxigraph.Literal(False)


class StoreIsToBeAsked(Exception):
    """A check could not be answered on columns, and there is no store."""


@dataclass(frozen=True, slots=True)
class Run:
    """Checks, made ready for some data, which are in a store, in columns, or in both."""

    shapes: Shapes
    compiled: Compiled
    oxigraph: pyoxigraph.Store | None
    columns: Columns | None

    def gathered(
        self, progress: Progress | None = None, limit: Limit | None = None
    ) -> tuple[Gathered, Mapping[Node, str]]:
        """What all checks find, within a limit, and the shapes that have none, each with the
        reason; raises StoreIsToBeAsked."""
        gathered, done = Gathered(limit), 0
        together, alone = self._parts()
        groups = fused(together) if self.columns is None else _each(together)
        run_some = partial(self._measured, limit)
        for answer in _answers(run_some, groups, alone, sys.maxsize):
            found, costs = answer()
            gathered.add(found, costs)
            done += len(costs)
            if progress is not None:
                progress(done, len(self.compiled.checks))
        return gathered, self.compiled.left_out

    def answers(
        self, progress: Progress | None = None
    ) -> Generator[tuple[Check, Answer], None, None]:
        """What each check finds, one after the other, in an order that depends on the shapes alone.

        No more than a few checks are run before they are asked for. An answer may raise
        StoreIsToBeAsked.
        """
        together, alone = self._parts()
        run_some = partial(self._measured, None)
        checks = (*together, *alone)
        with closing(_answers(run_some, _each(together), alone, _AHEAD)) as answers:
            for done, (check, answer) in enumerate(zip(checks, answers, strict=True), 1):
                yield check, answer
                if progress is not None:
                    progress(done, len(checks))

    def answer(self, check: Check) -> tuple[Gathered, list[Cost]]:
        """What one check finds, and what it cost."""
        return self._measured(None, (check,))

    def _parts(self) -> tuple[list[Check], list[Check]]:
        """Those that can be run beside others, and those that put the shapes beside the data for a
        while and so have to be alone with them."""
        checks = self.compiled.checks
        return [c for c in checks if not c.sees_shapes], [c for c in checks if c.sees_shapes]

    def _measured(self, limit: Limit | None, checks: _Checks) -> tuple[Gathered, list[Cost]]:
        gathered = Gathered(limit)
        start = time.thread_time()
        numbers = [
            gathered.take(engine.of_rows(self.shapes, check, rows))
            for check, rows in zip(checks, self._rows(checks), strict=True)
        ]
        seconds = (time.thread_time() - start) / len(checks)
        return gathered, [
            Cost(self.shapes.name(check.rule), 1, number, seconds)
            for check, number in zip(checks, numbers, strict=True)
        ]

    def _rows(self, checks: _Checks) -> list[Rows]:
        """The solutions of checks that are run together."""
        found = None if self.columns is None else self.columns.rows(checks[0])
        if found is not None:
            return [found]
        if self.oxigraph is None:
            raise StoreIsToBeAsked
        if len(checks) == 1:
            return [_sifted(self.oxigraph, self.shapes, checks[0])]
        return _lacking(self.oxigraph, self.shapes, checks)


@contextmanager
def ready(
    store: EmbeddedStore, shapes: Shapes, exclusive: bool, in_store: bool = False
) -> Iterator[Run]:
    """Make the checks of *shapes* ready for what is in *store*, and the ontology with it; see
    `engine.beside`. Where all of them can be answered on columns, no store is made ready, unless
    they are to be asked *in_store* where columns cannot answer."""
    columns = columns_of(store)
    if columns is not None and not in_store:
        run = apart(columns, shapes)
        if run is not None:
            yield run
            return
    with engine.beside(store, exclusive, shapes) as oxigraph:
        yield on_store(oxigraph, shapes, columns)


def on_store(oxigraph: pyoxigraph.Store, shapes: Shapes, columns: Columns | None = None) -> Run:
    """Make the checks of *shapes* ready for a store in which the ontology is, too; if the same
    statements are *columns*, the store is only asked what these cannot answer."""
    compiled = _compiled(shapes, engine.hierarchy(oxigraph), _used(oxigraph))
    return Run(shapes, compiled, oxigraph, columns)


def apart(columns: Columns, shapes: Shapes) -> Run | None:
    """Make them ready for statements that are columns, the ontology among them; None where a store
    has to be asked."""
    from srmgraph.validation.columns import refused

    compiled = _compiled(shapes, columns.hierarchy(), _names(columns.classes()))
    return None if any(map(refused, compiled.checks)) else Run(shapes, compiled, None, columns)


def _each(checks: Iterable[Check]) -> Iterator[_Checks]:
    return ((check,) for check in checks)


def _answers(
    run_some: Callable[[_Checks], tuple[Gathered, list[Cost]]],
    together: Iterable[_Checks],
    alone: Iterable[Check],
    ahead: int,
) -> Generator[Answer, None, None]:
    """What groups of checks find, in turn; at most *ahead* of them are run before that."""
    waiting: deque[Future[tuple[Gathered, list[Cost]]]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for group in together:
                waiting.append(pool.submit(run_some, group))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result
            while waiting:
                yield waiting.popleft().result
        finally:
            pool.shutdown(cancel_futures=True)
    yield from (partial(run_some, group) for group in _each(alone))


def columns_of(store: EmbeddedStore) -> Columns | None:
    """The statements of a store as columns, and the ontology's with them, if they are many."""
    if not (store.is_unloaded or store.holds_more(MANY)):
        return None
    # Where there are few, nobody is to wait for so large a package.
    from srmgraph.encoding import Encoding
    from srmgraph.validation.columns import Columns

    encoding = store.encoding()
    if not engine.holds_ontology(store):
        encoding = Encoding.joined([encoding, _encoded_ontology()])
    try:
        return Columns(encoding)
    except NotUnderstood:
        return None


def _sifted(oxigraph: pyoxigraph.Store, shapes: Shapes, check: Check) -> Rows:
    """The solutions of a check's query on the whole graph, by way of its sieve."""
    if check.sieve is None:
        return engine.rows(oxigraph, shapes, check)
    with engine.faults_of(shapes, check):
        # Nothing that belongs to this thread alone is to be kept alive by an error.
        terms = [
            term
            for solution in engine.query(oxigraph, check.sieve.sparql)
            if (term := solution[0]) is not None
        ]
    if check.sieve.variable and len(terms) <= _MOST_SIFTED:
        return engine.only(oxigraph, shapes, check, check.sieve.variable, terms)
    return engine.rows(oxigraph, shapes, check) if terms else []


def _lacking(oxigraph: pyoxigraph.Store, shapes: Shapes, checks: _Checks) -> list[Rows]:
    """The solutions of checks for what the same focus nodes may lack, from one query."""
    found: list[Rows] = [[] for _ in checks]
    with engine.faults_of(shapes, checks[0]):
        for this, *matches in engine.query(oxigraph, lacking(checks)):
            for rows_of_one, match in zip(found, matches, strict=True):
                if match == _FALSE:
                    rows_of_one.append({"this": to_rdflib(this)})
    return found


@cache
def _encoded_ontology() -> Encoding:
    from srmgraph.encoding import Encoding

    nt = pyoxigraph.RdfFormat.N_TRIPLES
    text = pyoxigraph.serialize((quad.triple for quad in engine.ontology()), format=nt)
    assert text is not None
    return Encoding.of_engine(text)


@lru_cache(maxsize=8)
def _compiled(shapes: Shapes, pairs: Hierarchy, used: tuple[Node, ...]) -> Compiled:
    # One store is checked again and again, and its classes seldom change.
    return compile(shapes, Classes(engine.hierarchy_graph(pairs), used))


def _used(oxigraph: pyoxigraph.Store) -> tuple[Node, ...]:
    """The classes that have instances."""
    solutions = engine.query(oxigraph, "SELECT DISTINCT ?class { ?thing a ?class }")
    return _names(solution["class"] for solution in solutions)


def _names(terms: Iterable[OxigraphTerm | None]) -> tuple[Node, ...]:
    nodes = (to_rdflib(term) for term in terms if term is not None)
    return tuple(sorted(nodes, key=str))
