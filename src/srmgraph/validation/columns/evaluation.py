"""Queries answered on columns: each pattern for all solutions at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from srmgraph.numbers import Mask, Numbers
from srmgraph.validation import paths
from srmgraph.validation.columns.algebra import (
    All,
    Alternatives,
    Any,
    AnyStep,
    Binding,
    Composed,
    Condition,
    Constant,
    Element,
    Exists,
    Group,
    Having,
    Listed,
    Not,
    Optional,
    Pattern,
    Query,
    Step,
    Sure,
    Term,
    Test,
    Variable,
    variables,
)
from srmgraph.validation.columns.expressions import Expressions, Truth
from srmgraph.validation.columns.graph import ColumnGraph, OutsideOfGraph, Statements
from srmgraph.validation.columns.relations import Relation
from srmgraph.validation.columns.tables import (
    MOST_ROWS,
    NONE,
    UNIT,
    Table,
    TooLarge,
    among,
    combinations,
    different,
    expanded,
    stacked,
)
from srmgraph.validation.paths import Path

_COMPARED = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
_COMPARED |= {"=": np.equal, "!=": np.not_equal}


class Evaluator:
    """Answers queries on one graph."""

    def __init__(self, graph: ColumnGraph) -> None:
        self.graph = graph
        self._expressions = Expressions(graph)

    def answer(self, query: Query) -> Table:
        """The solutions of a query; raises TooLarge and OutsideOfGraph."""
        needed = {*query.columns, *([] if query.having is None else [query.having.variable])}
        found = self._group(query.group, UNIT, frozenset(needed))
        # What no option ever gave a value has no column yet.
        for name in needed - found.columns.keys():
            found = found.plus(name, np.full(found.size, NONE))
        return found if query.having is None else _counted(found, query.columns, query.having)

    # ── Groups ──────────────────────────────────────────────────────────────────────────────────

    def _group(self, group: Group, table: Table, needed: frozenset[str]) -> Table:
        """Join the solutions of a group to those in a table; of the columns, keep the *needed*."""
        elements = list(group.elements)
        filters = [part for condition in group.filters for part in _parts(condition)]
        bindable = frozenset(table.columns).union(*map(variables, elements))
        while True:
            table = self._filtered(filters, table, bindable, is_last=not elements)
            later = [variables(element) for element in elements]
            table = table.only(needed.union(*later, *(each.variables for each in filters)))
            if not table.size:
                return Table.empty(needed & (bindable | frozenset(table.columns)))
            if not elements:
                return table
            element = elements.pop(self._next(elements, table))
            kept = needed.union(
                *(variables(each) for each in elements), *(each.variables for each in filters)
            )
            table = self._joined(element, table, kept)

    def _next(self, elements: Sequence[Element], table: Table) -> int:
        """The place of the element to go on with: of the patterns at the front, the cheapest."""
        best, least = 0, float("inf")
        for place, element in enumerate(elements):
            if not isinstance(element, Pattern):
                break
            if (cost := self._cost(element, table)) < least:
                best, least = place, cost
        return best

    def _cost(self, pattern: Pattern, table: Table) -> float:
        """How many solutions there may be for each there is."""
        if isinstance(pattern, Listed):
            return 0 if pattern.variable.name in table.columns else len(pattern.values)
        is_known = [
            isinstance(term, Constant) or term.name in table.columns for term in pattern.terms()
        ]
        if isinstance(pattern, Step) and pattern.subject == pattern.object:
            return 0 if is_known[0] else 1
        if isinstance(pattern, AnyStep):
            return (0, 10, 1_000, float(1 << 40))[is_known.count(False)]
        relation = self.graph.relation(pattern.path)
        match is_known:
            case [True, True]:
                return 0
            case [True, False]:
                return relation.branching
            case [False, True]:
                return relation.inverse.branching
            case _:
                # Rather anything else than each with each.
                return len(relation.pairs) * (1 if table is UNIT else 1_000)

    def _joined(self, element: Element, table: Table, kept: frozenset[str]) -> Table:
        match element:
            case Step():
                return self._step(element, table, kept)
            case AnyStep():
                return self._any_step(element, table, kept)
            case Listed(variable, values):
                listed = [self._expressions.constant(value) for value in values]
                (numbers,) = different([np.array(listed, np.int64)])
                if variable.name in table.columns:
                    return table.where(among([table.columns[variable.name]], [numbers]))
                return _crossed(table, Table({variable.name: numbers}, len(numbers)))
            case Alternatives(groups):
                return stacked([self._group(group, table, kept) for group in groups])
            case Optional(group):
                return self._optional(group, table, kept)
            case Binding(variable, value):
                return table.plus(variable.name, self._expressions.values(value, table))

    def _optional(self, group: Group, table: Table, kept: frozenset[str]) -> Table:
        # A number for each solution tells which of them are left without; an option inside this one
        # has numbers of its own.
        row = f" row {sum(name.startswith(' row') for name in table.columns)}"
        numbered = table.plus(row, np.arange(table.size))
        found = self._group(group, numbered, kept | {row})
        is_alone = np.ones(table.size, np.bool_)
        is_alone[found.columns[row]] = False
        both = stacked([found, numbered.where(is_alone)])
        return both.only(kept)

    # ── Patterns ────────────────────────────────────────────────────────────────────────────────

    def _step(self, step: Step, table: Table, kept: frozenset[str]) -> Table:
        subject, value = step.subject, step.object
        if subject == value and isinstance(subject, Variable):
            return self._ring(step.path, subject.name, table)
        return self._related(subject, self.graph.relation(step.path), value, table, kept)

    def _related(
        self, subject: Term, relation: Relation, value: Term, table: Table, kept: frozenset[str]
    ) -> Table:
        """The solutions in which one term is related to another."""
        left, right = self._known(subject, table), self._known(value, table)
        if left is None and right is None:
            return self._every_pair(subject, relation, value, table, kept)
        new = value if right is None else subject
        if (left is not None and right is not None) or not self._is_kept(new, kept):
            return table.where(self._is_related(left, relation, right))
        known, relation = (left, relation) if right is None else (right, relation.inverse)
        assert known is not None
        assert isinstance(new, Variable)
        self._check_nodes(relation, known)
        rows, values = relation.follow(known)
        return table.at(rows, len(rows)).plus(new.name, values)

    def _is_kept(self, term: Term, kept: frozenset[str]) -> bool:
        return isinstance(term, Variable) and term.name in kept

    def _is_related(self, left: Numbers | None, relation: Relation, right: Numbers | None) -> Mask:
        """Where two columns are related, or one of them to anything."""
        if left is None:
            left, right, relation = right, left, relation.inverse
        assert left is not None
        self._check_nodes(relation, left)
        if right is None:
            return relation.leads(left)
        self._check_nodes(relation, right)
        return relation.holds(left, right)

    def _check_nodes(self, relation: Relation, column: Numbers) -> None:
        if relation.is_reflexive and not self.graph.are_nodes(column).all():
            raise OutsideOfGraph

    def _every_pair(
        self, subject: Term, relation: Relation, value: Term, table: Table, kept: frozenset[str]
    ) -> Table:
        assert isinstance(subject, Variable)
        assert isinstance(value, Variable)
        subjects, values = relation.subjects, relation.values
        if relation.is_reflexive:
            nodes = self.graph.nodes
            rows, values = relation.follow(nodes)
            subjects = nodes[rows]
        pairs = Table({subject.name: subjects, value.name: values}, len(subjects))
        return _crossed(table, pairs.only(kept & pairs.columns.keys()))

    def _ring(self, path: Path, name: str, table: Table) -> Table:
        """The solutions in which a path leads from a node back to it."""
        if isinstance(path, paths.Repeated) and path.times == "+":
            nodes = self.graph.on_a_ring(path.path)
        else:
            relation = self.graph.relation(path)
            is_ring = relation.subjects == relation.values
            nodes = self.graph.nodes if relation.is_reflexive else relation.values[is_ring]
        if name not in table.columns:
            return _crossed(table, Table({name: nodes}, len(nodes)))
        column = table.columns[name]
        if not self.graph.are_nodes(column).all():
            raise OutsideOfGraph
        return table.where(among([column], [nodes]))

    def _any_step(self, step: AnyStep, table: Table, kept: frozenset[str]) -> Table:
        if len(set(step.terms())) == 3:
            # Where one of the ends does not matter, it is looked at once, not with each statement.
            if self._is_open(step.object, table, kept):
                return self._related(step.subject, self.graph.uses, step.predicate, table, kept)
            if self._is_open(step.subject, table, kept):
                return self._related(step.object, self.graph.used, step.predicate, table, kept)
        terms = dict(zip(("subjects", "predicates", "values"), step.terms(), strict=True))
        known = {
            place: column
            for place, term in terms.items()
            if (column := self._known(term, table)) is not None
        }
        every, place = self._statements(known)
        if place is None:
            starts, counts = np.zeros(table.size, np.int64), np.full(table.size, len(every.values))
        else:
            column = getattr(every, place)
            starts = np.searchsorted(column, known[place])
            counts = np.searchsorted(column, known[place], "right") - starts
        rows, places = expanded(starts, counts)
        found = {name: getattr(every, name)[places] for name in terms}
        holds = np.ones(len(rows), np.bool_)
        for name, column in known.items():
            holds &= found[name] == column[rows]
        new: dict[str, Numbers] = {}
        for name, term in terms.items():
            if isinstance(term, Variable) and name not in known:
                if term.name in new:
                    holds &= new[term.name] == found[name]
                else:
                    new[term.name] = found[name]
        joined = Table({**table.at(rows, len(rows)).columns, **new}, len(rows))
        return joined.where(holds).only(kept)

    def _is_open(self, term: Term, table: Table, kept: frozenset[str]) -> bool:
        """Whether any term would do."""
        return (
            isinstance(term, Variable) and term.name not in table.columns and term.name not in kept
        )

    def _statements(self, known: Iterable[str]) -> tuple[Statements, str | None]:
        """All statements, in an order that suits what is known, and which that is."""
        if "subjects" in known:
            return self.graph.by_subject, "subjects"
        if "values" in known:
            return self.graph.by_value, "values"
        return self.graph.by_predicate, "predicates" if "predicates" in known else None

    def _known(self, term: Term, table: Table) -> Numbers | None:
        """The column of a term, if it has one yet."""
        if isinstance(term, Variable):
            return table.columns.get(term.name)
        return np.full(table.size, self._expressions.constant(term))

    # ── Conditions ──────────────────────────────────────────────────────────────────────────────

    def _filtered(
        self, filters: list[Condition], table: Table, bindable: frozenset[str], is_last: bool
    ) -> Table:
        """The solutions that pass; filters that can be looked at by now are taken from the list."""
        for condition in list(filters):
            if is_last or condition.variables & bindable <= table.columns.keys():
                filters.remove(condition)
                if table.size:
                    table = table.where(self._truth(condition, table).true)
        return table

    def _truth(self, condition: Condition, table: Table) -> Truth:
        match condition:
            case Test():
                return self._expressions.truth(condition, table)
            case Exists(group):
                return Truth(self._exists(group, table), np.zeros(table.size, np.bool_))
            case Composed(test, parts):
                for name, part in parts:
                    true = self._truth(part, table).true
                    table = table.plus(name, self._expressions.booleans(true))
                return self._expressions.truth(test, table)
            case Sure(inner):
                return Truth(self._truth(inner, table).true, np.zeros(table.size, np.bool_))
            case Not(inner):
                truth = self._truth(inner, table)
                return Truth(~truth.true & ~truth.error, truth.error)
            case Any(conditions):
                return self._first(conditions, table, decisive=True)
            case All(conditions):
                return self._first(conditions, table, decisive=False)

    def _first(self, conditions: Iterable[Condition], table: Table, decisive: bool) -> Truth:
        """Look at conditions one by one, for those solutions that none has decided yet."""
        true = np.full(table.size, not decisive)
        error = np.zeros(table.size, np.bool_)
        open_ = np.arange(table.size)
        for condition in conditions:
            if not len(open_):
                break
            truth = self._truth(condition, table.at(open_, len(open_)))
            error[open_] |= truth.error
            is_decided = (truth.true == decisive) & ~truth.error
            true[open_[is_decided]] = decisive
            error[open_[is_decided]] = False
            open_ = open_[~is_decided]
        return Truth(true & ~error, error)

    def _exists(self, group: Group, table: Table) -> Mask:
        """For which solutions a group has any, asked once for each combination of values."""
        shared = sorted(group.variables & table.columns.keys())
        if not shared:
            exists = self._group(group, UNIT, frozenset()).size > 0
            return np.full(table.size, exists)
        if len(group.elements) == 1 and not group.filters:
            (element,) = group.elements
            if isinstance(element, Step) and element.subject != element.object:
                # Nothing else is found of it than whether it is there.
                ends = [self._known(term, table) for term in element.terms()]
                return self._is_related(ends[0], self.graph.relation(element.path), ends[1])
        columns = [table.columns[name] for name in shared]
        found = self._group(group, table.only(shared), frozenset(shared))
        if not found.size:
            return np.zeros(table.size, np.bool_)
        return among(columns, [found.columns[name] for name in shared])


def _parts(condition: Condition) -> list[Condition]:
    """The conditions that all have to be true for this one to be."""
    if isinstance(condition, All):
        return [part for each in condition.conditions for part in _parts(each)]
    return [condition]


def _crossed(table: Table, other: Table) -> Table:
    """Each solution with each of others, which have no variable in common."""
    if table is UNIT or not table.columns:
        return other
    if table.size * other.size > MOST_ROWS:
        raise TooLarge
    rows = np.repeat(np.arange(table.size), other.size)
    joined = table.at(rows, len(rows))
    for name, column in other.columns.items():
        joined = joined.plus(name, np.tile(column, table.size))
    return joined


def _counted(table: Table, columns: tuple[str, ...], having: Having) -> Table:
    """The groups of solutions in which a variable has so many different values."""
    groups = [table.columns[name] for name in columns]
    if not table.size:
        return table
    found, of = combinations(groups)
    has_value = table.columns[having.variable] != NONE
    counts = np.bincount(of[has_value], minlength=len(found[0]))
    several = Table(dict(zip(columns, found, strict=True)), len(found[0]))
    return several.where(_COMPARED[having.comparison](counts, having.number))
