"""Statements of an encoding as facts, by the numbers that inference gives to terms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
import pyoxigraph
from numpy.typing import NDArray

from srmgraph.encoding import Encoding, not_inert, term_of, terms_of
from srmgraph.inference import datatypes, language
from srmgraph.inference.facts import LITERALS
from srmgraph.numbers import BITS, LOW, Numbers, holds, pack
from srmgraph.terms import OxigraphTerm

_SPACES = tuple(f"<{space}".encode() for space in language.SPACES)
_BLANK, _LITERAL = ord("_"), ord('"')

_BITS = 63
"""Of a number that is not negative."""


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

    def write_texts(self, resources: list[bytes], literals: list[bytes]) -> None:
        """Put the texts of terms that are new where their numbers are."""
        texts = self._encoding.texts
        for place, into, own in (
            (self._first_resource, resources, self.resources),
            (self._first_literal - LITERALS, literals, self.literals),
        ):
            into[place : place + len(own)] = [texts[number] for number in own.tolist()]

    def of_language(self) -> set[int]:
        """Return the numbers of those that are terms of RDF, RDFS, OWL and XML Schema."""
        texts = self._encoding.texts
        found = [place for place in self.resources.tolist() if texts[place].startswith(_SPACES)]
        return set(self._own[found].tolist())

    @cached_property
    def typed(self) -> dict[int, OxigraphTerm]:
        """Return the literals with a datatype among those that are new, by their numbers."""
        texts, places = self._typed_texts
        return dict(zip(self._own[places].tolist(), terms_of(texts), strict=True))

    @cached_property
    def _typed_texts(self) -> tuple[list[bytes], list[int]]:
        texts = self._encoding.texts
        places = [place for place in self.literals.tolist() if texts[place].endswith(b">")]
        return [texts[place] for place in places], places

    def ill_formed(self) -> set[int]:
        """Return the numbers of literals whose text is none of their datatype."""
        texts, places = self._typed_texts
        doubtful = [places[place] for place in not_inert(texts)]
        return {
            number
            for number in self._own[doubtful].tolist()
            if isinstance(term := self.typed[number], pyoxigraph.Literal)
            and not datatypes.is_well_formed(term)
        }

    def facts(self, number: Callable[[OxigraphTerm], int]) -> dict[int, Numbers]:
        """Return the statements as facts by their columns; `number` gives their names'."""
        found: dict[int, Numbers] = {}
        for text, pairs in self._encoding.statements.items():
            key = number(term_of(text))
            subjects, values = self._own[pairs >> BITS], self._own[pairs & LOW]
            if key != language.TYPE:
                found[key] = np.sort(pack(subjects, values))
                continue
            order = np.argsort(values, kind="stable")
            classes, starts = np.unique(values[order], return_index=True)
            for one, members in zip(
                classes.tolist(), np.split(subjects[order], starts[1:]), strict=True
            ):
                found[~one] = np.sort(members)
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


def written(
    columns: Mapping[int, Numbers], resources: Sequence[bytes], literals: Sequence[bytes]
) -> bytes:
    """Return facts in N-Triples, its lines sorted; the texts of terms are at their numbers."""
    parts = []
    for key, numbers in columns.items():
        if key < 0:
            parts.append((numbers, language.TYPE, np.full(len(numbers), ~key)))
        else:
            values = numbers & LOW
            # Literals come after the resources.
            values[values >= LITERALS] += len(resources) - LITERALS
            parts.append((numbers >> BITS, key, values))
    subjects = np.concatenate([part for part, _, _ in parts])
    properties = np.repeat([key for _, key, _ in parts], [len(part) for part, _, _ in parts])
    values = np.concatenate([part for _, _, part in parts])
    # A term that begins with another is after it, as it is where a space follows.
    texts = [text + b" " for text in (*resources, *literals)]
    ranks, texts_by_rank = _ranked(texts, (subjects, properties, values))
    bits = len(texts_by_rank).bit_length()
    if 3 * bits > _BITS:
        order = np.lexsort((ranks[values], ranks[properties], ranks[subjects]))
        columns_of_ranks = [ranks[part[order]] for part in (subjects, properties, values)]
    else:
        one = ranks[subjects] << 2 * bits | ranks[properties] << bits | ranks[values]
        one.sort()
        low = (1 << bits) - 1
        columns_of_ranks = [one >> 2 * bits, one >> bits & low, one & low]
    pieces = np.empty((len(subjects), 4), object)
    for place, part in enumerate(columns_of_ranks):
        pieces[:, place] = texts_by_rank[part]
    pieces[:, 3] = b".\n"
    return b"".join(pieces.ravel().tolist())


def _ranked(texts: list[bytes], used: Iterable[Numbers]) -> tuple[Numbers, NDArray[np.object_]]:
    """The places of texts among those that are used, sorted; and these."""
    is_used = np.zeros(len(texts), np.bool_)
    for numbers in used:
        is_used[numbers] = True
    order = sorted(np.flatnonzero(is_used).tolist(), key=texts.__getitem__)
    ranks = np.zeros(len(texts), np.int64)
    ranks[order] = np.arange(len(order))
    found = np.empty(len(order), object)
    found[:] = [texts[number] for number in order]
    return ranks, found
