"""Statements of an encoding as facts, by the numbers that inference gives to terms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pyoxigraph

from srmgraph.encoding import Encoding, term_of, terms_of, text_of
from srmgraph.inference import datatypes, language
from srmgraph.inference.facts import LITERALS
from srmgraph.numbers import BITS, LOW, Numbers, holds, ordered, pack
from srmgraph.terms import OxigraphTerm

if TYPE_CHECKING:
    from srmgraph.inference.dictionary import Dictionary

_SPACES = tuple(f"<{space}".encode() for space in language.SPACES)
_BEGIN = b"<http://www.w3.org/"
"""How these begin."""

_BLANK, _LITERAL = ord("_"), ord('"')

_BITS = 63
"""Of a number that is not negative."""

_AT_ONCE = 3_000
"""Lines that are joined together."""


class Adopted:
    """The terms of an encoding, by the numbers that they have in a dictionary.

    Those that are known by then keep their numbers; the others come after them. `resources` and
    `literals` are the places in the encoding of those that are new.
    """

    def __init__(
        self, encoding: Encoding, known: Mapping[OxigraphTerm, int], resources: int, literals: int
    ) -> None:
        self._encoding = encoding
        own = np.full(len(encoding.texts), -1)
        for term, number in known.items():
            place = encoding.number(term)
            if place is not None:
                own[place] = number
        is_literal = encoding.first_signs() == _LITERAL
        is_new = own < 0
        self.resources = np.flatnonzero(is_new & ~is_literal)
        self.literals = np.flatnonzero(is_new & is_literal)
        self._first_resource, self._first_literal = resources, LITERALS + literals
        own[self.resources] = self._first_resource + np.arange(len(self.resources))
        own[self.literals] = self._first_literal + np.arange(len(self.literals))
        self._own = own

    def number(self, term: OxigraphTerm) -> int | None:
        """Return the number of a term of the encoding."""
        place = self._encoding.number(term)
        return None if place is None else int(self._own[place])

    def term(self, number: int) -> OxigraphTerm:
        """Return the term of a number that is new."""
        if number < LITERALS:
            return self._encoding.term(int(self.resources[number - self._first_resource]))
        return self._encoding.term(int(self.literals[number - self._first_literal]))

    def texts(self, numbers: Numbers, term: Callable[[int], OxigraphTerm]) -> list[bytes]:
        """Return in N-Triples the terms of sorted numbers; `term` gives those that are not new."""
        texts = self._encoding.texts
        found: list[bytes] = []
        start = 0
        for first, own in (
            (self._first_resource, self.resources),
            (self._first_literal, self.literals),
        ):
            begin, end = np.searchsorted(numbers, (first, first + len(own))).tolist()
            found += [text_of(term(number)) for number in numbers[start:begin].tolist()]
            found += [texts[place] for place in own[numbers[begin:end] - first].tolist()]
            start = end
        return found + [text_of(term(number)) for number in numbers[start:].tolist()]

    def of_language(self) -> set[int]:
        """Return the numbers of those that are terms of RDF, RDFS, OWL and XML Schema."""
        texts = self._encoding.texts
        # Two steps, because few terms pass the first.
        near = [place for place in self.resources.tolist() if texts[place].startswith(_BEGIN)]
        found = [place for place in near if texts[place].startswith(_SPACES)]
        return set(self._own[found].tolist())

    def datatype(self, literal: int) -> str:
        """Return the name of the datatype of a literal that is new."""
        text = self._encoding.texts[int(self.literals[literal - self._first_literal])]
        end = text[text.rindex(b'"') + 1 :]
        if end.startswith(b"^"):
            return end[3:-1].decode()
        return datatypes.LANG_STRING if end else f"{datatypes.XSD}string"

    def ill_formed(self) -> set[int]:
        """Return the numbers of literals whose text is none of their datatype."""
        doubtful = self._encoding.doubtful(self.literals)
        terms = terms_of(self._encoding.texts[place] for place in doubtful)
        return {
            number
            for number, term in zip(self._own[doubtful].tolist(), terms, strict=True)
            if isinstance(term, pyoxigraph.Literal) and not datatypes.is_well_formed(term)
        }

    def facts(self, number: Callable[[OxigraphTerm], int]) -> dict[int, Numbers]:
        """Return the statements as facts by their columns; `number` gives their names'."""
        found: dict[int, Numbers] = {}
        for text, pairs in self._encoding.statements.items():
            key = number(term_of(text))
            subjects, values = self._own[pairs >> BITS], self._own[pairs & LOW]
            if key != language.TYPE:
                found[key] = ordered(pack(subjects, values))
                continue
            order = np.argsort(values, kind="stable")
            classes, starts = np.unique(values[order], return_index=True)
            for one, members in zip(
                classes.tolist(), np.split(subjects[order], starts[1:]), strict=True
            ):
                found[~one] = ordered(members)
        return found


