"""The terms of RDF, RDFS and OWL that have a meaning for the rules, by number.

The engine works on numbers, and these have the same one everywhere.
"""

from __future__ import annotations

import pyoxigraph

_SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
}
SPACES = (*_SPACES.values(), "http://www.w3.org/2001/XMLSchema#")
"""The namespaces of the language itself: nothing is told about their terms."""

# Put together, because a term of ours has one of these names too.
DENIED = tuple(f"target{kind}" for kind in ("Individual", "Value"))
"""What names the value that a subject is stated not to have."""

_PREDICATES = [
    "rdf:type",
    "rdf:first",
    "rdf:rest",
    "rdfs:subClassOf",
    "rdfs:subPropertyOf",
    "rdfs:domain",
    "rdfs:range",
    "owl:sameAs",
    "owl:differentFrom",
    "owl:equivalentClass",
    "owl:equivalentProperty",
    "owl:disjointWith",
    "owl:propertyDisjointWith",
    "owl:inverseOf",
    "owl:propertyChainAxiom",
    "owl:hasKey",
    "owl:intersectionOf",
    "owl:unionOf",
    "owl:complementOf",
    "owl:oneOf",
    "owl:onProperty",
    "owl:someValuesFrom",
    "owl:allValuesFrom",
    "owl:hasValue",
    "owl:maxCardinality",
    "owl:maxQualifiedCardinality",
    "owl:onClass",
    "owl:members",
    "owl:distinctMembers",
    "owl:sourceIndividual",
    "owl:assertionProperty",
    *(f"owl:{name}" for name in DENIED),
    "owl:disjointUnionOf",
    "owl:minCardinality",
    "owl:cardinality",
    "owl:minQualifiedCardinality",
    "owl:qualifiedCardinality",
    "owl:hasSelf",
    "owl:onDataRange",
    "owl:onProperties",
    "owl:onDatatype",
    "owl:withRestrictions",
    "owl:datatypeComplementOf",
]
_CLASSES = [
    "owl:FunctionalProperty",
    "owl:InverseFunctionalProperty",
    "owl:IrreflexiveProperty",
    "owl:SymmetricProperty",
    "owl:AsymmetricProperty",
    "owl:TransitiveProperty",
    "owl:ReflexiveProperty",
    "owl:AllDisjointClasses",
    "owl:AllDisjointProperties",
    "owl:AllDifferent",
    "owl:NegativePropertyAssertion",
    "rdfs:Datatype",
]
_OTHERS = [
    "rdf:nil",
    "owl:Class",
    "owl:Thing",
    "owl:Nothing",
    "owl:NamedIndividual",
    "rdfs:Resource",
    "owl:Restriction",
    "owl:ObjectProperty",
    "owl:DatatypeProperty",
    "owl:topObjectProperty",
    "owl:topDataProperty",
    "owl:bottomObjectProperty",
    "owl:bottomDataProperty",
    "rdfs:Literal",
]


def _iri(name: str) -> str:
    prefix, local = name.split(":")
    return _SPACES[prefix] + local


NAMES = (*_PREDICATES, *_CLASSES, *_OTHERS)
TERMS = tuple(pyoxigraph.NamedNode(_iri(name)) for name in NAMES)
"""The terms in the order of their numbers."""

_NUMBERS = {name.split(":")[1]: number for number, name in enumerate(NAMES)}


def number(name: str) -> int:
    """Return the number of a term by its local name, as `sameAs`."""
    return _NUMBERS[name]


TYPE = number("type")
FIRST, REST, NIL = number("first"), number("rest"), number("nil")
SUB_CLASS, SUB_PROPERTY = number("subClassOf"), number("subPropertyOf")
EQUIVALENT_CLASS, EQUIVALENT_PROPERTY = number("equivalentClass"), number("equivalentProperty")
DOMAIN, RANGE = number("domain"), number("range")
SAME, DIFFERENT = number("sameAs"), number("differentFrom")
ON_PROPERTY = number("onProperty")
THING, NOTHING = number("Thing"), number("Nothing")

EVERYTHING = frozenset((THING, number("Resource"), number("NamedIndividual")))
"""Classes of which everything is: that something is of them is no news."""

REFLEXIVE = frozenset((SAME, EQUIVALENT_CLASS, EQUIVALENT_PROPERTY, SUB_CLASS, SUB_PROPERTY))
"""Properties that everything has to itself: that is no news either."""

_DATA = frozenset((TYPE, SAME, DIFFERENT))
AXIOM_PROPERTIES = frozenset(range(len(_PREDICATES))) - _DATA
"""Properties whose statements are axioms or parts of axioms."""

AXIOM_CLASSES = frozenset(range(len(_PREDICATES), len(_PREDICATES) + len(_CLASSES)))
"""Classes whose membership is an axiom or part of one."""
