"""Statements as columns of numbers.

They come by way of N-Triples, as the engine writes it, or files of it: to cut a text into terms,
and to look these up, takes a third of the time that it takes to make an object of each, and a sixth
of what it takes to put them into a store.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from io import BytesIO
from itertools import compress
from operator import itemgetter
from zlib import crc32

import numpy as np
import pyoxigraph
from numpy.typing import NDArray

from srmgraph.garbage import uncollected
from srmgraph.ntriples import Lines, NotPlainError, Progress, read
from srmgraph.numbers import BITS, LOW, Mask, Numbers, ascending, members, pack, runs
from srmgraph.terms import OxigraphTerm

_NT = pyoxigraph.RdfFormat.N_TRIPLES

_FORM = 1
"""Of what `to_bytes` writes."""

_BEGINS_IRI = ord("<")
_BEGINS_BLANK_NODE = ord("_")

_BLANK_NODE = re.compile(
    # Beginning with what is always there, a search takes a hundredth of the time.
    rb"_:(?m:(?<=^_:)|(?<=> _:))(?:[A-Za-z0-9_][A-Za-z0-9_.-]*)?[A-Za-z0-9_-](?= )"
)
"""A subject, or a value. In a text, neither can be mistaken for a part of another term: no literal
ends so, and no line begins within one."""

_XSD = rb"http://www\.w3\.org/2001/XMLSchema\#"
_PART = rb"[A-Za-z0-9._~!$&'()*+,;=:@/-]*"
_DAY = rb"[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
_CLOCK = rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_VALUES = {
    b"date": _DAY,
    b"dateTime": _DAY + rb"T" + _CLOCK + rb"Z?",
    b"integer": rb"0|-?[1-9][0-9]{0,15}",
    b"decimal": rb"0|-?[1-9][0-9]{0,9}|-?(?:0|[1-9][0-9]{0,9})\.[0-9]{0,4}[1-9]",
    b"boolean": rb"true|false",
}
_VALUE = b"|".join(rb'"(?:%b)"\^\^<%b%b>' % (form, _XSD, name) for name, form in _VALUES.items())
_INERT = re.compile(
    rb"<[A-Za-z][A-Za-z0-9+.-]*:(?:(?!//)|//[A-Za-z0-9.-]+(?::[0-9]+)?(?=[/?#>]))" + _PART + rb"(?:"
    rb"\?"
    + _PART
    + rb")?(?:#"
    + _PART
    + rb')?>|"[ !#-\[\]-~]*"(?:@[a-z]{2,3})?|_:[A-Za-z0-9]+|'
    + _VALUE
)
"""Terms of which one sees at a glance that they are well-formed, and that the engine writes them as
they are written."""


_INERT_ONES = re.compile(b"(?:(?:%b)\n)*+" % _INERT.pattern)


class Encoding:
    """Statements, whichever their graphs, and the numbers of their terms.

    A term is known by its text in N-Triples, as the engine writes it; its number is its place in
    `texts`. `statements` are for each property, by its text, pairs of subject and value, each pair
    packed in one number, sorted and different. Properties have no numbers as such.
    """

    def __init__(self, texts: list[bytes], statements: dict[bytes, Numbers]) -> None:
        self.texts = texts
        self.statements = statements
        self.blank_nodes: dict[bytes, bytes] = {}
        """What those of a file are called here."""
        self._is_doubtful: Mask | None = None

    @cached_property
    def numbers(self) -> dict[bytes, int]:
        """The numbers of terms by their texts."""
        return dict(zip(self.texts, range(len(self.texts)), strict=True))

    @classmethod
    def of_engine(cls, text: bytes) -> Encoding:
        """The statements of a text that the engine has written."""
        return cls._of_lines(read(text))

    @classmethod
    def _of_lines(cls, lines: Lines) -> Encoding:
        encoding = cls([*lines.numbers], lines.statements)
        encoding.numbers = lines.numbers
        return encoding

    @classmethod
    @uncollected()
    def of_text(
        cls, text: bytes, progress: Progress | None = None, label: str | None = None
    ) -> Encoding:
        """The statements of a text in N-Triples, in whatever way its terms are written.

        Each line is a statement with single spaces, a comment, or empty. Blank nodes are called by
        numbers after *label*, in their order; without one, there may be none. Raises NotPlainError
        for anything else, whether or not it is well-formed.
        """
        if not text.endswith(b" .\n"):
            text = text.rstrip() + b"\n"
        try:
            lines = read(text, progress)
        except NotPlainError:
            lines = read(_without_comments(text), progress)
        encoding = cls._of_lines(lines)
        if label is not None:
            encoding._call_blank_nodes(text, label)
        encoding._check()
        encoding._write_as_the_engine()
        return encoding

    @classmethod
    def of_store(
        cls,
        engine: pyoxigraph.Store,
        without: Iterable[pyoxigraph.NamedNode | pyoxigraph.DefaultGraph] = (),
    ) -> Encoding:
        """The statements of a store, but those of some graphs."""
        left_out = set(without)
        names = [pyoxigraph.DefaultGraph(), *engine.named_graphs()]
        # All in one, so that terms of several graphs are the same.
        written = BytesIO()
        for name in names:
            if name not in left_out:
                engine.dump(written, _NT, from_graph=name)
        return cls.of_engine(written.getvalue())

    @classmethod
    def joined(cls, encodings: Sequence[Encoding]) -> Encoding:
        """All statements of some encodings; terms that are written alike are one."""
        first, *others = encodings
        if not others:
            return first
        # The first is as a rule the largest, and keeps its numbers.
        joined = cls([*first.texts], dict(first.statements))
        joined.numbers = dict(first.numbers)
        statements = joined.statements
        for one in others:
            numbers = np.fromiter(map(joined._number_of, one.texts), np.int64, len(one.texts))
            for name, pairs in one.statements.items():
                renumbered = _renumbered(pairs, numbers)
                before = statements.get(name)
                parts = (renumbered,) if before is None else (before, renumbered)
                statements[name] = ascending(np.concatenate(parts))
        return joined

    @classmethod
    def of_bytes(cls, kept: bytes) -> Encoding | None:
        """The encoding that `to_bytes` wrote; None if it is damaged, or of another version."""
        checksum, _, rest = kept.partition(b"\n")
        try:
            if int(checksum) != crc32(rest):
                return None
            head, _, body = rest.partition(b"\n")
            told = json.loads(head)
            if told["form"] != _FORM:
                return None
        except (ValueError, KeyError, TypeError):
            return None
        place = told["length"]
        texts = body[:place].split(b"\n") if told["terms"] else []
        statements = {}
        for name, size in told["columns"]:
            statements[name.encode()] = np.frombuffer(body, "<i8", size, place)
            place += 8 * size
        return cls(texts, statements)

    def to_bytes(self) -> bytes:
        """The encoding as bytes, to be kept in a file; see `of_bytes`."""
        texts = b"\n".join(self.texts)
        told = {
            "form": _FORM,
            "length": len(texts),
            "terms": len(self.texts),
            "columns": [(name.decode(), len(pairs)) for name, pairs in self.statements.items()],
        }
        columns = (pairs.astype("<i8").tobytes() for pairs in self.statements.values())
        rest = b"".join([json.dumps(told).encode(), b"\n", texts, *columns])
        return b"%d\n%b" % (crc32(rest), rest)

    def changed(self, gone: Iterable[pyoxigraph.Quad], new: Iterable[pyoxigraph.Quad]) -> Encoding:
        """The statements without some, and with others; they are few, and their graphs do not
        matter. The terms of this encoding may become more."""
        statements = dict(self.statements)
        for quads, change in ((gone, np.setdiff1d), (new, np.union1d)):
            pairs: dict[bytes, list[int]] = defaultdict(list)
            for quad in quads:
                ends = map(self._number_of, map(text_of, (quad.subject, quad.object)))
                pairs[text_of(quad.predicate)].append(next(ends) << BITS | next(ends))
            for name, some in pairs.items():
                before = statements.get(name, np.empty(0, np.int64))
                statements[name] = change(before, np.array(some, np.int64))
        changed = Encoding(
            self.texts, {name: pairs for name, pairs in statements.items() if len(pairs)}
        )
        changed.numbers = self.numbers
        return changed

    def _number_of(self, text: bytes) -> int:
        """The number of a term, which is given one if it has none."""
        number = self.numbers.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        return number

    def _call_blank_nodes(self, text: bytes, label: str) -> None:
        """Give the blank nodes of a text names of their own; raises NotPlainError."""
        own = {name: place for name, place in self.numbers.items() if name.startswith(b"_:")}
        if not own:
            return
        found = dict.fromkeys(match.group() for match in _BLANK_NODE.finditer(text))
        if found.keys() != own.keys():
            raise NotPlainError
        names = {name: b"_:%b%d" % (label.encode(), n) for n, name in enumerate(found, 1)}
        for name in own:
            del self.numbers[name]
        for name, place in own.items():
            self.texts[place] = names[name]
            self.numbers[names[name]] = place
        self.blank_nodes = names

    def _check(self) -> None:
        """Raise NotPlainError unless subjects and properties may be what they are."""
        signs = self.first_signs()
        subjects = (signs[pairs >> BITS] for pairs in self.statements.values())
        named = [_BEGINS_IRI, *([_BEGINS_BLANK_NODE] if self.blank_nodes else [])]
        if (
            any(not np.all(np.isin(found, named)) for found in subjects)
            or not all(map(_INERT.fullmatch, self.statements))
            or any(name[0] != _BEGINS_IRI for name in self.statements)
        ):
            raise NotPlainError

    def _write_as_the_engine(self) -> None:
        """Let terms that the engine writes in another way be written so, and be one if so they are.

        Raises NotPlainError for what is no term.
        """
        doubtful = not_inert(self.texts)
        self._is_doubtful = np.zeros(len(self.texts), np.bool_)
        self._is_doubtful[doubtful] = True
        changed = _rewritten(self.texts, doubtful)
        if not changed:
            return
        texts = self.texts
        places = [*changed]
        self._is_doubtful[places] = False
        self._is_doubtful[[places[one] for one in not_inert([*changed.values()])]] = True
        numbers = np.arange(len(texts))
        for place, text in changed.items():
            numbers[place] = self.numbers.setdefault(text, place)
            del self.numbers[texts[place]]
            texts[place] = text
        stays = numbers == np.arange(len(texts))
        if np.all(stays):
            return
        del self.numbers
        numbers = (np.cumsum(stays) - 1)[numbers]
        self._is_doubtful = self._is_doubtful[stays]
        self.texts = [*compress(texts, stays.tolist())]
        self.statements = {
            name: ascending(_renumbered(pairs, numbers)) for name, pairs in self.statements.items()
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

    def quads(
        self,
        subjects: Iterable[OxigraphTerm] | None = None,
        properties: Iterable[OxigraphTerm] | None = None,
        values: Iterable[OxigraphTerm] | None = None,
        most: int | None = None,
    ) -> list[pyoxigraph.Quad]:
        """Return the statements with any of some subjects, properties and values, where these are
        given; some of them, if they are more than so many at *most*."""
        names = self.statements if properties is None else map(text_of, properties)
        wanted = None if subjects is None else self._known(subjects)
        are_wanted = None
        if values is not None:
            are_wanted = np.zeros(len(self.texts), np.bool_)
            are_wanted[self._known(values)] = True
        lines: list[bytes] = []
        for name in names:
            pairs = self.statements.get(name, np.empty(0, np.int64))
            if wanted is not None:
                pairs = pairs[members(*runs(pairs, wanted))[1]]
            if are_wanted is not None:
                pairs = pairs[are_wanted[pairs & LOW]]
            chosen = pairs if most is None else pairs[: most - len(lines)]
            lines += (
                b"%b %b %b .\n" % (self.texts[pair >> BITS], name, self.texts[pair & LOW])
                for pair in chosen.tolist()
            )
        return [*pyoxigraph.parse(input=b"".join(lines), format=_NT, lenient=True)]

    def _known(self, terms: Iterable[OxigraphTerm]) -> Numbers:
        """The numbers of those terms that have one, sorted."""
        numbers = {number for term in terms if (number := self.number(term)) is not None}
        return np.array(sorted(numbers), np.int64)

    def doubtful(self, literals: Numbers) -> list[int]:
        """Return those of some literals of which one does not see that they are well-formed."""
        # What has been read is known; there may be more terms by now.
        known = self._is_doubtful
        if known is not None and len(known) == len(self.texts):
            literals = literals[known[literals]]
        typed = [place for place in literals.tolist() if self.texts[place].endswith(b">")]
        return [typed[place] for place in not_inert([self.texts[place] for place in typed])]

    def first_signs(self) -> NDArray[np.uint8]:
        """Return for each term the sign with which its text begins."""
        return np.frombuffer(bytes(map(itemgetter(0), self.texts)), np.uint8)


def _without_comments(text: bytes) -> bytes:
    """Return a text with a line feed after each line, without comments and empty lines."""
    # The lines of bytes end where those of N-Triples do.
    lines = text.splitlines()
    kept = [line for line in lines if line and not line.startswith(b"#")]
    if len(kept) == len(lines) and b"\r" not in text:
        raise NotPlainError
    return b"\n".join(kept) + b"\n"


def _renumbered(pairs: Numbers, numbers: Numbers) -> Numbers:
    return pack(numbers[pairs >> BITS], numbers[pairs & LOW])


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


def _rewritten(texts: list[bytes], places: list[int]) -> dict[int, bytes]:
    """Return what of some terms the engine writes in another way, by its place.

    Raises NotPlainError.
    """
    # The engine's parser calls itself for each triple in a triple, and might not survive that.
    if any(texts[place].startswith(b"<<") for place in places):
        raise NotPlainError
    lines = (b"<x:%d> <x:> %b .\n" % (place, texts[place]) for place in places)
    try:
        quads = [*pyoxigraph.parse(input=b"".join(lines), format=_NT)]
    except SyntaxError as error:
        raise NotPlainError from error
    if len(quads) != len(places) or not all(_is_plain(quad.object) for quad in quads):
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


def not_inert(texts: list[bytes]) -> list[int]:
    """Return the places of texts that are not evidently terms, and written as the engine does."""
    text = b"\n".join([*texts, b""])
    found = []
    inert = _INERT_ONES.match
    place = 0
    while (place := inert(text, place).end()) < len(text):  # type: ignore[union-attr]
        found.append(place)
        place = text.index(b"\n", place) + 1
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    places: list[int] = np.searchsorted(ends, found, side="right").tolist()
    return places


def _is_plain(term: object) -> bool:
    if isinstance(term, pyoxigraph.Literal):
        return term.direction is None
    return isinstance(term, pyoxigraph.NamedNode)
