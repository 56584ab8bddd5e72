"""The shortest proof of a fact, found backward among facts that are known to follow.

A proof is as long as its steps are many, those that occur in it twice counted twice. It is looked
for with a budget of steps that grows by one: what a budget could not prove is not tried again with
as little. So no proof runs in a circle, and the first that is found is a shortest one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from srmgraph.inference.evaluation import Derivation
from srmgraph.inference.facts import Fact
from srmgraph.inference.program import axioms_among

if TYPE_CHECKING:
    from srmgraph.inference.state import State

PATIENCE = 300_000
"""Steps that are tried before any proof will do, shortest or not; about a second's work."""

DEEPEST = 60
"""Steps up to which a shortest proof is looked for."""


class _TooLong(Exception):
    """Patience is at an end."""


class Search:
    """Proofs of facts of a state, which must not change meanwhile.

    With `without`, that fact is used in no proof. `is_exact` tells whether the proofs found so far
    are shortest ones.
    """

    def __init__(self, state: State, without: Fact | None = None, patience: int = PATIENCE) -> None:
        self.state = state
        self._without = without
        self._lengths: dict[Fact, int] = {}
        self._steps: dict[Fact, Derivation] = {}
        self._at_least: dict[Fact, int] = {}
        self._known: dict[Fact, list[Derivation]] = {}
        self._ranks: dict[Fact, int] | None = None
        self._patience = patience
        self._tries = 0
        self.is_exact = True

    def is_axiom(self, fact: Fact) -> bool:
        """Tell whether a fact is an axiom, or a statement of the ontology."""
        number = {fact[1]}
        return bool(axioms_among({fact[0]: number})) or fact[1] in self.state.original.stated.get(
            fact[0], ()
        )

    def step(self, fact: Fact) -> Derivation | None:
        """Return the last step of a proof of a fact that is known; None if it is stated."""
        if not self.state.facts.is_derived(fact):
            return None
        if fact not in self._steps:
            self._prove(fact, None)
        return self._steps[fact]

    def length(self, fact: Fact, at_most: int) -> int | None:
        """Return the number of steps of a shortest proof; None if there is none of so few."""
        return self._prove(fact, at_most)

    def derivations(self, fact: Fact) -> list[Derivation]:
        """Return all last steps by which a fact follows, in a fixed order."""
        found = self._known.get(fact)
        if found is None:
            everything = set(self.state.evaluation.derivations(fact))
            found = self._known[fact] = sorted(
                (rule, premises)
                for rule, premises in everything
                if fact not in premises and self._without not in premises
            )
        return found

    def grounds(self, fact: Fact) -> Iterator[Fact]:
        """Yield the stated facts that a proof rests on."""
        waiting, seen = [fact], {fact}
        while waiting:
            one = waiting.pop()
            step = self.step(one)
            if step is None:
                yield one
                continue
            for premise in step[1]:
                if premise not in seen:
                    seen.add(premise)
                    waiting.append(premise)

    def _prove(self, fact: Fact, at_most: int | None) -> int | None:
        budget = self._least(fact)
        self._tries = 0
        try:
            while budget <= (DEEPEST if at_most is None else at_most):
                length = self._solve(fact, budget)
                if length is not None:
                    return length
                budget = max(budget + 1, self._least(fact))
        except _TooLong:
            pass
        if at_most is None:
            self._settle(fact)
            return self._lengths[fact]
        return None

    def _least(self, fact: Fact) -> int:
        if not self.state.facts.is_derived(fact):
            return 0
        return self._lengths.get(fact) or self._at_least.get(fact, 1)

    def _solve(self, fact: Fact, budget: int) -> int | None:
        least = self._least(fact)
        if least > budget:
            return None
        if least == 0 or fact in self._lengths:
            return least
        best: int | None = None
        for step in self.derivations(fact):
            self._tries += 1
            if self._tries > self._patience:
                raise _TooLong
            length = self._sum(step[1], (budget if best is None else best - 1) - 1)
            if length is not None:
                best = length + 1
                self._steps[fact] = step
        if best is None:
            self._at_least[fact] = budget + 1
        else:
            self._lengths[fact] = best
        return best

    def _sum(self, premises: tuple[Fact, ...], budget: int) -> int | None:
        """Return how long the proofs of all premises are together."""
        waiting = sum(self._least(premise) for premise in premises)
        if waiting > budget:
            return None
        total = 0
        for premise in premises:
            waiting -= self._least(premise)
            length = self._solve(premise, budget - total - waiting)
            if length is None:
                return None
            total += length
            if total + waiting > budget:
                return None
        return total

    # ── When it takes too long ──────────────────────────────────────────────────────────────────

    def _settle(self, fact: Fact) -> None:
        """Take any proof: by facts that were found in earlier rounds than what they prove."""
        self.is_exact = False
        if self._ranks is None:
            self._ranks = self.state.ranks()
        ranks = self._ranks
        order, seen = [fact], {fact}
        for one in order:
            if not self.state.facts.is_derived(one) or one in self._lengths:
                continue
            self._steps[one] = min(
                (
                    step
                    for step in self.derivations(one)
                    if all(ranks.get(premise, 0) < ranks[one] for premise in step[1])
                ),
                key=lambda step: (sum(ranks.get(premise, 0) for premise in step[1]), step),
            )
            for premise in self._steps[one][1]:
                if premise not in seen:
                    seen.add(premise)
                    order.append(premise)
        for one in sorted(order, key=lambda one: ranks.get(one, 0)):
            if one in self._steps and one not in self._lengths:
                self._lengths[one] = 1 + sum(self._least(p) for p in self._steps[one][1])
