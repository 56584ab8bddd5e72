"""Proofs of facts of a store that holds what follows: backward, by looks into the store.

Nothing is closed for it. The store's graph of what follows tells what holds, so a proof of one fact
needs only the facts that its rules are about. What follows but is never told of, such as membership
in a class without a name, is worked out on the way for the thing in question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pyoxigraph

from srmgraph import knowledge
from srmgraph.errors import UnprovedError
from srmgraph.inference import proof
from srmgraph.inference.facts import LITERALS, SUBJECT, VALUE, Column, Fact, Facts, fact
from srmgraph.inference.language import AXIOM_CLASSES, AXIOM_PROPERTIES, NAMES, SAME, TERMS, TYPE
from srmgraph.inference.program import Program, standard
from srmgraph.inference.proof import Proof
from srmgraph.inference.state import State
from srmgraph.terms import OxigraphTerm, Statement

_OF_RULES = (
    *((TERMS[number], None) for number in (*AXIOM_PROPERTIES, SAME)),
    *((TERMS[TYPE], TERMS[number]) for number in AXIOM_CLASSES),
)
"""Patterns of what changes the rules themselves, or what stands for what."""


class _OutOfReachError(Exception):
    """Looks into the store are not enough; what follows has to be worked out."""


def prove(
    engine: pyoxigraph.Store,
    statement: Statement,
    prefixes: Mapping[str, str] = MappingProxyType({}),
    program: Program | None = None,
) -> Proof | None:
    """Return a shortest proof of a statement of a store that holds what follows.

    It follows by a program, or by that of the project's own ontology; `prefixes` are those of the
    data. None is returned where that takes working out what follows: where the store does not hold
    the statement and may not hold all that follows, where it holds axioms or says what is the same,
    and where patience ends. Raises UnprovedError for a statement that does not follow.
    """
    inferred = pyoxigraph.NamedNode(knowledge.inferred_graph())
    if not engine.contains_named_graph(inferred):
        return None
    state = StoredState(engine, prefixes, program or standard())
    key, number = state.dictionary.fact(statement)
    if (key if key >= 0 else ~key) < len(NAMES) or state.found.has_axioms():
        return None
    if not state.found.of(key, number):
        if state.is_hidden(key, number) or knowledge.ontology_mark() not in engine:
            return None
        raise proof.unproved(state, (key, number))
    try:
        return proof.prove(state, statement)
    except (_OutOfReachError, UnprovedError):
        return None


class StoredState(State):
    """The facts of a program, and of a store that holds what follows by it, each looked up when it
    is asked for."""

    def __init__(
        self, engine: pyoxigraph.Store, prefixes: Mapping[str, str], program: Program
    ) -> None:
        super().__init__(program, prefixes=prefixes)
        self.found = _Found(engine, self)
        self.facts = _StoredFacts(self)
        self.evaluation = self.program.evaluation(self.facts, self.dictionary)
        self._known: dict[Fact, bool] = {}
        self._open: set[Fact] = set()

    def ranks(self) -> dict[Fact, int]:
        """Raise, because only who has all facts can rank them."""
        raise _OutOfReachError

    def holds(self, key: int, number: int) -> bool:
        """Tell whether a fact holds."""
        return bool(self.found.of(key, number)) or (
            self.is_hidden(key, number) and self._follows((key, number))
        )

    def is_hidden(self, key: int, number: int) -> bool:
        """Tell whether the store says nothing of a fact, even if it follows."""
        return not self.visible({key: {number}})

    def _follows(self, of: Fact) -> bool:
        known = self._known.get(of)
        if known is None:
            if of in self._open:
                # It does not hold because of itself; whether it holds at all is not yet known.
                return False
            self._open.add(of)
            try:
                known = self.evaluation.follows(of)
            finally:
                self._open.remove(of)
            if known or not self._open:
                self._known[of] = known
        return known


class _Found:
    """What a store and an ontology say: numbers, with whether they follow and are not stated."""

    def __init__(self, engine: pyoxigraph.Store, state: State) -> None:
        self._engine = engine
        self._dictionary = state.dictionary
        self._own = state.original.facts.columns
        self._spared = {
            pyoxigraph.NamedNode(name)
            for name in (knowledge.ontology_graph(), knowledge.provenance_graph())
        }
        self._inferred = pyoxigraph.NamedNode(knowledge.inferred_graph())
        self._answers: dict[tuple[int, int | None, int | None], dict[int, bool]] = {}

    def has_axioms(self) -> bool:
        """Tell whether there are axioms beside the ontology's, or things that are the same."""
        return any(
            quad.graph_name not in self._spared
            for predicate, value in _OF_RULES
            for quad in self._engine.quads_for_pattern(None, predicate, value, None)
        )

    def of(self, key: int, number: int) -> dict[int, bool]:
        """Return a fact's number, if it is there."""
        if key < 0:
            return self.by(key, number, None)
        return self.by(key, number >> SUBJECT, number & VALUE)

    def by(self, key: int, subject: int | None, value: int | None) -> dict[int, bool]:
        """Return the facts of a column about a subject, about a value, or about both."""
        asked = key, subject, value
        answer = self._answers.get(asked)
        if answer is None:
            answer = self._answers[asked] = dict(self._looked_up(key, subject, value))
            column = self._own.get(key)
            if column is not None:
                for number in _matching(column, key, subject, value):
                    answer[number] = answer.get(number, True) and number in column.derived
        return answer

    def _looked_up(
        self, key: int, subject: int | None, value: int | None
    ) -> Iterator[tuple[int, bool]]:
        # Any: numbers of literals are no subjects, and those of properties are IRIs.
        term: Any = self._dictionary.term
        if subject is not None and subject >= LITERALS:
            return
        if key < 0:
            pattern = (term(subject), TERMS[TYPE], term(~key))
        else:
            if not self._dictionary.is_iri(key):
                return
            of_subject = None if subject is None else term(subject)
            pattern = (of_subject, term(key), None if value is None else term(value))
        found: dict[tuple[OxigraphTerm, OxigraphTerm], bool] = {}
        for quad in self._engine.quads_for_pattern(*pattern, None):
            if quad.graph_name not in self._spared:
                pair = quad.subject, quad.object
                found[pair] = found.get(pair, True) and quad.graph_name == self._inferred
        number = self._dictionary.number
        for (one, other), derived in found.items():
            yield fact(number(one), key if key >= 0 else TYPE, number(other))[1], derived


