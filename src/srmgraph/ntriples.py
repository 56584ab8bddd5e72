"""Texts in N-Triples, cut into numbered terms.

Nothing here looks into a term, nor makes an object of it before it is known to be a new one: terms
are told apart where they stand in the text, all those of many lines at once.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from secrets import randbits
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

_FACTORS = np.array([randbits(64) | 1 for _ in range(_WORDS)], np.uint64)
"""By chance, so that nobody can write terms that all have the same hash."""


class NotPlainError(Exception):
    """A text is no N-Triples, or is written in a way that is not read here."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What a text in N-Triples says: the different subjects and values, and for each property pairs
    of their places there, packed, sorted and different."""

    texts: list[bytes]
    statements: dict[bytes, Numbers]


@dataclass(frozen=True, slots=True)
class _Terms:
    """Where terms are written, how many bytes they have, and a number that those share that are
    written alike, though others may have it too."""

    starts: Numbers
    sizes: Numbers
    hashes: _Hashes

    def take(self, rows: Numbers) -> _Terms:
        return _Terms(self.starts[rows], self.sizes[rows], self.hashes[rows])


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that were cut: their different terms, and which of these they have."""

    end: int
    lines: int
    terms: _Terms
    subjects: Numbers
    values: Numbers
    names: _Terms
    properties: Numbers


def read(text: bytes, progress: Progress | None = None) -> Lines:
    """Read a text in which each line is a statement, with single spaces and a line feed.

    Terms are told apart by how they are written, whatever that be; the last of a line may have
    spaces. Raises NotPlainError for lines of another kind.
    """
    blocks = []
    lines = 0
    for block in _blocks(text):
        blocks.append(block)
        lines += block.lines
        if progress is not None:
            progress(block.end, lines, len(text))
    if not blocks:
        return Lines([], {})
    texts, numbers = _joined(text, [block.terms for block in blocks])
    names, kinds = _joined(text, [block.names for block in blocks])
    pairs = np.concatenate(
        [
            pack(number[block.subjects], number[block.values])
            for block, number in zip(blocks, numbers, strict=True)
        ]
    )
    properties = np.concatenate(
        [kind[block.properties] for block, kind in zip(blocks, kinds, strict=True)]
    )
    return Lines(texts, _by_property(names, properties, pairs))


def _blocks(text: bytes) -> Iterator[_Block]:
    """Cut a text into blocks, and these into terms, some at a time."""
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting: deque[Future[_Block]] = deque()
        for start, end in _pieces(text):
            waiting.append(pool.submit(_cut, text, start, end))
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


def _cut(text: bytes, start: int, end: int) -> _Block:
    block = _Window(text, start, end)
    signs = np.frombuffer(text, np.uint8, end - start, start)
    ends = np.flatnonzero(signs == ord("\n"))
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    ends -= 2
    spaces = np.flatnonzero(signs == ord(" "))
    first = np.searchsorted(spaces, starts)
    # There is a space after the beginning of the last line, if only before its full stop.
    properties = spaces[first] + 1
    values = spaces[np.minimum(first + 1, len(spaces) - 1)] + 1
    if not (
        np.all(starts + 1 < properties)
        and np.all(properties + 1 < values)
        and np.all(values < ends)
        and np.all(signs[ends] == ord(" "))
        and np.all(signs[ends + 1] == ord("."))
    ):
        raise NotPlainError
    sizes = properties - starts - 1
    runs = block.runs(starts, sizes)
    terms, which = block.different(
        np.concatenate([starts[runs], values]),
        np.concatenate([sizes[runs], ends - values]),
    )
    names, kinds = block.different(properties, values - properties - 1)
    subjects = np.repeat(which[: len(runs)], np.diff(runs, append=len(ends)))
    return _Block(end, len(ends), terms, subjects, which[len(runs) :], names, kinds)


