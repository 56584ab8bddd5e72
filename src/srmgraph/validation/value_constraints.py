"""Constraint components that judge one value node at a time.

Each is a condition in SPARQL that is true for a good value node; from it both the query that
reports bad values and the condition of a nested shape follow.

Source: SHACL section 4; the table at the end names the subsections.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph
from rdflib import SH, BNode, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph.terms import n_triples
from srmgraph.validation import datatypes
from srmgraph.validation.datatypes import number
from srmgraph.validation.targets import Unsupported

if TYPE_CHECKING:
    from srmgraph.validation.constraints import Scope

ValueFunction: TypeAlias = Callable[["Scope", Node, Node, str], str]
"""Takes the scope, the shape, the parameter's value and the variable of the value node."""


def _class(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return f"EXISTS {{ {scope.classes.instance(value, argument)} }}"


def _datatype(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return datatypes.condition(URIRef(str(argument)), value)


def _node_kind(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    tests = {"IRI": "isIRI", "BlankNode": "isBlank", "Literal": "isLiteral"}
    kinds = str(argument).removeprefix(str(SH)).split("Or")
    return " || ".join(f"{tests[kind]}({value})" for kind in kinds)


def _in(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    options = list(Collection(scope.graph, argument))
    if any(isinstance(option, BNode) for option in options):
        raise Unsupported("a blank node in sh:in")
    names = [n_triples(option) for option in options if isinstance(option, URIRef)]
    # IRIs are equal where they are the same; literals may be equal that are not.
    found = [f"{value} IN ({', '.join(names)})"] if names else []
    found += [
        f"sameTerm({value}, {n_triples(option)})"
        for option in options
        if not isinstance(option, URIRef)
    ]
    return " || ".join(found) or "false"


def _pattern(scope: Scope, shape: Node, argument: Node, value: str) -> str:
    flags = scope.graph.value(shape, SH.flags)
    regex = ", ".join(
        n_triples(Literal(str(part))) for part in (argument, flags) if part is not None
    )
    if not is_understood(regex):
        raise Unsupported(f"the pattern {argument}")
    return f"COALESCE(!isBlank({value}) && REGEX(STR({value}), {regex}), false)"


def is_understood(regex: str) -> bool:
    """Whether the engine knows the regular expression; otherwise it would match nothing at all."""
    answer = pyoxigraph.Store().query(f'SELECT (REGEX("", {regex}) AS ?found) {{}}')
    assert isinstance(answer, pyoxigraph.QuerySolutions)
    return next(answer)["found"] is not None


def _min_length(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return f"COALESCE(!isBlank({value}) && STRLEN(STR({value})) >= {number(argument)}, false)"


def _max_length(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return f"COALESCE(!isBlank({value}) && STRLEN(STR({value})) <= {number(argument)}, false)"


def _language_in(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    options = [n_triples(Literal(str(tag))) for tag in Collection(scope.graph, argument)]
    matches = " || ".join(f"langMatches(LANG({value}), {tag})" for tag in options) or "false"
    return f"COALESCE(isLiteral({value}) && ({matches}), false)"


def _compared(operator: str) -> ValueFunction:
    def condition(_scope: Scope, _shape: Node, argument: Node, value: str) -> str:
        return f"COALESCE({value} {operator} {n_triples(argument)}, false)"

    return condition


def _node(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return scope.conforms(argument, value)


def _not(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    return f"!({scope.conforms(argument, value)})"


def _and(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    members = Collection(scope.graph, argument)
    return " && ".join(f"({scope.conforms(member, value)})" for member in members) or "true"


def _or(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    members = Collection(scope.graph, argument)
    return " || ".join(f"({scope.conforms(member, value)})" for member in members) or "false"


def _xone(scope: Scope, _shape: Node, argument: Node, value: str) -> str:
    members = [scope.conforms(member, value) for member in Collection(scope.graph, argument)]
    return f"{' + '.join(f'IF({member}, 1, 0)' for member in members) or '0'} = 1"


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
"""The function for each parameter."""
