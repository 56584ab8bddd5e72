"""What an undeclared term may be meant for: the declared one that is spelt most like it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

from rdflib import OWL, RDF, URIRef
from rdflib.term import Node

from srmgraph import knowledge

_LIKENESS = 0.7


def hints(nodes: Iterable[Node]) -> dict[Node, URIRef]:
    """Return a declared term for each of *nodes* that looks like a misspelling of it.

    Only the namespaces in which the ontology declares terms are looked at.
    """
    found: dict[Node, URIRef] = {}
    for node in nodes:
        if not isinstance(node, URIRef):
            continue
        namespace, name = _split(node)
        names = _declared().get(namespace, {})
        if not names or name in names:
            continue
        # Upper and lower case are the commonest mistakes, so they count for nothing.
        close = get_close_matches(name.lower(), _lower(namespace), n=1, cutoff=_LIKENESS)
        if close:
            found[node] = URIRef(namespace + _lower(namespace)[close[0]])
    return found


@cache
def _declared() -> dict[str, dict[str, URIRef]]:
    """The terms of the ontology, by namespace and name."""
    ontology = knowledge.ontology()
    modules = set(ontology.subjects(RDF.type, OWL.Ontology))
    found: dict[str, dict[str, URIRef]] = {}
    for term in sorted(set(ontology.subjects(RDF.type)) - modules, key=str):
        if isinstance(term, URIRef) and "#" in term:
            namespace, name = _split(term)
            found.setdefault(namespace, {})[name] = term
    return found


@cache
def _lower(namespace: str) -> dict[str, str]:
    return {name.lower(): name for name in _declared().get(namespace, {})}


def _split(iri: str) -> tuple[str, str]:
    place = iri.rfind("#") + 1
    return iri[:place], iri[place:]
