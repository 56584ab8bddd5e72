"""Rules at work on facts: what follows, semi-naive and in rounds; and what one fact follows from.

In each round every rule meets only what the round before has brought (its delta), joined with all
that is known. So each fact is looked at once as something new.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from srmgraph.errors import ClosureTooLargeError
from srmgraph.inference import equality, joins
from srmgraph.inference.dictionary import Dictionary
from srmgraph.inference.facts import LITERALS, Delta, Fact, Facts
from srmgraph.inference.language import SAME
from srmgraph.inference.report import RunReport
from srmgraph.inference.rules import Rule, RuleSet

Derivation = tuple[str, tuple[Fact, ...]]
"""The name of a rule, and all that it was applied to: facts of the data and axioms."""

_AT_ONCE = 50_000


class Evaluation:
    """Rules bound to facts; `report` adds up what they did.

    `parts` are the datatypes that are intersections, with their members.
    """

    def __init__(
        self,
        rules: RuleSet,
        facts: Facts,
        dictionary: Dictionary,
        datatypes: set[int],
        parts: dict[int, list[int]],
        *,
        limit: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.rules = rules
        self.facts = facts
        self.report = RunReport()
        self._dictionary = dictionary
        self.datatypes = datatypes
        self._parts = parts
        self.limit = limit
        self.progress = progress
        self._forward: dict[tuple[int, int], Callable[[Any], Any]] = {}
        self._backward: dict[int, Callable[[Any], Any]] = {}
        self._tested: dict[int, Callable[[set[int]], Collection[int]]] = {}

    # ── Forward ─────────────────────────────────────────────────────────────────────────────────

    def close(self, delta: Delta) -> Delta:
        """Add all that follows from a delta, which is among the facts, and return it.

        Raises ClosureTooLargeError; by then some of it has been added, and is in `interrupted`.
        """
        start = time.perf_counter()
        everything: Delta = {}
        self.interrupted = everything
        total = 0
        number = 0
        try:
            while delta:
                number += 1
                self.report.rounds += 1
                self.tell(number, map(len, self.facts.columns.values()))
                new = self.step(delta, total)
                total += sum(map(len, new.values()))
                for column, numbers in new.items():
                    everything.setdefault(column, set()).update(numbers)
                delta = new
        finally:
            self.report.seconds += time.perf_counter() - start
        return everything

    def step(self, delta: Delta, known: int = 0) -> Delta:
        """Add what follows from a delta in one step, and return what is new of it."""
        new: Delta = {}
        for name, column, numbers in self.consequences(delta):
            fresh = numbers - self.facts.column(column).facts
            if column in new:
                fresh -= new[column]
            if not fresh:
                continue
            self.report.facts[name] += len(fresh)
            known += len(fresh)
            new.setdefault(column, set()).update(fresh)
            if self.limit is not None and known > self.limit:
                raise ClosureTooLargeError(self.limit, name)
        self.facts.derive(new)
        return new

    def given(self) -> Delta:
        """Add what rules without a body say, and return what is new of it."""
        new: Delta = {}
        for number in self.rules.given:
            rule = self.rules.rules[number]
            if rule.head is not None:
                column, value = rule.head.fact(())
                if value not in self.facts.column(column).facts:
                    self.report.facts[rule.name] += 1
                    new.setdefault(column, set()).add(value)
        self.facts.derive(new)
        return new

    def consequences(self, delta: Delta) -> Iterator[tuple[str, int, set[int]]]:
        """Yield what follows from a delta in one step: rule, column and numbers, known or not."""
        rules, bound = self.rules.rules, self._forward
        for number, places in self._set_off(delta, self.rules.set_off).items():
            rule = rules[number]
            assert rule.head is not None
            self.report.fired += len(places)
            for place in places:
                run = bound.get((number, place)) or self._run(number, place)
                start = delta[rule.body[place].column]
                if len(start) <= _AT_ONCE or len(rule.body) == 1:
                    if numbers := run(start):
                        yield rule.name, rule.head.column, numbers
                    continue
                # Piece by piece, so that the limit is noticed before memory runs out.
                pieces = iter(tuple(start))
                while piece := tuple(islice(pieces, _AT_ONCE)):
                    yield rule.name, rule.head.column, run(piece)
        yield from equality.replaced(self.facts, delta)

    def clashes(self, delta: Delta) -> Iterator[tuple[Rule, tuple[Fact, ...], tuple[int, ...]]]:
        """Yield the contradictions that a delta takes part in: rule, facts, values of variables."""
        for number in self.rules.given:
            if self.rules.rules[number].head is None:
                yield self.rules.rules[number], (), ()
        for number, places in self._set_off(delta, self.rules.clashes).items():
            rule = self.rules.rules[number]
            for place in places:
                start = delta[rule.body[place].column]
                for values in self._run(number, place)(start):
                    yield rule, tuple(atom.fact(values) for atom in rule.body), values

    def _set_off(
        self, delta: Delta, by_column: dict[int, list[tuple[int, int]]]
    ) -> dict[int, list[int]]:
        """Return the rules to run, by their numbers, and from which places."""
        return self.rules.to_run(
            by_column,
            {column: len(numbers) for column, numbers in delta.items()},
            lambda column: len(self.facts.column(column)),
            self.datatypes,
        )

    # ── Backward ────────────────────────────────────────────────────────────────────────────────

    def derivations(self, of: Fact, without: Collection[str] = ()) -> Iterator[Derivation]:
        """Yield each way in which a fact follows in one step from others that are known.

        Rules of the names `without` are passed over.
        """
        column, value = of
        for number in self.rules.leading_to.get(column, ()):
            rule = self.rules.rules[number]
            if rule.name in without:
                continue
            for values in self._run_backward(number)((value,)):
                yield rule.name, (*(atom.fact(values) for atom in rule.body), *rule.axioms)
        yield from equality.replacements(self.facts, of)

    def follows(self, of: Fact) -> bool:
        """Tell whether a fact follows in one step from others that are known."""
        return bool(self.following(of[0], {of[1]}))

    def following(self, column: int, numbers: set[int]) -> set[int]:
        """Return those facts of a column that follow in one step from others that are known."""
        left = set(numbers)
        for number in self.rules.leading_to.get(column, ()):
            if not left:
                break
            left.difference_update(self._run_tested(number)(left))
        if left and len(self.facts.column(SAME)):
            left.difference_update(
                [one for one in left if any(equality.replacements(self.facts, (column, one)))]
            )
        return numbers - left

    # ── Binding ─────────────────────────────────────────────────────────────────────────────────

    def _run(self, number: int, place: int) -> Callable[[Any], Any]:
        run = self._forward.get((number, place))
        if run is None:
            plan = self.rules.plans.get((number, place))
            if plan is None:
                plan = joins.forward(self.rules.rules[number], place)
                self.rules.plans[number, place] = plan
            run = self._forward[number, place] = self._bind(plan)
        return run

    def _run_backward(self, number: int) -> Callable[[Any], Any]:
        run = self._backward.get(number)
        if run is None:
            plan = self.rules.plans.get((number, -1))
            if plan is None:
                plan = self.rules.plans[number, -1] = joins.backward(self.rules.rules[number])
            run = self._backward[number] = self._bind(plan)
        return run

    def _run_tested(self, number: int) -> Callable[[set[int]], Collection[int]]:
        run = self._tested.get(number)
        if run is None:
            plan = joins.tested(self.rules.rules[number])
            backward = self._run_backward(number)
            run = self._tested[number] = (
                (lambda left: [one for one in left if next(backward((one,)), None) is not None])
                if plan is None
                else self._bind(plan)
            )
        return run

    def _bind(self, plan: joins.Plan) -> Callable[[Any], Any]:
        resources = [self._resource(kind, key) for kind, key in plan.resources]
        code = plan.code
        return lambda delta: code(delta, *resources)

    def _resource(self, kind: str, key: int) -> Any:
        match kind:
            case "constant":
                return key
            case "unequal":
                return lambda one, other: not self._dictionary.have_one_value(one, other)
            case "outside":
                return _Values(key, set(), self)
            case "by_subject" | "has_subject":
                return self.facts.column(key).by_subject
            case "by_value" | "has_value":
                return self.facts.column(key).by_value
            case "members" if ~key in self.datatypes:
                return _Values(~key, self.facts.column(key).facts, self)
            case _:
                return self.facts.column(key).facts

    def tell(self, number: int, sizes: Iterable[int]) -> None:
        """Tell whoever wants to know which round begins; *sizes* are the numbers of facts known."""
        if self.progress is not None:
            self.progress(f"Inferring, round {number}: {sum(sizes)} facts so far")

    def belongs(self, literal: int, datatype: int) -> bool:
        """Tell whether a literal's value is one of the datatype."""
        parts = self._parts.get(datatype)
        if parts is None:
            return self._dictionary.belongs(literal, datatype)
        return all(self.belongs(literal, part) for part in parts)


class _Values:
    """What is of a datatype: literals by their value, others as the facts say."""

    def __init__(self, datatype: int, facts: set[int], evaluation: Evaluation) -> None:
        self._datatype = datatype
        self._facts = facts
        self._evaluation = evaluation
        self._known: dict[int, bool] = {}

    def __contains__(self, number: int) -> bool:
        if number < LITERALS:
            return number in self._facts
        found = self._known.get(number)
        if found is None:
            found = self._known[number] = self._evaluation.belongs(number, self._datatype)
        return found
