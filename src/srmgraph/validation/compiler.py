"""Shapes compiled to SPARQL: one query for each constraint of each shape that has a target.

A compiled query finds all faults at once, whatever the number of focus nodes, so it runs where the
data are. A shape for which there is no query is named with the reason, and left to pySHACL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rdflib import SH, URIRef
from rdflib.term import Node

from srmgraph.validation import constraints, paths
from srmgraph.validation.constraints import SET, VALUE, Scope
from srmgraph.validation.prebinding import NotSetWise, forbidden, set_wise
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.targets import Classes, Pattern, Unsupported, target

_PREFIXES = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"


@dataclass(frozen=True, slots=True)
class Check:
    """One query, and what each of its solutions means.

    A solution binds `this` to the focus node and, where they are among `columns`, `value` and
    `path`; other columns fill the places of the message. `focus_is_value` says that a solution
    without a value is about the focus node itself. `targets`, if set, finds the focus nodes for
    which `sparql` is to be run one by one, with `this` bound.
    """

    rule: Node
    shape: Node
    component: URIRef
    path: paths.Path | None
    message: str
    sparql: str
    columns: tuple[str, ...]
    focus_is_value: bool = False
    targets: str | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """The queries for a shapes graph, and the shapes that have none, each with the reason."""

    checks: tuple[Check, ...]
    left_out: dict[Node, str]


def compile(shapes: Shapes, classes: Classes) -> Compiled:
    """Compile every shape that has a target.

    `classes` says which classes have instances: the queries leave the others out, so that they fit
    these data only.
    """
    checks: list[Check] = []
    left_out: dict[Node, str] = {}
    for rule in shapes.with_targets():
        scope = Scope(shapes, classes)
        try:
            where = target(shapes, classes, rule)
            if where is not None:
                checks += _shape(scope, rule, rule, where)
        except Unsupported as reason:
            left_out[rule] = str(reason)
    return Compiled(tuple(checks), left_out)


def _shape(scope: Scope, rule: Node, shape: Node, where: Pattern) -> Iterator[Check]:
    shapes = scope.shapes
    if shapes.is_deactivated(shape):
        return
    node = shapes.graph.value(shape, SH.path)
    path = None if node is None else paths.read(shapes.graph, node)
    step = constraints.path_text(shapes, shape)
    message = shapes.message(shape)
    for parameter in constraints.parameters(shapes, shape):
        kind = constraints.component(parameter)
        for argument in constraints.arguments(shapes, shape, parameter):
            if parameter in VALUE:
                good = VALUE[parameter](scope, shape, argument, "?value")
                values = f"?this {step} ?value ." if step is not None else "BIND(?this AS ?value)"
                query = _select(f"{where('?this')} {values} FILTER(!({good}))", "?value")
                yield Check(rule, shape, kind, path, message, query, ("this", "value"))
            else:
                fault = SET[parameter](scope, shape, argument, "?this", step)
                pattern = f"{where('?this')} {fault.pattern}"
                query = _select(pattern, fault.value, fault.having)
                found = ("this",) if fault.value is None else ("this", "value")
                yield Check(rule, shape, kind, path, message, query, found)
    for constraint in sorted(shapes.graph.objects(shape, SH.sparql), key=str):
        if not shapes.is_deactivated(constraint):
            yield _sparql(scope, rule, shape, constraint, where, path, step)
    for nested in sorted(shapes.graph.objects(shape, SH.property), key=str):
        yield from _shape(scope, rule, nested, _below(scope, where, step))


def _below(scope: Scope, where: Pattern, step: str | None) -> Pattern:
    """The focus nodes of a nested property shape: the value nodes of the shape around it."""
    if step is None:
        return where

    def pattern(variable: str) -> str:
        outer = scope.fresh()
        return f"{where(outer)} {outer} {step} {variable} ."

    return pattern


def _sparql(
    scope: Scope,
    rule: Node,
    shape: Node,
    constraint: Node,
    where: Pattern,
    path: paths.Path | None,
    step: str | None,
) -> Check:
    shapes = scope.shapes
    text = str(shapes.graph.value(constraint, SH.select) or "")
    if not text:
        raise Unsupported("a SPARQL constraint without sh:select")
    if bad := forbidden(text):
        raise Unsupported(f"a SPARQL constraint with {', '.join(sorted(bad))}")
    if step is not None:
        text = text.replace("$PATH", step).replace("?PATH", step)
    text = shapes.prefixes(constraint) + text
    focus_nodes = None
    try:
        query, columns = set_wise(text, where("?this"))
    except NotSetWise as reason:
        if "SELECT" in str(reason):
            raise Unsupported("a SPARQL constraint with a SELECT inside") from reason
        query, columns = text.replace("$", "?"), ["this"]
        focus_nodes = _select(where("?this"))
    return Check(
        rule,
        shape,
        SH.SPARQLConstraintComponent,
        path,
        shapes.message(constraint, shape),
        query,
        tuple(columns),
        focus_is_value=path is None,
        targets=focus_nodes,
    )


def _select(pattern: str, value: str | None = None, having: str = "") -> str:
    if value is not None and value != "?value":
        pattern, value = f"{pattern} BIND({value} AS ?value)", "?value"
    if having:
        return f"{_PREFIXES}SELECT ?this {{ {pattern} }} GROUP BY ?this HAVING ({having})"
    return f"{_PREFIXES}SELECT DISTINCT ?this {value or ''} {{ {pattern} }}"
