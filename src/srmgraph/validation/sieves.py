"""Cheap queries that tell, before a dear one, whether it would find anything and where.

Most data keep most rules. A sieve looks at each different value once, however many things have it,
or only counts; what it lets pass is then looked at as the rule says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srmgraph.validation import prebinding

if TYPE_CHECKING:
    from srmgraph.validation.compiler import Check

# Engines move a condition into a subquery, before the values are made different, unless the
# subquery is limited: with this limit, which none reaches, each value is judged once.
_ALL = 10**12
_MOST_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Sieve:
    """A query: where it has no solution, a check finds nothing.

    Its solutions hold in *variable* all nodes at which the check may find something; it has none if
    they tell only that there may be something.
    """

    sparql: str
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Lack:
    """A check for what is missing: the pattern that finds focus nodes, and the one that each of
    them is to match."""

    where: str
    pattern: str


def values(reach: str, good: str, prologue: str) -> Sieve:
    """A sieve for the values that are not good, of those that *reach* finds."""
    pattern = f"{{ {_different('value', reach)} }} FILTER(!({good}))"
    return Sieve(f"{prologue}SELECT ?value {{ {pattern} }}", "value")


def several(reach: str) -> Sieve:
    """A sieve that tells whether *reach* finds more than one value for some node."""
    counted = f"SELECT (COUNT(*) AS ?all) (COUNT(DISTINCT ?this) AS ?nodes) {{ {reach} }}"
    return Sieve(f"SELECT ?all {{ {{ {counted} }} FILTER(?all > ?nodes) }}")


def nodes(where: str) -> Sieve:
    """A sieve for the focus nodes themselves."""
    return Sieve(_different("this", where), "this")


def judged(query: str, where: str) -> Sieve | None:
    """A sieve for the values that a SPARQL constraint finds, where it says that something is not
    so of the value alone."""
    parts = prebinding.parts(query)
    if parts is None or "value" not in prebinding.variables(parts.triples):
        return None
    texts = [parts.triples, *parts.filters]
    alone: list[str] = []
    for number, text in enumerate(parts.filters, 1):
        others = {"this"}.union(*map(prebinding.variables, texts[:number] + texts[number + 1 :]))
        if prebinding.asks(text) and prebinding.variables(text) & others == {"value"}:
            alone.append(text)
    # That something is there seldom keeps any value back.
    if not any(map(prebinding.denies, alone)):
        return None
    cheap = [text for text in parts.filters if not prebinding.asks(text)]
    inside = " ".join([parts.triples, *cheap])
    if "this" in prebinding.variables(inside):
        inside = f"{where} {inside}"
    pattern = f"{{ {_different('value', inside)} }} {' '.join(alone)}"
    return Sieve(f"{parts.prologue}SELECT ?value {{ {pattern} }}", "value")


def _different(variable: str, pattern: str) -> str:
    return f"SELECT DISTINCT ?{variable} {{ {pattern} }} LIMIT {_ALL}"


def fused(checks: Iterable[Check]) -> Iterator[tuple[Check, ...]]:
    """Put together the checks that are to be run together: those for what is missing at the same
    focus nodes. Others come first, each by itself."""
    alike: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        if check.lack is None:
            yield (check,)
        else:
            alike[check.lack.where].append(check)
    for group in alike.values():
        for start in range(0, len(group), _MOST_AT_ONCE):
            yield tuple(group[start : start + _MOST_AT_ONCE])


def lacking(checks: Iterable[Check]) -> str:
    """A query for focus nodes that lack anything; its columns are the node, and for each check
    whether the node has what it is to have."""
    lacks = [check.lack for check in checks if check.lack is not None]
    has = [f"EXISTS {{ {lack.pattern} }}" for lack in lacks]
    columns = " ".join(f"({one} AS ?_has{number})" for number, one in enumerate(has))
    return f"SELECT DISTINCT ?this {columns} {{ {lacks[0].where} FILTER(!({' && '.join(has)})) }}"