class _Window:
    """A part of a text, of which terms are seen from their beginnings on."""

    def __init__(self, text: bytes, start: int, end: int) -> None:
        self._start = start
        # A window may reach beyond the last term, or even the text.
        self._part = text[start : end + _WINDOW].ljust(end - start + _WINDOW)
        size = len(self._part) - _WINDOW + 1
        self._windows = np.ndarray((size,), f"V{_WINDOW}", self._part, strides=(1,))

    def _words(self, starts: Numbers, sizes: Numbers) -> _Hashes:
        """The beginnings of terms, eight bytes in a number, and zeros after their ends."""
        words = self._windows[starts].view(np.uint64).reshape(-1, _WORDS)
        words &= _MASKS[np.minimum(sizes, _WINDOW)]
        return words

    def _rests(self, starts: Numbers, sizes: Numbers) -> list[bytes]:
        """What of long terms is beyond their beginnings."""
        part = self._part
        places = zip((starts + _WINDOW).tolist(), (starts + sizes).tolist(), strict=True)
        return [part[start:end] for start, end in places]

    def runs(self, starts: Numbers, sizes: Numbers) -> Numbers:
        """Where the term is not the same as the one before, or is long."""
        words = self._words(starts, sizes)
        is_new = sizes > _WINDOW
        is_new[0] = True
        is_new[1:] |= sizes[1:] != sizes[:-1]
        is_new[1:] |= _differ(words[1:], words[:-1])
        return np.flatnonzero(is_new)

    def different(self, starts: Numbers, sizes: Numbers) -> tuple[_Terms, Numbers]:
        """The different ones of some terms, and for each which of these it is."""
        words = self._words(starts, sizes)
        hashes = words @ _FACTORS
        long = np.flatnonzero(sizes > _WINDOW)
        rests = dict(zip(long.tolist(), self._rests(starts[long], sizes[long]), strict=True))
        hashes[long] += np.fromiter(map(hash, rests.values()), np.int64, len(long)).view(np.uint64)

        def differ(some: Numbers, others: Numbers) -> Mask:
            answers = _differ(words[some], words[others])
            answers |= sizes[some] != sizes[others]
            for place in np.flatnonzero(~answers & (sizes[some] > _WINDOW)).tolist():
                answers[place] = rests[int(some[place])] != rests[int(others[place])]
            return answers

        found, which = _told_apart(hashes, differ)
        return _Terms(starts + self._start, sizes, hashes).take(found), which


def _joined(text: bytes, parts: list[_Terms]) -> tuple[list[bytes], list[Numbers]]:
    """The texts of the terms of all blocks, and for each block the numbers of its terms."""
    starts = np.concatenate([part.starts for part in parts])
    ends = starts + np.concatenate([part.sizes for part in parts])
    hashes = np.concatenate([part.hashes for part in parts])

    def differ(some: Numbers, others: Numbers) -> Mask:
        answers = np.zeros(len(some), np.bool_)
        rows = np.flatnonzero(some != others)
        places = (starts[some[rows]], ends[some[rows]], starts[others[rows]], ends[others[rows]])
        answers[rows] = [
            text[start:end] != text[other_start:other_end]
            for start, end, other_start, other_end in zip(
                *(numbers.tolist() for numbers in places), strict=True
            )
        ]
        return answers

    found, which = _told_apart(hashes, differ)
    texts = [
        text[start:end]
        for start, end in zip(starts[found].tolist(), ends[found].tolist(), strict=True)
    ]
    return texts, np.split(which, np.cumsum([len(part.hashes) for part in parts])[:-1])


def _differ(some: _Hashes, others: _Hashes) -> Mask:
    """Which rows differ."""
    # One look at the eight answers of a row.
    differs: Mask = (some != others).view(np.uint64).ravel() != 0
    return differs


def _told_apart(
    hashes: _Hashes, differ: Callable[[Numbers, Numbers], Mask]
) -> tuple[Numbers, Numbers]:
    """The places of the first ones of those that are the same, and which of these each is.

    What is the same has the same hash; whether what has the same hash *differs* is asked.
    """
    bits = len(hashes).bit_length() + 2
    slots = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    table = np.empty(1 << bits, np.int64)
    same = np.empty(len(hashes), np.int64)
    left = np.arange(len(hashes))
    while len(left):
        # The first of those that share a slot settles which of them are the same as it.
        chosen = slots[left]
        table[chosen[::-1]] = left[::-1]
        same[left] = table[chosen]
        left = left[differ(left, same[left])]
    is_first = same == np.arange(len(hashes))
    return np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[same]


def _by_property(names: list[bytes], properties: Numbers, pairs: Numbers) -> dict[bytes, Numbers]:
    # Small numbers are sorted in one go.
    small = properties.astype(np.uint16) if len(names) < 1 << 16 else properties
    order = np.argsort(small, kind="stable")
    cuts = np.cumsum(np.bincount(properties, minlength=len(names)))[:-1]
    parts = np.split(pairs[order], cuts)
    return {name: ascending(part) for name, part in zip(names, parts, strict=True)}
