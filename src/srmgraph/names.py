"""What people call the things of a graph: their labels, and short names for IRIs without one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rdflib import RDFS, Literal, URIRef
from rdflib.term import Node

from srmgraph import knowledge

if TYPE_CHECKING:
    from srmgraph.store import Store

_AT_ONCE = 500
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def labels(store: Store, nodes: Iterable[Node]) -> dict[Node, str]:
    """Return the label of each IRI among `nodes` that has one, in the store or in the ontology.

    Of several labels the English one is taken, else one without a language, else the first.
    """
    wanted = sorted({node for node in nodes if isinstance(node, URIRef)})
    found: dict[Node, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = " ".join(node.n3() for node in wanted[start : start + _AT_ONCE])
        query = (
            f"SELECT ?node ?label {{ VALUES ?node {{ {part} }} ?node {RDFS.label.n3()} ?label }} "
            "ORDER BY ?node DESC(LANG(?label) = '' || LANGMATCHES(LANG(?label), 'en')) ?label"
        )
        for row in store.select(query):
            found.setdefault(URIRef(str(row["node"])), str(row["label"]))
    ontology = knowledge.ontology()
    for node in wanted:
        if node not in found and (label := ontology.value(node, RDFS.label)) is not None:
            found[node] = str(label)
    return found


def short(node: Node, prefixes: Mapping[str, str]) -> str:
    """Return a prefixed name where a prefix is known, else the IRI, blank node or text itself."""
    if not isinstance(node, URIRef):
        return str(node) if isinstance(node, Literal) else node.n3()
    candidates = [
        (len(namespace), f"{prefix}:{node[len(namespace) :]}")
        for prefix, namespace in prefixes.items()
        if node.startswith(namespace) and node[len(namespace) :].replace("-", "").isidentifier()
    ]
    return max(candidates)[1] if candidates else str(node)


def in_words(variable: str) -> str:
    """Return the name of a variable as words: `vendorsVendor` as “vendors vendor”."""
    return " ".join(_HUMP.split(variable)).lower()
