"""What follows from data by the rules of an ontology, kept right as the data change.

A closure is kept by “delete and rederive” (DRed; Gupta, Mumick, Subrahmanian 1993). Statements that
go take with them all that might hang on them; what of that still follows in one step from the rest
comes back, and then all that follows from it. Counting the derivations of each fact would be
cheaper where there are no loops, but it is wrong where there are, and here they are the rule: a
property and its inverse, the same and the same, a transitive property around a ring. The
backward/forward algorithm (Motik and others 2015) looks for another proof before it deletes; that
pays where much is deleted and comes back, and costs a search where little is. A service
relationship takes few facts with it, so the plain way was chosen.

Axioms among the data change the rules themselves; then, and only then, all is worked out anew.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.errors import ClosureTooLargeError, InconsistentError
from srmgraph.garbage import uncollected
from srmgraph.inference import proof
from srmgraph.inference.facts import Delta
from srmgraph.inference.program import Program, axioms_among, standard
from srmgraph.inference.proof import Proof
from srmgraph.inference.report import RunReport
from srmgraph.inference.state import Progress, State
from srmgraph.terms import Statement

if TYPE_CHECKING:
    from srmgraph.encoding import Encoding
    from srmgraph.numbers import Numbers
    from srmgraph.store import EmbeddedStore, Store

_LOG = logging.getLogger(__name__)

MANY = 20_000
"""From so many statements on, a closure of a store is worked out on columns."""

LEAST_LIMIT = 1_000_000
PER_STATEMENT = 5
"""Unless another limit is given, so many facts may follow, and so many more per statement."""


@dataclass(frozen=True, slots=True)
class Change:
    """How the facts that follow have changed: what follows now, and what no longer does.

    What follows and is now also stated is no longer among those that merely follow, and so it is
    told as removed; and the other way round.
    """

    added: frozenset[Statement]
    removed: frozenset[Statement]


class Closure:
    """Statements about data, and the facts that follow from them by a program.

    Axioms outside OWL 2 RL, which have no effect or not all of it, are logged as warnings when it
    is worked out and checked.
    """

    def __init__(
        self,
        program: Program,
        facts: Iterable[Statement] = (),
        *,
        progress: Progress | None = None,
        limit: int | None = None,
    ) -> None:
        """Work out what follows from statements.

        Raises InconsistentError when they contradict the ontology, and ClosureTooLargeError when
        more than `limit` facts follow; without one, a million and five more for each statement.
        """
        self._state = State(program, progress, limit)
        self._begin(self._state.delta(facts), check=True)

    @classmethod
    def of_store(
        cls,
        store: Store,
        program: Program | None = None,
        *,
        progress: Progress | None = None,
        limit: int | None = None,
        check: bool = True,
    ) -> Closure:
        """Work out what follows from all statements of a store, of whichever graph.

        What a store keeps for itself (ontology, facts inferred before, who loaded what) is not
        taken for stated. Without a program, by the project's own ontology. Unless it is checked,
        contradictions are let pass. Raises as the constructor does.
        """
        kept = store.snapshot()
        closure = cls._empty(program, store.prefixes, progress, limit)
        if kept.holds_more(MANY):
            closure._begin_on_columns(kept.encoding(knowledge.own_graphs()), check=check)
        else:
            closure._begin_on_quads(_stated(kept.oxigraph), check=check)
        return closure

    @classmethod
    def of_encoding(
        cls, encoding: Encoding, prefixes: Mapping[str, str] = MappingProxyType({})
    ) -> Closure:
        """Work out what follows from statements as columns, by the project's own ontology.

        `prefixes` are those of the data. Raises as the constructor does.
        """
        closure = cls._empty(None, prefixes)
        closure._begin_on_columns(encoding, check=True)
        return closure

    @classmethod
    def of_quads(
        cls, quads: Iterable[pyoxigraph.Quad], prefixes: Mapping[str, str] = MappingProxyType({})
    ) -> Closure:
        """Work out what follows from statements as a store gives them; see `of_encoding`."""
        closure = cls._empty(None, prefixes)
        closure._begin_on_quads(quads, check=True)
        return closure

    @classmethod
    def _empty(
        cls,
        program: Program | None,
        prefixes: Mapping[str, str],
        progress: Progress | None = None,
        limit: int | None = None,
    ) -> Closure:
        closure = cls.__new__(cls)
        closure._state = State(program or standard(), progress, limit, prefixes)
        return closure

    @uncollected()
    def _begin_on_quads(self, quads: Iterable[pyoxigraph.Quad], *, check: bool) -> None:
        self._begin(self._state.dictionary.facts(quads), check=check)

    @uncollected()
    def _begin_on_columns(self, encoding: Encoding, *, check: bool) -> None:
        from srmgraph.inference.columns import EqualityFound

        data = self._state.dictionary.adopt(encoding)
        if self._state.limit is None:
            self._state.limit = LEAST_LIMIT + PER_STATEMENT * sum(map(len, data.values()))
        if check and self._state.dictionary.ill_formed:
            self._state.check_literals(_as_sets(data))
        try:
            has_clash = self._state.build_of_columns(data, check=check)
        except EqualityFound:
            self._begin(_as_sets(data), check=check)
            return
        if has_clash:
            self._state.refuse(self._state.clashes(self._state.facts.all()))
        if check:
            self._warn()

    def _begin(self, data: Delta, *, check: bool) -> None:
        if check:
            self._state.check_literals(data)
        if self._state.limit is None:
            self._state.limit = LEAST_LIMIT + PER_STATEMENT * sum(map(len, data.values()))
        self._state.build(data)
        if check:
            self._state.refuse(self._state.clashes(self._state.facts.all()))
            self._warn()

    def _warn(self) -> None:
        for warning in self.program.warnings:
            _LOG.warning(warning)

    @property
    def program(self) -> Program:
        """The program, with the axioms among the data."""
        return self._state.program

    @property
    def report(self) -> RunReport:
        """What the rules have done so far."""
        return self._state.report

    @property
    def terms(self) -> int:
        """How many terms it has met, whether or not it still speaks of them."""
        return len(self._state.dictionary)

    # ── Asking ──────────────────────────────────────────────────────────────────────────────────

    def __len__(self) -> int:
        """Return how many facts follow and are not stated."""
        return sum(map(len, self._state.shown().values()))

    def __iter__(self) -> Iterator[Statement]:
        """Yield the facts that follow and are not stated, as `infer` has them."""
        return self._state.statements(self._state.shown())

    def __contains__(self, statement: Statement) -> bool:
        """Tell whether a statement is stated or follows."""
        return self._state.dictionary.fact(statement) in self._state.facts

    def graph(self) -> rdflib.Graph:
        """Return the facts that follow and are not stated, with the prefixes of the data."""
        graph = rdflib.Graph(bind_namespaces="none")
        for prefix, namespace in self._state.prefixes.items():
            graph.bind(prefix, namespace, replace=True)
        for statement in self:
            graph.add(statement)
        return graph

    def quads(self, name: rdflib.URIRef | None = None) -> Iterator[pyoxigraph.Quad]:
        """Yield the facts that follow, in a graph, as the engine of the store takes them."""
        return self._state.quads(self._state.shown(), name)

    def text(self) -> bytes:
        """Return the facts that follow in N-Triples, its lines sorted."""
        return self._state.text(self._state.shown())

    def write_to(self, store: EmbeddedStore, name: rdflib.URIRef) -> None:
        """Add the facts that follow to a graph of a store."""
        if len(self) > MANY:
            text = self.text()
            # What is read has its blank nodes called anew. A text may say so; then it takes longer.
            if b"_:" not in text:
                store.parse(text, "n-triples", name)
                return
        store.write(self.quads(name), len(self))

    def explain(self, statement: Statement) -> Proof:
        """Return a shortest proof of a statement.

        Raises InputError for one that is neither stated nor follows.
        """
        return proof.prove(self._state, statement)

    def contradictions(self) -> list[Proof]:
        """Return what contradicts what, with proofs; nothing unless the closure is unchecked."""
        clashes = self._state.clashes(self._state.facts.all())
        return [proof.contradiction(self._state, clash) for clash in clashes]

    # ── Changing ────────────────────────────────────────────────────────────────────────────────

    def add(self, statements: Iterable[Statement]) -> Change:
        """Take in statements, all or none.

        Raises InconsistentError when they contradict the ontology or what is stated, and
        ClosureTooLargeError; the closure then is as it was.
        """
        return self._change(*self._add(self._state.delta(statements)))

    def remove(self, statements: Iterable[Statement]) -> Change:
        """Take statements out; those that are not stated, or by the ontology, stay as they are."""
        return self._change(*self._remove(self._state.delta(statements)))

    def exchange(
        self,
        removed: Iterable[pyoxigraph.Quad],
        added: Iterable[pyoxigraph.Quad],
        name: rdflib.URIRef,
    ) -> tuple[list[pyoxigraph.Quad], list[pyoxigraph.Quad]]:
        """Take out statements that are stated, and take in others, all or none.

        Statements come as the store keeps them, whatever their graphs. Returned are the facts that
        no longer follow, and those that follow now, in a graph of that `name`. Raises as `add`.
        """
        going, coming = map(self._state.dictionary.facts, (removed, added))
        more, less = self._remove(going) if going else ({}, {})
        try:
            then_more, then_less = self._add(coming) if coming else ({}, {})
        except (InconsistentError, ClosureTooLargeError):
            self._add(going)
            raise
        gone = _union(_without(less, then_more), _without(then_less, more))
        new = _union(_without(more, then_less), _without(then_more, less))
        return list(self._state.quads(gone, name)), list(self._state.quads(new, name))

    def _add(self, delta: Delta) -> tuple[Delta, Delta]:
        """Take in statements; return what follows and is told of now, and what no longer."""
        if axioms_among(delta):
            return self._rebuilt(_union(self._state.stated(), delta))
        self._state.check_literals(delta)
        stated_now = {
            key: numbers & column.derived
            for key, numbers in delta.items()
            if (column := self._state.facts.columns.get(key)) is not None
        }
        new = self._state.facts.state(delta)
        try:
            derived = self._state.evaluation.close(new)
            further = self._state.program.further_axioms(self._state.evaluation, derived)
            if not further:
                self._state.refuse(self._state.clashes(_union(new, derived)))
        except (InconsistentError, ClosureTooLargeError):
            self._take_back(new, self._state.evaluation.interrupted, stated_now)
            raise
        if further:
            self._take_back(new, derived, stated_now)
            return self._rebuilt(_union(self._state.stated(), delta))
        return self._told(derived, stated_now)

    def _remove(self, given: Delta) -> tuple[Delta, Delta]:
        """Take statements out; return what follows and is told of now, and what no longer."""
        delta: Delta = {}
        for key, numbers in given.items():
            column = self._state.facts.column(key)
            going = (
                (numbers & column.facts)
                - column.derived
                - self._state.original.stated.get(key, set())
            )
            if going:
                delta[key] = going
        gone = self._hanging_on(delta)
        if any(numbers & self.program.further.get(key, set()) for key, numbers in gone.items()) or (
            axioms_among(delta)
        ):
            stated = self._state.stated()
            return self._rebuilt(
                {key: numbers - delta.get(key, set()) for key, numbers in stated.items()}
            )
        derived = {key: numbers - delta.get(key, set()) for key, numbers in gone.items()}
        self._state.facts.discard(gone)
        back: Delta = {}
        for key, numbers in gone.items():
            following = self._state.evaluation.following(key, numbers)
            if following:
                back[key] = following
        self._state.facts.derive(back)
        back = _union(back, self._state.evaluation.close(back))
        return self._told(back, derived)

    def _hanging_on(self, delta: Delta) -> Delta:
        """Return statements and all facts, not stated, with a derivation that needs one of them."""
        gone = {key: set(numbers) for key, numbers in delta.items()}
        while delta:
            next_: Delta = {}
            for _, key, numbers in self._state.evaluation.consequences(delta):
                column = self._state.facts.columns.get(key)
                if column is None:
                    continue
                more = (numbers & column.derived) - gone.get(key, set())
                if more:
                    gone.setdefault(key, set()).update(more)
                    next_.setdefault(key, set()).update(more)
            delta = next_
        return gone

    def _take_back(self, new: Delta, derived: Delta, stated_now: Delta) -> None:
        self._state.facts.discard(derived)
        self._state.facts.discard(new)
        for key, numbers in stated_now.items():
            self._state.facts.column(key).derived.update(numbers)

    def _change(self, added: Delta, removed: Delta) -> Change:
        statements = self._state.statements
        return Change(frozenset(statements(added)), frozenset(statements(removed)))

    def _told(self, added: Delta, removed: Delta) -> tuple[Delta, Delta]:
        visible = self._state.visible
        return visible(_without(added, removed)), visible(_without(removed, added))

    def _rebuilt(self, data: Delta) -> tuple[Delta, Delta]:
        """Work everything out anew, because the rules themselves change."""
        before = self._state
        state = self._state = before.anew()
        try:
            self._begin(data, check=True)
        except (InconsistentError, ClosureTooLargeError):
            self._state = before
            raise
        return (
            state.visible(_without(state.derived(), before.derived())),
            before.visible(_without(before.derived(), state.derived())),
        )


def _stated(engine: pyoxigraph.Store) -> Iterable[pyoxigraph.Quad]:
    own = {pyoxigraph.NamedNode(name) for name in knowledge.own_graphs()}
    if not any(map(engine.contains_named_graph, own)):
        return engine
    return (quad for quad in engine if quad.graph_name not in own)


def _as_sets(data: Mapping[int, Numbers]) -> Delta:
    return {key: set(numbers.tolist()) for key, numbers in data.items()}


def _union(one: Delta, other: Delta) -> Delta:
    return {key: one.get(key, set()) | other.get(key, set()) for key in (*one, *other)}


def _without(one: Delta, other: Delta) -> Delta:
    return {key: numbers - other.get(key, set()) for key, numbers in one.items()}
