"""Constraint components that judge the set of value nodes of a focus node.

Each is a group pattern in SPARQL that finds focus nodes, or values, at fault.

Source: SHACL section 4; the table at the end names the subsections.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from rdflib import SH, BNode, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph.terms import n_triples
from srmgraph.validation.datatypes import number
from srmgraph.validation.targets import Unsupported

if TYPE_CHECKING:
    from srmgraph.validation.constraints import Scope
    from srmgraph.validation.targets import Step

_MOST_AT_ONCE = 4
_TRUE = Literal(True)


@dataclass(frozen=True, slots=True)
class Fault:
    """How a set of value nodes is found to be at fault.

    `pattern` and `having` make the query for all focus nodes. `nested` makes a group pattern, the
    body of an EXISTS, that holds for a focus node at fault; None where `pattern` does. `value` is
    the variable of the culprit, None where the whole set is. `path` is the variable of its
    property, where that is not the shape's own. Each solution that differs in one of `also` is a
    result of its own.

    `lacks`, if set, is what a focus node has to match, and `pattern` is that it does not. `single`
    says that no focus node is at fault if each has one value node only.
    """

    pattern: str
    value: str | None = None
    path: str | None = None
    having: str = ""
    also: tuple[str, ...] = ()
    nested: Callable[[], str] | None = None
    lacks: str = ""
    single: bool = False


def _led(focus: str, step: Step | None, value: str) -> str:
    """A group pattern that leads from a focus node to a value node, for components that node shapes
    may not have."""
    assert step is not None
    return step.between(focus, value)


def _lack(pattern: str) -> Fault:
    return Fault(f"FILTER NOT EXISTS {{ {pattern} }}", lacks=pattern)


NOTHING = Fault("FILTER(false)")
"""What is found where nothing can be at fault."""

SetFunction: TypeAlias = Callable[["Scope", Node, Node, str, "Step | None"], Fault]
"""Takes the scope, the shape, the parameter's value, the variable of the focus node and the path.

