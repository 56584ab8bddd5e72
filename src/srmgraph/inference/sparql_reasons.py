"""Contradictions on a server, and the statements there that they rest on.

A contradiction is found by a query for each rule without a head. Why its facts hold is asked step
by step, backward, each time for one way in which a fact follows from others of earlier rounds; what
comes back in the end are stated facts, which are closed here once more and so tell their proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from srmgraph.inference.evaluation import Evaluation
from srmgraph.inference.facts import LITERALS, SUBJECT, VALUE, Delta, Fact, triple
from srmgraph.inference.program import Program
from srmgraph.inference.rules import Rule
from srmgraph.inference.sparql_graphs import WorkingGraphs
from srmgraph.inference.sparql_rules import Translation, makes_same, pairs_of_literals
from srmgraph.store import Store

MOST = 20
"""So many contradictions are looked for; why they hold is asked one by one."""

_TOGETHER = 40


class Reasons:
    """What contradicts what in the working graphs, and why."""

    def __init__(
        self,
        store: Store,
        graphs: WorkingGraphs,
        translation: Translation,
        program: Program,
        columns: set[int],
    ) -> None:
        self._store = store
        self._graphs = graphs
        self._translation = translation
        self._program = program
        self._columns = columns
        # For its knowledge of datatypes; it holds no facts.
        self._evaluation: Evaluation = program.evaluation(program.facts, translation.dictionary)

    def clashes(self) -> list[tuple[Rule, tuple[Fact, ...], tuple[int, int] | None]]:
        """Return rules that are broken, by which facts, and a literal outside of a datatype."""
        found = []
        for rule, values in self._broken():
            outside = None
            for condition in rule.conditions:
                if condition.kind == "outside":
                    (term,) = condition.variables
                    outside = (values[term] if term >= 0 else ~term, condition.datatype)
            # The server judges by the text alone; here it is looked at more closely.
            if outside is None or not self._evaluation.belongs(*outside):
                found.append((rule, self._premises(rule, values), outside))
        return found

    def same_literals(self, with_literals: set[int]) -> tuple[list[tuple[Fact, ...]], bool]:
        """Return facts by which two values must be one and are not; and whether some are one.

        Asked are the rules that make two values the same, where properties have literals.
        """
        dictionary, most = self._translation.dictionary, MOST * 50
        broken: list[tuple[Fact, ...]] = []
        are_equal = False
        for rule in self._program.rules.rules:
            if not makes_same(rule) or not self._is_possible(rule):
                continue
            if not any(atom.column in with_literals for atom in rule.body):
                continue
            query = pairs_of_literals(rule, self._translation, self._graphs.known, most)
            assert rule.head is not None
            for row in self._store.select(query):
                values = self._values(row)
                one, other = (values[term] for term in rule.head.terms)
                if dictionary.have_one_value(one, other):
                    are_equal = True
                else:
                    broken.append(self._premises(rule, values))
        return broken, are_equal

    def grounds(self, facts: Iterable[Fact]) -> Delta:
        """Return facts that the data state, from which all of these follow."""
        found: Delta = {}
        waiting = list(dict.fromkeys(facts))
        seen = set(waiting)
        while waiting:
            fact = waiting.pop()
            if fact in self._program.facts:
                continue
            later = self._later(fact)
            premises = self._step(fact, later) if later else None
            if premises is None:
                found.setdefault(fact[0], set()).add(fact[1])
                continue
            fresh = [premise for premise in premises if premise not in seen]
            seen.update(fresh)
            waiting += fresh
        return found

    def _broken(self) -> Iterator[tuple[Rule, Mapping[int, int]]]:
        asked: list[tuple[int, Rule]] = []
        for number, rule in enumerate(self._program.rules.rules):
            if rule.head is None and self._is_possible(rule):
                if rule.body:
                    asked.append((number, rule))
                else:
                    yield rule, {}
        known = self._graphs.known
        for start in range(0, len(asked), _TOGETHER):
            some = asked[start : start + _TOGETHER]
            for row in self._store.select(self._translation.clashes(some, known, MOST)):
                yield self._program.rules.rules[int(str(row["rule"]))], self._values(row)

    def _is_possible(self, rule: Rule) -> bool:
        datatypes = self._program.datatypes
        return self._translation.is_sayable(rule) and all(
            atom.column in self._columns or (atom.column < 0 and ~atom.column in datatypes)
            for atom in rule.body
        )

    def _premises(self, rule: Rule, values: Mapping[int, int]) -> tuple[Fact, ...]:
        places = [values.get(number, 0) for number in range(rule.variables)]
        facts = (atom.fact(places) for atom in rule.body)
        # That a literal is of a datatype is no statement.
        return tuple(fact for fact in facts if fact[0] >= 0 or fact[1] < LITERALS)

    def _values(self, row: Any) -> dict[int, int]:
        return {
            int(name[1:]): self._translation.number(term)
            for name, term in row.asdict().items()
            if name[0] == "v"
        }

    def _later(self, fact: Fact) -> tuple[str, ...]:
        """Return the graph of the round in which a fact was found and of all after; or none."""
        rounds = self._graphs.rounds
        if not rounds:
            return ()
        subject, predicate, value = map(self._translation.term, triple(fact))
        named = "".join(f" FROM NAMED {graph}" for graph in rounds)
        query = f"SELECT ?g{named} {{ GRAPH ?g {{ {subject} {predicate} {value} }} }}"
        places = [rounds.index(f"<{row.g}>") for row in self._store.select(query)]
        return rounds[min(places) :] if places else ()

    def _step(self, fact: Fact, later: tuple[str, ...]) -> tuple[Fact, ...] | None:
        """Return facts of earlier rounds from which one follows; None if only axioms say it."""
        known = self._graphs.known
        for number in self._program.rules.leading_to.get(fact[0], ()):
            rule = self._program.rules.rules[number]
            if not self._is_possible(rule):
                continue
            query = self._translation.derivations(fact, rule, known, later)
            assert rule.head is not None
            for row in self._store.select(query) if query else ():
                column, value = fact
                head = [value] if column < 0 else [value >> SUBJECT, value & VALUE]
                values = {
                    term: one for term, one in zip(rule.head.terms, head, strict=True) if term >= 0
                }
                return self._premises(rule, values | self._values(row))
        for name, query in self._translation.replaced(fact, known, later):
            for row in self._store.select(query):
                return self._translation.premises(fact, name, self._translation.number(row.x))
        return None
