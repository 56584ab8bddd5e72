"""Whether a shapes graph keeps the syntax rules of SHACL, so that a mistake in it is told as one.

Only shapes that are used are looked at: those with a target, and those to which they refer.

Source: SHACL, appendix A (summary of the syntax rules).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pyoxigraph
from rdflib import RDF, SH, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph import sparql
from srmgraph.errors import ShapesError
from srmgraph.store.query_errors import query_error
from srmgraph.terms import n_triples
from srmgraph.validation import paths, prebinding
from srmgraph.validation.remarks import called
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.value_constraints import is_understood

_PATH = re.compile(r"[$?]PATH\b")
_PREFIXES = "Write PREFIX … in the query, or name by sh:prefixes what has sh:declare for it."

_Test: TypeAlias = Callable[[Graph, Node], bool]


def check(shapes: Shapes) -> None:
    """Raise ShapesError, which lists all faults, when a shape that is used is not well-formed."""
    seen: set[Node] = set()
    waiting = shapes.with_targets()
    faults: list[tuple[Node, str]] = []
    while waiting:
        shape = waiting.pop()
        if shape in seen:
            continue
        seen.add(shape)
        faults += [(shape, fault) for fault in _faults(shapes.graph, shape)]
        waiting += _mentioned(shapes.graph, shape)
    faults += _queries(shapes)
    faults += _entailments(shapes.graph)
    if faults:
        raise ShapesError(
            "The shapes break the rules of SHACL.",
            sorted(
                (
                    f"{called(shapes, shape)}: {fault}",
                    min(map(str, shapes.named_owners(shape)), default=""),
                )
                for shape, fault in faults
            ),
        )


def _faults(graph: Graph, shape: Node) -> Iterator[str]:
    if isinstance(shape, Literal):
        yield f"{n_triples(shape)} is a text, not a shape."
        return
    for parameter in sorted(set(graph.predicates(shape)) & set(_PARAMETERS), key=str):
        name, (words, test) = str(parameter).replace(str(SH), "sh:"), _PARAMETERS[parameter]
        values = sorted(graph.objects(shape, parameter), key=str)
        if len(values) > 1 and parameter not in _REPEATABLE:
            yield f"{name} may be given once, not {len(values)} times."
        yield from (
            f"{name} takes {words}, not {_text(value)}."
            for value in values
            if not test(graph, value)
        )
        if parameter in _NEED_A_PATH and (shape, SH.path, None) not in graph:
            yield f"{name} needs a path: give the shape sh:path."
    for nested in sorted(graph.objects(shape, SH.property), key=str):
        if not isinstance(nested, Literal) and (nested, SH.path, None) not in graph:
            yield f"sh:property takes a property shape, and {_text(nested)} has no sh:path."
    for nested in sorted(graph.objects(shape, SH.node), key=str):
        if (nested, SH.path, None) in graph:
            yield f"sh:node takes a node shape, and {_text(nested)} has a sh:path: use sh:property."
    for constraint in graph.objects(shape, SH.sparql):
        texts = list(graph.objects(constraint, SH.select))
        if len(texts) != 1 or not _is_text(graph, texts[0]):
            yield "sh:sparql takes a SPARQL constraint: one with one text as sh:select."
        else:
            yield from prebinding.faults(str(texts[0]))


def _queries(shapes: Shapes) -> Iterator[tuple[Node, str]]:
    """SERVICE in any query whatever, for nothing is to be fetched from the network; and a SELECT or
    ASK that cannot be read."""
    for predicate in (SH.select, SH.ask, SH.construct, SH.update):
        for subject, text in shapes.graph.subject_objects(predicate):
            if sparql.is_federated(str(text)):
                yield subject, "its SPARQL contains SERVICE, and SHACL forbids that."
            elif predicate in (SH.select, SH.ask) and _is_text(shapes.graph, text):
                yield from (
                    (subject, fault) for fault in _unreadable(shapes.prefixes(subject), str(text))
                )


def _entailments(graph: Graph) -> Iterator[tuple[Node, str]]:
    """What is to be inferred while validating: a processor that does not do so has to refuse it.

    Source: SHACL, section 3.4 (validation with entailment).
    """
    for subject, regime in graph.subject_objects(SH.entailment):
        yield (
            subject,
            f"nothing is inferred by {_text(regime)} while validating. Take sh:entailment out, and "
            "add what follows beforehand (--infer).",
        )


def _unreadable(prefixes: str, text: str) -> Iterator[str]:
    # What stands for the path is replaced by a path, which not every place of a variable takes.
    query = prefixes + _PATH.sub("<urn:path>", text)
    try:
        pyoxigraph.Store().query(query)
    except SyntaxError as error:
        told = query_error(error, query)
        line = (told.line or 1) - prefixes.count("\n")
        reason = told.reason
        if reason.startswith("The prefix "):
            reason = f"{reason.partition('. ')[0]}. {_PREFIXES}"
        yield f"its SPARQL cannot be read (line {line} of it). {reason}"


def _mentioned(graph: Graph, shape: Node) -> Iterator[Node]:
    for predicate in (SH.property, SH.node, SH["not"], SH.qualifiedValueShape):
        yield from graph.objects(shape, predicate)
    for predicate in (SH["and"], SH["or"], SH.xone):
        for head in graph.objects(shape, predicate):
            yield from _members(graph, head) or ()


def _members(graph: Graph, head: Node) -> list[Node] | None:
    """The members of a list; None when it is none."""
    members: list[Node] = []
    seen: set[Node] = set()
    while head != RDF.nil:
        first, rest = list(graph.objects(head, RDF.first)), list(graph.objects(head, RDF.rest))
        if head in seen or len(first) != 1 or len(rest) != 1:
            return None
        seen.add(head)
        members += first
        head = rest[0]
    return members


def _text(node: Node) -> str:
    return "this one" if isinstance(node, BNode) else n_triples(node)


# ── What a parameter takes ──────────────────────────────────────────────────────────────────────


def _is_iri(_graph: Graph, node: Node) -> bool:
    return isinstance(node, URIRef)


def _is_shape(_graph: Graph, node: Node) -> bool:
    return not isinstance(node, Literal)


def _is_literal(_graph: Graph, node: Node) -> bool:
    return isinstance(node, Literal)


def _is_text(_graph: Graph, node: Node) -> bool:
    return (
        isinstance(node, Literal) and node.language is None and node.datatype in (None, XSD.string)
    )


def _is_pattern(graph: Graph, node: Node) -> bool:
    if not _is_text(graph, node):
        return False
    try:
        # What XPath does not know, Python may, and it is left to pySHACL.
        re.compile(str(node))
    except re.error:
        return is_understood(n_triples(node))
    return True


def _are_flags(graph: Graph, node: Node) -> bool:
    return _is_text(graph, node) and set(str(node)) <= set("smixq")


def _is_message(_graph: Graph, node: Node) -> bool:
    return isinstance(node, Literal) and node.datatype in (None, XSD.string, RDF.langString)


def _is_truth_value(_graph: Graph, node: Node) -> bool:
    return isinstance(node, Literal) and node.datatype == XSD.boolean and str(node) in _TRUTH_VALUES


def _is_count(_graph: Graph, node: Node) -> bool:
    return (
        isinstance(node, Literal)
        and node.datatype == XSD.integer
        and str(node).removeprefix("+").isdecimal()
    )


def _is_node_kind(_graph: Graph, node: Node) -> bool:
    return node in _NODE_KINDS


def _is_path(graph: Graph, node: Node) -> bool:
    try:
        paths.read(graph, node)
    except ShapesError:
        return False
    return True


def _is_list(test: _Test) -> _Test:
    def is_list(graph: Graph, node: Node) -> bool:
        members = _members(graph, node)
        return members is not None and all(test(graph, member) for member in members)

    return is_list


def _is_anything(_graph: Graph, _node: Node) -> bool:
    return True


_TRUTH_VALUES = ("true", "false", "1", "0")
_NODE_KINDS = {
    SH[kind]
    for kind in (
        *("IRI", "BlankNode", "Literal"),
        *("BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"),
    )
}
_AN_IRI = ("an IRI", _is_iri)
_A_LITERAL = ("a literal", _is_literal)
_A_COUNT = ("a whole number that is not negative", _is_count)
_A_TRUTH_VALUE = ("true or false", _is_truth_value)
_A_SHAPE = ("a shape", _is_shape)
_SHAPES = ("a list of shapes", _is_list(_is_shape))

_PARAMETERS: dict[Node, tuple[str, _Test]] = {
    SH.path: ("a property path", _is_path),
    SH.severity: _AN_IRI,
    SH.message: ("a text", _is_message),
    SH.deactivated: _A_TRUTH_VALUE,
    SH.targetClass: _AN_IRI,
    SH.targetSubjectsOf: _AN_IRI,
    SH.targetObjectsOf: _AN_IRI,
    SH["class"]: _AN_IRI,
    SH.datatype: _AN_IRI,
    SH.nodeKind: ("a kind of node, such as sh:IRI", _is_node_kind),
    SH.minCount: _A_COUNT,
    SH.maxCount: _A_COUNT,
    SH.minExclusive: _A_LITERAL,
    SH.minInclusive: _A_LITERAL,
    SH.maxExclusive: _A_LITERAL,
    SH.maxInclusive: _A_LITERAL,
    SH.minLength: _A_COUNT,
    SH.maxLength: _A_COUNT,
    SH.pattern: ("a regular expression", _is_pattern),
    SH.flags: ("flags of a regular expression (s, m, i, x, q)", _are_flags),
    SH.languageIn: ("a list of language tags", _is_list(_is_text)),
    SH.uniqueLang: _A_TRUTH_VALUE,
    SH.equals: _AN_IRI,
    SH.disjoint: _AN_IRI,
    SH.lessThan: _AN_IRI,
    SH.lessThanOrEquals: _AN_IRI,
    SH["not"]: _A_SHAPE,
    SH["and"]: _SHAPES,
    SH["or"]: _SHAPES,
    SH.xone: _SHAPES,
    SH.node: _A_SHAPE,
    SH.property: _A_SHAPE,
    SH.qualifiedValueShape: _A_SHAPE,
    SH.qualifiedMinCount: _A_COUNT,
    SH.qualifiedMaxCount: _A_COUNT,
    SH.qualifiedValueShapesDisjoint: _A_TRUTH_VALUE,
    SH.closed: _A_TRUTH_VALUE,
    SH.ignoredProperties: ("a list of IRIs", _is_list(_is_iri)),
    SH["in"]: ("a list", _is_list(_is_anything)),
}
"""What each parameter takes, in words and as a test."""

_REPEATABLE = {
    SH.message,
    SH.targetClass,
    SH.targetSubjectsOf,
    SH.targetObjectsOf,
    SH["class"],
    SH.equals,
    SH.disjoint,
    SH.lessThan,
    SH.lessThanOrEquals,
    SH["not"],
    SH["and"],
    SH["or"],
    SH.xone,
    SH.node,
    SH.property,
}
"""What a shape may say more than once."""

_NEED_A_PATH = {
    SH.minCount,
    SH.maxCount,
    SH.uniqueLang,
    SH.lessThan,
    SH.lessThanOrEquals,
    SH.qualifiedValueShape,
}
"""What only a property shape may say."""
