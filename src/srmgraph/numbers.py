"""Columns of numbers that stand for terms, and what joins need of them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

BITS = 32
LOW = (1 << BITS) - 1


def pack(left: Numbers, right: Numbers) -> Numbers:
    """Two numbers of less than 32 bits in one; the second ones may be -1, which stands for none."""
    return left << BITS | (right & LOW)


def ascending(numbers: Numbers) -> Numbers:
    """The different ones of large numbers, sorted."""
    return _different(np.sort(numbers))


def merged(one: Numbers, other: Numbers) -> Numbers:
    """All numbers of two that are sorted and have none in common, sorted."""
    # The stable way goes along runs that are sorted already.
    return np.sort(np.concatenate([one, other]), kind="stable") if len(one) else other


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
    rows = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return rows, np.arange(len(rows)) - np.repeat(before - starts, counts)
