"""A structural check of the OWL 2 RL profile over an RDF graph.

Source: OWL 2 Web Ontology Language Profiles (second edition), section 4.2: which class expressions
may stand on the left, on the right and on both sides of an axiom, which datatypes exist, and
which axioms do not.
"""

from collections.abc import Iterator

from rdflib import OWL, RDF, RDFS, XSD, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

_XSD_NAMES = (
    "decimal integer nonNegativeInteger nonPositiveInteger positiveInteger negativeInteger long "
    "int short byte unsignedLong unsignedInt unsignedShort unsignedByte float double string "
    "normalizedString token language Name NCName NMTOKEN boolean hexBinary base64Binary anyURI "
    "dateTime dateTimeStamp"
)
DATATYPES = {XSD[name] for name in _XSD_NAMES.split()} | {
    RDF.PlainLiteral,
    RDF.XMLLiteral,
    RDF.langString,
    RDFS.Literal,
}


def faults(graph: Graph) -> list[str]:
    """Every way in which the axioms of *graph* leave OWL 2 RL, in words, sorted."""
    return sorted(set(_faults(graph)))


def _faults(graph: Graph) -> Iterator[str]:
    for left, right in graph.subject_objects(RDFS.subClassOf):
        yield from _left(graph, left)
        yield from _right(graph, right)
    for one, other in graph.subject_objects(OWL.equivalentClass):
        yield from _both(graph, one)
        yield from _both(graph, other)
    for one, other in graph.subject_objects(OWL.disjointWith):
        yield from _left(graph, one)
        yield from _left(graph, other)
    for axiom in graph.subjects(RDF.type, OWL.AllDisjointClasses):
        for member in _items(graph, graph.value(axiom, OWL.members)):
            yield from _left(graph, member)
    for named in graph.subjects(OWL.disjointUnionOf):
        yield f"{named}: DisjointUnion is no axiom of OWL 2 RL"
    for named in graph.subjects(RDF.type, OWL.ReflexiveProperty):
        yield f"{named}: ReflexiveObjectProperty is no axiom of OWL 2 RL"
    for expression in (OWL.unionOf, OWL.oneOf, OWL.complementOf):
        for named in graph.subjects(expression):
            if isinstance(named, URIRef):
                yield f"{named}: is defined by {_short(expression)}, not allowed on both sides"
    for domain_or_range in (RDFS.domain, RDFS.range):
        for name, limit in graph.subject_objects(domain_or_range):
            kinds = set(graph.objects(name, RDF.type))
            if OWL.AnnotationProperty in kinds:
                continue
            if OWL.DatatypeProperty in kinds and domain_or_range == RDFS.range:
                if limit not in DATATYPES:
                    yield f"{name}: has the range {_short(limit)}, no datatype of OWL 2 RL"
            else:
                yield from _right(graph, limit)


def _left(graph: Graph, expression: Node) -> Iterator[str]:
    if isinstance(expression, URIRef):
        if expression == OWL.Thing:
            yield "owl:Thing stands on the left of a class axiom"
        return
    for junction in (OWL.intersectionOf, OWL.unionOf):
        if (members := graph.value(expression, junction)) is not None:
            for member in _items(graph, members):
                yield from _left(graph, member)
            return
    if {OWL.oneOf, OWL.hasValue} & set(graph.predicates(expression)):
        return
    if (filler := graph.value(expression, OWL.someValuesFrom)) is not None:
        if filler != OWL.Thing and filler not in DATATYPES:
            yield from _left(graph, filler)
        return
    yield f"{_words(graph, expression)} may not stand on the left of a class axiom"


def _right(graph: Graph, expression: Node) -> Iterator[str]:
    if isinstance(expression, URIRef):
        if expression == OWL.Thing:
            yield "owl:Thing stands on the right of a class axiom"
        return
    if (members := graph.value(expression, OWL.intersectionOf)) is not None:
        for member in _items(graph, members):
            yield from _right(graph, member)
        return
    if (negated := graph.value(expression, OWL.complementOf)) is not None:
        yield from _left(graph, negated)
        return
    if (filler := graph.value(expression, OWL.allValuesFrom)) is not None:
        if filler not in DATATYPES:
            yield from _right(graph, filler)
        return
    if graph.value(expression, OWL.hasValue) is not None:
        return
    for cardinality in (OWL.maxCardinality, OWL.maxQualifiedCardinality):
        if (limit := graph.value(expression, cardinality)) is not None and str(limit) in "01":
            return
    yield f"{_words(graph, expression)} may not stand on the right of a class axiom"


def _both(graph: Graph, expression: Node) -> Iterator[str]:
    if isinstance(expression, URIRef):
        return
    if (members := graph.value(expression, OWL.intersectionOf)) is not None:
        for member in _items(graph, members):
            yield from _both(graph, member)
        return
    if graph.value(expression, OWL.hasValue) is None:
        yield f"{_words(graph, expression)} may not stand in an equivalence"


def _items(graph: Graph, head: Node | None) -> list[Node]:
    return [] if head is None else list(Collection(graph, head))


def _words(graph: Graph, expression: Node) -> str:
    ignored = {RDF.type, OWL.onProperty, OWL.onClass, RDFS.subClassOf}
    names = sorted(_short(p) for p in graph.predicates(expression) if p not in ignored)
    return " and ".join(names) or "an empty expression"


def _short(term: Node) -> str:
    return str(term).rpartition("#")[2]
