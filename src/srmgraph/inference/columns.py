"""Rules at work on whole columns of numbers: the first closure of many statements.

The same rules, in the same rounds, as in `evaluation`; but all facts of a round take each step of a
rule together, by looks at sorted columns. That pays where facts are many, and only there. What is
the same stands in for one another everywhere, which is left to `evaluation`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from srmgraph.errors import ClosureTooLargeError
from srmgraph.inference import joins
from srmgraph.inference.evaluation import Evaluation
from srmgraph.inference.facts import LITERALS, Column, Fact
from srmgraph.inference.language import SAME
from srmgraph.inference.report import RunReport
from srmgraph.inference.rules import Atom, Condition, Rule
from srmgraph.numbers import BITS, LOW, Mask, Numbers, ascending, holds, members, merged, pack, runs

ColumnDelta: TypeAlias = dict[int, Numbers]
"""Facts by their columns, sorted and different."""

_AT_ONCE = 4_000_000
"""So many rows are joined together: the limit is to be noticed before memory runs out."""

_NONE = np.empty(0, np.int64)


class EqualityFound(Exception):
    """Something is the same as something else, or follows to be."""


@dataclass(slots=True)
class _Known:
    """What is known in a column, and what of it follows and is not stated; sorted."""

    facts: Numbers
    derived: Numbers
    backwards: Numbers | None = None

    def add(self, numbers: Numbers, *, derived: bool) -> None:
        """Take in numbers of which none is here."""
        self.facts = merged(self.facts, numbers)
        if derived:
            self.derived = merged(self.derived, numbers)
        if self.backwards is not None:
            self.backwards = merged(self.backwards, np.sort(_turned(numbers)))

    @property
    def by_value(self) -> Numbers:
        """The pairs of a property, value first."""
        if self.backwards is None:
            self.backwards = np.sort(_turned(self.facts))
        return self.backwards


@dataclass(frozen=True, slots=True)
class _Table:
    """Solutions so far: a column for each variable that has a value."""

    columns: Mapping[int, Numbers]
    size: int

    def value(self, term: int) -> Numbers:
        """The values of a variable, or a constant as often as there are solutions."""
        return self.columns[term] if term >= 0 else np.full(self.size, ~term)

    def at(self, rows: Numbers | Mask | slice) -> dict[int, Numbers]:
        """The columns in some rows."""
        return {term: column[rows] for term, column in self.columns.items()}

    def where(self, mask: Mask) -> _Table:
        """The solutions where a mask is set."""
        count = int(np.count_nonzero(mask))
        return self if count == self.size else _Table(self.at(mask), count)


class ColumnEvaluation:
    """The rules of an evaluation, bound to columns in place of its facts.

    Raises EqualityFound where something is the same as something else.
    """

    def __init__(self, evaluation: Evaluation) -> None:
        self._rules = evaluation.rules
        self._evaluation = evaluation
        self._known: dict[int, _Known] = {}
        self._report = RunReport()
        if evaluation.facts.column(SAME).facts:
            raise EqualityFound
        for key, column in evaluation.facts.columns.items():
            self._known[key] = _Known(_sorted(column.facts), _sorted(column.derived))

    def close(self, data: ColumnDelta) -> None:
        """Let the facts of the evaluation be the data, with all that follows.

        Raises EqualityFound and ClosureTooLargeError; then they are as they were.
        """
        start = time.perf_counter()
        delta = self._state(data)
        total = 0
        while delta:
            self._report.rounds += 1
            sizes = (len(known.facts) for known in self._known.values())
            self._evaluation.tell(self._report.rounds, sizes)
            delta = self._step(delta, total)
            total += sum(map(len, delta.values()))
        self._report.seconds = time.perf_counter() - start
        self._evaluation.report.add(self._report)
        columns = self._evaluation.facts.columns
        columns.update(
            (key, Column.of_numbers(known.facts, known.derived))
            for key, known in self._known.items()
        )

    def has_clash(self) -> bool:
        """Tell whether the facts contradict each other."""
        if any(self._rules.rules[number].head is None for number in self._rules.given):
            return True
        everything = {key: known.facts for key, known in self._known.items() if len(known.facts)}
        by_axiom: dict[tuple[Fact, ...], list[tuple[Rule, list[int]]]] = {}
        for rule, places in self._set_off(everything, self._rules.clashes):
            by_axiom.setdefault(rule.axioms, []).append((rule, places))
        return any(
            table.size
            for rules in by_axiom.values()
            if not self._are_apart([rule for rule, _ in rules])
            for rule, places in rules
            for place in places
            for table in self._solutions(rule, place, everything[rule.body[place].column])
        )

    def _are_apart(self, rules: list[Rule]) -> bool:
        """Tell whether rules only exclude classes from each other that nothing is two of.

        Of an axiom that excludes twenty, 190 pairs need not be looked at then.
        """
        classes = {atom.column for rule in rules for atom in rule.body}
        if any(
            len({atom.column for atom in rule.body}) < 2
            or rule.conditions
            or {atom.terms for atom in rule.body} != {(0,)}
            for rule in rules
        ) or any(~column in self._evaluation.datatypes for column in classes):
            return False
        together = np.concatenate([self._column(column).facts for column in classes])
        return len(ascending(together)) == len(together)

    # ── Rounds ──────────────────────────────────────────────────────────────────────────────────

    def _state(self, data: ColumnDelta) -> ColumnDelta:
        """Take in statements; return those that are new, not even derived before."""
        if len(data.get(SAME, ())):
            raise EqualityFound
        new: ColumnDelta = {}
        for key, numbers in data.items():
            known = self._column(key)
            known.derived = known.derived[~holds(numbers, known.derived)]
            fresh = numbers[~holds(known.facts, numbers)]
            if len(fresh):
                known.add(fresh, derived=False)
                new[key] = fresh
        return new

    def _step(self, delta: ColumnDelta, total: int) -> ColumnDelta:
        """Add what follows from a delta in one step, and return what is new of it."""
        new: ColumnDelta = {}
        limit = self._evaluation.limit
        for name, key, numbers in self._consequences(delta):
            fresh = numbers[~holds(self._column(key).facts, numbers)]
            before = new.get(key)
            if before is not None:
                fresh = fresh[~holds(before, fresh)]
            if not len(fresh):
                continue
            if key == SAME:
                raise EqualityFound
            self._report.facts[name] += len(fresh)
            total += len(fresh)
            new[key] = fresh if before is None else merged(before, fresh)
            if limit is not None and total > limit:
                raise ClosureTooLargeError(limit, name)
        for key, numbers in new.items():
            self._column(key).add(numbers, derived=True)
        return new

    def _consequences(self, delta: ColumnDelta) -> Iterator[tuple[str, int, Numbers]]:
        """Yield what follows from a delta in one step: rule, column and sorted numbers."""
        for rule, places in self._set_off(delta, self._rules.set_off):
            head = rule.head
            assert head is not None
            for place in places:
                self._report.fired += 1
                start = delta[rule.body[place].column]
                if joins.is_copy(rule, place):
                    yield rule.name, head.column, start
                    continue
                for table in self._solutions(rule, place, start):
                    values = [table.value(term) for term in head.terms]
                    found = values[0] if len(values) == 1 else pack(*values)
                    yield rule.name, head.column, ascending(found)

    def _set_off(
        self, delta: ColumnDelta, by_column: dict[int, list[tuple[int, int]]]
    ) -> Iterator[tuple[Rule, list[int]]]:
        found = self._rules.to_run(
            by_column,
            {key: len(numbers) for key, numbers in delta.items()},
            lambda key: len(self._column(key).facts),
            self._evaluation.datatypes,
        )
        for number, places in found.items():
            yield self._rules.rules[number], places

    def _column(self, key: int) -> _Known:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _Known(_NONE, _NONE)
        return known

    # ── Rules ───────────────────────────────────────────────────────────────────────────────────

    def _solutions(self, rule: Rule, place: int, start: Numbers) -> Iterator[_Table]:
        """Yield, piece by piece, what makes the body of a rule true, begun at one atom."""
        steps = joins.ordered(rule.body, place)
        conditions = (*rule.conditions, *joins.implied(rule))
        table = _bound(_Table({}, len(start)), rule.body[place].terms, start)
        yield from self._joined(table, steps, conditions)

    def _joined(
        self, table: _Table, steps: list[joins.Step], conditions: tuple[Condition, ...]
    ) -> Iterator[_Table]:
        waiting = []
        for condition in conditions:
            if all(term < 0 or term in table.columns for term in condition.variables):
                table = table.where(self._is_met(condition, table))
            else:
                waiting.append(condition)
        if not table.size:
            return
        if not steps:
            yield table
            return
        (access, atom), *later = steps
        if access == "members" or all(term < 0 or term in table.columns for term in atom.terms):
            table = table.where(self._is_known(atom, table))
            yield from self._joined(table, later, tuple(waiting))
            return
        numbers, starts, counts = self._runs(access, atom, table)
        for rows in _pieces(counts):
            places, found = members(starts[rows], counts[rows])
            piece = _Table({k: c[rows][places] for k, c in table.columns.items()}, len(found))
            terms = atom.terms[::-1] if access == "by_value" else atom.terms
            yield from self._joined(_bound(piece, terms, numbers[found]), later, tuple(waiting))

    def _runs(self, access: str, atom: Atom, table: _Table) -> tuple[Numbers, Numbers, Numbers]:
        """The numbers of a column, and which of them fit each solution: from where, how many."""
        known = self._column(atom.column)
        if access == "facts":
            size = len(known.facts)
            return known.facts, np.zeros(table.size, np.int64), np.full(table.size, size)
        term, numbers = (
            (atom.terms[0], known.facts)
            if access == "by_subject"
            else (atom.terms[1], known.by_value)
        )
        return numbers, *runs(numbers, table.value(term))

    def _is_known(self, atom: Atom, table: _Table) -> Mask:
        facts = self._column(atom.column).facts
        values = [table.value(term) for term in atom.terms]
        if len(values) == 2:
            return holds(facts, pack(*values))
        found = holds(facts, values[0])
        if ~atom.column in self._evaluation.datatypes:
            found |= self._belongs(values[0], ~atom.column)
        return found

    def _is_met(self, condition: Condition, table: _Table) -> Mask:
        values = [table.value(term) for term in condition.variables]
        match condition.kind:
            case "different":
                found: Mask = values[0] != values[1]
            case "no literal":
                found = values[0] < LITERALS
            case "outside":
                found = values[0] >= LITERALS
                found &= ~self._belongs(values[0], condition.datatype)
            case _:
                # Asked are only those that would be the same.
                raise EqualityFound
        return found

    def _belongs(self, values: Numbers, datatype: int) -> Mask:
        """Which values are literals of a datatype."""
        found = np.zeros(len(values), np.bool_)
        is_literal = values >= LITERALS
        literals, places = np.unique(values[is_literal], return_inverse=True)
        belongs: Callable[[int, int], bool] = self._evaluation.belongs
        answers = (belongs(literal, datatype) for literal in literals.tolist())
        found[is_literal] = np.fromiter(answers, np.bool_, len(literals))[places]
        return found


def _bound(table: _Table, terms: tuple[int, ...], numbers: Numbers) -> _Table:
    """Give the variables of an atom the values in numbers of its column, where these fit."""
    parts = [numbers] if len(terms) == 1 else [numbers >> BITS & LOW, numbers & LOW]
    columns = dict(table.columns)
    fits = None
    for term, part in zip(terms, parts, strict=True):
        if term >= 0 and term not in columns:
            columns[term] = part
            continue
        equal = part == (columns[term] if term >= 0 else ~term)
        fits = equal if fits is None else fits & equal
    bound = _Table(columns, table.size)
    return bound if fits is None else bound.where(fits)


def _pieces(counts: Numbers) -> Iterator[slice]:
    """Cut rows so that no piece grows much beyond what is joined at once."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    start = 0
    for end in np.searchsorted(ends, np.arange(_AT_ONCE, total, _AT_ONCE)).tolist():
        if end > start:
            yield slice(start, end)
            start = end
    yield slice(start, len(counts))


def _turned(pairs: Numbers) -> Numbers:
    return pairs << BITS | pairs >> BITS


def _sorted(numbers: set[int]) -> Numbers:
    return np.sort(np.fromiter(numbers, np.int64, len(numbers)))
