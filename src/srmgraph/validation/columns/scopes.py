"""Whether a query can be answered from left to right, each part for what was found before it.

SPARQL answers each group by itself and then joins. To begin with what is known already comes to the
same where a group itself binds all variables of which its conditions, options and bindings speak;
and where no variable is joined on that may be without a value. Other queries are refused.

Source: SPARQL 1.1, section 18.2; Pérez, Arenas, Gutierrez, “Semantics and complexity of SPARQL”
(2009), on well-designed patterns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from srmgraph.validation.columns.algebra import (
    All,
    Alternatives,
    Any,
    Binding,
    Composed,
    Condition,
    Exists,
    Group,
    Not,
    Optional,
    Query,
    Sure,
    Test,
    variables,
)
from srmgraph.validation.tokens import NotUnderstood


@dataclass(slots=True)
class _Scope:
    """Variables that surely have a value, those that may, and those that have one outside only."""

    certain: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)

    def joins(self, names: Iterable[str]) -> None:
        """Take note that variables are joined on, or bound for the first time."""
        for name in names:
            if name in self.possible and name not in self.certain:
                raise NotUnderstood(f"?{name}, which may be without a value, in a pattern")
            self.certain.add(name)
            self.possible.add(name)

    def speaks(self, names: Iterable[str]) -> None:
        """Take note that something depends on the values that variables have here."""
        for name in names:
            if name in self.outside and name not in self.certain:
                raise NotUnderstood(f"?{name}, which has a value outside of the group only")


def check(query: Query) -> None:
    """Raise NotUnderstood for a query that cannot be answered from left to right."""
    scope = _Scope()
    _group(query.group, scope, scope)
    used = {*query.columns, *([query.having.variable] if query.having else [])}
    if missing := used - scope.possible:
        raise NotUnderstood(f"?{min(missing)}, which never has a value")


def _group(group: Group, scope: _Scope, seen: _Scope) -> None:
    """Check a group; *seen* is what its conditions see, in an option more than its patterns."""
    for element in group.elements:
        match element:
            case Optional(inner):
                _speaks_of(inner, scope)
                optional = _nested(inner, scope, sees_outside=True)
                scope.possible |= optional.possible
            case Alternatives(groups):
                found = [_nested(inner, scope, sees_outside=False) for inner in groups]
                for one in found:
                    scope.joins(one.possible & scope.possible)
                    if one.possible & scope.possible - one.certain:
                        raise NotUnderstood("a join on what may be without a value")
                scope.certain |= set.intersection(*(one.certain for one in found))
                scope.possible |= set.union(*(one.possible for one in found))
            case Binding(variable, value):
                scope.speaks(value.variables)
                if variable.name in scope.possible | scope.outside:
                    raise NotUnderstood(f"?{variable.name}, which has a value, given another")
                scope.possible.add(variable.name)
                # What fails to be computed has no value.
                if len(value.words) == 1 and value.variables <= scope.certain:
                    scope.certain.add(variable.name)
            case _:
                scope.joins(variables(element))
    if seen is not scope:
        seen = _Scope(seen.certain | scope.certain, seen.possible | scope.possible, seen.outside)
    for condition in group.filters:
        _condition(condition, seen)


def _nested(group: Group, scope: _Scope, sees_outside: bool) -> _Scope:
    inner = _Scope(outside=scope.possible | scope.outside)
    if sees_outside:
        _group(group, inner, scope)
    else:
        _group(group, inner, inner)
    return inner


def _speaks_of(group: Group, scope: _Scope) -> None:
    """An option depends on the values that its variables have at that place."""
    scope.speaks(group.variables)
    if unsure := group.variables & scope.possible - scope.certain:
        raise NotUnderstood(f"?{min(unsure)}, which may be without a value, in an option")


def _condition(condition: Condition, scope: _Scope) -> None:
    match condition:
        case Test():
            scope.speaks(condition.variables)
        case Not(inner) | Sure(inner):
            _condition(inner, scope)
        case Composed(test, parts):
            scope.speaks(test.variables)
            for _, part in parts:
                _condition(part, scope)
        case Any(conditions) | All(conditions):
            for inner in conditions:
                _condition(inner, scope)
        case Exists(group):
            scope.speaks(group.variables)
            if unsure := group.variables & scope.possible - scope.certain:
                raise NotUnderstood(f"?{min(unsure)}, which may be without a value, in EXISTS")
            # There, SPARQL puts the values in the places of the variables.
            inside = _Scope(set(scope.certain), set(scope.possible))
            _group(group, inside, inside)
