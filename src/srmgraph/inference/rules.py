"""Rules: what follows from what, over columns of facts.

Source: OWL 2 Web Ontology Language Profiles (Second Edition), section 4.3.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srmgraph.inference.facts import SUBJECT, VALUE, Fact

if TYPE_CHECKING:
    from srmgraph.inference.joins import Plan


@dataclass(frozen=True, slots=True)
class Atom:
    """A pattern of facts in one column: of one term for a class, of two for a property.

    A term is the number of a variable, or the complement (`~`) of the number of a constant.
    """

    column: int
    terms: tuple[int, ...]

    def fact(self, values: Sequence[int]) -> Fact:
        """Return the fact that the pattern becomes by the values of the variables."""
        numbers = [values[term] if term >= 0 else ~term for term in self.terms]
        if len(numbers) == 1:
            return self.column, numbers[0]
        return self.column, numbers[0] << SUBJECT | numbers[1]


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of variables besides the patterns.

    `different`: two terms are not the same. `no literal`: a term is none. `outside`: a term is a
    literal that is no value of the datatype. `unequal`: both terms are literals, of other values.
    """

    kind: str
    variables: tuple[int, ...]
    datatype: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """If all of the body holds, so does the head; without a head it is a contradiction.

    `name` is that of the rule in the specification; `axioms` are the facts of the ontology from
    which this one was made.
    """

    name: str
    body: tuple[Atom, ...]
    head: Atom | None
    axioms: tuple[Fact, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def variables(self) -> int:
        """How many variables there are."""
        return 1 + max((term for atom in self.body for term in atom.terms), default=-1)


@dataclass
class RuleSet:
    """Rules, and where each of them is set off and leads to."""

    rules: tuple[Rule, ...]
    set_off: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """By column: the number of the rule and the place in its body."""
    leading_to: dict[int, list[int]] = field(default_factory=dict)
    """By column: the numbers of the rules."""
    given: list[int] = field(default_factory=list)
    """The numbers of the rules without a body."""
    clashes: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """By column, as `set_off`: the rules without a head, which matter only in the end."""
    joined: set[int] = field(default_factory=set)
    """The numbers of the rules with more than one atom in their body."""

    plans: dict[tuple[int, int], Plan] = field(default_factory=dict)
    """The code of rules by number and place, -1 for backward, made when it is first needed."""

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> RuleSet:
        """Return the rules, each once."""
        found = cls(tuple(dict.fromkeys(rules)))
        for number, rule in enumerate(found.rules):
            if not rule.body:
                found.given.append(number)
            elif len(rule.body) > 1:
                found.joined.add(number)
            places = found.clashes if rule.head is None else found.set_off
            for place, atom in enumerate(rule.body):
                places.setdefault(atom.column, []).append((number, place))
            if rule.head is not None:
                found.leading_to.setdefault(rule.head.column, []).append(number)
        return found

    def to_run(
        self,
        by_column: Mapping[int, Sequence[tuple[int, int]]],
        new: Mapping[int, int],
        known: Callable[[int], int],
        datatypes: Collection[int],
    ) -> dict[int, list[int]]:
        """Return the rules to run, by their numbers, and from which places.

        `new` tells how many facts of each column are new, `known` how many there are in all. A
        rule that needs a column in which there is nothing is not run.
        """
        found: dict[int, list[int]] = {}
        for column, size in new.items():
            if size:
                for number, place in by_column.get(column, ()):
                    found.setdefault(number, []).append(place)
        for number in [number for number in found if number in self.joined]:
            body, places = self.rules[number].body, found[number]
            if not all(known(atom.column) or ~atom.column in datatypes for atom in body):
                del found[number]
                continue
            if len(places) == 1:
                continue
            # Where all of a column is new, starting there finds everything; the smallest is best.
            # Not of a datatype: which literals are of it, its column does not tell.
            whole = [
                (new[column], place)
                for place in places
                if new[column := body[place].column] == known(column) and ~column not in datatypes
            ]
            if whole:
                found[number] = [min(whole)[1]]
        return dict(sorted(found.items()))


def member(of: int, term: int) -> Atom:
    """Return the pattern “term is of the class”."""
    return Atom(~of, (term,))


def related(subject: int, by: int, value: int) -> Atom:
    """Return the pattern “subject has value by the property”."""
    return Atom(by, (subject, value))


def axiom(subject: int, by: int, value: int) -> Fact:
    """Return an axiom's triple as a fact."""
    assert 0 <= value <= VALUE
    return by, subject << SUBJECT | value
