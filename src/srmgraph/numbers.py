"""Columns of numbers that stand for terms, and what joins need of them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

BITS = 32
LOW = (1 << BITS) - 1

_LONG_RUN = 64
_MANY = 1_000


def pack(left: Numbers, right: Numbers) -> Numbers:
    """Two numbers of less than 32 bits in one; the second ones may be -1, which stands for none."""
    return left << BITS | (right & LOW)


def ascending(numbers: Numbers) -> Numbers:
    """The different ones of numbers, sorted."""
    return _different(ordered(numbers))


def is_sorted(numbers: Numbers) -> bool:
    """Tell whether numbers are sorted; some may be equal."""
    return not np.any(numbers[1:] < numbers[:-1])


def ordered(numbers: Numbers) -> Numbers:
    """Numbers, sorted: the same ones if they are so already, which is seen at once."""
    falls = np.count_nonzero(numbers[1:] < numbers[:-1])
    if not falls:
        return numbers
    # The stable way goes along runs that are sorted already.
    return np.sort(numbers, kind="stable" if falls * _LONG_RUN < len(numbers) else None)


def merged(one: Numbers, other: Numbers) -> Numbers:
    """All numbers of two that are sorted and have none in common, sorted."""
    return ordered(np.concatenate([one, other])) if len(one) else other


def order(numbers: Numbers) -> Numbers:
    """The places of numbers, the smallest first, and those that are equal as they stand; none of
    the numbers is negative, or has more than 32 bits."""
    if len(numbers) < _MANY:
        return np.argsort(numbers, kind="stable")
    # Numbers of 16 bits are not compared: each goes to its place.
    found = np.argsort(numbers.astype(np.uint16), kind="stable")
    upper = (numbers >> 16).astype(np.uint16)
    return found[np.argsort(upper[found], kind="stable")] if upper.any() else found


def _different(numbers: Numbers) -> Numbers:
    if len(numbers) < 2:
        return numbers
    is_new = np.empty(len(numbers), np.bool_)
    is_new[0] = True
    np.not_equal(numbers[1:], numbers[:-1], out=is_new[1:])
    return numbers[is_new]


def holds(numbers: Numbers, sought: Numbers) -> Mask:
    """Which numbers are among sorted ones."""
    if not len(numbers):
        return np.zeros(len(sought), np.bool_)
    found = np.searchsorted(numbers, sought)
    found[found == len(numbers)] = 0
    is_there: Mask = numbers[found] == sought
    return is_there


def runs(pairs: Numbers, left: Numbers) -> tuple[Numbers, Numbers]:
    """For numbers on the left: where the sorted pairs that they begin start, and how many."""
    first = left << BITS
    starts = np.searchsorted(pairs, first)
    return starts, np.searchsorted(pairs, first | LOW, side="right") - starts


def members(starts: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """For runs that begin at *starts*: the row of each member, and its place."""
    if counts.max(initial=0) <= 1:
        rows = np.flatnonzero(counts)
        return rows, starts[rows]
    rows = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return rows, np.arange(len(rows)) - np.repeat(before - starts, counts)
