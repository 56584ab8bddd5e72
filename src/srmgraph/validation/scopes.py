"""What a query says, scope by scope: triple patterns, and conditions on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import pyoxigraph

from srmgraph.validation.paths import Path

Term: TypeAlias = str | pyoxigraph.NamedNode
"""A variable, by its name without `?`, or an IRI. A literal is a variable of its own."""


@dataclass(frozen=True, slots=True)
class AnyProperty:
    """A step over a property that is not known beforehand, in its direction or against it."""

    both_ways: bool = False


@dataclass(frozen=True, slots=True)
class Atom:
    """A triple pattern. `variable` is the variable in the place of the property, if one is."""

    subject: Term
    path: Path | AnyProperty
    object: Term
    variable: str | None = None

    def variables(self) -> Iterator[str]:
        """The variables that the pattern binds."""
        for term in (self.subject, self.variable, self.object):
            if isinstance(term, str):
                yield term


@dataclass(eq=False, slots=True)
class Scope:
    """A group of patterns, all of which hold wherever the group does.

    `domains` are the values that a variable may have, where the query lists them. Groups of which
    that cannot be said (options, alternatives, EXISTS) are scopes of their own. `conditions` are
    those that are understood; `is_whole` says that patterns, domains and conditions are all that
    there is.
    """

    parent: Scope | None = None
    atoms: list[Atom] = field(default_factory=list)
    domains: dict[str, frozenset[pyoxigraph.NamedNode]] = field(default_factory=dict)
    children: list[Scope] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    is_whole: bool = True

    def child(self) -> Scope:
        """A new scope inside this one."""
        self.children.append(Scope(self))
        return self.children[-1]

    def limit(self, name: str, values: frozenset[pyoxigraph.NamedNode]) -> None:
        """Take note of the values that a variable may have."""
        self.domains[name] = values & self.domains.get(name, values)

    def around(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def all(self) -> Iterator[Scope]:
        """This scope and all inside it."""
        yield self
        for child in self.children:
            yield from child.all()


@dataclass(frozen=True, slots=True)
class Exists:
    """A group has a solution."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Not:
    """A condition does not hold."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class Either:
    """One of several conditions holds."""

    inners: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """All of several conditions hold."""

    inners: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Among:
    """A variable holds one of several IRIs."""

    variable: str
    values: frozenset[pyoxigraph.NamedNode]


@dataclass(frozen=True, slots=True)
class Same:
    """Two terms are equal."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Kind:
    """A function that asks for the kind of a term says yes: ISIRI, ISBLANK or ISLITERAL."""

    variable: str
    function: str


@dataclass(frozen=True, slots=True)
class Begins:
    """The text of a term begins with another."""

    variable: str
    text: str


Condition: TypeAlias = Exists | Not | Either | Both | Among | Same | Kind | Begins
