"""The constraint components of SHACL Core, each as a condition in SPARQL.

A component is one small function from the value of its parameter to SPARQL text. Components that
look at one value node at a time (`VALUE`) give a condition that is true for a good value; from it
both the query that reports bad values and the condition of a nested shape follow. Components that
look at the set of value nodes (`SET`) give a group pattern that finds focus nodes, or values, at
fault.

Source: SHACL section 4; the function for each parameter names the subsection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from rdflib import RDF, SH, XSD, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph.validation import paths
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.targets import Classes, Unsupported


class Scope:
    """What the functions share: the shapes, the classes, and a source of fresh variables."""

    def __init__(self, shapes: Shapes, classes: Classes) -> None:
        self.shapes = shapes
        self.graph = shapes.graph
        self.classes = classes
        self._count = 0
        self._open: list[Node] = []

    def fresh(self) -> str:
        """A variable that no other pattern uses."""
        self._count += 1
        return f"?v{self._count}"

    def conforms(self, shape: Node, variable: str) -> str:
        """A condition that is true where the node in *variable* conforms to *shape*."""
        if self.shapes.is_deactivated(shape):
            return "true"
        if shape in self._open:
            raise Unsupported("a shape that refers to itself")
        self._open.append(shape)
        try:
            return self._conforms(shape, variable)
        finally:
            self._open.pop()

    def _conforms(self, shape: Node, variable: str) -> str:
        step = path_text(self.shapes, shape)
        conditions: list[str] = []
        for parameter in parameters(self.shapes, shape):
            for argument in arguments(self.shapes, shape, parameter):
                if parameter in VALUE:
                    if step is None:
                        conditions.append(VALUE[parameter](self, shape, argument, variable))
                    else:
                        value = self.fresh()
                        good = VALUE[parameter](self, shape, argument, value)
                        conditions.append(
                            f"NOT EXISTS {{ {variable} {step} {value} FILTER(!({good})) }}"
                        )
                else:
                    pattern = SET[parameter](self, shape, argument, variable, step).nested
                    conditions.append(f"NOT EXISTS {{ {pattern} }}")
        for nested in self.graph.objects(shape, SH.property):
            if step is None:
                conditions.append(self.conforms(nested, variable))
            else:
                value = self.fresh()
                good = self.conforms(nested, value)
                conditions.append(f"NOT EXISTS {{ {variable} {step} {value} FILTER(!({good})) }}")
        return " && ".join(f"({condition})" for condition in conditions) or "true"


@dataclass(frozen=True, slots=True)
class Fault:
    """How a set of value nodes is found to be at fault.

    `pattern` and `having` make the query for all focus nodes, `nested` holds (as the body of an
    EXISTS) for one focus node; `value` is the variable of the culprit, None where the whole set is.
    """

    pattern: str
    nested: str
    value: str | None = None
    having: str = ""


ValueFunction: TypeAlias = Callable[[Scope, Node, Node, str], str]
SetFunction: TypeAlias = Callable[[Scope, Node, Node, str, str | None], Fault]


def parameters(shapes: Shapes, shape: Node) -> list[URIRef]:
    """The parameters of SHACL Core that *shape* has, sorted.

    Raises Unsupported for a parameter of SHACL that is neither known here nor without effect.
    """
    found: set[URIRef] = set()
    for predicate in set(shapes.graph.predicates(shape)):
        if predicate in VALUE or predicate in SET:
            found.add(URIRef(str(predicate)))
        elif str(predicate).startswith(str(SH)) and predicate not in _WITHOUT_EFFECT:
            raise Unsupported(f"sh:{str(predicate).removeprefix(str(SH))}")
    return sorted(found)


def arguments(shapes: Shapes, shape: Node, parameter: URIRef) -> list[Node]:
    """The values of *parameter*, sorted; a shape may repeat most parameters."""
    return sorted(shapes.graph.objects(shape, parameter), key=str)


def path_text(shapes: Shapes, shape: Node) -> str | None:
    """The path of a property shape in SPARQL, in brackets; None for a node shape."""
    node = shapes.graph.value(shape, SH.path)
    return None if node is None else f"({paths.sparql(paths.read(shapes.graph, node))})"


def component(parameter: URIRef) -> URIRef:
    """The constraint component of a parameter: sh:MinCountConstraintComponent for sh:minCount."""
    name = str(parameter).removeprefix(str(SH))
    name = {"qualifiedMinCount": "QualifiedMinCount", "qualifiedMaxCount": "QualifiedMaxCount"}.get(
        name, name[0].upper() + name[1:]
    )
    return SH[f"{name}ConstraintComponent"]


# ── Conditions on one value node ────────────────────────────────────────────────────────────────


def _class(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return f"EXISTS {{ {scope.classes.instance(value, argument)} }}"


def _datatype(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    condition = f"isLiteral({value}) && datatype({value}) = {argument.n3()}"
    if (form := _LEXICAL.get(URIRef(str(argument)))) is not None:
        condition += f" && {form.format(value)}"
    return f"COALESCE({condition}, false)"


def _node_kind(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    tests = {"IRI": "isIRI", "BlankNode": "isBlank", "Literal": "isLiteral"}
    kinds = str(argument).removeprefix(str(SH)).split("Or")
    return " || ".join(f"{tests[kind]}({value})" for kind in kinds)


def _in(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    options = list(Collection(scope.graph, argument))
    return " || ".join(f"sameTerm({value}, {option.n3()})" for option in options) or "false"


def _pattern(scope: Scope, shape: Node, argument: Node, value: str) -> str:
    flags = scope.graph.value(shape, SH.flags)
    regex = ", ".join(Literal(str(part)).n3() for part in (argument, flags) if part is not None)
    return f"COALESCE(!isBlank({value}) && REGEX(STR({value}), {regex}), false)"


def _min_length(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return f"COALESCE(!isBlank({value}) && STRLEN(STR({value})) >= {argument}, false)"


def _max_length(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return f"COALESCE(!isBlank({value}) && STRLEN(STR({value})) <= {argument}, false)"


def _language_in(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    options = [Literal(str(tag)).n3() for tag in Collection(scope.graph, argument)]
    matches = " || ".join(f"langMatches(LANG({value}), {tag})" for tag in options) or "false"
    return f"COALESCE(isLiteral({value}) && ({matches}), false)"


def _compared(operator: str) -> ValueFunction:
    def condition(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
        return f"COALESCE({value} {operator} {argument.n3()}, false)"

    return condition


def _node(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return scope.conforms(argument, value)


def _not(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return f"!({scope.conforms(argument, value)})"


def _and(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    members = Collection(scope.graph, argument)
    return " && ".join(f"({scope.conforms(member, value)})" for member in members)


def _or(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    members = Collection(scope.graph, argument)
    return " || ".join(f"({scope.conforms(member, value)})" for member in members)


def _xone(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    members = [scope.conforms(member, value) for member in Collection(scope.graph, argument)]
    return f"{' + '.join(f'IF({member}, 1, 0)' for member in members)} = 1"


# ── Faults of a set of value nodes ──────────────────────────────────────────────────────────────


def _min_count(scope: Scope, _shape: Node, argument: Node, focus: str, step: str | None) -> Fault:
    count, value = int(str(argument)), scope.fresh()
    if count == 0:
        return Fault("FILTER(false)", "FILTER(false)")
    if count == 1:
        pattern = f"FILTER NOT EXISTS {{ {focus} {step} {value} }}"
        return Fault(pattern, pattern)
    nested = f"FILTER NOT EXISTS {{ {_distinct_values(scope, focus, step, count)} }}"
    return Fault(
        f"OPTIONAL {{ {focus} {step} {value} }}", nested, None, f"COUNT(DISTINCT {value}) < {count}"
    )


def _max_count(scope: Scope, _shape: Node, argument: Node, focus: str, step: str | None) -> Fault:
    count, value = int(str(argument)), scope.fresh()
    nested = _distinct_values(scope, focus, step, count + 1)
    return Fault(f"{focus} {step} {value} .", nested, None, f"COUNT(DISTINCT {value}) > {count}")


def _has_value(_scope: Scope, _shape: Node, argument: Node, focus: str, step: str | None) -> Fault:
    if step is None:
        pattern = f"FILTER(!sameTerm({focus}, {argument.n3()}))"
    else:
        pattern = f"FILTER NOT EXISTS {{ {focus} {step} {argument.n3()} }}"
    return Fault(pattern, pattern)


def _equals(scope: Scope, _shape: Node, argument: Node, focus: str, step: str | None) -> Fault:
    value, other = scope.fresh(), argument.n3()
    if step is None:
        raise Unsupported("sh:equals on a node shape")
    pattern = (
        f"{{ {focus} {step} {value} FILTER NOT EXISTS {{ {focus} {other} {value} }} }} UNION "
        f"{{ {focus} {other} {value} FILTER NOT EXISTS {{ {focus} {step} {value} }} }}"
    )
    return Fault(pattern, pattern, value)


def _disjoint(scope: Scope, _shape: Node, argument: Node, focus: str, step: str | None) -> Fault:
    value = scope.fresh()
    if step is None:
        pattern = f"{focus} {argument.n3()} {focus} BIND({focus} AS {value})"
    else:
        pattern = f"{focus} {step} {value} . {focus} {argument.n3()} {value} ."
    return Fault(pattern, pattern, value)


def _less_than(operator: str) -> SetFunction:
    def fault(scope: Scope, _shape: Node, argument: Node, focus: str, step: str | None) -> Fault:
        value, other = scope.fresh(), scope.fresh()
        pattern = (
            f"{focus} {step} {value} . {focus} {argument.n3()} {other} . "
            f"FILTER(!COALESCE({value} {operator} {other}, false))"
        )
        return Fault(pattern, pattern, value)

    return fault


def _qualified(
    scope: Scope, shape: Node, argument: Node, focus: str, step: str | None, least: bool
) -> Fault:
    count, value = int(str(argument)), scope.fresh()
    graph = scope.graph
    qualified = graph.value(shape, SH.qualifiedValueShape)
    if qualified is None:
        raise Unsupported("a qualified count without sh:qualifiedValueShape")
    if (shape, SH.qualifiedValueShapesDisjoint, Literal(True)) in graph:
        raise Unsupported("sh:qualifiedValueShapesDisjoint")
    match = f"{focus} {step} {value} FILTER({scope.conforms(qualified, value)})"
    if least and count == 1:
        pattern = f"FILTER NOT EXISTS {{ {match} }}"
        return Fault(pattern, pattern)
    if not least and count == 0:
        return Fault(match, match)
    raise Unsupported("a qualified count other than at least one or at most none")


def _qualified_min(s: Scope, shape: Node, argument: Node, focus: str, step: str | None) -> Fault:
    return _qualified(s, shape, argument, focus, step, least=True)


def _qualified_max(s: Scope, shape: Node, argument: Node, focus: str, step: str | None) -> Fault:
    return _qualified(s, shape, argument, focus, step, least=False)


def _distinct_values(scope: Scope, focus: str, step: str | None, count: int) -> str:
    if count > 4:
        raise Unsupported("a count above four inside another shape")
    values = [scope.fresh() for _ in range(count)]
    triples = " . ".join(f"{focus} {step} {value}" for value in values)
    pairs = [
        f"!sameTerm({one}, {other})"
        for place, one in enumerate(values)
        for other in values[place + 1 :]
    ]
    return f"{triples} FILTER({' && '.join(pairs) or 'true'})"


_INTEGER = 'REGEX(STR({0}), "^[+-]?[0-9]+$")'
_LEXICAL = {
    XSD.boolean: 'REGEX(STR({0}), "^(true|false|0|1)$")',
    XSD.integer: _INTEGER,
    XSD.nonNegativeInteger: f"{_INTEGER} && !STRSTARTS(STR({{0}}), '-')",
    XSD.positiveInteger: f"{_INTEGER} && xsd:integer(STR({{0}})) > 0",
    XSD.decimal: r'REGEX(STR({0}), "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$")',
    XSD.double: "isNumeric({0})",
    XSD.float: "isNumeric({0})",
    XSD.date: "isLiteral(xsd:date(STR({0})))",
    XSD.dateTime: "isLiteral(xsd:dateTime(STR({0})))",
    XSD.time: "isLiteral(xsd:time(STR({0})))",
    RDF.langString: 'LANG({0}) != ""',
}
"""What the lexical form of a datatype has to look like; forms that a cast refuses are an error."""

VALUE: dict[URIRef, ValueFunction] = {
    SH["class"]: _class,  # 4.1.1
    SH.datatype: _datatype,  # 4.1.2
    SH.nodeKind: _node_kind,  # 4.1.3
    SH.minExclusive: _compared(">"),  # 4.3
    SH.minInclusive: _compared(">="),
    SH.maxExclusive: _compared("<"),
    SH.maxInclusive: _compared("<="),
    SH.minLength: _min_length,  # 4.4
    SH.maxLength: _max_length,
    SH.pattern: _pattern,
    SH.languageIn: _language_in,
    SH["not"]: _not,  # 4.6
    SH["and"]: _and,
    SH["or"]: _or,
    SH.xone: _xone,
    SH.node: _node,  # 4.7.1
    SH["in"]: _in,  # 4.8.3
}
"""Components that judge one value node at a time."""

SET: dict[URIRef, SetFunction] = {
    SH.minCount: _min_count,  # 4.2
    SH.maxCount: _max_count,
    SH.equals: _equals,  # 4.5
    SH.disjoint: _disjoint,
    SH.lessThan: _less_than("<"),
    SH.lessThanOrEquals: _less_than("<="),
    SH.qualifiedMinCount: _qualified_min,  # 4.7.3
    SH.qualifiedMaxCount: _qualified_max,
    SH.hasValue: _has_value,  # 4.8.2
}
"""Components that judge the set of value nodes."""

_WITHOUT_EFFECT = {
    SH.path,
    SH.property,
    SH.sparql,
    SH.targetClass,
    SH.targetNode,
    SH.targetSubjectsOf,
    SH.targetObjectsOf,
    SH.severity,
    SH.message,
    SH.deactivated,
    SH.name,
    SH.description,
    SH.order,
    SH.group,
    SH.defaultValue,
    SH.flags,
    SH.ignoredProperties,
    SH.qualifiedValueShape,
    SH.qualifiedValueShapesDisjoint,
}
