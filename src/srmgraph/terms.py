"""Terms of RDF, translated between rdflib, which users see, and pyoxigraph, which does the work.

Both follow RDF 1.1: a literal without language or datatype and one of datatype xsd:string are the
same, and language tags do not differ by case. The parts of RDF 1.2 that rdflib does not know
(triples as terms, text direction) are refused, never dropped in silence.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Iterable
from typing import TypeAlias

import pyoxigraph
import rdflib

from srmgraph.errors import InputError

Term: TypeAlias = rdflib.URIRef | rdflib.BNode | rdflib.Literal
Node: TypeAlias = rdflib.term.Node
Statement: TypeAlias = tuple[Node, Node, Node]
OxigraphTerm: TypeAlias = (
    pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple
)

# rdflib logs a traceback for each literal that is none of its datatype, and warns of truth values
# that are none; validation reports these.
logging.getLogger("rdflib.term").addFilter(
    lambda record: not record.getMessage().startswith("Failed to convert Literal lexical form")
)

warnings.filterwarnings("ignore", "Parsing weird boolean", UserWarning)

_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


def to_rdflib(term: OxigraphTerm) -> Term:
    """Translate a pyoxigraph term to an rdflib term; lexical forms stay as they are.

    Raises InputError for a triple term and for a literal with a text direction.
    """
    if isinstance(term, pyoxigraph.NamedNode):
        # The constructor of URIRef checks what pyoxigraph's parsers have checked already.
        return str.__new__(rdflib.URIRef, term.value)
    if isinstance(term, pyoxigraph.Literal):
        if term.direction is not None:
            raise InputError(f"{term} has a text direction (RDF 1.2), which is not supported.")
        if term.language is not None:
            return rdflib.Literal(term.value, lang=term.language)
        datatype = term.datatype.value
        if datatype == _XSD_STRING:
            return rdflib.Literal(term.value)
        return rdflib.Literal(term.value, datatype=rdflib.URIRef(datatype), normalize=False)
    if isinstance(term, pyoxigraph.BlankNode):
        return str.__new__(rdflib.BNode, term.value)
    raise InputError(f"{term} is a triple used as a term (RDF 1.2), which is not supported.")


def to_oxigraph(term: Node) -> OxigraphTerm:
    """Translate an rdflib term to a pyoxigraph term.

    Raises InputError for what is no valid term: an IRI with a space in it, a variable, a formula.
    """
    try:
        if isinstance(term, rdflib.URIRef):
            return pyoxigraph.NamedNode(term)
        if isinstance(term, rdflib.Literal):
            if term.language is not None:
                return pyoxigraph.Literal(str(term), language=term.language)
            if term.datatype is None:
                return pyoxigraph.Literal(str(term))
            return pyoxigraph.Literal(str(term), datatype=pyoxigraph.NamedNode(term.datatype))
        if isinstance(term, rdflib.BNode):
            return pyoxigraph.BlankNode(term)
    except ValueError as error:
        raise InputError(f"“{term}” is not a valid RDF term: {error}.") from error
    raise InputError(f"{term!r} is neither an IRI, a blank node nor a literal.")


def n_triples(term: Node) -> str:
    """Return a term as N-Triples and SPARQL write it; raises InputError for what is no valid term.

    rdflib's own `n3()` writes numbers anew and warns of those that are none.
    """
    return str(to_oxigraph(term))


def sorted_lines(statements: Iterable[pyoxigraph.Triple | pyoxigraph.Quad]) -> bytes:
    """Return triples in N-Triples, or quads in N-Quads, the lines sorted."""
    return "".join(sorted(f"{statement} .\n" for statement in statements)).encode()


def triples_to_rdflib(
    triples: Iterable[pyoxigraph.Triple | pyoxigraph.Quad],
) -> Iterable[Statement]:
    """Translate triples, or quads without their graph names, one by one."""
    # Predicates and many objects recur: a dictionary look-up is cheaper than a translation.
    known: dict[OxigraphTerm, Term] = {}
    for triple in triples:
        terms = []
        for term in (triple.subject, triple.predicate, triple.object):
            translated = known.get(term)
            if translated is None:
                translated = known[term] = to_rdflib(term)
            terms.append(translated)
        yield terms[0], terms[1], terms[2]


def to_graph(statements: Iterable[Statement]) -> rdflib.Graph:
    """Return a graph of statements, without prefixes of its own."""
    graph = rdflib.Graph(bind_namespaces="none")
    for statement in statements:
        graph.add(statement)
    return graph


def triples_to_oxigraph(triples: Iterable[Statement]) -> Iterable[pyoxigraph.Triple]:
    """Translate triples one by one; raises InputError for what is no RDF, as a literal subject."""
    known: dict[Node, OxigraphTerm] = {}
    for triple in triples:
        terms = []
        for term in triple:
            translated = known.get(term)
            if translated is None:
                translated = known[term] = to_oxigraph(term)
            terms.append(translated)
        subject, predicate, value = terms
        if isinstance(subject, pyoxigraph.Literal):
            raise InputError(f"{subject} is a literal and cannot be the subject of a statement.")
        if not isinstance(predicate, pyoxigraph.NamedNode):
            raise InputError(f"{predicate} is no IRI and cannot be the property of a statement.")
        yield pyoxigraph.Triple(subject, predicate, value)


def canonical(quads: Iterable[pyoxigraph.Quad]) -> Collection[pyoxigraph.Quad]:
    """Return statements with blank nodes labelled by what is said of them, the same in any process.

    Two sets of statements that differ in nothing but such labels become equal. Time is in
    proportion to the statements, but for chains of blank nodes of which the same is said: one of
    twice the length takes six times as long, one of 300 nodes 4 seconds. Without blank nodes it
    takes next to none.

    Source: W3C, RDF Dataset Canonicalization (RDFC-1.0).
    """
    different = set(quads)
    if not any(
        type(term) is pyoxigraph.BlankNode
        for quad in different
        for term in (quad.subject, quad.object, quad.graph_name)
    ):
        return different
    dataset = pyoxigraph.Dataset(different)
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return dataset
