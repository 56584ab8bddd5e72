"""Terms and their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import pyoxigraph

from srmgraph.inference import datatypes, language
from srmgraph.inference.facts import LITERALS, VALUE, Delta, Fact, fact, triple
from srmgraph.terms import OxigraphTerm, Statement, Term, to_oxigraph, to_rdflib

if TYPE_CHECKING:
    from srmgraph.encoding import Encoding
    from srmgraph.inference.encoded import Adopted
    from srmgraph.numbers import Numbers


class Dictionary:
    """The numbers of terms, given in the order in which they come; the language's come first.

    `ill_formed` are the numbers of literals whose text is none of their datatype, `of_language`
    those of the terms of RDF, RDFS, OWL and XML Schema. Terms of an encoding that was adopted are
    made when they are first asked for.
    """

    def __init__(self) -> None:
        self.numbers: dict[OxigraphTerm, int] = {
            term: number for number, term in enumerate(language.TERMS)
        }
        self._terms: list[OxigraphTerm | None] = list(language.TERMS)
        self._literals: list[OxigraphTerm | None] = []
        self._adopted: Adopted | None = None
        self.ill_formed: set[int] = set()
        self.of_language = set(range(len(language.TERMS)))
        self._rdflib: dict[int, Term] = {}

    def copy(self) -> Dictionary:
        """Return a dictionary with the same numbers, which grows apart from this one."""
        copy = Dictionary.__new__(Dictionary)
        copy.numbers = dict(self.numbers)
        copy._terms = list(self._terms)
        copy._literals = list(self._literals)
        copy._adopted = self._adopted
        copy.ill_formed = set(self.ill_formed)
        copy.of_language = set(self.of_language)
        copy._rdflib = dict(self._rdflib)
        return copy

    def __len__(self) -> int:
        """Return how many terms there are."""
        return len(self._terms) + len(self._literals)

    def known(self, term: OxigraphTerm) -> int | None:
        """Return the number of a term that has one."""
        number = self.numbers.get(term)
        if number is None and self._adopted is not None:
            number = self._adopted.number(term)
            if number is not None:
                self.numbers[term] = number
        return number

    def number(self, term: OxigraphTerm) -> int:
        """Return the number of a term, a new one if need be."""
        number = self.known(term)
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
        terms, place = (
            (self._terms, number) if number < LITERALS else (self._literals, number - LITERALS)
        )
        term = terms[place]
        if term is None:
            assert self._adopted is not None
            term = terms[place] = self._adopted.term(number)
        return term

    @property
    def resources(self) -> int:
        """How many terms are no literals; their numbers are below that."""
        return len(self._terms)

    def texts(self, numbers: Numbers) -> list[bytes]:
        """Return in N-Triples the terms of sorted numbers; an encoding was adopted."""
        assert self._adopted is not None
        return self._adopted.texts(numbers, self.term)

    def rdflib(self, number: int) -> Term:
        """Return the term of a number as rdflib has it."""
        term = self._rdflib.get(number)
        if term is None:
            term = self._rdflib[number] = to_rdflib(self.term(number))
        return term

    def is_blank(self, number: int) -> bool:
        """Tell whether the number is that of a blank node."""
        return number < LITERALS and isinstance(self.term(number), pyoxigraph.BlankNode)

    def is_iri(self, number: int) -> bool:
        """Tell whether the number is that of an IRI."""
        return number < LITERALS and isinstance(self.term(number), pyoxigraph.NamedNode)

    def belongs(self, literal: int, datatype: int) -> bool:
        """Tell whether the value of a literal is one of the datatype; false if it is none."""
        name = self.term(datatype)
        if not isinstance(name, pyoxigraph.NamedNode):
            return False
        by_datatype = datatypes.includes(name.value, self._datatype(literal))
        if by_datatype is not None:
            return by_datatype
        return datatypes.belongs(self._literal(literal), name.value)

    def datatypes(self) -> set[int]:
        """Return the numbers of all terms that are names of datatypes."""
        return {
            number
            for number in self.of_language
            if isinstance(term := self.term(number), pyoxigraph.NamedNode)
            and term.value in datatypes.KNOWN
        }

    def count(self, number: int) -> int | None:
        """Return the 0 or 1 that a literal stands for, if it does."""
        if number < LITERALS:
            return None
        text = self._literal(number).value
        return int(text) if text in ("0", "1") else None

    def have_one_value(self, one: int, other: int) -> bool:
        """Tell whether two literals have the same value."""
        first, second = self._literal(one), self._literal(other)
        return datatypes.value(first) == datatypes.value(second)

    def _datatype(self, literal: int) -> str:
        term = self._literals[literal - LITERALS]
        if isinstance(term, pyoxigraph.Literal):
            return term.datatype.value
        assert self._adopted is not None
        return self._adopted.datatype(literal)

    def _literal(self, number: int) -> pyoxigraph.Literal:
        literal = self.term(number)
        assert isinstance(literal, pyoxigraph.Literal)
        return literal

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

    def adopt(self, encoding: Encoding) -> dict[int, Numbers]:
        """Take over the terms of an encoding; return its statements as facts, sorted by column.

        To be done once, and before there are terms that are not of a program.
        """
        from srmgraph.inference.encoded import Adopted

        assert self._adopted is None
        adopted = Adopted(encoding, self.numbers, len(self._terms), len(self._literals))
        self._terms += [None] * len(adopted.resources)
        self._literals += [None] * len(adopted.literals)
        self.of_language |= adopted.of_language()
        self.ill_formed |= adopted.ill_formed()
        self._adopted = adopted
        return adopted.facts(self.number)

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
