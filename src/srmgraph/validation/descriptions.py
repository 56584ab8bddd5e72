"""Descriptions by which SPARQL Update finds a thing that has no name: a blank node has none there.

A description is a pattern of what is said of the thing and of what is around it, no more of it than
tells the thing apart from all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import TypeAlias

import pyoxigraph

GraphName: TypeAlias = pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.DefaultGraph

_MOST = 40
"""Of so many statements around it, some tell a thing apart, or it is not described."""


class Descriptions:
    """The descriptions of the blank nodes of a store, without what stands in some graphs.

    Properties that are *at_fault* are used only where nothing else tells a thing apart, since their
    values may be changed before the thing is looked for again.
    """

    def __init__(
        self,
        oxigraph: pyoxigraph.Store,
        without: Set[GraphName],
        at_fault: Set[pyoxigraph.NamedNode],
    ) -> None:
        self._oxigraph = oxigraph
        self._without = without
        self._at_fault = at_fault

    def pattern(self, node: pyoxigraph.BlankNode, name: str) -> str | None:
        """A group pattern in which only *node* fits the variable *name*; None if none is found.

        Its other variables begin with *name* too.
        """
        for avoided in (self._at_fault, frozenset[pyoxigraph.NamedNode]()):
            around = list(self._around(node, avoided))
            variables = {node: name}
            for number, quad in enumerate(around):
                for end in (quad.subject, quad.object):
                    if isinstance(end, pyoxigraph.BlankNode):
                        variables.setdefault(end, f"{name}_{number}")
            if chosen := self._chosen(node, around, variables):
                return " ".join(written(quad, variables) for quad in chosen)
        return None

    def _chosen(
        self,
        node: pyoxigraph.BlankNode,
        around: Sequence[pyoxigraph.Quad],
        variables: Mapping[pyoxigraph.BlankNode, str],
    ) -> list[pyoxigraph.Quad]:
        """The first statements that tell a node apart, without those that are not needed for it;
        none if all of them do not."""
        chosen: list[pyoxigraph.Quad] = []
        for quad in around:
            chosen.append(quad)
            if self._is_only_one(node, chosen, variables):
                break
        else:
            return []
        for quad in chosen[:-1]:
            fewer = [other for other in chosen if other is not quad]
            # Of which named thing it is a part, tells a reader what is meant.
            if _rank(quad) > 0 and self._is_only_one(node, fewer, variables):
                chosen = fewer
        return chosen

    def _around(
        self, node: pyoxigraph.BlankNode, avoided: Set[pyoxigraph.NamedNode]
    ) -> Iterator[pyoxigraph.Quad]:
        """Statements around a node, the nearest first, each about what an earlier one leads to."""
        seen: dict[pyoxigraph.Quad, None] = {}
        waiting = [node]
        for one in waiting:
            ends = (self._quads(None, one), self._quads(one, None))
            there = {quad for quads in ends for quad in quads if quad.predicate not in avoided}
            for quad in sorted(there - seen.keys(), key=lambda quad: (_rank(quad), str(quad))):
                if len(seen) == _MOST:
                    return
                seen[quad] = None
                yield quad
                for end in (quad.subject, quad.object):
                    if isinstance(end, pyoxigraph.BlankNode) and end not in waiting:
                        waiting.append(end)

    def _quads(
        self, subject: pyoxigraph.BlankNode | None, value: pyoxigraph.BlankNode | None
    ) -> list[pyoxigraph.Quad]:
        found = self._oxigraph.quads_for_pattern(subject, None, value)
        return [quad for quad in found if quad.graph_name not in self._without]

    def _is_only_one(
        self,
        node: pyoxigraph.BlankNode,
        quads: Sequence[pyoxigraph.Quad],
        variables: Mapping[pyoxigraph.BlankNode, str],
    ) -> bool:
        if not any(node in (quad.subject, quad.object) for quad in quads):
            return False
        pattern = " ".join(written(quad, variables) for quad in quads)
        found = self._oxigraph.query(f"SELECT DISTINCT ?{variables[node]} {{ {pattern} }} LIMIT 2")
        assert isinstance(found, pyoxigraph.QuerySolutions)
        return [solution[0] for solution in found] == [node]


def _rank(quad: pyoxigraph.Quad) -> int:
    """0 for a named thing that leads to one without a name, 2 for what leads to a further one."""
    if isinstance(quad.subject, pyoxigraph.NamedNode):
        return 0
    return 2 if isinstance(quad.object, pyoxigraph.BlankNode) else 1


def written(
    quad: pyoxigraph.Quad, variables: Mapping[pyoxigraph.BlankNode, str] | None = None
) -> str:
    """A statement as SPARQL Update has it, with its graph; blank nodes as their *variables*."""
    terms = (
        f"?{variables[term]}" if variables and isinstance(term, pyoxigraph.BlankNode) else str(term)
        for term in (quad.subject, quad.predicate, quad.object)
    )
    triple = f"{' '.join(terms)} ."
    if isinstance(quad.graph_name, pyoxigraph.DefaultGraph):
        return triple
    return f"GRAPH {quad.graph_name} {{ {triple} }}"
