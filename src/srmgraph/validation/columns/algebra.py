"""What a query says, as far as columns can answer it.

Everything is a set: solutions are different, and how often one is found does not matter. That is so
for all queries of SHACL, which are `SELECT DISTINCT`, or count different values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from srmgraph.validation.paths import Path


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, by its name without `?`."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A term, as it is written in full in SPARQL."""

    text: str


Term: TypeAlias = Variable | Constant


@dataclass(frozen=True, slots=True)
class Step:
    """A triple pattern over a path."""

    subject: Term
    path: Path
    object: Term

    def terms(self) -> tuple[Term, ...]:
        """What it binds."""
        return self.subject, self.object


@dataclass(frozen=True, slots=True)
class AnyStep:
    """A triple pattern with a variable for the property."""

    subject: Term
    predicate: Variable
    object: Term

    def terms(self) -> tuple[Term, ...]:
        """What it binds."""
        return self.subject, self.predicate, self.object


@dataclass(frozen=True, slots=True)
class Listed:
    """Values of one variable (VALUES)."""

    variable: Variable
    values: tuple[Constant, ...]

    def terms(self) -> tuple[Term, ...]:
        """What it binds."""
        return (self.variable,)


@dataclass(frozen=True, slots=True)
class Optional:
    """A group that may be missing."""

    group: Group


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Groups, any of which may hold; or one group in brackets."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Binding:
    """A variable that is given the value of an expression (BIND)."""

    variable: Variable
    value: Test


@dataclass(frozen=True, slots=True)
class Test:
    """An expression that asks nothing of the graph: its words, those of its names in full."""

    words: tuple[str, ...]
    variables: frozenset[str]

    @property
    def text(self) -> str:
        """The same as SPARQL."""
        # The store's engine wants the bracket right behind the name of some functions.
        return "".join(word if word == "(" else f" {word}" for word in self.words)


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether a group has a solution."""

    group: Group

    @property
    def variables(self) -> frozenset[str]:
        """All variables in the group."""
        return self.group.variables


@dataclass(frozen=True, slots=True)
class Composed:
    """A test in which variables stand for whether groups have a solution."""

    test: Test
    parts: tuple[tuple[str, Condition], ...]

    @property
    def variables(self) -> frozenset[str]:
        """All variables in the test and in the groups."""
        found = self.test.variables.union(*(part.variables for _, part in self.parts))
        return found - {name for name, _ in self.parts}


@dataclass(frozen=True, slots=True)
class Sure:
    """What is true where a condition is, and false where it is false or an error."""

    condition: Condition

    @property
    def variables(self) -> frozenset[str]:
        """All variables in the condition."""
        return self.condition.variables


@dataclass(frozen=True, slots=True)
class Not:
    """What is true where a condition is false."""

    condition: Condition

    @property
    def variables(self) -> frozenset[str]:
        """All variables in the condition."""
        return self.condition.variables


@dataclass(frozen=True, slots=True)
class Any:
    """What is true where any condition is."""

    conditions: tuple[Condition, ...]

    @property
    def variables(self) -> frozenset[str]:
        """All variables in the conditions."""
        return frozenset().union(*(each.variables for each in self.conditions))


@dataclass(frozen=True, slots=True)
class All:
    """What is true where all conditions are."""

    conditions: tuple[Condition, ...]

    @property
    def variables(self) -> frozenset[str]:
        """All variables in the conditions."""
        return frozenset().union(*(each.variables for each in self.conditions))


Condition: TypeAlias = Test | Exists | Composed | Sure | Not | Any | All
Pattern: TypeAlias = Step | AnyStep | Listed
Element: TypeAlias = Pattern | Optional | Alternatives | Binding


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between a pair of braces; `variables` are all in it, at whatever depth."""

    elements: tuple[Element, ...]
    filters: tuple[Condition, ...]
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Having:
    """A condition on how many different values a variable has in a group of solutions."""

    variable: str
    comparison: str
    number: int


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT of different solutions, or one grouped by all that it projects."""

    columns: tuple[str, ...]
    group: Group
    having: Having | None = None


def variables(element: Element) -> frozenset[str]:
    """All variables in an element of a group."""
    match element:
        case Optional(group):
            return group.variables
        case Alternatives(groups):
            return frozenset().union(*(group.variables for group in groups))
        case Binding(variable, value):
            return value.variables | {variable.name}
        case _:
            return frozenset(names(element.terms()))


def names(terms: tuple[Term, ...]) -> Iterator[str]:
    """The names of the variables among terms."""
    return (term.name for term in terms if isinstance(term, Variable))
