"""Texts in N-Triples, cut into numbered terms.

Nothing here looks into a term, nor makes an object of it before it is known to be a new one: terms
are told apart where they stand in the text, all those of many lines at once.
"""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from srmgraph.numbers import Mask, Numbers, ascending, pack

Progress: TypeAlias = Callable[[int, int, int], None]
"""Is called with the numbers of bytes and of lines that were read, and of all bytes."""

_Hashes: TypeAlias = NDArray[np.uint64]

_AT_ONCE = 1 << 20
"""Bytes that are cut together: what fits near the processor is read faster."""

_THREADS = min(4, os.cpu_count() or 1)
_END = b" .\n"

_WORDS = 8
_WINDOW = 8 * _WORDS
"""How many bytes of a term are looked at together; few terms have more."""

_MASKS = np.array(
    [
        [(1 << 8 * max(0, min(8, size - 8 * word))) - 1 for word in range(_WORDS)]
        for size in range(_WINDOW + 1)
    ],
    "<u8",
).view(np.uint64)
"""For each size of a term, the bits of a window that belong to it."""

_FACTORS = np.frombuffer(os.urandom(8 * _WORDS), np.uint64) | np.uint64(1)
"""By chance, so that nobody can write terms that all have the same hash."""

_DEPTH = 2
"""So many windows of a term are looked at; what is beyond is seldom, and is taken one by one."""


class NotPlainError(Exception):
    """A text is no N-Triples, or is written in a way that is not read here."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What a text in N-Triples says: numbers for its subjects and values, in the order in which
    they come, and for each property pairs of these, packed, sorted and different."""

    numbers: dict[bytes, int]
    statements: dict[bytes, Numbers]


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that were cut: their different terms, and which of these they have."""

    end: int
    texts: list[bytes]
    subjects: Numbers
    values: Numbers
    names: list[bytes]
    properties: Numbers


def read(text: bytes, progress: Progress | None = None) -> Lines:
    """Read a text in which each line is a statement, with single spaces and a line feed.

    Neither subjects nor properties have control characters. Terms are told apart by how they are
    written, whatever that be; the last of a line may have spaces. Raises NotPlainError for lines of
    another kind.
    """
    # What is asked for and not there is given the next number, without a step of Python.
    numbers, kinds = (defaultdict[bytes, int](count().__next__) for _ in range(2))
    pairs, properties = [], []
    lines = 0
    for block in _blocks(text):
        own = _numbered(block.texts, numbers)
        pairs.append(pack(own[block.subjects], own[block.values]))
        properties.append(_numbered(block.names, kinds)[block.properties])
        lines += len(block.subjects)
        if progress is not None:
            progress(block.end, lines, len(text))
    numbers.default_factory = None
    if not lines:
        return Lines({}, {})
    together = np.concatenate(properties), np.concatenate(pairs)
    return Lines(numbers, _by_property([*kinds], *together))


def _numbered(texts: list[bytes], numbers: dict[bytes, int]) -> Numbers:
    """The numbers of some texts."""
    return np.fromiter(map(numbers.__getitem__, texts), np.int64, len(texts))


def _blocks(text: bytes) -> Iterator[_Block]:
    """Cut a text into blocks, and these into terms, some at a time."""
    windows = _Windows(text)
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting: deque[Future[_Block]] = deque()
        for start, end in _pieces(text):
            waiting.append(pool.submit(_cut, windows, start, end))
            if len(waiting) > 2 * _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _pieces(text: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.rfind(_END, start, start + _AT_ONCE)
        if end < 0:
            # A line that is longer.
            end = text.find(_END, start)
            if end < 0:
                raise NotPlainError
        yield start, end + len(_END)
        start = end + len(_END)


def _cut(windows: _Windows, start: int, end: int) -> _Block:
    signs = windows.signs[start:end]
    # Spaces and ends of lines, and what else stands below them.
    marks = np.flatnonzero(signs <= ord(" "))
    found = signs[marks]
    last = np.flatnonzero(found == ord("\n"))
    first = np.concatenate([[0], last[:-1] + 1])
    ends = marks[last] - 2
    starts = np.concatenate([[0], ends[:-1] + 3])
    # A line has at least the space before its full stop, so that these are within the block.
    properties, values = marks[first] + 1, marks[first + 1] + 1
    if not (
        np.all(starts + 1 < properties)
        and np.all(properties + 1 < values)
        and np.all(values < ends)
        and np.all(found[first] == ord(" "))
        and np.all(found[first + 1] == ord(" "))
        and np.all(signs[ends] == ord(" "))
        and np.all(signs[ends + 1] == ord("."))
    ):
        raise NotPlainError
    for places in (starts, properties, values, ends):
        places += start
    sizes = properties - starts - 1
    runs = windows.runs(starts, sizes)
    texts, which = windows.different(
        np.concatenate([starts[runs], values]),
        np.concatenate([sizes[runs], ends - values]),
    )
    names, kinds = windows.different(properties, values - properties - 1)
    subjects = np.repeat(which[: len(runs)], np.diff(runs, append=len(ends)))
    return _Block(end, texts, subjects, which[len(runs) :], names, kinds)


class _Windows:
    """A text, of which terms are seen from their beginnings on."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self.signs = np.frombuffer(text, np.uint8)
        padded = text.ljust(_WINDOW)
        self._last = len(padded) - _WINDOW
        self._windows = np.ndarray((self._last + 1,), f"V{_WINDOW}", padded, strides=(1,))

    def _words(self, starts: Numbers, sizes: Numbers) -> _Hashes:
        """The beginnings of terms, eight bytes in a number, and zeros after their ends."""
        found = self._windows[np.minimum(starts, self._last)]
        # Near its end the text is no longer as wide as a window.
        for row in np.flatnonzero(starts > self._last).tolist():
            found[row] = self._text[starts[row] :].ljust(_WINDOW)
        words: _Hashes = found.view(np.uint64).reshape(-1, _WORDS)
        words &= _MASKS[np.minimum(sizes, _WINDOW)]
        return words

    def runs(self, starts: Numbers, sizes: Numbers) -> Numbers:
        """Where the term is not the same as the one before, or is long."""
        words = self._words(starts, sizes)
        is_new = sizes > _WINDOW
        is_new[0] = True
        is_new[1:] |= sizes[1:] != sizes[:-1]
        is_new[1:] |= _differ(words[1:], words[:-1])
        return np.flatnonzero(is_new)

    def different(self, starts: Numbers, sizes: Numbers) -> tuple[list[bytes], Numbers]:
        """The different ones of some terms, and for each which of these it is."""
        same = self._compared(starts, sizes, _DEPTH)[1]
        is_first = same == np.arange(len(same))
        return self._texts(starts[is_first], sizes[is_first]), (np.cumsum(is_first) - 1)[same]

    def _texts(self, starts: Numbers, sizes: Numbers) -> list[bytes]:
        """Terms as they are written."""
        text = self._text
        places = zip(starts.tolist(), (starts + sizes).tolist(), strict=True)
        return [text[start:end] for start, end in places]

    def _compared(self, starts: Numbers, sizes: Numbers, depth: int) -> tuple[_Hashes, Numbers]:
        """Hashes of terms, and for each the first of those that are the same."""
        if not depth:
            texts = self._texts(starts, sizes)
            firsts: dict[bytes, int] = {}
            same = [firsts.setdefault(text, place) for place, text in enumerate(texts)]
            signed = np.fromiter(map(hash, texts), np.int64, len(texts))
            return signed.view(np.uint64), np.array(same, np.int64)
        words = self._words(starts, sizes)
        hashes: _Hashes = words @ _FACTORS
        rests = np.zeros(len(starts), np.int64)
        long = np.flatnonzero(sizes > _WINDOW)
        if len(long):
            beyond = self._compared(starts[long] + _WINDOW, sizes[long] - _WINDOW, depth - 1)
            hashes[long] *= _FACTORS[0]
            hashes[long] += beyond[0]
            rests[long] = beyond[1]

        def differ(some: Numbers | slice, others: Numbers) -> Mask:
            answers: Mask = _differ(words[some], words[others])
            answers |= sizes[some] != sizes[others]
            answers |= rests[some] != rests[others]
            return answers

        return hashes, _told_apart(hashes, differ)


