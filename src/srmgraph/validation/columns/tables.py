"""Tables of numbers, and what joins need of them.

A number stands for a term; NONE stands for no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from srmgraph.numbers import BITS, Mask, Numbers, ascending, holds, is_sorted, members, pack

NONE = -1

_SPARSE = 32
"""Where one in so many numbers is there, or fewer are, it is faster to sort."""

MOST_ROWS = 20_000_000
"""A table that would grow longer is not made: memory ends before patience does."""


class TooLarge(Exception):
    """A table would grow longer than MOST_ROWS, or the store's engine be asked of too many rows."""


@dataclass(frozen=True, slots=True)
class Table:
    """Different solutions: a column of numbers for each variable, all of one length."""

    columns: Mapping[str, Numbers]
    size: int

    @classmethod
    def empty(cls, names: Iterable[str]) -> Table:
        """No solution at all."""
        return cls({name: np.empty(0, np.int64) for name in names}, 0)

    def at(self, rows: Numbers | Mask, size: int) -> Table:
        """The solutions in some rows."""
        return Table({name: column[rows] for name, column in self.columns.items()}, size)

    def where(self, mask: Mask) -> Table:
        """The solutions where a mask is set."""
        count = int(np.count_nonzero(mask))
        return self if count == self.size else self.at(mask, count)

    def only(self, names: Iterable[str]) -> Table:
        """The different solutions for some variables."""
        kept = {name: self.columns[name] for name in names if name in self.columns}
        if len(kept) == len(self.columns):
            return self
        if not kept:
            return Table({}, min(self.size, 1))
        found = different(list(kept.values()))
        return Table(dict(zip(kept, found, strict=True)), len(found[0]))

    def plus(self, name: str, column: Numbers) -> Table:
        """The same with another column."""
        return Table({**self.columns, name: column}, self.size)


UNIT = Table({}, 1)
"""One solution, in which no variable has a value."""


def places(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """The different ones of numbers of terms, sorted; and for each number its place among them."""
    if _are_few(numbers):
        found = ascending(numbers)
        return found, np.searchsorted(found, numbers)
    flags = _flags(numbers)
    return np.flatnonzero(flags) - 1, (np.cumsum(flags) - 1)[numbers + 1]


def _different(numbers: Numbers) -> Numbers:
    """The different ones of numbers of terms, sorted."""
    # They often are sorted, and then need no flags.
    if _are_few(numbers) or is_sorted(numbers):
        return ascending(numbers)
    return np.flatnonzero(_flags(numbers)) - 1


def _are_few(numbers: Numbers) -> bool:
    return len(numbers) * _SPARSE < int(numbers.max(initial=NONE))


def _flags(numbers: Numbers) -> Mask:
    """For NONE and each number of a term, whether it is there: faster than to sort, if many are."""
    flags = np.zeros(int(numbers.max(initial=NONE)) + 2, np.bool_)
    flags[numbers + 1] = True
    return flags


def combinations(columns: Sequence[Numbers]) -> tuple[list[Numbers], Numbers]:
    """The different combinations of values, as columns; and for each row its place among them."""
    if len(columns) == 1:
        found, rows = places(columns[0])
        return [found], rows
    firsts, rows = np.unique(_keys(columns), return_index=True, return_inverse=True)[1:]
    return [column[firsts] for column in columns], rows


def different(columns: Sequence[Numbers]) -> list[Numbers]:
    """The different combinations of values, as columns."""
    if len(columns) == 1:
        return [_different(columns[0])]
    if len(columns) > 2:
        return combinations(columns)[0]
    pairs = ascending(pack(columns[0], columns[1]))
    # Shifted to the left and back, NONE keeps its sign.
    return [pairs >> BITS, pairs << BITS >> BITS]


def among(columns: Sequence[Numbers], others: Sequence[Numbers]) -> Mask:
    """Which rows have the values of some row of other columns."""
    if len(columns) == 1:
        flags = _flags(others[0])
        sought = columns[0] + 1
        found = sought < len(flags)
        found[found] = flags[sought[found]]
        return found
    if len(columns) == 2:
        return holds(ascending(pack(others[0], others[1])), pack(columns[0], columns[1]))
    size = len(columns[0])
    both = _keys([np.concatenate(pair) for pair in zip(columns, others, strict=True)])
    return np.isin(both[:size], both[size:])


def _keys(columns: Sequence[Numbers]) -> Numbers:
    """One number for each row, equal where all columns are."""
    found = columns[0]
    for number, column in enumerate(columns[1:]):
        if number:
            found = np.unique(found, return_inverse=True)[1].astype(np.int64)
        found = pack(found, column)
    return found


def expanded(starts: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """For runs that begin at *starts*: the row of each member, and its place.

    Raises TooLarge.
    """
    if int(counts.sum()) > MOST_ROWS:
        raise TooLarge
    return members(starts, counts)


def stacked(tables: Sequence[Table]) -> Table:
    """The different solutions of any of the tables; what one of them lacks has no value there."""
    tables = [table for table in tables if table.size] or list(tables[:1])
    if len(tables) == 1:
        return tables[0]
    names = dict.fromkeys(name for table in tables for name in table.columns)
    if not names:
        return UNIT
    columns = [
        np.concatenate([table.columns.get(name, np.full(table.size, NONE)) for table in tables])
        for name in names
    ]
    found = different(columns)
    return Table(dict(zip(names, found, strict=True)), len(found[0]))
