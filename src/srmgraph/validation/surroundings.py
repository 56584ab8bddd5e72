"""What lies around things that are not in a store here, as far as queries look: so much of it is
fetched, no more.

Where a query is asked about one thing, the patterns in it lead from there to all that its answer
can depend on. These statements are fetched, and the query gives the same answer on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import pyoxigraph
from rdflib.term import Node as Term

from srmgraph.terms import n_triples, to_oxigraph
from srmgraph.validation.compiler import Check
from srmgraph.validation.engine import SUB_CLASS_OF
from srmgraph.validation.patterns import Query, read
from srmgraph.validation.scopes import Atom, Scope
from srmgraph.validation.sight import Node, Nodes, Sight, TooMany
from srmgraph.validation.tokens import NotUnderstood

if TYPE_CHECKING:
    from srmgraph.encoding import Encoding
    from srmgraph.store.remote import RemoteStore
    from srmgraph.validation.columns import Columns

_AT_ONCE = 500
MOST_TOUCHED = 20_000
"""So many statements are looked at for the results of one rule, or nothing is offered."""

_NAMES = ("s", "p", "o")
_SUBJECT, _PROPERTY, _OBJECT = range(3)


class Far(Protocol):
    """Statements that are not in a store here."""

    def found(self, sparql: str, most: int | None) -> set[Term]:
        """What a query finds for `?found`, no more than so many."""
        ...

    def quads(self, given: Mapping[int, Iterable[Node]], most: int) -> list[pyoxigraph.Quad]:
        """The statements in which some places have any of some nodes, no more than so many."""
        ...


class OnServer:
    """Statements of a server.

    Whatever asks it raises StoreError or QueryError where it does not answer.
    """

    def __init__(self, store: RemoteStore) -> None:
        self._store = store

    def found(self, sparql: str, most: int | None) -> set[Term]:
        """See `Far`."""
        text = sparql if most is None else f"{sparql} LIMIT {most}"
        return {row["found"] for row in self._store.rows(text)}

    def quads(self, given: Mapping[int, Iterable[Node]], most: int) -> list[pyoxigraph.Quad]:
        """See `Far`."""
        values = (
            f"VALUES ?{_NAMES[place]} {{ {' '.join(sorted(map(str, nodes)))} }}"
            for place, nodes in given.items()
        )
        return list(self._store.quads(" ".join(values), f"LIMIT {most}"))


class InColumns:
    """Statements that are columns of numbers, and *columns* of these and the ontology's.

    Raises NotUnderstood for what cannot be asked of columns.
    """

    def __init__(self, encoding: Encoding, columns: Columns) -> None:
        self._encoding = encoding
        self._columns = columns

    def found(self, sparql: str, most: int | None) -> set[Term]:
        """See `Far`."""
        rows = self._columns.solutions(sparql, most)
        if rows is None:
            raise NotUnderstood("what is asked of columns")
        return {row["found"] for row in rows}

    def quads(self, given: Mapping[int, Iterable[Node]], most: int) -> list[pyoxigraph.Quad]:
        """See `Far`."""
        subjects, properties, values = map(given.get, range(3))
        return self._encoding.quads(subjects, properties, values, most)


class Surroundings:
    """Statements from far, fetched when they are asked for and kept in *oxigraph*."""

    def __init__(self, far: Far, oxigraph: pyoxigraph.Store) -> None:
        self._kept = oxigraph
        self._far = far
        self._fetched: set[tuple[Node, int, Node | None]] = set()
        self._keep({_PROPERTY: [SUB_CLASS_OF]})

    def terms(self, sparql: str, focus: Term | None = None, most: int | None = None) -> set[Term]:
        """What a query finds there for `?found`, where `?focus` is a term; no more than so many."""
        head, _, body = sparql.partition("{")
        given = "" if focus is None else f"VALUES ?focus {{ {n_triples(focus)} }}"
        return self._far.found(f"{head}{{ {given} {body}", most)

    def statements(
        self, subject: Node | None, predicate: Node | None, value: Node | None
    ) -> list[pyoxigraph.Quad]:
        """The statements of a pattern there; raises TooMany."""
        pattern = enumerate((subject, predicate, value))
        return self._quads({place: [term] for place, term in pattern if term is not None})

    def describe(self, things: Iterable[Term]) -> None:
        """Fetch all that is said of things; raises NotUnderstood if one of them has no name."""
        self.fetch(frozenset(to_oxigraph(thing) for thing in things), _SUBJECT)

    def surround(
        self,
        check: Check,
        variable: str,
        terms: Iterable[Node],
        added: Sequence[pyoxigraph.Triple],
    ) -> None:
        """Fetch what the answer to a check's query depends on, where a variable is one of *terms*,
        whether or not some of the statements *added* are there as well.

        Raises NotUnderstood where that cannot be told, and TooMany where it is very much.
        """
        if check.sees_shapes:
            raise NotUnderstood("shapes, which are not there")
        sight = _FarSight(self, added)
        seeds = {variable: frozenset(terms)}
        for text in filter(None, (check.targets, check.sparql)):
            _walk(sight, read(text), seeds)

    def fetch(self, nodes: Nodes, place: int, predicate: Node | None = None) -> None:
        """Fetch the statements in which one of *nodes* stands in a place: their subject, property
        or object; perhaps only those with one property."""
        wanted = [
            node
            for node in nodes
            if (node, place, predicate) not in self._fetched
            and (node, place, None) not in self._fetched
            and (place == _OBJECT or not isinstance(node, pyoxigraph.Literal))
        ]
        if any(isinstance(node, pyoxigraph.BlankNode) for node in wanted):
            raise NotUnderstood("things without a name, of which nobody far can be asked")
        one = {} if predicate is None else {_PROPERTY: [predicate]}
        for start in range(0, len(wanted), _AT_ONCE):
            self._keep({place: wanted[start : start + _AT_ONCE], **one})
        self._fetched.update((node, place, predicate) for node in wanted)

    def _keep(self, given: Mapping[int, Iterable[Node]]) -> None:
        self._kept.extend(self._quads(given))

    def _quads(self, given: Mapping[int, Iterable[Node]]) -> list[pyoxigraph.Quad]:
        quads = self._far.quads(given, MOST_TOUCHED + 1)
        if len(quads) > MOST_TOUCHED:
            raise TooMany
        return quads


class _FarSight(Sight):
    """All statements from far, fetched where somebody looks, and some that were *added*."""

    def __init__(self, surroundings: Surroundings, added: Sequence[pyoxigraph.Triple]) -> None:
        super().__init__(surroundings._kept)
        self._far = surroundings
        self._more = pyoxigraph.Store()
        self._more.extend(pyoxigraph.Quad(t.subject, t.predicate, t.object) for t in added)
        self.start(MOST_TOUCHED)

    def around(self, nodes: Nodes, place: int) -> Iterator[tuple[Node, Node, Node]]:
        """The terms of all statements in which one of *nodes* stands in a place."""
        self._far.fetch(nodes, place)
        for node in nodes:
            pattern = [None, None, None, node, None, None][3 - place : 6 - place]
            for one in self.triples(*pattern):
                yield one.subject, one.predicate, one.object

    def _held(
        self, subject: Node | None, predicate: Node | None, value: Node | None
    ) -> Iterator[pyoxigraph.Quad]:
        pattern = (subject, predicate, value, None)
        yield from self._oxigraph.quads_for_pattern(*pattern)  # type: ignore[arg-type]
        yield from self._more.quads_for_pattern(*pattern)  # type: ignore[arg-type]

    def _around(self, node: Node, backwards: bool) -> None:
        # All of a thing is here only where all of it was asked for.
        return None

    def _step(self, nodes: Nodes, predicate: Node | None, backwards: bool) -> Nodes:
        self._far.fetch(nodes, _OBJECT if backwards else _SUBJECT, predicate)
        return super()._step(nodes, predicate, backwards)


def _walk(sight: _FarSight, query: Query, seeds: Mapping[str, Nodes]) -> None:
    """Look at all statements that the patterns of a query can lead to from what is known."""
    if query.changes_by_itself and not query.changes_daily:
        raise NotUnderstood("the clock or chance")
    steps = _steps(query, frozenset(seeds))
    reached = dict(seeds)
    size = -1
    while size != (size := sum(map(len, reached.values()))):
        for atom, place in steps:
            ends = (atom.subject, atom.variable, atom.object)
            leave = ends[place]
            assert leave is not None
            nodes = reached[leave] if isinstance(leave, str) else frozenset[Node]({leave})
            if atom.variable is None:
                there = sight.reach(nodes, atom.path, place == _OBJECT)
                found = [there if place == _OBJECT else (), (), there if place == _SUBJECT else ()]
            else:
                found = [*zip(*sight.around(nodes, place), strict=True)] or [(), (), ()]
            for end, others in zip(ends, found, strict=True):
                if isinstance(end, str):
                    reached[end] = reached.get(end, frozenset()) | frozenset(others)


def _steps(query: Query, known: frozenset[str]) -> list[tuple[Atom, int]]:
    """The patterns of a query, each with the place in it from which it is followed, in an order in
    which that is known; raises NotUnderstood where there is no such order."""
    waiting = [(scope, atom) for scope in query.scope.all() for atom in scope.atoms]
    bound = {id(scope): set(known) for scope in query.scope.all()}
    steps: list[tuple[Atom, int]] = []
    while waiting:
        ranked = [
            (rank, number, place)
            for number, (scope, atom) in enumerate(waiting)
            for place in range(3)
            if (rank := _rank(scope, atom, place, bound)) is not None
        ]
        if not ranked:
            raise NotUnderstood("a pattern to which nothing leads")
        _, number, place = min(ranked)
        scope, atom = waiting.pop(number)
        bound[id(scope)] |= set(atom.variables()) - query.computed
        steps.append((atom, place))
    return steps


def _rank(scope: Scope, atom: Atom, place: int, bound: Mapping[int, set[str]]) -> int | None:
    """How early a pattern is to be followed from one of its places; None while that is not known.

    Much may lead to one and the same thing, as to a class, and more have the same property.
    """
    term = (atom.subject, atom.variable, atom.object)[place]
    if term is None:
        return None
    if not isinstance(term, str):
        return 3 if place == _OBJECT else 2
    if any(term in bound[id(one)] for one in scope.around()):
        return {_SUBJECT: 0, _OBJECT: 1, _PROPERTY: 4}[place]
    return None
