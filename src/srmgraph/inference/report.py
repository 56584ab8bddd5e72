"""What a run of the rules did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class RunReport:
    """What a run of the rules did: rounds, seconds, and facts by the rule that found them first."""

    rounds: int = 0
    seconds: float = 0.0
    fired: int = 0
    """How often a rule was run."""
    facts: Counter[str] = field(default_factory=Counter)

    def add(self, other: RunReport) -> None:
        """Count what another run did as well."""
        self.rounds += other.rounds
        self.seconds += other.seconds
        self.fired += other.fired
        self.facts.update(other.facts)

    def __str__(self) -> str:
        total = sum(self.facts.values())
        lines = [
            f"{total:,} facts in {self.rounds} rounds and {self.seconds:.2f} s; "
            f"rules were run {self.fired:,} times."
        ]
        ranked = sorted(self.facts.items(), key=lambda one: (-one[1], one[0]))
        lines += [f"  {count:>11,}  {rule}" for rule, count in ranked]
        return "\n".join(lines)
