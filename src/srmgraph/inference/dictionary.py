"""Terms and their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import pyoxigraph

from srmgraph.inference import datatypes, language
from srmgraph.inference.facts import LITERALS, VALUE, Delta, Fact, fact, triple
from srmgraph.terms import OxigraphTerm, Statement, Term, to_oxigraph, to_rdflib


class Dictionary:
    """The numbers of terms, given in the order in which they come; the language's come first.

    `ill_formed` are the numbers of literals whose text is none of their datatype, `of_language`
    those of the terms of RDF, RDFS, OWL and XML Schema.
    """

    def __init__(self) -> None:
        self.numbers: dict[OxigraphTerm, int] = {
            term: number for number, term in enumerate(language.TERMS)
        }
        self._terms: list[OxigraphTerm] = list(language.TERMS)
        self._literals: list[pyoxigraph.Literal] = []
        self.ill_formed: set[int] = set()
        self.of_language = set(range(len(language.TERMS)))
        self._rdflib: dict[int, Term] = {}

    def copy(self) -> Dictionary:
        """Return a dictionary with the same numbers, which grows apart from this one."""
        copy = Dictionary.__new__(Dictionary)
        copy.numbers = dict(self.numbers)
        copy._terms = list(self._terms)
        copy._literals = list(self._literals)
        copy.ill_formed = set(self.ill_formed)
        copy.of_language = set(self.of_language)
        copy._rdflib = dict(self._rdflib)
        return copy

    def number(self, term: OxigraphTerm) -> int:
        """Return the number of a term, a new one if need be."""
        number = self.numbers.get(term)
        if number is None:
            if isinstance(term, pyoxigraph.Literal):
                number = LITERALS + len(self._literals)
                self._literals.append(term)
                if not datatypes.is_well_formed(term):
                    self.ill_formed.add(number)
            else:
                number = len(self._terms)
                self._terms.append(term)
                if isinstance(term, pyoxigraph.NamedNode) and term.value.startswith(
                    language.SPACES
                ):
                    self.of_language.add(number)
            self.numbers[term] = number
        return number

    def term(self, number: int) -> OxigraphTerm:
        """Return the term of a number."""
        return self._terms[number] if number < LITERALS else self._literals[number - LITERALS]

    def rdflib(self, number: int) -> Term:
        """Return the term of a number as rdflib has it."""
        term = self._rdflib.get(number)
        if term is None:
            term = self._rdflib[number] = to_rdflib(self.term(number))
        return term

    def is_blank(self, number: int) -> bool:
        """Tell whether the number is that of a blank node."""
        return number < LITERALS and isinstance(self._terms[number], pyoxigraph.BlankNode)

    def is_iri(self, number: int) -> bool:
        """Tell whether the number is that of an IRI."""
        return number < LITERALS and isinstance(self._terms[number], pyoxigraph.NamedNode)

    def belongs(self, literal: int, datatype: int) -> bool:
        """Tell whether the value of a literal is one of the datatype; false if it is none."""
        name = self.term(datatype)
        own = self._literals[literal - LITERALS]
        return isinstance(name, pyoxigraph.NamedNode) and datatypes.belongs(own, name.value)

    def datatypes(self) -> set[int]:
        """Return the numbers of all terms that are names of datatypes."""
        return {
            number
            for number, term in enumerate(self._terms)
            if isinstance(term, pyoxigraph.NamedNode) and term.value in datatypes.KNOWN
        }

    def count(self, number: int) -> int | None:
        """Return the 0 or 1 that a literal stands for, if it does."""
        if number < LITERALS:
            return None
        text = self._literals[number - LITERALS].value
        return int(text) if text in ("0", "1") else None

    def have_one_value(self, one: int, other: int) -> bool:
        """Tell whether two literals have the same value."""
        first, second = self._literals[one - LITERALS], self._literals[other - LITERALS]
        return datatypes.value(first) == datatypes.value(second)

    # ── Facts ───────────────────────────────────────────────────────────────────────────────────

    def facts(self, quads: Iterable[pyoxigraph.Quad]) -> Delta:
        """Return quads, without the names of their graphs, as facts."""
        found: dict[int, list[int]] = {}
        numbers, number = self.numbers, self.number
        columns: dict[OxigraphTerm, list[int]] = {}
        for subject, predicate, value, _ in quads:
            first = numbers.get(subject)
            if first is None:
                first = number(subject)
            second = numbers.get(value)
            if second is None:
                second = number(value)
            column = columns.get(predicate)
            if column is None:
                column = columns[predicate] = found.setdefault(number(predicate), [])
            column.append(first << 32 | second)
        delta = {key: set(pairs) for key, pairs in found.items() if key != language.TYPE}
        for pair in found.get(language.TYPE, ()):
            delta.setdefault(~(pair & VALUE), set()).add(pair >> 32)
        return delta

    def fact(self, statement: Statement) -> Fact:
        """Return a statement as a fact, as the store would keep it."""
        subject, predicate, value = (self.number(kept(to_oxigraph(term))) for term in statement)
        return fact(subject, predicate, value)

    def statement(self, of: Fact) -> Statement:
        """Return a fact as a statement."""
        subject, predicate, value = triple(of)
        return self.rdflib(subject), self.rdflib(predicate), self.rdflib(value)


def kept(term: OxigraphTerm) -> OxigraphTerm:
    """Return a term in the form in which the store keeps it, which writes some literals anew."""
    return _kept(term) if isinstance(term, pyoxigraph.Literal) else term


@lru_cache(maxsize=10_000)
def _kept(term: pyoxigraph.Literal) -> OxigraphTerm:
    store = pyoxigraph.Store()
    name = pyoxigraph.BlankNode()
    store.add(pyoxigraph.Quad(name, pyoxigraph.NamedNode("x:"), term, pyoxigraph.DefaultGraph()))
    return next(store.quads_for_pattern(None, None, None)).object
