"""What people call the things of a graph: their labels, and short names for IRIs without one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from rdflib import RDFS, Literal, URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.store import EmbeddedStore
from srmgraph.terms import to_rdflib

if TYPE_CHECKING:
    from pyoxigraph import Quad

    from srmgraph.store import Store

_AT_ONCE = 500
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def labels(store: Store, nodes: Iterable[Node]) -> dict[Node, str]:
    """Return the label of each IRI among `nodes` that has one, in the store or in the ontology.

    Of several labels the English one is taken or one without a language, else any other; of these
    the first by their letters.
    """
    wanted = {node for node in nodes if isinstance(node, URIRef)}
    found = _best(_told(store, wanted))
    ours = _of_the_ontology()
    return found | {node: ours[node] for node in wanted if node in ours and node not in found}


def _best(told: Iterable[tuple[URIRef, Node]]) -> dict[Node, str]:
    best: dict[Node, tuple[bool, str, str]] = {}
    for node, label in told:
        language = (label.language or "") if isinstance(label, Literal) else ""
        # As LANGMATCHES has it: English, and English as in some country.
        is_foreign = bool(language) and language.partition("-")[0].lower() != "en"
        rank = (is_foreign, str(label), language)
        if node not in best or rank < best[node]:
            best[node] = rank
    return {node: text for node, (_, text, _) in best.items()}


def _told(store: Store, nodes: Collection[URIRef]) -> Iterator[tuple[URIRef, Node]]:
    """Yield all labels of things in a store."""
    if isinstance(store, EmbeddedStore):
        # An engine takes longer to read a query than to look these up.
        yield from _labelled(store.values(nodes, RDFS.label))
        return
    names = sorted(node.n3() for node in nodes)
    for start in range(0, len(names), _AT_ONCE):
        part = " ".join(names[start : start + _AT_ONCE])
        query = (
            f"SELECT ?node ?label {{ VALUES ?node {{ {part} }} ?node {RDFS.label.n3()} ?label }}"
        )
        for row in store.select(query):
            node, label = row["node"], row["label"]
            if isinstance(node, URIRef) and label is not None:
                yield node, label


@cache
def _of_the_ontology() -> dict[Node, str]:
    stated = knowledge.ontology_statements()
    return _best(_labelled(one for one in stated if one.predicate.value == str(RDFS.label)))


def _labelled(statements: Iterable[Quad]) -> Iterator[tuple[URIRef, Node]]:
    for one in statements:
        yield URIRef(str(to_rdflib(one.subject))), to_rdflib(one.object)


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
