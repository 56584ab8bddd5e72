"""A graph as columns of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from rdflib.term import Node

from srmgraph.encoding import Encoding, term_of, terms_of, text_of
from srmgraph.numbers import BITS, LOW, Mask, Numbers, order, pack
from srmgraph.terms import OxigraphTerm, to_rdflib
from srmgraph.validation import paths
from srmgraph.validation.columns.relations import (
    Relation,
    composed,
    on_a_ring,
    repeated,
    union,
)
from srmgraph.validation.columns.tables import NONE, TooLarge
from srmgraph.validation.columns.texts import Texts
from srmgraph.validation.paths import Path
from srmgraph.validation.tokens import NotUnderstood

IRI, BLANK, LITERAL = 0, 1, 2
_KINDS = {ord("<"): IRI, ord("_"): BLANK, ord('"'): LITERAL}
_KIND_OF_SIGN = np.array([_KINDS.get(sign, IRI) for sign in range(256)], np.int8)
_SPARE = 10_000


class OutsideOfGraph(Exception):
    """A path of no step begins at a term of which the data say nothing."""


@dataclass(frozen=True, slots=True)
class Statements:
    """All statements, column by column, sorted by one of them."""

    subjects: Numbers
    predicates: Numbers
    values: Numbers


class ColumnGraph:
    """The statements of an encoding as columns of numbers, those of its properties included.

    Raises NotUnderstood where a statement is itself a term.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._texts = list(encoding.texts)
        self._numbers = dict(encoding.numbers)
        self._nodes = len(self._texts)
        for name in encoding.statements:
            if name not in self._numbers:
                self._numbers[name] = len(self._texts)
                self._texts.append(name)
        self._cut = Texts.of(self._texts)
        if self._cut.starting(b"<<").any():
            raise NotUnderstood("a statement as a term")
        self._lock = Lock()
        self._kinds = np.zeros(len(self._texts) + _SPARE, np.int8)
        self._kinds[: len(self._cut)] = _KIND_OF_SIGN[self._cut.signs]
        self._relations = {
            _iri(name): Relation(pairs) for name, pairs in encoding.statements.items()
        }
        self._paths: dict[Path, Relation | None] = {}
        self._rings: dict[Path, Numbers] = {}
        self._terms: dict[int, OxigraphTerm] = {}
        self._rdflib: dict[int, Node] = {}

    # ── Terms ───────────────────────────────────────────────────────────────────────────────────

    def number(self, term: OxigraphTerm) -> int:
        """The number of a term, a new one if need be; raises NotUnderstood."""
        text = text_of(term)
        found = self._numbers.get(text)
        if found is None:
            if text.startswith(b"<<"):
                raise NotUnderstood("a statement as a term")
            # Several threads may ask.
            with self._lock:
                found = len(self._texts)
                if found == len(self._kinds):
                    self._kinds = np.resize(self._kinds, 2 * found)
                self._kinds[found] = _KINDS[text[0]]
                self._texts.append(text)
                found = self._numbers.setdefault(text, found)
        return found

    def text(self, number: int) -> str:
        """A term in N-Triples."""
        return self._texts[number].decode()

    def texts(self, numbers: Numbers) -> Texts:
        """Terms in N-Triples, as the engine writes them; anything for NONE."""
        if numbers.max(initial=NONE) < len(self._cut):
            return self._cut.take(numbers)
        texts = self._texts
        return Texts.of([texts[number] for number in numbers.tolist()])

    def terms(self, numbers: Iterable[int]) -> list[OxigraphTerm]:
        """Terms by their numbers."""
        wanted = list(numbers)
        new = [number for number in wanted if number not in self._terms]
        made = terms_of(self._texts[number] for number in new)
        self._terms |= zip(new, made, strict=True)
        return [self._terms[number] for number in wanted]

    def rdflib(self, number: int) -> Node:
        """A term as rdflib has it."""
        found = self._rdflib.get(number)
        if found is None:
            found = self._rdflib[number] = to_rdflib(term_of(self._texts[number]))
        return found

    @property
    def kinds(self) -> NDArray[np.int8]:
        """Whether terms are IRIs, blank nodes or literals, by their numbers."""
        return self._kinds

    def are_nodes(self, numbers: Numbers) -> Mask:
        """Which terms are the subject or the value of a statement."""
        return numbers < self._nodes

    @property
    def nodes(self) -> Numbers:
        """All subjects and values."""
        return np.arange(self._nodes)

    # ── Statements ──────────────────────────────────────────────────────────────────────────────

    def relation(self, path: Path) -> Relation:
        """What a path leads from and to; raises TooLarge."""
        if path not in self._paths:
            try:
                self._paths[path] = self._relation(path)
            except TooLarge:
                # Not to be tried again for each query with this path.
                self._paths[path] = None
        found = self._paths[path]
        if found is None:
            raise TooLarge
        return found

    def _relation(self, path: Path) -> Relation:
        match path:
            case paths.Predicate(iri):
                found = self._relations.get(str(iri))
                return Relation(np.empty(0, np.int64)) if found is None else found
            case paths.Inverse(inner):
                return self.relation(inner).inverse
            case paths.Alternative(inners):
                return union([self.relation(inner) for inner in inners])
            case paths.Sequence(inners):
                found = self.relation(inners[0])
                for inner in inners[1:]:
                    found = composed(found, self.relation(inner))
                return found
            case paths.Repeated(inner, times):
                once = self.relation(inner)
                many = once if times == "?" else repeated(once)
                return Relation(many.pairs, times != "+" or once.is_reflexive)

    def on_a_ring(self, path: Path) -> Numbers:
        """The nodes from which a path, walked once or more often, leads back to them."""
        found = self._rings.get(path)
        if found is None:
            relation = self.relation(path)
            found = self.nodes if relation.is_reflexive else on_a_ring(relation)
            self._rings[path] = found
        return found

    @cached_property
    def uses(self) -> Relation:
        """Which things have which properties."""
        return self._properties(backwards=False)

    @cached_property
    def used(self) -> Relation:
        """Which values are those of which properties."""
        return self._properties(backwards=True)

    def _properties(self, *, backwards: bool) -> Relation:
        """The properties of all subjects, or of all values."""
        parts = self._by_number()
        found = [(one.inverse if backwards else one).heads for _, one in parts]
        nodes = np.concatenate(found)
        # By their numbers as they are, the properties of each node stay in their order.
        by_node = order(nodes)
        predicates = np.repeat(_column(number for number, _ in parts), list(map(len, found)))
        return Relation(pack(nodes[by_node], predicates[by_node]))

    def _by_number(self) -> list[tuple[int, Relation]]:
        """All properties by their numbers, and what they relate."""
        return sorted(
            (self._numbers[f"<{iri}>".encode()], relation)
            for iri, relation in self._relations.items()
        )

    @cached_property
    def by_predicate(self) -> Statements:
        """All statements, sorted by their property."""
        parts = self._by_number()
        sizes = [len(relation.pairs) for _, relation in parts]
        pairs = np.concatenate([relation.pairs for _, relation in parts])
        predicates = np.repeat(_column(number for number, _ in parts), sizes)
        return Statements(pairs >> BITS, predicates, pairs & LOW)

    @cached_property
    def by_subject(self) -> Statements:
        """All statements, sorted by their subject."""
        return self._sorted(self.by_predicate.subjects)

    @cached_property
    def by_value(self) -> Statements:
        """All statements, sorted by their value."""
        return self._sorted(self.by_predicate.values)

    def _sorted(self, column: Numbers) -> Statements:
        rows = order(column)
        every = self.by_predicate
        return Statements(every.subjects[rows], every.predicates[rows], every.values[rows])


def _column(numbers: Iterable[int]) -> Numbers:
    return np.array(list(numbers), np.int64)


def _iri(text: bytes) -> str:
    return text[1:-1].decode()
