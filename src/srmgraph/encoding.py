"""Statements as columns of numbers.

They come by way of N-Triples, as the engine writes it, or files of it: to cut a text into terms,
and to look these up, takes a third of the time that it takes to make an object of each, and a sixth
of what it takes to put them into a store.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from typing import TypeAlias

import numpy as np
import pyoxigraph

from srmgraph.garbage import uncollected
from srmgraph.numbers import BITS, LOW, Numbers, ascending, members
from srmgraph.terms import OxigraphTerm

Progress: TypeAlias = Callable[[int, int, int], None]
"""Is called with the numbers of bytes and of lines that were read, and of all bytes."""

_NT = pyoxigraph.RdfFormat.N_TRIPLES

_AT_ONCE = 1 << 20
"""Bytes that are cut into lines together: what fits near the processor is read faster."""

_BEGINS_RESOURCE, _BEGINS_LITERAL = b'<"'

_PART = rb"[A-Za-z0-9._~!$&'()*+,;=:@/-]*"
_INERT = re.compile(
    rb"<[A-Za-z][A-Za-z0-9+.-]*:(?:(?!//)|//[A-Za-z0-9.-]+(?::[0-9]+)?(?=[/?#>]))" + _PART + rb"(?:"
    rb"\?" + _PART + rb")?(?:#" + _PART + rb')?>|"[ !#-\[\]-~]*"(?:@[a-z]{2,3})?'
)
"""Terms of which one sees at a glance that the engine writes them as they are written."""


_PLAIN = (pyoxigraph.NamedNode, pyoxigraph.Literal)


class NotPlainError(Exception):
    """A text is no N-Triples, or is written in a way that is not read here."""


class Encoding:
    """Statements, whichever their graphs, and the numbers of their terms.

    A term is known by its text in N-Triples, as the engine writes it; its number is its place in
    `texts`. `statements` are for each property, by its text, pairs of subject and value, each pair
    packed in one number, sorted and different. Properties have no numbers as such.
    """

    def __init__(self, texts: Iterable[bytes], progress: Progress | None = None) -> None:
        """Take in texts in N-Triples as the engine writes it."""
        self.numbers: dict[bytes, int] = {}
        found: dict[bytes, list[int]] = {}
        with uncollected():
            for text in texts:
                self._take(text, found, progress)
        self.texts = list(self.numbers)
        self.statements = {
            predicate: ascending(np.fromiter(pairs, np.int64, len(pairs)))
            for predicate, pairs in found.items()
        }

    @classmethod
    def of_text(cls, text: bytes, progress: Progress | None = None) -> Encoding:
        """The statements of a text in N-Triples, in whatever way its terms are written.

        Each line is a statement, with single spaces and a line feed; none has a blank node. Raises
        NotPlainError for anything else, whether or not it is well-formed.
        """
        if not text.endswith(b" .\n"):
            text = text.rstrip() + b"\n"
        try:
            encoding = cls([text], progress)
        except ValueError as error:
            raise NotPlainError from error
        encoding._check()
        encoding._write_as_the_engine()
        return encoding

    @classmethod
    def of_store(
        cls, engine: pyoxigraph.Store, without: Iterable[pyoxigraph.NamedNode] = ()
    ) -> Encoding:
        """The statements of a store, but those of some graphs."""
        left_out = set(without)
        names = [pyoxigraph.DefaultGraph(), *engine.named_graphs()]
        texts = (engine.dump(format=_NT, from_graph=name) for name in names if name not in left_out)
        return cls(text for text in texts if text is not None)

    @classmethod
    def joined(cls, encodings: Sequence[Encoding]) -> Encoding:
        """All statements of some encodings; terms that are written alike are one."""
        first, *others = encodings
        if not others:
            return first
        joined = cls(())
        number = joined.numbers.setdefault
        found: dict[bytes, list[Numbers]] = {}
        for one in encodings:
            own = (number(text, len(joined.numbers)) for text in one.texts)
            numbers = np.fromiter(own, np.int64, len(one.texts))
            for name, pairs in one.statements.items():
                renumbered = numbers[pairs >> BITS] << BITS | numbers[pairs & LOW]
                found.setdefault(name, []).append(renumbered)
        joined.texts = list(joined.numbers)
        joined.statements = {
            name: ascending(np.concatenate(parts)) for name, parts in found.items()
        }
        return joined

    def _take(self, text: bytes, found: dict[bytes, list[int]], progress: Progress | None) -> None:
        numbers = self.numbers
        number = numbers.get
        last, first = b"", 0
        start, lines = 0, 0
        while start < len(text):
            end = text.rfind(b" .\n", start, start + _AT_ONCE)
            if end < 0:
                # A line that is longer.
                end = text.index(b" .\n", start)
            cut = text[start:end].split(b" .\n")
            for line in cut:
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
            lines += len(cut)
            if progress is not None:
                progress(start, lines, len(text))

    def _check(self) -> None:
        """Raise NotPlainError unless subjects and properties may be what they are."""
        signs = self.first_signs()
        subjects = (signs[pairs >> BITS] for pairs in self.statements.values())
        if (
            any(np.any(found != _BEGINS_RESOURCE) for found in subjects)
            or not all(map(_INERT.fullmatch, self.statements))
            or any(name[0] != _BEGINS_RESOURCE for name in self.statements)
        ):
            raise NotPlainError

    def _write_as_the_engine(self) -> None:
        """Let terms that the engine writes in another way be written so, and be one if so they are.

        Raises NotPlainError for what is no term.
        """
        changed = _rewritten(self.texts)
        if not changed:
            return
        texts = self.texts
        numbers = np.arange(len(texts))
        for place, text in changed.items():
            numbers[place] = self.numbers.setdefault(text, place)
            texts[place] = text
        stays = numbers == np.arange(len(texts))
        numbers = (np.cumsum(stays) - 1)[numbers]
        self.texts = [*compress(texts, stays.tolist())]
        self.numbers = dict(zip(self.texts, range(len(self.texts)), strict=True))
        self.statements = {
            name: ascending(numbers[pairs >> BITS] << BITS | numbers[pairs & LOW])
            for name, pairs in self.statements.items()
        }

    def __len__(self) -> int:
        """Return how many different statements there are."""
        return sum(map(len, self.statements.values()))

    def number(self, term: OxigraphTerm) -> int | None:
        """Return the number of a term, if it has one."""
        return self.numbers.get(text_of(term))

    def term(self, number: int) -> OxigraphTerm:
        """Return the term of a number."""
        return term_of(self.texts[number])

    def about(self, things: Iterable[OxigraphTerm]) -> Iterator[pyoxigraph.Quad]:
        """Yield what is stated of some things."""
        found = (self.number(thing) for thing in things)
        subjects = np.array(sorted({number for number in found if number is not None}), np.int64)
        for name, pairs in self.statements.items():
            starts = np.searchsorted(pairs, subjects << BITS)
            counts = np.searchsorted(pairs, subjects << BITS | LOW, side="right") - starts
            chosen = pairs[members(starts, counts)[1]].tolist()
            lines = (
                b"%b %b %b .\n" % (self.texts[pair >> BITS], name, self.texts[pair & LOW])
                for pair in chosen
            )
            yield from pyoxigraph.parse(input=b"".join(lines), format=_NT, lenient=True)

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
    return terms_of([text])[0]


def terms_of(texts: Iterable[bytes]) -> list[OxigraphTerm]:
    """Return the terms of texts in N-Triples, as the engine writes them."""
    lines = b"".join(b"<x:> <x:> %b .\n" % text for text in texts)
    return [quad.object for quad in pyoxigraph.parse(input=lines, format=_NT, lenient=True)]


def _rewritten(texts: list[bytes]) -> dict[int, bytes]:
    """Return what the engine writes in another way, by its place; raises NotPlainError."""
    places = [place for place, text in enumerate(texts) if not _INERT.fullmatch(text)]
    lines = (b"<x:%d> <x:> %b .\n" % (place, texts[place]) for place in places)
    try:
        quads = [*pyoxigraph.parse(input=b"".join(lines), format=_NT)]
    except SyntaxError as error:
        raise NotPlainError from error
    if len(quads) != len(places) or any(type(quad.object) not in _PLAIN for quad in quads):
        raise NotPlainError
    store = pyoxigraph.Store()
    store.bulk_extend(quads)
    dumped = store.dump(format=_NT, from_graph=pyoxigraph.DefaultGraph())
    assert dumped is not None
    found = {}
    for line in dumped.split(b" .\n")[:-1]:
        subject, _, text = line.split(b" ", 2)
        place = int(subject[3:-1])
        if text != texts[place]:
            found[place] = text
    return found
