"""What an undeclared term may be meant for: the declared one that is spelt most like it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache, lru_cache

from pyoxigraph import NamedNode
from rdflib import OWL, RDF, URIRef
from rdflib.term import Node

from srmgraph import knowledge

_LIKENESS = 0.7
_MODULE = NamedNode(OWL.Ontology)


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
        if (close := _close(namespace, name)) is not None:
            found[node] = close
    return found


@lru_cache(maxsize=10_000)
def _close(namespace: str, name: str) -> URIRef | None:
    """The declared term that is spelt most like another."""
    # Upper and lower case are the commonest mistakes, so they count for nothing.
    close = get_close_matches(name.lower(), _lower(namespace), n=1, cutoff=_LIKENESS)
    return URIRef(namespace + _lower(namespace)[close[0]]) if close else None


@cache
def _declared() -> dict[str, dict[str, URIRef]]:
    """The terms of the ontology, by namespace and name."""
    found: dict[str, dict[str, URIRef]] = {}
    kinds = [one for one in knowledge.ontology_statements() if one.predicate.value == str(RDF.type)]
    modules = {one.subject for one in kinds if one.object == _MODULE}
    for term in {one.subject for one in kinds} - modules:
        iri = term.value if isinstance(term, NamedNode) else ""
        if "#" in iri:
            namespace, name = _split(iri)
            found.setdefault(namespace, {})[name] = URIRef(iri)
    return found


@cache
def _lower(namespace: str) -> dict[str, str]:
    return {name.lower(): name for name in _declared().get(namespace, {})}


def _split(iri: str) -> tuple[str, str]:
    place = iri.rfind("#") + 1
    return iri[:place], iri[place:]