def _matching(column: Column, key: int, subject: int | None, value: int | None) -> list[int]:
    if key < 0:
        return [subject] if subject in column.facts else []
    if subject is None:
        assert value is not None
        return [one << SUBJECT | value for one in column.by_value.get(value, ())]
    pairs = [subject << SUBJECT | other for other in column.by_subject.get(subject, ())]
    return pairs if value is None else [pair for pair in pairs if pair & VALUE == value]


class _StoredFacts(Facts):
    """The columns of a stored state; those of the language are the ontology's own."""

    def __init__(self, state: StoredState) -> None:
        super().__init__()
        self._state = state
        self.columns = {
            key: column
            for key, column in state.original.facts.columns.items()
            if (key if key >= 0 else ~key) < len(NAMES)
        }

    def column(self, key: int) -> Column:
        """Return the column of that key."""
        if (key if key >= 0 else ~key) >= len(NAMES) and key not in self.columns:
            self.columns[key] = _StoredColumn(key, self._state)
        return super().column(key)

    def __contains__(self, of: Fact) -> bool:
        return of[1] in self.column(of[0]).facts

    def is_derived(self, of: Fact) -> bool:
        """Tell whether it follows and is not stated."""
        return of[1] in self.column(of[0]).derived


class _StoredColumn(Column):
    """What a stored state knows of one property or class."""

    __slots__ = ("_key", "_state")

    def __init__(self, key: int, state: StoredState) -> None:
        super().__init__()
        self._key, self._state = key, state

    # Any: what is looked up answers only what rules ask of a set or of an index.

    @property
    def facts(self) -> Any:
        """Tells of each number whether it is here."""
        return _Looks(lambda number: self._state.holds(self._key, number))

    @property
    def derived(self) -> Any:
        """Tells of each number whether it is here and not stated."""
        return _Looks(
            lambda number: self._state.found.of(self._key, number).get(
                number, self._state.holds(self._key, number)
            )
        )

    @property
    def by_subject(self) -> Any:
        """The values by their subject."""
        by = self._state.found.by
        return _Index(lambda subject: [pair & VALUE for pair in by(self._key, subject, None)])

    @property
    def by_value(self) -> Any:
        """The subjects by their value."""
        by = self._state.found.by
        return _Index(lambda value: [pair >> SUBJECT for pair in by(self._key, None, value)])


class _Looks:
    def __init__(self, has: Any) -> None:
        self._has = has

    def __contains__(self, number: int) -> bool:
        return bool(self._has(number))

    def __iter__(self) -> Iterator[int]:
        raise _OutOfReachError


class _Index:
    def __init__(self, found: Any) -> None:
        self._found = found

    def get(self, key: int, _: object) -> list[int]:
        """Return what is found by a key."""
        found: list[int] = self._found(key)
        return found
