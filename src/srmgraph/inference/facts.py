"""Facts as numbers, and the columns that hold them.

A column holds what is said by one property, or who is of one class. Its key is the number of the
property, or the complement (`~`) of the number of the class. In the column of a property a fact is
one number that pairs subject and value; in that of a class it is the number of the member. A pair
in one whole number takes half the memory of a tuple, and is hashed and compared in half the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from srmgraph.inference.language import TYPE

if TYPE_CHECKING:
    from srmgraph.numbers import Numbers

Fact: TypeAlias = tuple[int, int]
"""A column and a number in it."""

Delta: TypeAlias = dict[int, set[int]]
"""Facts by their columns."""

Index: TypeAlias = dict[int, "list[int] | set[int]"]

LITERALS = 1 << 31
"""The number of the first literal; all other terms have lower ones."""

SUBJECT = 32
VALUE = (1 << SUBJECT) - 1

_FEW = 12


def fact(subject: int, predicate: int, value: int) -> Fact:
    """Return a triple of numbers as a fact."""
    if predicate == TYPE:
        return ~value, subject
    return predicate, subject << SUBJECT | value


def triple(of: Fact) -> tuple[int, int, int]:
    """Return a fact as a triple of numbers."""
    column, number = of
    if column < 0:
        return number, TYPE, ~column
    return number >> SUBJECT, column, number & VALUE


class Column:
    """What is said by one property, or who is of one class.

    `facts` are all numbers, `derived` those that follow and are not stated. Neither is to be
    changed from outside; the indexes are made when they are first asked for, and then kept. So are
    the sets themselves of a column that was made of sorted numbers.
    """

    __slots__ = ("_by_subject", "_by_value", "_derived", "_facts", "numbers")

    def __init__(self, facts: Iterable[int] = (), derived: Iterable[int] = ()) -> None:
        self._facts = set(facts)
        self._derived = set(derived)
        self.numbers: tuple[Numbers, Numbers] | None = None
        self._by_subject: Index | None = None
        self._by_value: Index | None = None

    @classmethod
    def of_numbers(cls, facts: Numbers, derived: Numbers) -> Column:
        """Return a column of sorted numbers, which are its `numbers` as long as nobody asks for
        more of it."""
        column = cls()
        column.numbers = facts, derived
        return column

    def __len__(self) -> int:
        return len(self._facts) if self.numbers is None else len(self.numbers[0])

    def _take_out(self) -> None:
        if self.numbers is not None:
            facts, derived = self.numbers
            self._facts, self._derived = set(facts.tolist()), set(derived.tolist())
            self.numbers = None

    @property
    def facts(self) -> set[int]:
        """All numbers."""
        self._take_out()
        return self._facts

    @property
    def derived(self) -> set[int]:
        """The numbers of what follows and is not stated."""
        self._take_out()
        return self._derived

    def copy(self) -> Column:
        """Return a column with the same facts that can be changed apart from this one."""
        return Column(self.facts, self.derived)

    @property
    def by_subject(self) -> Index:
        """The values by their subject; only for a property."""
        if self._by_subject is None:
            self._by_subject = {}
            for pair in self.facts:
                _insert(self._by_subject, pair >> SUBJECT, pair & VALUE)
        return self._by_subject

    @property
    def by_value(self) -> Index:
        """The subjects by their value; only for a property."""
        if self._by_value is None:
            self._by_value = {}
            for pair in self.facts:
                _insert(self._by_value, pair & VALUE, pair >> SUBJECT)
        return self._by_value

    def add(self, numbers: set[int], *, derived: bool) -> None:
        """Add facts of which none is here."""
        self.facts.update(numbers)
        if derived:
            self.derived.update(numbers)
        if self._by_subject is not None:
            for pair in numbers:
                _insert(self._by_subject, pair >> SUBJECT, pair & VALUE)
        if self._by_value is not None:
            for pair in numbers:
                _insert(self._by_value, pair & VALUE, pair >> SUBJECT)

    def discard(self, numbers: set[int]) -> None:
        """Remove facts that are here."""
        self.facts.difference_update(numbers)
        self.derived.difference_update(numbers)
        if self._by_subject is not None:
            for pair in numbers:
                _delete(self._by_subject, pair >> SUBJECT, pair & VALUE)
        if self._by_value is not None:
            for pair in numbers:
                _delete(self._by_value, pair & VALUE, pair >> SUBJECT)


class Facts:
    """All facts, column by column."""

    def __init__(self) -> None:
        self.columns: dict[int, Column] = {}

    def copy(self) -> Facts:
        """Return the same facts, to be changed apart from these."""
        copy = Facts()
        copy.columns = {key: column.copy() for key, column in self.columns.items()}
        return copy

    def column(self, key: int) -> Column:
        """Return the column of that key; an empty one comes into being."""
        column = self.columns.get(key)
        if column is None:
            column = self.columns[key] = Column()
        return column

    def __contains__(self, of: Fact) -> bool:
        column = self.columns.get(of[0])
        return column is not None and of[1] in column.facts

    def is_derived(self, of: Fact) -> bool:
        """Tell whether it is here and follows, and is not stated."""
        column = self.columns.get(of[0])
        return column is not None and of[1] in column.derived

    def state(self, delta: Delta) -> Delta:
        """Take in statements; return those that are new, not even derived before."""
        new: Delta = {}
        for key, numbers in delta.items():
            column = self.column(key)
            fresh = numbers - column.facts
            column.derived.difference_update(numbers)
            if fresh:
                column.add(fresh, derived=False)
                new[key] = fresh
        return new

    def derive(self, delta: Delta) -> None:
        """Add facts that follow, and of which none is here."""
        for key, numbers in delta.items():
            self.column(key).add(numbers, derived=True)

    def discard(self, delta: Delta) -> None:
        """Remove facts that are here."""
        for key, numbers in delta.items():
            self.columns[key].discard(numbers)

    def all(self) -> Delta:
        """Return all facts, without a copy."""
        return {key: column.facts for key, column in self.columns.items() if len(column)}


def _insert(index: Index, key: int, number: int) -> None:
    bucket = index.get(key)
    if bucket is None:
        index[key] = [number]
    elif isinstance(bucket, set):
        bucket.add(number)
    elif len(bucket) < _FEW:
        bucket.append(number)
    else:
        index[key] = {*bucket, number}


def _delete(index: Index, key: int, number: int) -> None:
    bucket = index[key]
    bucket.remove(number)
    if not bucket:
        del index[key]
