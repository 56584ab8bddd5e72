"""Terms as a store gives them back: it keeps some values in another way, as 7 for 007."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph
from rdflib import Literal

from srmgraph.terms import OxigraphTerm, to_oxigraph, to_rdflib

_SOME = pyoxigraph.NamedNode("urn:x-srmgraph:some")


def as_stored(literal: Literal) -> Literal:
    """Return a literal as a store gives it back."""
    kept = to_rdflib(oxigraph_as_stored(to_oxigraph(literal)))
    assert isinstance(kept, Literal)
    return kept


def oxigraph_as_stored(term: OxigraphTerm) -> OxigraphTerm:
    """Return a term of pyoxigraph as a store gives it back."""
    if not isinstance(term, pyoxigraph.Literal):
        return term
    (kept,) = triples_as_stored([pyoxigraph.Triple(_SOME, _SOME, term)])
    return kept.object


def triples_as_stored(triples: Iterable[pyoxigraph.Triple]) -> list[pyoxigraph.Triple]:
    """Return triples as a store gives them back."""
    triples = list(dict.fromkeys(triples))
    if not any(
        isinstance(triple.object, pyoxigraph.Literal | pyoxigraph.Triple) for triple in triples
    ):
        return triples
    store = pyoxigraph.Store()
    store.extend(pyoxigraph.Quad(t.subject, t.predicate, t.object) for t in triples)
    return [quad.triple for quad in store]
