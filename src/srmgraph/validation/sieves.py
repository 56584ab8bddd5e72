"""Cheap queries that tell, before a dear one, whether it would find anything and where.

Most data keep most rules. A sieve looks at each different value once, however many things have it,
or only counts; what it lets pass is then looked at as the rule says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srmgraph.validation.compiler import Check

# Engines move a condition into a subquery, before the values are made different, unless the
# subquery is limited: with this limit, which none reaches, each value is judged once.
_ALL = 10**12
_MOST_AT_ONCE = 16


def values(reach: str, good: str) -> str:
    """A query for the values that are not good, of those that *reach* finds."""
    different = f"SELECT DISTINCT ?value {{ {reach} }} LIMIT {_ALL}"
    return f"SELECT ?value {{ {{ {different} }} FILTER(!({good})) }}"


def several(reach: str) -> str:
    """A query that has a solution only if *reach* finds more than one value for some node."""
    counted = f"SELECT (COUNT(*) AS ?all) (COUNT(DISTINCT ?this) AS ?nodes) {{ {reach} }}"
    return f"SELECT ?all {{ {{ {counted} }} FILTER(?all > ?nodes) }}"


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
