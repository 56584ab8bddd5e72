"""Small shapes and small data at random, within what both engines take as SHACL says it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from rdflib import RDF, RDFS, SH, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

EX = Namespace("https://example.org/")
THINGS = [EX[name] for name in "abcd"]
CLASSES = [EX.A, EX.B, EX.C]
PROPERTIES = [EX.p, EX.q, EX.r]
TEXTS = [Literal("x"), Literal("xy"), Literal("x", lang="en"), Literal("z", lang="en")]
TEXTS += [Literal("x", lang="de"), Literal("2026-02-28", datatype=XSD.date)]
NUMBERS = [Literal(1), Literal(2), Literal("2.5", datatype=XSD.decimal)]
VALUES: list[Node] = [*THINGS, *TEXTS, *NUMBERS]
KINDS = [SH.IRI, SH.Literal, SH.BlankNode, SH.IRIOrLiteral, SH.BlankNodeOrIRI]
DATATYPES = [XSD.integer, XSD.decimal, XSD.string, XSD.date, RDF.langString]
NUMBERED = [EX.m, EX.n]
"""Properties whose values can be compared; pySHACL compares a number with a date."""


@st.composite
def data(draw: st.DrawFn) -> Graph:
    """Statements about four things and a blank node, some of them of classes in a hierarchy."""
    graph = Graph()
    subjects: list[Node] = [*THINGS, BNode("blank")]
    for _ in range(draw(st.integers(3, 14))):
        subject = draw(st.sampled_from(subjects))
        match draw(st.sampled_from("pppptn")):
            case "p":
                value = draw(st.sampled_from([*VALUES, BNode("blank")]))
                graph.add((subject, draw(st.sampled_from(PROPERTIES)), value))
            case "t":
                graph.add((subject, RDF.type, draw(st.sampled_from(CLASSES))))
            case _:
                number = draw(st.sampled_from(NUMBERS))
                graph.add((subject, draw(st.sampled_from(NUMBERED)), number))
    if draw(st.booleans()):
        graph.add((EX.B, RDFS.subClassOf, EX.A))
    return graph


@st.composite
def shapes(draw: st.DrawFn, sparql: bool = False) -> Graph:
    """One or two shapes with targets, each with constraints nested up to three deep.

    If *sparql* is set, also with SPARQL constraints.
    """
    graph = Graph()
    for number in range(draw(st.integers(1, 2))):
        shape = EX[f"shape{number}"]
        if draw(st.integers(0, 5)) == 0:
            # A class that is a shape too, and has instances of its own.
            shape = EX.A if number else EX.C
            graph.add((shape, RDF.type, RDFS.Class))
        if draw(st.integers(0, 5)) == 0:
            graph.add((shape, SH.targetNode, draw(st.sampled_from(THINGS))))
        kind = draw(st.sampled_from([SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf]))
        targets: Sequence[Node] = CLASSES if kind == SH.targetClass else PROPERTIES
        graph.add((shape, kind, draw(st.sampled_from(targets))))
        if draw(st.booleans()):
            graph.add((shape, SH.targetClass, EX.A))
        _describe(draw, graph, shape, depth=2, has_path=draw(st.booleans()))
        if sparql and draw(st.integers(0, 3)):
            constraint = BNode()
            # In the shape, or in one that it is not to conform to.
            inner = BNode() if draw(st.booleans()) else shape
            if inner != shape:
                graph.add((shape, SH["not"], inner))
            graph.add((inner, SH.sparql, constraint))
            graph.add((constraint, SH.select, Literal(draw(_select()))))
        if sparql and draw(st.integers(0, 5)) == 0:
            target = BNode()
            graph.add((shape, SH.target, target))
            graph.add((target, RDF.type, SH.SPARQLTarget))
            # Of a solution without a node, pySHACL makes one called None.
            bound = draw(_select()).replace("{ ", "{ $this ?said ?any . ", 1)
            graph.add((target, SH.select, Literal(bound)))
    if sparql and draw(st.booleans()):
        graph.add((EX.whole, RDF.type, SH.NodeShape))
        graph.add((EX.whole, SH.targetNode, EX.graph))
        constraint = BNode()
        graph.add((EX.whole, SH.sparql, constraint))
        graph.add((constraint, SH.select, Literal(draw(_select(whole=True)))))
    return graph


@st.composite
def paths(draw: st.DrawFn) -> Graph:
    """A shape with a path of any kind."""
    graph = Graph()
    graph.add((EX.shape, SH.path, _path(draw, graph, 3)))
    return graph


@st.composite
def _select(draw: st.DrawFn, whole: bool = False) -> str:
    """A query for a SPARQL constraint, with groups of all kinds nested in it."""
    variables = ["?value", "?x", "?y", *([] if whole else ["$this", "$this"])]
    term = st.sampled_from([*variables, *(thing.n3() for thing in THINGS)])
    iris = [*PROPERTIES, *NUMBERED, RDF.type, RDFS.subClassOf]
    step = st.sampled_from([iri.n3() for iri in iris])
    ways = st.recursive(
        step,
        lambda inner: st.one_of(
            st.builds("({}/{})".format, inner, inner),
            st.builds("({}|{})".format, inner, inner),
            st.builds("^({})".format, inner),
            st.builds("({}){}".format, inner, st.sampled_from("*+?")),
        ),
        max_leaves=3,
    )
    verb = st.one_of(step, ways, st.sampled_from(["?p", f"!{EX.p.n3()}"]))
    triple = st.builds("{} {} {} .".format, st.sampled_from(variables), verb, term)
    triples = st.lists(triple, min_size=1, max_size=2).map(" ".join)
    groups = st.recursive(
        triples,
        lambda inner: st.one_of(
            st.builds("{} FILTER NOT EXISTS {{ {} }}".format, inner, inner),
            st.builds("{} FILTER(EXISTS {{ {} }} || isLiteral(?x))".format, inner, inner),
            st.builds("{} OPTIONAL {{ {} }}".format, inner, inner),
            st.builds("{{ {} }} UNION {{ {} }}".format, inner, inner),
            st.builds("{} {{ {} }}".format, inner, inner),
            st.builds("{} FILTER(?x != ?value)".format, inner),
            st.builds(_bound, inner, step),
        ),
        max_leaves=3,
    )
    end = draw(st.sampled_from(["", "", "", " GROUP BY $this HAVING (COUNT(?x) > 1)"]))
    columns = "$this" if end else draw(st.sampled_from(["$this", "$this ?value"]))
    # SPARQL refuses to give a variable two values in one group.
    group = draw(groups.filter(lambda text: text.count(" AS ") < 2))
    return f"SELECT DISTINCT {columns} {{ {group} }}{end}"


def _bound(inner: str, step: str) -> str:
    """A variable may be given a value only once in a group."""
    name = f"?z{inner.count('BIND')}"
    return f"{inner} BIND(?x AS {name}) FILTER NOT EXISTS {{ {name} {step} ?y }}"


def _describe(draw: st.DrawFn, graph: Graph, shape: Node, depth: int, has_path: bool) -> None:
    """Give *shape* some constraints, and a path if it is to be a property shape."""
    graph.add((shape, RDF.type, SH.PropertyShape if has_path else SH.NodeShape))
    if has_path:
        graph.add((shape, SH.path, _path(draw, graph, 2)))
    kinds = [*_SIMPLE, *(_SETS if has_path else []), *(_NESTED if depth else [])]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3, unique=True)):
        _constrain(draw, graph, shape, kind, depth)
    match draw(st.integers(0, 9)):
        case 0:
            graph.add((shape, SH.deactivated, Literal(True)))
        case 1:
            graph.add((shape, SH.severity, draw(st.sampled_from([SH.Warning, EX.Trifle]))))
        case 2:
            graph.add((shape, SH.message, Literal("told", lang="en")))


_SIMPLE = ["class", "datatype", "nodeKind", "minLength"]
_SIMPLE += ["maxLength", "pattern", "languageIn", "in", "hasValue", "equals", "disjoint", "closed"]
_SETS = ["minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals"]
_SETS += ["minInclusive", "maxInclusive", "minExclusive", "maxExclusive"]
_NESTED = ["not", "and", "or", "xone", "node", "property", "property", "qualified"]


def _constrain(draw: st.DrawFn, graph: Graph, shape: Node, kind: str, depth: int) -> None:
    def one(options: Sequence[Node]) -> Node:
        return draw(st.sampled_from(options))

    def nested(has_path: bool | None = None) -> Node:
        inner = BNode()
        asked = draw(st.booleans()) if has_path is None else has_path
        _describe(draw, graph, inner, depth - 1, asked)
        return inner

    def several(make: object, least: int, most: int) -> Node:
        assert callable(make)
        members = [make() for _ in range(draw(st.integers(least, most)))]
        return Collection(graph, BNode(), members).uri

    def add(value: Node) -> None:
        graph.add((shape, SH[kind], value))

    match kind:
        case "class":
            add(one(CLASSES))
        case "datatype":
            add(one(DATATYPES))
        case "nodeKind":
            add(one(KINDS))
        case "minInclusive" | "maxInclusive" | "minExclusive" | "maxExclusive":
            graph.set((shape, SH.path, one(NUMBERED)))
            add(one(NUMBERS))
        case "minLength" | "maxLength":
            add(Literal(draw(st.integers(1, 4))))
        case "pattern":
            add(Literal(draw(st.sampled_from(["x", "^X$", "[0-9]", "org/[ab]$"]))))
            graph.add((shape, SH.flags, Literal("i")))
        case "languageIn":
            add(several(lambda: Literal(draw(st.sampled_from(["en", "de"]))), 1, 2))
        case "in":
            add(several(lambda: one(VALUES), 1, 3))
        case "hasValue":
            add(one(VALUES))
        case "equals" | "disjoint":
            add(one(PROPERTIES))
        case "closed":
            add(Literal(True))
            ignored = Collection(graph, BNode(), [RDF.type, one(PROPERTIES)])
            graph.add((shape, SH.ignoredProperties, ignored.uri))
        case "minCount" | "maxCount":
            add(Literal(draw(st.integers(0, 3))))
        case "uniqueLang":
            add(Literal(True))
        case "lessThan" | "lessThanOrEquals":
            graph.set((shape, SH.path, one(NUMBERED)))
            add(one(NUMBERED))
        case "not":
            add(nested())
        case "node":
            add(nested(has_path=False))
        case "and" | "or" | "xone":
            add(several(nested, 1, 3))
        case "property":
            add(nested(has_path=True))
        case "qualified":
            if (shape, SH.path, None) in graph:
                graph.add((shape, SH.qualifiedValueShape, nested()))
                bound = draw(st.sampled_from([SH.qualifiedMinCount, SH.qualifiedMaxCount]))
                graph.add((shape, bound, Literal(draw(st.integers(0, 2)))))
                if draw(st.booleans()):
                    graph.add((shape, SH.qualifiedValueShapesDisjoint, Literal(True)))


def _path(draw: st.DrawFn, graph: Graph, depth: int) -> Node:
    kinds = "pppp" + ("isa*+?" if depth else "")
    kind = draw(st.sampled_from(kinds))
    if kind == "p":
        found: URIRef = draw(st.sampled_from(PROPERTIES))
        return found
    members = [_path(draw, graph, depth - 1) for _ in range(2 if kind in "sa" else 1)]
    if kind == "s":
        return Collection(graph, BNode(), members).uri
    node = BNode()
    names = {"i": "inversePath", "a": "alternativePath", "*": "zeroOrMorePath"}
    names |= {"+": "oneOrMorePath", "?": "zeroOrOnePath"}
    value = Collection(graph, BNode(), members).uri if kind == "a" else members[0]
    graph.add((node, SH[names[kind]], value))
    return node
