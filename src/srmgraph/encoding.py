"""The statements of a store as columns of numbers.

They come by way of N-Triples, as the engine writes it: to cut a text into terms, and to look these
up, takes a third of the time that it takes to make an object of each.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyoxigraph

from srmgraph.garbage import uncollected
from srmgraph.numbers import BITS, Numbers, ascending
from srmgraph.terms import OxigraphTerm

_AT_ONCE = 1 << 20
"""Bytes that are cut into lines together: what fits near the processor is read faster."""


class Encoding:
    """Statements, whichever their graphs, and the numbers of their terms.

    A term is known by its text in N-Triples, as the engine writes it; its number is its place in
    `texts`. `statements` are for each property, by its text, pairs of subject and value, each pair
    packed in one number, sorted and different. Properties have no numbers as such.
    """

    def __init__(self, texts: Iterable[bytes]) -> None:
        self.numbers: dict[bytes, int] = {}
        found: dict[bytes, list[int]] = {}
        with uncollected():
            for text in texts:
                self._take(text, found)
        self.texts = list(self.numbers)
        self.statements = {
            predicate: ascending(np.fromiter(pairs, np.int64, len(pairs)))
            for predicate, pairs in found.items()
        }

    @classmethod
    def of_store(
        cls, engine: pyoxigraph.Store, without: Iterable[pyoxigraph.NamedNode] = ()
    ) -> Encoding:
        """The statements of a store, but those of some graphs."""
        left_out = set(without)
        names = [pyoxigraph.DefaultGraph(), *engine.named_graphs()]
        nt = pyoxigraph.RdfFormat.N_TRIPLES
        texts = (engine.dump(format=nt, from_graph=name) for name in names if name not in left_out)
        return cls(text for text in texts if text is not None)

    def _take(self, text: bytes, found: dict[bytes, list[int]]) -> None:
        numbers = self.numbers
        number = numbers.get
        last, first = b"", 0
        start = 0
        while start < len(text):
            end = text.rfind(b" .\n", start, start + _AT_ONCE)
            if end < 0:
                # A line that is longer.
                end = text.index(b" .\n", start)
            for line in text[start:end].split(b" .\n"):
                subject, predicate, value = line.split(b" ", 2)
                if subject != last:
                    last = subject
                    place = number(subject)
                    if place is None:
                        place = numbers[subject] = len(numbers)
                    first = place << BITS
                second = number(value)
                if second is None:
                    second = numbers[value] = len(numbers)
                column = found.get(predicate)
                if column is None:
                    column = found[predicate] = []
                column.append(first | second)
            start = end + 3

    def __len__(self) -> int:
        """Return how many different statements there are."""
        return sum(map(len, self.statements.values()))

    def number(self, term: OxigraphTerm) -> int | None:
        """Return the number of a term, if it has one."""
        return self.numbers.get(text_of(term))

    def term(self, number: int) -> OxigraphTerm:
        """Return the term of a number."""
        return term_of(self.texts[number])

    def first_signs(self) -> Numbers:
        """Return for each term the sign with which its text begins."""
        return np.fromiter((text[0] for text in self.texts), np.int64, len(self.texts))


def text_of(term: OxigraphTerm) -> bytes:
    """Return a term in N-Triples, as the engine writes it."""
    return str(term).encode()


def term_of(text: bytes) -> OxigraphTerm:
    """Return the term of a text in N-Triples, as the engine writes it."""
    if text.startswith(b"_:"):
        return pyoxigraph.BlankNode(text[2:].decode())
    if text.startswith(b"<") and not text.startswith(b"<<"):
        return pyoxigraph.NamedNode(text[1:-1].decode())
    line = b"<x:> <x:> " + text + b" ."
    nt = pyoxigraph.RdfFormat.N_TRIPLES
    quad: pyoxigraph.Quad = next(iter(pyoxigraph.parse(input=line, format=nt, lenient=True)))
    return quad.object
