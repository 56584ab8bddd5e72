"""Validation of what is on a SPARQL server: the queries run there, and nothing but results comes.

Each query is first asked of all focus nodes at once. Where that takes too long, or has more rows
than the server gives, the focus nodes are asked for in pages, and the query is put to so many of
them at a time, then to half as many, until the server copes. Nothing is written to the server.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from rdflib import OWL, RDFS, SDO, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.errors import QueryError, StoreError
from srmgraph.store.remote_http import PartialError, RefusedError, SlowError
from srmgraph.terms import n_triples
from srmgraph.validation import prebinding
from srmgraph.validation.compiler import Check, compile
from srmgraph.validation.engine import of_rows
from srmgraph.validation.outcome import Gathered, Limit, Outcome
from srmgraph.validation.report import Cost
from srmgraph.validation.runs import Progress
from srmgraph.validation.targets import Classes

if TYPE_CHECKING:
    from srmgraph.store.remote import RemoteStore
    from srmgraph.validation.shapes import Shapes

PAGE = 2_000
"""How many focus nodes are fetched at a time, where they have to be known."""

BATCH = 500
"""To how many of them a query is put at once, to begin with."""

_ONE_BY_ONE = 16
"""How many queries about one focus node each go into one request."""

_CONNECTIONS = 2
_TOO_MUCH = {413, 500, 503, 504}

_Row: TypeAlias = Mapping[str, Node]
_One = TypeVar("_One")
_Made = TypeVar("_Made")
_Ask: TypeAlias = Callable[[Sequence[str]], Sequence[_Row]]


@dataclass(frozen=True, slots=True)
class Options:
    """How a server is asked: about how many focus nodes at once where all are too many, how many
    `seconds` each query may take (those of the store if None), and over how many connections.

    Say `all_at_once=False` for a server that is known to cope with few focus nodes only.
    """

    batch: int = BATCH
    page: int = PAGE
    seconds: float | None = None
    connections: int = _CONNECTIONS
    all_at_once: bool = True


class CannotBeAskedError(Exception):
    """A check cannot be made on this server; the message says why."""


class _TooMuchError(Exception):
    """A query is too much for the server; the message is what it says."""


def run(
    store: RemoteStore,
    shapes: Shapes,
    progress: Progress | None = None,
    limit: Limit | None = None,
    options: Options | None = None,
) -> Outcome:
    """Validate what is on a server against *shapes*; see the module.

    The outcome names, with the reason, the rules that could not be checked, or not wholly. Raises
    StoreError where the server cannot be reached or does not let us in, and for the rules of the
    project where it does not hold the ontology.
    """
    return _Run(store, shapes, options or Options(), limit).outcome(progress)


def holds_ontology(store: RemoteStore) -> bool:
    """Whether a server holds the ontology, in the version that is known here.

    Raises StoreError where it holds another.
    """
    known = (SDO.sha256, knowledge.ontology_graph(), Literal(knowledge.ontology_hash()))
    version = (OWL.versionInfo, URIRef(knowledge.ontology_iri()), Literal(knowledge.version()))
    for predicate, subject, value in (known, version):
        found = store.rows(f"SELECT ?held {{ {n_triples(subject)} {n_triples(predicate)} ?held }}")
        if found:
            if str(value) in {str(row["held"]) for row in found}:
                return True
            raise StoreError(
                f"{store.url} holds another version of the ontology, and its data are not checked "
                f"by these rules. Load the graph <{knowledge.ontology_graph()}> anew."
            )
    return False


class _Run:
    """One validation of one server."""

    def __init__(
        self, store: RemoteStore, shapes: Shapes, options: Options, limit: Limit | None
    ) -> None:
        self._store = store
        self._shapes = shapes
        self._options = options
        self._limit = limit

    def outcome(self, progress: Progress | None) -> Outcome:
        """Ask all queries."""
        compiled = compile(self._shapes, self._classes())
        left_out = {rule: f"no query for {reason}" for rule, reason in compiled.left_out.items()}
        gathered = Gathered(self._limit)
        # One connection for each thread: a server has others to serve.
        answers = _ahead(self._measured, compiled.checks, self._options.connections)
        for done, (check, found, cost, reason) in enumerate(answers, 1):
            gathered.add(found, [cost])
            if reason:
                left_out.setdefault(check.rule, reason)
            if progress is not None:
                progress(done, len(compiled.checks))
        return gathered.outcome(left_out)

    def _classes(self) -> Classes:
        hierarchy = Graph(bind_namespaces="none")
        hierarchy += knowledge.ontology().triples((None, RDFS.subClassOf, None))
        for row in self._rows(f"SELECT ?one ?above {{ ?one {RDFS.subClassOf.n3()} ?above }}"):
            hierarchy.add((row["one"], RDFS.subClassOf, row["above"]))
        used = self._rows("SELECT DISTINCT ?class { ?thing a ?class }")
        return Classes(hierarchy, [row["class"] for row in used])

    def _measured(self, check: Check) -> tuple[Check, Gathered, Cost, str]:
        start, reason = time.perf_counter(), ""
        asking = _Asking(self._store, self._options)
        gathered = Gathered(self._limit)
        try:
            gathered.take(of_rows(self._shapes, check, asking.rows(check)))
        except CannotBeAskedError as error:
            reason = str(error)
            if asking.queries and not asking.answered:
                self._check_alive()
        number, seconds = gathered.totals.total(), time.perf_counter() - start
        cost = Cost(self._shapes.name(check.rule), asking.queries, number, seconds)
        return check, gathered, cost, reason

    def _check_alive(self) -> None:
        """Raise StoreError where the server does not answer any more, whatever it is asked: each of
        some hundred queries would be waited for in vain."""
        try:
            self._rows("SELECT (1 AS ?one) { }")
        except StoreError as error:
            raise StoreError(
                f"{self._store.url} does not answer any more, not even when asked for next to "
                f"nothing, so the data were not checked. {error}"
            ) from error

    def _rows(self, sparql: str) -> Sequence[_Row]:
        return self._store.rows(sparql, self._options.seconds)


def _ahead(
    work: Callable[[_One], _Made], things: Iterable[_One], threads: int
) -> Generator[_Made, None, None]:
    """Work at things in several threads, and yield what comes of each in their order.

    Nobody waits for a thread that waits for a server: not whoever stops (Ctrl-C), nor whoever is
    told of an error.
    """
    waiting: deque[tuple[_One, Future[_Made]]] = deque((thing, Future()) for thing in things)
    futures = deque(future for _, future in waiting)

    def serve() -> None:
        with suppress(IndexError):
            while True:
                thing, future = waiting.popleft()
                try:
                    future.set_result(work(thing))
                except BaseException as error:
                    # What comes before it is done or under way; nobody asks for what comes after.
                    waiting.clear()
                    future.set_exception(error)

    for _ in range(threads):
        Thread(target=serve, daemon=True).start()
    try:
        while futures:
            yield futures.popleft().result()
    finally:
        waiting.clear()


class _Asking:
    """The solutions of one check, by as few queries as the server allows; `queries` counts them,
    and `answered` tells whether it has answered to one."""

    def __init__(self, store: RemoteStore, options: Options) -> None:
        self.queries = 0
        self.answered = False
        self._store = store
        self._options = options

    def rows(self, check: Check) -> Sequence[_Row]:
        """All solutions; raises CannotBeAskedError."""
        if check.sees_shapes:
            raise CannotBeAskedError("its SPARQL looks at the shapes, which are not on the server")
        if misread := self._store.misread(check.sparql):
            raise CannotBeAskedError(f"the server is known to answer wrongly to {misread}")
        if check.targets is not None:
            return list(self._one_by_one(check))
        if not self._options.all_at_once:
            return list(self._in_batches(check))
        try:
            return self._ask(check.sparql)
        except _TooMuchError:
            return list(self._in_batches(check))

    def _ask(self, sparql: str) -> Sequence[_Row]:
        self.queries += 1
        try:
            rows = list(self._store.rows(sparql, self._options.seconds))
            self.answered = True
            return rows
        except (SlowError, PartialError) as error:
            raise _TooMuchError(str(error)) from error
        except QueryError as error:
            self.answered = True
            raise CannotBeAskedError(f"the server does not answer its query ({error})") from error
        except RefusedError as error:
            if error.status in _TOO_MUCH:
                raise _TooMuchError(str(error)) from error
            raise

    # ── Focus nodes in batches ──────────────────────────────────────────────────────────────────

    def _in_batches(self, check: Check) -> Iterator[_Row]:
        """Put the query to some focus nodes at a time, and to those without a name at once."""

        def ask(names: Sequence[str]) -> Sequence[_Row]:
            return self._ask(check.only("this", names).sparql)

        for page in self._pages(check.focus):
            yield from self._halved(page, ask, self._options.batch)
        try:
            yield from self._ask(check.where("FILTER(isBlank(?this)) ").sparql)
        except _TooMuchError as error:
            raise CannotBeAskedError(f"of things without a name: {error}") from error

    def _pages(self, focus: str) -> Iterator[list[str]]:
        """The focus nodes that have a name, as SPARQL writes them, in the order of their texts."""
        last, size = "", self._options.page
        head, _, body = focus.rpartition(" }")[0].partition("{")
        while True:
            after = f"FILTER(STR(?this) > {n_triples(Literal(last))})" if last else ""
            text = (
                f"{head}{{ {body} FILTER(!isBlank(?this)) {after} }} "
                f"ORDER BY STR(?this) ?this LIMIT {size}"
            )
            try:
                page = [*self._ask(text)]
            except _TooMuchError as error:
                raise CannotBeAskedError(f"its focus nodes cannot be listed: {error}") from error
            if not page:
                return
            last = str(page[-1]["this"])
            # A page ends with a text, of which there may be several: “7” and 7.
            if len(page) == size:
                same = f"FILTER(STR(?this) = {n_triples(Literal(last))} && !isBlank(?this))"
                page += self._ask(f"{head}{{ {body} {same} }}")
            yield list(dict.fromkeys(n_triples(row["this"]) for row in page))

    def _halved(self, names: Sequence[str], ask: _Ask, size: int) -> Iterator[_Row]:
        """Ask about so many at a time, and about fewer of them where that is too much."""
        for start in range(0, len(names), size):
            part = names[start : start + size]
            try:
                yield from ask(part)
            except _TooMuchError:
                # If one alone is too much, it is of no use to try with half of them.
                try:
                    yield from ask(part[:1])
                except _TooMuchError as error:
                    raise CannotBeAskedError(f"of {part[0]} alone: {error}") from error
                yield from self._halved(part[1:], ask, (len(part) + 1) // 2)

    # ── Focus nodes one by one ──────────────────────────────────────────────────────────────────

    def _one_by_one(self, check: Check) -> Iterator[_Row]:
        """Put a query that is meant for one focus node to each, several in one request."""
        assert check.targets is not None
        places: dict[str, list[_Row]] = {}
        try:
            targets = self._ask(check.targets)
        except _TooMuchError as error:
            raise CannotBeAskedError(f"its focus nodes cannot be listed: {error}") from error
        for place in targets:
            if isinstance(place["this"], BNode):
                raise CannotBeAskedError(
                    "it has to be asked about each thing by its name, and some have none"
                )
            places.setdefault(n_triples(place["this"]), []).append(place)
        known = check.given
        if any(isinstance(value, BNode) for value in known.values()):
            raise CannotBeAskedError("its SPARQL asks for a shape that has no name")

        def ask(names: Sequence[str]) -> Sequence[_Row]:
            return self._ask(_together(check.sparql, names, known))

        for row in self._halved(list(places), ask, min(_ONE_BY_ONE, self._options.batch)):
            found = {name: term for name, term in row.items() if name not in known}
            for place in places[n_triples(row["this"])]:
                yield {**found, **place}


def _together(sparql: str, names: Iterable[str], known: Mapping[str, Node]) -> str:
    """One query for what a query finds of each of several nodes, with `this` bound beforehand."""
    more = "".join(f"VALUES ?{name} {{ {n_triples(term)} }} " for name, term in known.items())
    prologue, parts = "", []
    for name in names:
        one = f"VALUES ?this {{ {name} }} {more}"
        prologue, select = prebinding.given(sparql, one)
        parts.append(f"{{ {one} {{ {select} }} }}")
    return f"{prologue}SELECT * {{ {' UNION '.join(parts)} }}"


def warnings(store: RemoteStore) -> tuple[str, ...]:
    """What a reader is to know of a server that does not always answer rightly."""
    if not store.misreads:
        return ()
    return (
        "This server is known to answer some queries wrongly without a word; those that look like "
        "it were not put to it, others may be. To be sure, check a copy (docs/scale.md).",
    )


def check_ontology(store: RemoteStore, is_of_the_project: bool) -> tuple[str, ...]:
    """What a reader is to know where a server does not hold the ontology.

    Raises StoreError for the rules of the project, which cannot do without it.
    """
    if holds_ontology(store):
        return ()
    if is_of_the_project:
        raise StoreError(
            f"{store.url} does not hold the ontology, without which these rules would be broken "
            "everywhere. Load the files of ontology/ into the graph "
            f"<{knowledge.ontology_graph()}> first (docs/scale.md)."
        )
    return ("The server does not hold the ontology; of it, only the sub-classes were used.",)