The path is None for a node shape, whose one value node is the focus node.
"""


def _min_count(scope: Scope, _shape: Node, argument: Node, focus: str, step: Step | None) -> Fault:
    return _at_least(scope, number(argument), focus, step, lambda _value: "true")


def _max_count(scope: Scope, _shape: Node, argument: Node, focus: str, step: Step | None) -> Fault:
    return _at_most(scope, number(argument), focus, step, lambda _value: "true")


def _has_value(_scope: Scope, _shape: Node, argument: Node, focus: str, step: Step | None) -> Fault:
    if isinstance(argument, BNode):
        raise Unsupported("a blank node as sh:hasValue")
    if step is None:
        return Fault(f"FILTER(!sameTerm({focus}, {n_triples(argument)}))")
    return _lack(_led(focus, step, n_triples(argument)))


def _equals(scope: Scope, _shape: Node, argument: Node, focus: str, step: Step | None) -> Fault:
    value, other = scope.fresh(), argument.n3()
    if step is None:
        # Two rows for each focus node: one asks for other values, one for the focus node itself.
        row, found = scope.fresh(), scope.fresh()
        pattern = (
            f"VALUES {row} {{ 1 2 }} OPTIONAL {{ {focus} {other} {found} FILTER({row} = 1) }} "
            f"FILTER(IF({row} = 1, BOUND({found}) && !sameTerm({focus}, {found}), "
            f"NOT EXISTS {{ {focus} {other} {focus} }})) "
            f"BIND(IF({row} = 1, {found}, {focus}) AS {value})"
        )
    else:
        led = step.between(focus, value)
        pattern = (
            f"{{ {led} FILTER NOT EXISTS {{ {focus} {other} {value} }} }} UNION "
            f"{{ {focus} {other} {value} FILTER NOT EXISTS {{ {led} }} }}"
        )
    return Fault(pattern, value)


def _disjoint(scope: Scope, _shape: Node, argument: Node, focus: str, step: Step | None) -> Fault:
    value = scope.fresh()
    if step is None:
        return Fault(f"{focus} {argument.n3()} {focus} BIND({focus} AS {value})", value)
    return Fault(f"{step.between(focus, value)} {focus} {argument.n3()} {value} .", value)


def _less_than(operator: str) -> SetFunction:
    def fault(scope: Scope, _shape: Node, argument: Node, focus: str, step: Step | None) -> Fault:
        value, other = scope.fresh(), scope.fresh()
        pattern = (
            f"{_led(focus, step, value)} {focus} {argument.n3()} {other} . "
            f"FILTER(!COALESCE({value} {operator} {other}, false))"
        )
        return Fault(pattern, value, also=(other,))

    return fault


def _unique_lang(
    scope: Scope, _shape: Node, argument: Node, focus: str, step: Step | None
) -> Fault:
    if argument != _TRUE:
        return NOTHING
    one, other, tag = scope.fresh(), scope.fresh(), scope.fresh()
    pattern = (
        f"{_led(focus, step, one)} {_led(focus, step, other)} BIND(LCASE(LANG({one})) AS {tag}) "
        f'FILTER({tag} != "" && {tag} = LCASE(LANG({other})) && !sameTerm({one}, {other}))'
    )
    return Fault(pattern, also=(tag,))


def _closed(scope: Scope, shape: Node, argument: Node, focus: str, step: Step | None) -> Fault:
    if argument != _TRUE:
        return NOTHING
    graph = scope.graph
    paths = {graph.value(nested, SH.path) for nested in graph.objects(shape, SH.property)}
    ignored = graph.value(shape, SH.ignoredProperties)
    allowed = paths | set([] if ignored is None else Collection(graph, ignored))
    listed = ", ".join(sorted(iri.n3() for iri in allowed if isinstance(iri, URIRef)))
    node = focus if step is None else scope.fresh()
    path, value = scope.fresh(), scope.fresh()
    pattern = f"{node} {path} {value} ."
    # That something is in no empty list, Oxigraph takes for an error.
    if listed:
        pattern += f" FILTER({path} NOT IN ({listed}))"
    if step is None:
        return Fault(pattern, value, path)
    return Fault(f"{step.between(focus, node)} {pattern}", value, path, also=(node,))


# ── Counts ──────────────────────────────────────────────────────────────────────────────────────

_Counts: TypeAlias = Callable[[str], str]
"""A condition that is true where the value node in a variable is to be counted."""


def _at_least(scope: Scope, least: int, focus: str, step: Step | None, counts: _Counts) -> Fault:
    if least == 0:
        return NOTHING
    if least == 1:
        return _lack(_several(scope, focus, step, counts, 1))
    value = scope.fresh()
    return Fault(
        f"OPTIONAL {{ {_led(focus, step, value)} FILTER({counts(value)}) }}",
        having=f"COUNT(DISTINCT {value}) < {least}",
        nested=lambda: f"FILTER NOT EXISTS {{ {_several(scope, focus, step, counts, least)} }}",
    )


def _at_most(scope: Scope, most: int, focus: str, step: Step | None, counts: _Counts) -> Fault:
    if most == 0:
        return Fault(_several(scope, focus, step, counts, 1))
    value = scope.fresh()
    return Fault(
        f"{_led(focus, step, value)} FILTER({counts(value)})",
        having=f"COUNT(DISTINCT {value}) > {most}",
        nested=lambda: _several(scope, focus, step, counts, most + 1),
        single=True,
    )


def _several(scope: Scope, focus: str, step: Step | None, counts: _Counts, number: int) -> str:
    """A group pattern that holds where there are *number* different value nodes that count."""
    if number > _MOST_AT_ONCE:
        raise Unsupported(f"a count above {_MOST_AT_ONCE} inside another shape")
    values = [scope.fresh() for _ in range(number)]
    triples = " ".join(_led(focus, step, value) for value in values)
    conditions = [condition for value in values if (condition := counts(value)) != "true"]
    conditions += [f"!sameTerm({one}, {other})" for one, other in combinations(values, 2)]
    if not conditions:
        return triples
    return f"{triples} FILTER({' && '.join(f'({condition})' for condition in conditions)})"


def _qualified(count: Callable[..., Fault]) -> SetFunction:
    def fault(scope: Scope, shape: Node, argument: Node, focus: str, step: Step | None) -> Fault:
        qualified = scope.graph.value(shape, SH.qualifiedValueShape)
        # Without it, the number alone is no constraint.
        if qualified is None:
            return NOTHING
        rivals = _siblings(scope, shape, qualified)

        def counts(value: str) -> str:
            none_other = [f"!({scope.conforms(rival, value)})" for rival in rivals]
            return " && ".join([f"({scope.conforms(qualified, value)})", *none_other])

        return count(scope, number(argument), focus, step, counts)

    return fault


def _siblings(scope: Scope, shape: Node, qualified: Node) -> list[Node]:
    """The shapes to which a value must not conform as well, if that is asked for (4.7.3)."""
    graph = scope.graph
    if (shape, SH.qualifiedValueShapesDisjoint, _TRUE) not in graph:
        return []
    return sorted(
        {
            rival
            for parent in graph.subjects(SH.property, shape)
            for nested in graph.objects(parent, SH.property)
            for rival in graph.objects(nested, SH.qualifiedValueShape)
        }
        - {qualified},
        key=str,
    )


SET: dict[URIRef, SetFunction] = {
    SH.minCount: _min_count,  # 4.2
    SH.maxCount: _max_count,
    SH.uniqueLang: _unique_lang,  # 4.4.5
    SH.equals: _equals,  # 4.5
    SH.disjoint: _disjoint,
    SH.lessThan: _less_than("<"),
    SH.lessThanOrEquals: _less_than("<="),
    SH.qualifiedMinCount: _qualified(_at_least),  # 4.7.3
    SH.qualifiedMaxCount: _qualified(_at_most),
    SH.closed: _closed,  # 4.8.1
    SH.hasValue: _has_value,  # 4.8.2
}
"""The function for each parameter."""
