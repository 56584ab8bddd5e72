"""What each axiom of an ontology makes follow, in plain words, term by term."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph

from srmgraph.inference.facts import Fact
from srmgraph.inference.program import Program
from srmgraph.inference.rules import Rule
from srmgraph.inference.state import State
from srmgraph.inference.words import Words


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an axiom says, as a sentence without its full stop.

    `causes` are the IRIs of the terms whose use sets it off; `effects` of those that then follow,
    none where it says what cannot be.
    """

    sentence: str
    causes: tuple[str, ...]
    effects: tuple[str, ...]


def consequences(program: Program) -> list[Consequence]:
    """Return what the stated axioms of a program make follow, sorted by their sentences.

    Classes without a name stand for what makes something one of them.
    """
    state = State(program)
    state.build({})
    words = Words(state)
    reading = _Reading(program)
    found: dict[str, tuple[set[str], set[str]]] = {}
    for rule in program.rules.rules:
        if not rule.axioms or not all(map(reading.is_stated, rule.axioms)):
            continue
        sentence = words.sentence(rule.axioms[0])
        if len(rule.axioms) > 1 or not rule.body or rule.name.startswith("cls-"):
            continue
        causes, effects = found.setdefault(sentence, (set(), set()))
        causes |= reading.causes(rule)
        effects |= reading.effects(rule)
    return [
        Consequence(sentence, tuple(sorted(causes)), tuple(sorted(effects)))
        for sentence, (causes, effects) in sorted(found.items())
        if causes
    ]


class _Reading:
    """Which named terms stand behind the columns of rules."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def is_stated(self, axiom: Fact) -> bool:
        key, number = axiom
        return number in self._program.stated.get(key, ())

    def causes(self, rule: Rule) -> set[str]:
        return self._named((atom.column for atom in rule.body), forward=False, seen=set())

    def effects(self, rule: Rule) -> set[str]:
        if rule.head is None:
            return set()
        return self._named([rule.head.column], forward=True, seen=set())

    def _named(self, columns: Iterable[int], *, forward: bool, seen: set[int]) -> set[str]:
        found: set[str] = set()
        rules = self._program.rules
        for column in columns:
            if column in seen:
                continue
            seen.add(column)
            term = self._program.dictionary.term(column if column >= 0 else ~column)
            if isinstance(term, pyoxigraph.NamedNode):
                found.add(term.value)
            elif forward:
                heads = [
                    head.column
                    for number, _ in rules.set_off.get(column, ())
                    if (head := rules.rules[number].head) is not None
                ]
                found |= self._named(heads, forward=True, seen=seen)
            else:
                bodies = [
                    atom.column
                    for number in rules.leading_to.get(column, ())
                    for atom in rules.rules[number].body
                ]
                found |= self._named(bodies, forward=False, seen=seen)
        return found
