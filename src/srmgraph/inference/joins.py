"""Rules as Python code: one expression for each place where a rule can be set off.

Python runs nothing faster than a set comprehension over whole numbers, so that is what a rule
becomes: for example, a chain of two properties set off by its first one is

    {v0 << 32 | v2 for k in delta for v0 in (k >> 32,) for v1 in (k & 4294967295,)
     for v2 in r0.get(v1, ())}

where r0 is the index of the second one by subject. The text is made of numbers and of these names
only, and rules of the same shape share their code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from srmgraph.inference.facts import LITERALS, SUBJECT, VALUE
from srmgraph.inference.language import REFLEXIVE, SAME
from srmgraph.inference.rules import Atom, Condition, Rule

Resource: TypeAlias = tuple[str, int]
"""What the code needs: `facts`, `members`, `by_subject` or `by_value` of a column, which is only
asked for a key if it `has_subject` or `has_value`; `outside` of a datatype, or `unequal` literals.
"""

Step: TypeAlias = tuple[str, Atom]
"""An atom, and the resource in which it is looked up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The code of a rule, set off at one place, and what must be handed to it.

    `code` takes the facts that set it off and then the resources, in their order. What comes out
    are numbers of the head's column or, where there is no head or it is given, the values of all
    variables.
    """

    code: Callable[..., Any]
    resources: tuple[Resource, ...]


def forward(rule: Rule, place: int) -> Plan:
    """Return the plan from an atom of the body to the head."""
    if is_copy(rule, place):
        return Plan(lambda delta: delta, ())
    conditions = (*rule.conditions, *implied(rule))
    steps = ordered(rule.body, place)
    return _plan(rule.body[place], steps, conditions, rule.variables, rule.head)


def backward(rule: Rule) -> Plan:
    """Return the plan from the head to all ways in which the body makes it true."""
    assert rule.head is not None
    steps = _ordered(rule.body, rule.head.terms)
    conditions = (*rule.conditions, *implied(rule))
    return _plan(rule.head, steps, conditions, rule.variables, None)


def tested(rule: Rule) -> Plan | None:
    """Return the plan from facts of the head to those of them that the body makes true.

    None where a value must be found that more than one atom speaks of; see `backward`.
    """
    assert rule.head is not None
    conditions = (*rule.conditions, *implied(rule))
    spoken_of = Counter(
        term
        for terms in (*(atom.terms for atom in rule.body), *(one.variables for one in conditions))
        for term in terms
    )
    steps: list[Step] = []
    for access, atom in _ordered(rule.body, rule.head.terms):
        free = [term for term in atom.terms if term >= 0 and term not in rule.head.terms]
        if free:
            if len(atom.terms) == len(free) or spoken_of[free[0]] > 1:
                return None
            access = access.replace("by", "has")
        steps.append((access, atom))
    return _plan(rule.head, steps, conditions, rule.variables, rule.head)


def is_copy(rule: Rule, place: int) -> bool:
    """Tell whether a rule makes the facts that set it off those of another column, as they are."""
    start, head = rule.body[place], rule.head
    return (
        head is not None
        and start.terms == head.terms
        and len(set(start.terms)) == len(start.terms)
        and min(start.terms) >= 0
        and len(rule.body) == 1
        and not rule.conditions
        and not any(implied(rule))
    )


def ordered(body: Sequence[Atom], place: int) -> list[Step]:
    """Return how to go from one atom of a body to all others, best first.

    Each atom comes with what is to be looked at: `facts` or `members` of a class, or the `facts` of
    a property `by_subject`, `by_value` or as they are.
    """
    rest = [atom for number, atom in enumerate(body) if number != place]
    return _ordered(rest, body[place].terms)


def _ordered(atoms: Sequence[Atom], terms: tuple[int, ...]) -> list[Step]:
    bound = {term for term in terms if term >= 0}
    rest, steps = list(atoms), []
    while rest:
        atom = min(rest, key=lambda atom: _cost(atom, bound))
        rest.remove(atom)
        steps.append((_access(atom, bound), atom))
        bound.update(term for term in atom.terms if term >= 0)
    return steps


def implied(rule: Rule) -> Iterator[Condition]:
    """What must hold of a head so that it can be written down and is no trifle."""
    head = rule.head
    if head is None or len(head.terms) == 1:
        return
    subject, value = head.terms
    if head.column in REFLEXIVE and subject != value:
        yield Condition("different", (subject, value))
    if subject >= 0 and head.column != SAME:
        subjects = {
            atom.terms[0] for atom in rule.body if len(atom.terms) == 2 and atom.column != SAME
        }
        if subject not in subjects:
            yield Condition("no literal", (subject,))


def _plan(
    start: Atom,
    steps: Sequence[Step],
    conditions: Sequence[Condition],
    variables: int,
    head: Atom | None,
) -> Plan:
    resources: list[Resource] = [(access, atom.column) for access, atom in steps]
    asked = [(condition.kind, condition.variables) for condition in conditions]
    for condition in conditions:
        if condition.kind in _ASKING:
            resources.append((condition.kind, condition.datatype))
    # Constants are handed over like resources, so that rules that differ in them share code.
    constants: dict[int, int] = {}

    def shaped(terms: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(
            term if term >= 0 else constants.setdefault(term, -1 - len(constants)) for term in terms
        )

    code = _code(
        shaped(start.terms),
        tuple((access, shaped(atom.terms)) for access, atom in steps),
        tuple((kind, shaped(terms)) for kind, terms in asked),
        None if head is None else shaped(head.terms),
        variables,
    )
    return Plan(code, (*resources, *(("constant", ~term) for term in constants)))


def _is_bound(term: int, bound: set[int]) -> bool:
    return term < 0 or term in bound


def _cost(atom: Atom, bound: set[int]) -> int:
    free = {term for term in atom.terms if not _is_bound(term, bound)}
    # A test first, then what hangs on something known; a whole class or property last.
    return 0 if not free else 1 if len(free) < len(atom.terms) else 2 + len(atom.terms)


def _access(atom: Atom, bound: set[int]) -> str:
    known = [_is_bound(term, bound) for term in atom.terms]
    if len(known) == 1:
        return "members" if known[0] else "facts"
    if known[0] and not known[1]:
        return "by_subject"
    return "by_value" if known[1] and not known[0] else "facts"


@cache
def _code(
    start: tuple[int, ...],
    steps: tuple[tuple[str, tuple[int, ...]], ...],
    conditions: tuple[tuple[str, tuple[int, ...]], ...],
    head: tuple[int, ...] | None,
    variables: int,
) -> Callable[..., Any]:
    """Compile a rule of this shape; constants are numbered -1, -2 and so on as they come."""
    text = _Text()
    waiting = [
        (kind, terms, f"r{len(steps) + sum(other in _ASKING for other, _ in conditions[:place])}")
        for place, (kind, terms) in enumerate(conditions)
    ]

    def check() -> None:
        for condition in list(waiting):
            kind, terms, resource = condition
            if all(_is_bound(term, text.bound) for term in terms):
                waiting.remove(condition)
                names = map(_name, terms)
                text.clauses.append(_CONDITIONS[kind].format(*names, resource=resource))

    text.take(start, "k")
    check()
    for place, (kind, terms) in enumerate(steps):
        text.step(kind, terms, place)
        check()
    clauses = " ".join(text.clauses)
    if head is None:
        values = "".join(f"v{number}, " for number in range(variables))
        body = f"(({values}) {clauses})"
    elif len(head) == 1:
        body = f"{{{_name(head[0])} {clauses}}}"
    else:
        body = f"{{{_name(head[0])} << {SUBJECT} | {_name(head[1])} {clauses}}}"
    handed = len(steps) + sum(kind in _ASKING for kind, _ in conditions)
    everything = (start, *(t for _, t in steps), *(t for _, t in conditions), head or ())
    constants = -min((term for terms in everything for term in terms if term < 0), default=0)
    names = ["delta", *(f"r{n}" for n in range(handed)), *(f"c{n}" for n in range(constants))]
    function: Callable[..., Any] = eval(f"lambda {', '.join(names)}: {body}", {"__builtins__": {}})
    return function


class _Text:
    """The clauses of a comprehension, and the variables that have a value by then."""

    def __init__(self) -> None:
        self.clauses = ["for k in delta"]
        self.bound: set[int] = set()

    def take(self, terms: tuple[int, ...], number: str) -> None:
        """Take a fact apart."""
        if len(terms) == 1:
            self._bind(terms[0], number)
        else:
            self._bind(terms[0], f"{number} >> {SUBJECT}")
            self._bind(terms[1], f"{number} & {VALUE}")

    def step(self, kind: str, terms: tuple[int, ...], place: int) -> None:
        """Go through the facts of a resource that fit."""
        names = [_name(term) for term in terms]
        match kind:
            case "members":
                self.clauses.append(f"if {names[0]} in r{place}")
            case "has_subject":
                self.clauses.append(f"if {names[0]} in r{place}")
            case "has_value":
                self.clauses.append(f"if {names[1]} in r{place}")
            case "by_subject":
                self.clauses.append(f"for {names[1]} in r{place}.get({names[0]}, ())")
            case "by_value":
                self.clauses.append(f"for {names[0]} in r{place}.get({names[1]}, ())")
            case _ if len(terms) == 2 and all(_is_bound(term, self.bound) for term in terms):
                self.clauses.append(f"if ({names[0]} << {SUBJECT} | {names[1]}) in r{place}")
            case _:
                self.clauses.append(f"for k{place} in r{place}")
                self.take(terms, f"k{place}")
        self.bound.update(term for term in terms if term >= 0)

    def _bind(self, term: int, expression: str) -> None:
        if _is_bound(term, self.bound):
            self.clauses.append(f"if {_name(term)} == {expression}")
        else:
            self.clauses.append(f"for {_name(term)} in ({expression},)")
            self.bound.add(term)


def _name(term: int) -> str:
    return f"v{term}" if term >= 0 else f"c{-1 - term}"


_ASKING = ("outside", "unequal")
"""Conditions that need a resource."""

_CONDITIONS = {
    "different": "if {0} != {1}",
    "no literal": f"if {{0}} < {LITERALS}",
    "outside": f"if {{0}} >= {LITERALS} and {{0}} not in {{resource}}",
    "unequal": f"if {{0}} >= {LITERALS} and {{1}} >= {LITERALS} and {{resource}}({{0}}, {{1}})",
}