def _differ(some: _Hashes, others: _Hashes) -> Mask:
    """Which rows differ."""
    # One look at the eight answers of a row.
    differs: Mask = (some != others).view(np.uint64).ravel() != 0
    return differs


def _told_apart(hashes: _Hashes, differ: Callable[[Numbers | slice, Numbers], Mask]) -> Numbers:
    """For each of some things the first of those that are the same.

    What is the same has the same hash; whether what has the same hash *differs* is asked.
    """
    bits = len(hashes).bit_length() + 2
    slots = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    table = np.empty(1 << bits, np.int64)
    same = np.empty(len(hashes), np.int64)
    # A slice takes all as they stand, without a copy.
    left: Numbers | slice = slice(None)
    places = np.arange(len(hashes))
    while len(places):
        # The first of those that share a slot settles which of them are the same as it.
        chosen = slots[left]
        table[chosen[::-1]] = places[::-1]
        same[left] = table[chosen]
        left = places = places[differ(left, same[left])]
    return same


def _by_property(names: list[bytes], properties: Numbers, pairs: Numbers) -> dict[bytes, Numbers]:
    # Small numbers are sorted in one go.
    small = properties.astype(np.uint16) if len(names) < 1 << 16 else properties
    order = np.argsort(small, kind="stable")
    cuts = np.cumsum(np.bincount(properties, minlength=len(names)))[:-1]
    parts = np.split(pairs[order], cuts)
    return {name: ascending(part) for name, part in zip(names, parts, strict=True)}
