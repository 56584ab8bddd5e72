"""The rules eq-rep-s, eq-rep-p and eq-rep-o: what is the same can stand in for one another.

Source: OWL 2 Web Ontology Language Profiles (Second Edition), section 4.3, table 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from srmgraph.inference.facts import LITERALS, SUBJECT, VALUE, Delta, Fact, Facts, fact, triple
from srmgraph.inference.language import EVERYTHING, REFLEXIVE, SAME, TYPE

Replaced: TypeAlias = tuple[str, int, set[int]]
"""The name of the rule, a column, and numbers in it that follow."""


def replaced(facts: Facts, delta: Delta) -> Iterator[Replaced]:
    """Yield what follows from a delta, which is among the facts, by putting same for same."""
    same = facts.columns.get(SAME)
    if same is None or not same.facts:
        return
    for name, column, numbers in _replaced(facts, delta):
        if column >= 0:
            numbers = {pair for pair in numbers if pair >> SUBJECT < LITERALS}
        if column in REFLEXIVE:
            numbers = {pair for pair in numbers if pair >> SUBJECT != pair & VALUE}
        if numbers and column not in (SAME, TYPE) and (column >= 0 or ~column not in EVERYTHING):
            yield name, column, numbers


def _replaced(facts: Facts, delta: Delta) -> Iterator[Replaced]:
    others = facts.column(SAME).by_subject
    for column, numbers in delta.items():
        if column == SAME:
            for pair in numbers:
                yield from _everywhere(facts, pair >> SUBJECT, pair & VALUE)
            continue
        if column < 0:
            yield "eq-rep-s", column, {new for who in numbers for new in others.get(who, ())}
            for other in others.get(~column, ()):
                yield "eq-rep-o", ~other, numbers
            continue
        for other in others.get(column, ()):
            if other < LITERALS:
                yield "eq-rep-p", other, numbers
        new_subjects = {
            new << SUBJECT | pair & VALUE
            for pair in numbers
            for new in others.get(pair >> SUBJECT, ())
        }
        yield "eq-rep-s", column, new_subjects
        new_values = {
            pair >> SUBJECT << SUBJECT | new
            for pair in numbers
            for new in others.get(pair & VALUE, ())
        }
        yield "eq-rep-o", column, new_values


def _everywhere(facts: Facts, old: int, new: int) -> Iterator[Replaced]:
    for key, column in list(facts.columns.items()):
        if key < 0:
            if old in column.facts:
                yield "eq-rep-s", key, {new}
            if key == ~old:
                yield "eq-rep-o", ~new, column.facts
        elif key != SAME:
            values = column.by_subject.get(old, ())
            yield "eq-rep-s", key, {new << SUBJECT | value for value in values}
            subjects = column.by_value.get(old, ())
            yield "eq-rep-o", key, {subject << SUBJECT | new for subject in subjects}
            if key == old and new < LITERALS:
                yield "eq-rep-p", new, column.facts


def replacements(facts: Facts, of: Fact) -> Iterator[tuple[str, tuple[Fact, Fact]]]:
    """Yield each way in which a fact follows by one of these rules: its name and two premises."""
    same = facts.columns.get(SAME)
    if same is None or not same.facts or of[0] == SAME:
        return
    subject, predicate, value = triple(of)
    for place, term, name in (
        (0, subject, "eq-rep-s"),
        (1, predicate, "eq-rep-p"),
        (2, value, "eq-rep-o"),
    ):
        for other in same.by_value.get(term, ()):
            parts = [subject, predicate, value]
            parts[place] = other
            premise = fact(parts[0], parts[1], parts[2])
            if premise != of and premise in facts:
                yield name, ((SAME, other << SUBJECT | term), premise)
