"""Expressions: judged once for each different value, or combination of values.

The store's own engine judges, so that its SPARQL and this are one. Only what is asked most often is
answered here, where the answer is beyond doubt: what kind of term it is, whether two terms that are
no literals are the same, and which of two whole numbers, dates or moments, written in the usual
way, comes first.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyoxigraph
from numpy.typing import NDArray
from rdflib import RDF

from srmgraph.numbers import Mask, Numbers
from srmgraph.terms import OxigraphTerm
from srmgraph.validation.columns.algebra import Constant, Test
from srmgraph.validation.columns.graph import BLANK, IRI, LITERAL, ColumnGraph
from srmgraph.validation.columns.tables import (
    NONE,
    Table,
    TooLarge,
    among,
    combinations,
    places,
)
from srmgraph.validation.columns.texts import LONGEST

_XSD = "http://www.w3.org/2001/XMLSchema#"
_OF_LANGUAGE = (f"<{RDF.langString}>", f"<{RDF}dirLangString>")
_KINDS = {"ISIRI": IRI, "ISURI": IRI, "ISBLANK": BLANK, "ISLITERAL": LITERAL}
_ORDER: dict[str, Callable[[Any, Any], Mask]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_PLAIN = re.compile(r"[ !#-\[\]-~]*")
"""Texts that N-Triples writes as they are."""

_MOST_AT_ONCE = 50_000
_MOST_ASKED = 200_000
"""For more different values than these, it is faster to leave the whole query to the store."""
_TRUE = pyoxigraph.Literal(True)
_STAND_INS = [pyoxigraph.BlankNode() for _ in range(16)]


class Truth(NamedTuple):
    """Where a condition is true, and where it is neither true nor false but an error."""

    true: Mask
    error: Mask


class Expressions:
    """The expressions of queries, on one graph."""

    def __init__(self, graph: ColumnGraph) -> None:
        self._graph = graph
        self._constants: dict[str, OxigraphTerm] = {}

    # ── Terms ───────────────────────────────────────────────────────────────────────────────────

    def constant(self, constant: Constant) -> int:
        """The number of a term that a query names."""
        return self._graph.number(self._constant(constant.text))

    def _constant(self, text: str) -> OxigraphTerm:
        found = self._constants.get(text)
        if found is None:
            found = _single(text)
            assert found is not None, f"{text} is no term."
            self._constants[text] = found
        return found

    def _text(self, literal: str) -> str:
        found = self._constant(literal)
        assert isinstance(found, pyoxigraph.Literal)
        return found.value

    def booleans(self, true: Mask) -> Numbers:
        """Truth as terms."""
        yes, no = self.constant(Constant("true")), self.constant(Constant("false"))
        return np.where(true, yes, no)

    def values(self, test: Test, table: Table) -> Numbers:
        """The values of an expression, NONE where there is an error."""
        if len(test.words) == 1 and test.variables:
            (name,) = test.variables
            return table.columns.get(name, np.full(table.size, NONE))
        answers = self._answers(test.text, sorted(test.variables), table)
        numbers = [NONE if term is None else self._graph.number(term) for term in answers.terms]
        return np.array(numbers, np.int64)[answers.rows]

    def _terms(self, numbers: list[int]) -> list[OxigraphTerm | None]:
        """Terms by their numbers, none for NONE."""
        known = [number for number in numbers if number != NONE]
        found = dict(zip(known, self._graph.terms(known), strict=True))
        return [found.get(number) for number in numbers]

    # ── Conditions ──────────────────────────────────────────────────────────────────────────────

    def truth(self, test: Test, table: Table) -> Truth:
        """Where an expression, taken as a condition, is true."""
        words = tuple(w.upper() if w[0] not in "\"'<?$" else w for w in test.words)
        match words:
            case ("TRUE",):
                return _known(np.ones(table.size, np.bool_))
            case ("FALSE",):
                return _known(np.zeros(table.size, np.bool_))
            case ("BOUND", "(", name, ")"):
                return _known(self._column(name, table) != NONE)
            case (("ISIRI" | "ISURI" | "ISBLANK" | "ISLITERAL") as kind, "(", name, ")") if (
                _is_variable(name)
            ):
                column = self._column(name, table)
                return Truth(
                    (column != NONE) & (self._graph.kinds[column] == _KINDS[kind]), column == NONE
                )
            case ("SAMETERM", "(", one, ",", other, ")") if _are_terms(one, other):
                return self._same(one, other, table)
            case (one, "=", other) if _are_terms(one, other):
                return self._equal(test, one, other, table)
            case (one, "!=", other) if _are_terms(one, other):
                truth = self._equal(Test((one, "=", other), test.variables), one, other, table)
                return Truth(~truth.true & ~truth.error, truth.error)
            case (name, "IN", "(", *members, ")") if _is_variable(name) and _are_iris(members):
                return self._listed(name, members, table)
            case (name, "NOT", "IN", "(", *members, ")") if _is_variable(name) and _are_iris(
                members
            ):
                truth = self._listed(name, members, table)
                return Truth(~truth.true & ~truth.error, truth.error)
            case (one, ("<" | "<=" | ">" | ">=") as sign, other) if _is_variable(one) and (
                _is_variable(other) or _is_literal(other)
            ):
                return self._ordered(test, one, sign, test.words[2], table)
            case ("DATATYPE", "(", name, ")", "=", iri) if _is_variable(name) and _is_iri(iri):
                return self._of_datatype(name, iri, table)
            case ("ISLITERAL", "(", iri, "(", "STR", "(", name, ")", ")", ")") if _is_variable(
                name
            ) and _is_iri(iri):
                return self._castable(test, name, iri, table)
            case ("STRSTARTS", "(", "STR", "(", name, ")", ",", start, ")") if (
                _is_variable(name) and start[0] in "\"'"
            ):
                return self._starting(test, name, start, table)
            case ("STR", "(", name, ")", "=", text) if _is_variable(name) and text[0] in "\"'":
                return self._spelt(test, name, text, table)
        if (compared := _strings_compared(words, test.words)) is not None:
            return self._compared(test, *compared, table)
        return self._asked(test, table)

    def _column(self, word: str, table: Table) -> Numbers:
        """The column of a variable or a constant."""
        if not _is_variable(word):
            return np.full(table.size, self.constant(Constant(word)))
        return table.columns.get(word[1:], np.full(table.size, NONE))

    def _same(self, one: str, other: str, table: Table) -> Truth:
        left, right = self._column(one, table), self._column(other, table)
        error = (left == NONE) | (right == NONE)
        return Truth((left == right) & ~error, error)

    def _equal(self, test: Test, one: str, other: str, table: Table) -> Truth:
        """Terms that are no literals are equal if they are the same."""
        left, right = self._column(one, table), self._column(other, table)
        kinds = self._graph.kinds
        error = (left == NONE) | (right == NONE)
        truth = Truth((left == right) & ~error, error)
        return self._but(truth, (kinds[left] == LITERAL) & (kinds[right] == LITERAL), test, table)

    def _listed(self, name: str, members: list[str], table: Table) -> Truth:
        column = self._column(name, table)
        listed = np.array([self.constant(Constant(iri)) for iri in members[::2]], np.int64)
        return Truth(among([column], [listed]), column == NONE)

    def _ordered(self, test: Test, one: str, sign: str, other: str, table: Table) -> Truth:
        left, right = self._column(one, table), self._column(other, table)
        kind, place = self._scale(left)
        other_kind, other_place = self._scale(right)
        is_known = (kind == other_kind) & (kind > 0)
        truth = Truth(_ORDER[sign](place, other_place) & is_known, np.zeros(table.size, np.bool_))
        return self._but(truth, ~is_known, test, table)

    def _scale(self, column: Numbers) -> tuple[Numbers, Numbers]:
        """For each term a scale on which terms can be compared, 0 where there is none; and its
        place on it."""
        numbers, rows = places(column)
        scales, found = self._graph.texts(numbers).places()
        scales[numbers == NONE] = 0
        return scales[rows], found[rows]

    def _of_datatype(self, name: str, iri: str, table: Table) -> Truth:
        numbers, rows = places(self._column(name, table))
        texts = self._graph.texts(numbers)
        if iri == f"<{_XSD}string>":
            found = texts.ending(b'"')
        elif iri in _OF_LANGUAGE:
            has_direction = texts.ending(b"--ltr") | texts.ending(b"--rtl")
            is_of_language = ~texts.ending(b'"') & ~texts.ending(b">")
            found = is_of_language & (has_direction == (iri == _OF_LANGUAGE[1]))
        else:
            found = texts.ending(f'"^^{iri}'.encode())
        error = (numbers == NONE) | (self._graph.kinds[numbers] != LITERAL)
        return Truth((found & ~error)[rows], error[rows])

    def _castable(self, test: Test, name: str, iri: str, table: Table) -> Truth:
        """What is written in the usual way is a text of its datatype."""
        column = self._column(name, table)
        is_sure = (self._scale(column)[0] > 0) & self._of_datatype(name, iri, table).true
        truth = Truth(is_sure, np.zeros(table.size, np.bool_))
        return self._but(truth, ~is_sure, test, table)

    def _starting(self, test: Test, name: str, start: str, table: Table) -> Truth:
        text = self._text(start)
        if not _PLAIN.fullmatch(text):
            return self._asked(test, table)
        return self._begun(name, f"<{text}", f'"{text}', table)

    def _begun(self, name: str, iri: str, literal: str, table: Table) -> Truth:
        """Where an IRI or a literal in N-Triples begins with some signs."""
        numbers, rows = places(self._column(name, table))
        texts = self._graph.texts(numbers)
        found = texts.starting(iri.encode()) | texts.starting(literal.encode())
        error = (numbers == NONE) | (self._graph.kinds[numbers] == BLANK)
        return Truth((found & ~error)[rows], error[rows])

    def _spelt(self, test: Test, name: str, spelling: str, table: Table) -> Truth:
        text = self._text(spelling)
        if not _PLAIN.fullmatch(text):
            return self._asked(test, table)
        return self._begun(name, f"<{text}>", f'"{text}"', table)

    def _strings(self, name: str, size: int, table: Table) -> tuple[NDArray[np.bytes_], Mask]:
        """The texts of literals, or so many signs of each, and which of them are known."""
        numbers, rows = places(self._column(name, table))
        found, is_known = self._graph.texts(numbers).plain()
        is_known &= numbers != NONE
        return found.astype(f"S{size}")[rows], is_known[rows]

    def _compared(
        self, test: Test, left: _String, sign: str, right: _String, table: Table
    ) -> Truth:
        one, is_one = self._strings(*left, table)
        other, is_other = self._strings(*right, table)
        is_known = is_one & is_other
        truth = Truth(_ORDER[sign](one, other) & is_known, np.zeros(table.size, np.bool_))
        return self._but(truth, ~is_known, test, table)

    # ── What the engine is asked ────────────────────────────────────────────────────────────────

    def _but(self, truth: Truth, rows: Mask, test: Test, table: Table) -> Truth:
        """The same, with what the engine says of some rows."""
        if rows.any():
            asked = self._asked(test, table.where(rows))
            truth.true[rows], truth.error[rows] = asked
        return truth

    def _asked(self, test: Test, table: Table) -> Truth:
        text = f"IF(({test.text}), true, false)"
        answers = self._answers(text, sorted(test.variables), table)
        found = [term == _TRUE for term in answers.terms]
        error = np.array([term is None for term in answers.terms], np.bool_)
        return Truth(np.array(found, np.bool_)[answers.rows], error[answers.rows])

    def _answers(self, text: str, names: list[str], table: Table) -> _Answers:
        """The values of an expression for the different values of variables."""
        found = [name for name in names if name in table.columns]
        if not found:
            return _Answers(self._ask(text, {}, 1), np.zeros(table.size, np.int64))
        columns = [table.columns[name] for name in found]
        values, rows = combinations(columns)
        has_value = np.stack([column != NONE for column in values])
        terms: list[OxigraphTerm | None] = [None] * len(values[0])
        # What has no value is not mentioned, so the expression is asked for each kind of row.
        for bound in np.unique(has_value, axis=1).T:
            chosen = np.flatnonzero((bound == has_value.T).all(axis=1))
            given = {
                name: column[chosen]
                for name, column, is_bound in zip(found, values, bound, strict=True)
                if is_bound
            }
            for place, term in zip(chosen, self._ask(text, given, len(chosen)), strict=True):
                terms[place] = term
        return _Answers(terms, rows)

    def _ask(self, text: str, given: Mapping[str, Numbers], size: int) -> list[OxigraphTerm | None]:
        """The values of an expression in so many rows of values, None where there is an error.

        Raises TooLarge.
        """
        if size > _MOST_ASKED:
            raise TooLarge
        if not given:
            return [_single(text)] * size
        has_blank = np.zeros(size, np.bool_)
        for column in given.values():
            has_blank |= self._graph.kinds[column] == BLANK
        found: list[OxigraphTerm | None] = [None] * size
        variables = " ".join(f"?{name}" for name in given)
        named = np.flatnonzero(~has_blank)
        for start in range(0, len(named), _MOST_AT_ONCE):
            chosen = named[start : start + _MOST_AT_ONCE]
            texts = (map(self._graph.text, column[chosen].tolist()) for column in given.values())
            rows = zip(map(str, chosen.tolist()), *texts, strict=True)
            values = " ".join(f"({' '.join(row)})" for row in rows)
            table = f"VALUES (?_row {variables}) {{ {values} }}"
            for place, term in _select(f"SELECT ?_row ({text} AS ?_term) {{ {table} }}"):
                found[int(place.value)] = term
        unnamed = np.flatnonzero(has_blank)
        terms = (self._graph.terms(column[unnamed].tolist()) for column in given.values())
        of_rows = dict(zip(unnamed.tolist(), zip(*terms, strict=True), strict=True))
        for place, term in _with_blanks(text, list(given), of_rows):
            found[place] = term
        return found


def _with_blanks(
    text: str, names: list[str], rows: Mapping[int, tuple[OxigraphTerm, ...]]
) -> Iterator[tuple[int, OxigraphTerm | None]]:
    """The values of an expression where there are blank nodes.

    SPARQL has no way to write one, so the rows are statements of a store. It looks at nothing of a
    blank node except which it is: rows that differ in nothing else are asked about once.
    """
    alike: dict[tuple[OxigraphTerm, ...], list[tuple[int, list[OxigraphTerm]]]] = {}
    for place, row in rows.items():
        blank = list(dict.fromkeys(t for t in row if isinstance(t, pyoxigraph.BlankNode)))
        key = tuple(
            _STAND_INS[blank.index(t)] if isinstance(t, pyoxigraph.BlankNode) else t for t in row
        )
        alike.setdefault(key, []).append((place, [*blank]))
    store = pyoxigraph.Store()
    for number, key in enumerate(alike):
        subject = pyoxigraph.NamedNode(f"row:{number}")
        for column, term in enumerate(key):
            store.add(pyoxigraph.Quad(subject, pyoxigraph.NamedNode(f"has:{column}"), term))
    pattern = " ".join(f"?_row <has:{column}> ?{name} ." for column, name in enumerate(names))
    groups = list(alike.values())
    for subject, term in _select(f"SELECT ?_row ({text} AS ?_term) {{ {pattern} }}", store):
        for place, blanks in groups[int(subject.value[4:])]:
            is_stand_in = isinstance(term, pyoxigraph.BlankNode)
            yield place, blanks[_STAND_INS.index(term)] if is_stand_in else term


class _Answers(NamedTuple):
    """The different values of an expression, and which of them each row has."""

    terms: list[OxigraphTerm | None]
    rows: Numbers


_String: TypeAlias = tuple[str, int]
"""The text of the value of a variable, or so many signs of it."""


def _strings_compared(
    upper: Sequence[str], words: Sequence[str]
) -> tuple[_String, str, _String] | None:
    """What is compared, if it is texts, or beginnings of texts; all in upper case, and as it is."""
    for at, sign in enumerate(upper):
        if sign in _ORDER:
            left, right = _string(upper[:at], words[:at]), _string(upper[at + 1 :], words[at + 1 :])
            return None if left is None or right is None else (left, sign, right)
    return None


def _string(upper: Sequence[str], words: Sequence[str]) -> _String | None:
    match upper:
        case ("STR", "(", name, ")") if _is_variable(name):
            return words[2], LONGEST
        case ("SUBSTR", "(", "STR", "(", name, ")", ",", "1", ",", size, ")") if (
            _is_variable(name) and size.isdecimal() and 0 < int(size) <= LONGEST
        ):
            return words[4], int(size)
    return None


def _select(sparql: str, store: pyoxigraph.Store | None = None) -> pyoxigraph.QuerySolutions:
    answer = (pyoxigraph.Store() if store is None else store).query(sparql)
    assert isinstance(answer, pyoxigraph.QuerySolutions)
    return answer


def _single(text: str) -> OxigraphTerm | None:
    """The value of an expression without variables."""
    found: OxigraphTerm | None = next(_select(f"SELECT ({text} AS ?_term) {{}}"))[0]
    return found


def _known(true: Mask) -> Truth:
    return Truth(true, np.zeros(len(true), np.bool_))


def _is_variable(word: str) -> bool:
    return word[0] in "?$" and len(word) > 1


def _is_iri(word: str) -> bool:
    return word[0] == "<" and word[-1] == ">" and len(word) > 2


def _is_literal(word: str) -> bool:
    return word[0] in "\"'+-0123456789"


def _are_terms(*words: str) -> bool:
    return all(_is_variable(word) or _is_iri(word) for word in words)


def _are_iris(words: list[str]) -> bool:
    return all(map(_is_iri, words[::2])) and set(words[1::2]) <= {","} and len(words) % 2 == 1
