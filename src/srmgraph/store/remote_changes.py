"""What to tell a server so that it holds what a changed copy of its statements holds."""

from __future__ import annotations

from collections.abc import Set
from typing import TypeAlias

import pyoxigraph

from srmgraph.store.remote_upload import GraphName, blank_nodes, tied_together

_Quads: TypeAlias = Set[pyoxigraph.Quad]


def difference(before: _Quads, after: _Quads) -> tuple[list[GraphName], _Quads, _Quads]:
    """Return the graphs to be dropped, the statements to be removed, and those to be added.

    No request can name a blank node that a server holds. So where one is concerned, its graph is
    dropped and added anew, and with it all graphs that share a blank node with it.
    """
    removed, added = before - after, after - before
    # Of an empty graph, nothing is left behind that the server spells in its own way.
    gone = {quad.graph_name for quad in removed} - {quad.graph_name for quad in after}
    loose = [quad for quad in removed | added if any(blank_nodes(quad))]
    anew = _anew([quad for quad in loose if quad.graph_name not in gone], before, after)
    dropped = gone | anew
    return (
        sorted(dropped, key=str),
        {quad for quad in removed if quad.graph_name not in dropped},
        {quad for quad in added if quad.graph_name not in anew}
        | {quad for quad in after if quad.graph_name in anew},
    )


def _anew(changed: list[pyoxigraph.Quad], before: _Quads, after: _Quads) -> set[GraphName]:
    """Return the graphs that are added anew because of changed statements with blank nodes."""
    if not changed:
        return set()
    known = {node for quad in before for node in blank_nodes(quad)}
    anew = {quad.graph_name for quad in changed if any(node in known for node in blank_nodes(quad))}
    tied = [quad for quad in before | after if any(blank_nodes(quad))] if anew else []
    shared = [{quad.graph_name for quad in unit} for unit in tied_together(tied)]
    while more := {name for names in shared if names & anew for name in names} - anew:
        anew |= more
    return anew