def told(derived: Mapping[int, Numbers], hidden: set[int], blank: set[int]) -> dict[int, Numbers]:
    """Return those facts that are told of: not of what is hidden, nor what is trivial.

    `blank` are nodes that are no values either.
    """
    found = {}
    hidden_ones, blank_ones = (np.array(sorted(some), np.int64) for some in (hidden, blank))
    for key, numbers in derived.items():
        subjects = numbers if key < 0 else numbers >> BITS
        is_told = ~holds(hidden_ones, subjects) & (subjects < LITERALS)
        if key >= 0:
            values = numbers & LOW
            if key in language.REFLEXIVE:
                is_told &= subjects != values
            is_told &= ~holds(blank_ones, values)
        shown = numbers[is_told]
        if len(shown):
            found[key] = shown
    return found


def column_of(numbers: Collection[int]) -> Numbers:
    """Return numbers of facts as a column, in no order."""
    return np.fromiter(numbers, np.int64, len(numbers))


def written(columns: Mapping[int, Numbers], dictionary: Dictionary) -> bytes:
    """Return facts in N-Triples, its lines sorted."""
    # Literals come right after the resources.
    above = LITERALS - dictionary.resources
    parts = []
    for key, numbers in columns.items():
        if key < 0:
            parts.append((numbers, language.TYPE, np.full(len(numbers), ~key)))
        else:
            values = numbers & LOW
            values[values >= LITERALS] -= above
            parts.append((numbers >> BITS, key, values))
    subjects = np.concatenate([part for part, _, _ in parts])
    properties = np.repeat([key for _, key, _ in parts], [len(part) for part, _, _ in parts])
    values = np.concatenate([part for _, _, part in parts])
    is_begin, is_end = (np.zeros(len(dictionary), np.bool_) for _ in range(2))
    is_begin[subjects] = is_begin[properties] = is_end[values] = True
    places = np.flatnonzero(is_begin | is_end)
    texts = dictionary.texts(np.where(places < dictionary.resources, places, places + above))
    # No term begins with another, save where a sign follows that comes after the space.
    order = sorted(range(len(texts)), key=texts.__getitem__)
    sorted_places = places[order]
    ranks = np.empty(len(is_begin), np.int64)
    ranks[sorted_places] = np.arange(len(order))
    rows = _sorted(ranks[subjects], ranks[properties], ranks[values], len(order))
    rows[:, 2] += len(order)
    pieces = np.empty(2 * len(order), object)
    for first, is_used, sign in ((0, is_begin, b" "), (len(order), is_end, b" .\n")):
        used = np.flatnonzero(is_used[sorted_places])
        spelled = [texts[order[rank]] + sign for rank in used.tolist()]
        pieces[first + used] = np.fromiter(spelled, object, len(spelled))
    lines = BytesIO()
    # To join all at once would need as much memory again as the text.
    for start in range(0, len(rows), _AT_ONCE):
        lines.write(b"".join(pieces[rows[start : start + _AT_ONCE].ravel()].tolist()))
    return lines.getvalue()


def _sorted(subjects: Numbers, properties: Numbers, values: Numbers, below: int) -> Numbers:
    """Triples of numbers below one as rows, sorted."""
    bits = below.bit_length()
    rows = np.empty((len(subjects), 3), np.int64)
    if 3 * bits > _BITS:
        order = np.lexsort((values, properties, subjects))
        for place, part in enumerate((subjects, properties, values)):
            rows[:, place] = part[order]
        return rows
    packed = subjects << bits
    packed |= properties
    packed <<= bits
    packed |= values
    packed.sort()
    for place in (2, 1, 0):
        np.bitwise_and(packed, (1 << bits) - 1, out=rows[:, place])
        packed >>= bits
    return rows
