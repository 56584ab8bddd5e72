"""Shapes compiled to SPARQL: one query for each constraint of each shape that has a target.

A compiled query finds all faults at once, whatever the number of focus nodes, so it runs where the
data are. A shape for which there is no query is named with the reason, and left to pySHACL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from rdflib import SH, Literal, URIRef
from rdflib.term import Node

from srmgraph.validation import components, constraints, paths, sieves
from srmgraph.validation.components import Use
from srmgraph.validation.constraints import Scope
from srmgraph.validation.prebinding import (
    NotSetWise,
    about_shapes,
    asked,
    set_wise,
    with_columns,
    with_path,
)
from srmgraph.validation.set_constraints import SET
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.sieves import Lack, Sieve
from srmgraph.validation.stored import as_stored
from srmgraph.validation.targets import (
    Classes,
    Pattern,
    Step,
    Unsupported,
    strangers,
    targets,
)
from srmgraph.validation.value_constraints import VALUE

_PREFIXES = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
# Stands in a text where focus nodes are found. A character for private use: no text has a meaning
# with it.
_FOCUS = "\ue000"

SHAPES_GRAPH = URIRef("urn:uuid:0d6f2a1e-4c1b-4a55-9f0e-6f5b8a3c7d21")
"""The name of the shapes graph, for queries that look at it. It is not written down elsewhere."""


@dataclass(frozen=True, slots=True)
class Check:
    """One query, and what each of its solutions means.

    A solution binds `this` to the focus node and, where they are among `columns`, `value`, `path`
    and `message`; other columns fill the places of the message, or only tell results apart.
    `focus_is_value` says that a solution without a value is about the focus node itself. `targets`,
    if set, finds the focus nodes for which `sparql` is to be run one by one, with `this` bound.
    `given` are values for more variables of `sparql`: `shapesGraph` is where the query expects the
    shapes graph, in which case it is not to see it elsewhere. `parameters` are those of a component
    of the shapes graph itself, to fill places of the message. `written` gives, for a literal among
    the focus nodes as a store keeps it, how the shapes write it: 4.0 for 4. `sieve` and `lack` are
    faster ways to the same on a whole graph. `focus` is a query for all focus nodes, whether or not
    anything is wrong with them.
    """

    rule: Node
    shape: Node
    component: URIRef
    path: paths.Path | None
    messages: tuple[Literal, ...]
    text: str
    columns: tuple[str, ...]
    constraint: Node | None = None
    focus_is_value: bool = False
    targets_text: str | None = None
    given: Mapping[str, Node] = field(default_factory=dict)
    parameters: Mapping[str, Node] | None = None
    written: Mapping[Node, tuple[Literal, ...]] = field(default_factory=dict)
    sieve: Sieve | None = None
    lack: Lack | None = None
    focus: str = ""

    @property
    def sees_shapes(self) -> bool:
        """Whether the query looks at the shapes graph."""
        return "shapesGraph" in self.given

    @property
    def sparql(self) -> str:
        """The query as it is run on a whole graph."""
        return self.text.replace(_FOCUS, "")

    @property
    def targets(self) -> str | None:
        """The query for the focus nodes, where each is to be looked at by itself."""
        return None if self.targets_text is None else self.targets_text.replace(_FOCUS, "")

    def only(self, variable: str, terms: Iterable[str]) -> Check:
        """The same for those solutions only in which *variable* is one of *terms*, no blank nodes.

        Another variable than `this` has to be one that every solution binds.
        """
        values = f"VALUES ?{variable} {{ {' '.join(terms)} }} "
        # Focus nodes are found at the start of each group, other values once for all.
        return self.where(values, -1 if variable == "this" else 1)

    def where(self, pattern: str, times: int = -1) -> Check:
        """The same for those focus nodes only, in `?this`, for which a group pattern holds."""
        if self.targets_text is not None:
            return replace(self, targets_text=self.targets_text.replace(_FOCUS, pattern))
        return replace(self, text=self.text.replace(_FOCUS, pattern, times).replace(_FOCUS, ""))


@dataclass(frozen=True, slots=True)
class Compiled:
    """The queries for a shapes graph, and the shapes that have none, each with the reason."""

    checks: tuple[Check, ...]
    left_out: dict[Node, str]


def compile(shapes: Shapes, classes: Classes, names: set[str] | None = None) -> Compiled:
    """Compile every shape that has a target; with *names*, those that may have results of rules
    that are called so.

    `classes` says which classes have instances: the queries leave the others out, so that they fit
    these data only.
    """
    checks: list[Check] = []
    left_out: dict[Node, str] = {}
    rules = shapes.with_targets()
    for rule in rules:
        # What a rule finds by a property shape that is a rule itself, is a result of that.
        within = shapes.graph.transitive_objects(rule, SH.property)
        if names is not None and names.isdisjoint(shapes.name(one) for one in within if one):
            continue
        scope = Scope(shapes, classes, strangers=strangers(shapes, rule))
        try:
            found: list[Check] = []
            written = _written(shapes, rule)
            for number, where in enumerate(targets(shapes, classes, rule)):
                place = _Place(rule, rule, where, written=written, is_rest=number > 0)
                found += _shape(scope, place, frozenset(rules))
            # All or nothing: a rule is not to be checked in part here, and again by pySHACL.
            checks += found
        except Unsupported as reason:
            left_out[rule] = str(reason)
    return Compiled(tuple(checks), left_out)


@dataclass(frozen=True, slots=True)
class _Place:
    """A shape, the rule to which it belongs, and where its focus nodes are.

    `outer` are the variables of the focus nodes of the shapes around it: a nested shape gives its
    results once for each of them.
    """

    rule: Node
    shape: Node
    where: Pattern
    outer: tuple[str, ...] = ()
    around: tuple[Node, ...] = ()
    written: Mapping[Node, tuple[Literal, ...]] = field(default_factory=dict)
    is_rest: bool = False

    def sieve(self) -> Sieve | None:
        """A sieve for focus nodes where there are few, or none, since others have been found by
        another target."""
        return sieves.nodes(self.where("?this")) if self.is_rest else None

    def below(
        self, scope: Scope, nested: Node, step: Step | None, rules: frozenset[Node]
    ) -> _Place:
        """The place of a nested property shape: at the value nodes of this shape."""
        if nested in (self.shape, *self.around):
            raise Unsupported("a shape that refers to itself")
        rule = nested if nested in rules else self.rule
        around = (*self.around, self.shape)
        if step is None:
            return replace(self, rule=rule, shape=nested, around=around)
        outer = scope.fresh()

        def where(variable: str) -> str:
            return f"{self.where(outer)} {step.between(outer, variable)}"

        return _Place(rule, nested, where, (*self.outer, outer), around)

    def focus(self) -> str:
        """The query for the focus nodes."""
        return _select(self.where("?this"), ("?this",))[0]


def _written(shapes: Shapes, rule: Node) -> dict[Node, tuple[Literal, ...]]:
    found: dict[Node, tuple[Literal, ...]] = {}
    for node in sorted(shapes.graph.objects(rule, SH.targetNode), key=str):
        if isinstance(node, Literal) and (kept := as_stored(node)) != node:
            found[kept] = (*found.get(kept, ()), node)
    # One that is written as a store keeps it, beside others of the same value.
    return {
        kept: (*others, kept)
        if isinstance(kept, Literal) and (rule, SH.targetNode, kept) in shapes.graph
        else others
        for kept, others in found.items()
    }


def _shape(scope: Scope, place: _Place, rules: frozenset[Node]) -> Iterator[Check]:
    shapes, shape = scope.shapes, place.shape
    if shapes.is_deactivated(shape):
        return
    step = scope.step(shape)
    node = shapes.graph.value(shape, SH.path)
    path = None if node is None else paths.read(shapes.graph, node)
    for parameter in constraints.parameters(shapes, shape, own=True):
        for argument in constraints.arguments(shapes, shape, parameter):
            query = _query(scope, place, parameter, argument, step)
            yield Check(
                place.rule,
                shape,
                constraints.component(parameter),
                path,
                shapes.messages(shape),
                query.text,
                query.columns,
                written=place.written,
                sieve=query.sieve,
                lack=query.lack,
                focus=place.focus(),
            )
    for constraint in sorted(shapes.graph.objects(shape, SH.sparql), key=str):
        if not shapes.is_deactivated(constraint):
            yield _sparql(scope, place, constraint, path, step)
    for use in components.uses(shapes, shape):
        yield _component(shapes, place, use, path, step)
    for nested in sorted(shapes.graph.objects(shape, SH.property), key=str):
        yield from _shape(scope, place.below(scope, nested, step, rules), rules)


class _Query(NamedTuple):
    text: str
    columns: tuple[str, ...]
    sieve: Sieve | None = None
    lack: Lack | None = None


def _query(
    scope: Scope, place: _Place, parameter: URIRef, argument: Node, step: Step | None
) -> _Query:
    """The query for one value of one parameter."""
    where, outer = _FOCUS + place.where("?this"), place.outer
    if parameter in VALUE:
        good = VALUE[parameter](scope, place.shape, argument, "?value")
        values = _values(step)
        text, columns = _select(f"{where} {values} FILTER(!({good}))", ("?this", "?value", *outer))
        if step is None:
            return _Query(text, columns, place.sieve())
        return _Query(text, columns, sieves.values(_reach(scope, place, step), good, _PREFIXES))
    fault = SET[parameter](scope, place.shape, argument, "?this", step)
    pattern, found = f"{where} {fault.pattern}", ["?this"]
    for variable, name in ((fault.value, "?value"), (fault.path, "?path")):
        if variable is not None:
            pattern += f" BIND({variable} AS {name})"
            found.append(name)
    text, columns = _select(pattern, (*found, *outer, *fault.also), fault.having)
    if fault.single and step is not None:
        return _Query(text, columns, sieves.several(_reach(scope, place, step)))
    if fault.lacks and not outer and not place.is_rest:
        return _Query(text, columns, lack=Lack(place.where("?this"), fault.lacks))
    return _Query(text, columns, place.sieve())


def _values(step: Step | None) -> str:
    """A pattern that finds, in `value`, the value nodes of each focus node."""
    return "BIND(?this AS ?value)" if step is None else step.between("?this", "?value")


def _reach(scope: Scope, place: _Place, step: Step) -> str:
    """A pattern that finds, in `value`, the value nodes of a property shape, or more than these."""
    pattern = _values(step)
    # To read all statements of a property is faster than to look for them at each focus node.
    is_particular = scope.shapes.is_particular(place.rule, place.shape)
    return pattern if is_particular else f"{place.where('?this')} {pattern}"


def _sparql(
    scope: Scope, place: _Place, constraint: Node, path: paths.Path | None, step: Step | None
) -> Check:
    shapes = scope.shapes
    text = str(shapes.graph.value(constraint, SH.select) or "")
    if not text:
        raise Unsupported("a SPARQL constraint without sh:select")
    if _FOCUS in text:
        raise Unsupported("a character for private use")
    if step is not None:
        text = with_path(text, constraints.own_path(step))
    text = shapes.prefixes(constraint) + text
    targets, sieve = None, None
    names = about_shapes(text)
    values = {"shapesGraph": SHAPES_GRAPH, "currentShape": place.shape}
    try:
        if names:
            text = with_columns(text, names)
            raise NotSetWise("it looks at the shapes")
        query, columns = set_wise(text, _FOCUS + place.where("?this"), place.outer)
        sieve = place.sieve()
        # What a sieve lets pass is looked for in a column of the query.
        if sieve is None and "value" in columns:
            sieve = sieves.judged(text, place.where("?this"))
    except NotSetWise as reason:
        if reason.is_foreign:
            raise Unsupported(f"a SPARQL constraint in which {reason}") from reason
        query, columns = text, ()
        targets, _ = _select(_FOCUS + place.where("?this"), ("?this", *place.outer))
    return Check(
        place.rule,
        place.shape,
        SH.SPARQLConstraintComponent,
        path,
        shapes.messages(constraint, place.shape),
        query,
        columns,
        constraint=constraint,
        focus_is_value=path is None,
        targets_text=targets,
        given={name: values[name] for name in names},
        written=place.written,
        focus=place.focus(),
        sieve=sieve,
    )


def _component(
    shapes: Shapes, place: _Place, use: Use, path: paths.Path | None, step: Step | None
) -> Check:
    where = f"{_FOCUS}{place.where('?this')} {use.given()}"
    try:
        if use.select:
            text = use.select
            if step is not None:
                text = with_path(text, constraints.own_path(step))
            query, columns = set_wise(text, where, place.outer)
        else:
            prologue, pattern = asked(use.ask)
            values = _values(step)
            found = ("?this", "?value", *place.outer)
            query = (
                f"{prologue}SELECT DISTINCT {' '.join(found)} "
                f"{{ {where} {values} FILTER NOT EXISTS {{ {pattern} }} }}"
            )
            columns = tuple(variable.removeprefix("?") for variable in found)
    except NotSetWise as reason:
        raise Unsupported(f"{use.component}: {reason}") from reason
    if _FOCUS in use.select + use.ask:
        raise Unsupported("a character for private use")
    return Check(
        place.rule,
        place.shape,
        use.component,
        path,
        shapes.messages(place.shape, place.rule, use.validator, use.component),
        query,
        columns,
        focus_is_value=path is None,
        parameters=use.values,
        written=place.written,
        focus=place.focus(),
    )


def _select(
    pattern: str, variables: tuple[str, ...], having: str = ""
) -> tuple[str, tuple[str, ...]]:
    """A query for different solutions, and the names of its columns."""
    listed = " ".join(variables)
    columns = tuple(variable.removeprefix("?") for variable in variables)
    if having:
        grouped = f"GROUP BY {listed} HAVING ({having})"
        return f"{_PREFIXES}SELECT {listed} {{ {pattern} }} {grouped}", columns
    return f"{_PREFIXES}SELECT DISTINCT {listed} {{ {pattern} }}", columns
