"""Blank nodes with labels that tell what is said of them: the same node has the same label in two
graphs, whatever else they say.

Source: W3C, RDF Dataset Canonicalization (RDFC-1.0), done for each group of joined nodes apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

import pyoxigraph
from rdflib import BNode
from rdflib.term import Node

from srmgraph.terms import Statement, canonical, triples_to_oxigraph, triples_to_rdflib


def labelled(statements: Iterable[Statement]) -> set[Statement]:
    """Return the same statements, with blank nodes labelled by what is said of them.

    Labels depend on nothing but the nodes that are joined to each other by statements. Where two
    such groups say the same, the second of them has a label of its own.
    """
    found: set[Statement] = set()
    joined: dict[Node, Node] = {}
    blank: list[Statement] = []
    for statement in statements:
        nodes = [node for node in (statement[0], statement[2]) if isinstance(node, BNode)]
        if not nodes:
            found.add(statement)
            continue
        blank.append(statement)
        first = _root(joined, nodes[0])
        for node in nodes[1:]:
            joined[_root(joined, node)] = first
    groups: dict[Node, list[Statement]] = {}
    for statement in blank:
        one, _, other = statement
        root = _root(joined, one if isinstance(one, BNode) else other)
        groups.setdefault(root, []).append(statement)
    seen: Counter[str] = Counter()
    for group in groups.values():
        dataset = canonical(pyoxigraph.Quad(*triple) for triple in triples_to_oxigraph(group))
        lines = "\n".join(sorted(map(str, dataset)))
        digest = sha256(lines.encode()).hexdigest()[:16]
        number = f"-{seen[digest]}" if seen[digest] else ""
        seen[digest] += 1
        for subject, name, value in triples_to_rdflib(dataset):
            start, end = (
                BNode(f"{node}-{digest}{number}") if isinstance(node, BNode) else node
                for node in (subject, value)
            )
            found.add((start, name, end))
    return found


def _root(joined: dict[Node, Node], node: Node) -> Node:
    while (above := joined.setdefault(node, node)) != node:
        joined[node] = joined[above]
        node = above
    return node
