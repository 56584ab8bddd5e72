"""What a store has gained and lost since a moment: the net of all that was done to it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import pyoxigraph

from srmgraph.terms import OxigraphTerm

MOST_STATEMENTS = 2_000_000
"""How many statements a journal remembers, or compares at a time; with more it gives up."""

_MANY = 10_000
_XSD = "http://www.w3.org/2001/XMLSchema#"
# The store gives these back as they were written; values of other datatypes it may write anew.
_AS_WRITTEN = frozenset(
    {f"{_XSD}string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", f"{_XSD}anyURI"}
)


class Journal:
    """The statements that an engine holds and did not hold before, and the other way round.

    What came and went again is in neither. All that is done to the engine is done here; else the
    journal has to be told to `give_up`: then it is not exact, and knows nothing.
    """

    def __init__(self, engine: pyoxigraph.Store) -> None:
        self.gained: dict[pyoxigraph.Quad, None] = {}
        self.lost: dict[pyoxigraph.Quad, None] = {}
        self.is_exact = True
        self._engine = engine

    def give_up(self) -> None:
        """Forget what was gained and lost: what is done from now on is not known in detail."""
        self.is_exact = False
        self.gained.clear()
        self.lost.clear()

    def add(self, quads: Iterable[pyoxigraph.Quad]) -> None:
        """Add statements to the engine, all or none."""
        new = [quad for quad in dict.fromkeys(quads) if quad not in self._engine]
        # In bulk, the engine makes files of its own each time.
        write = self._engine.bulk_extend if len(new) > _MANY else self._engine.extend
        write(new)
        self.record((), map(self._as_kept, new))

    def remove(self, quads: Iterable[pyoxigraph.Quad]) -> None:
        """Remove statements from the engine."""
        for written in dict.fromkeys(quads):
            if written in self._engine:
                quad = self._as_kept(written)
                self._engine.remove(quad)
                self.record((quad,), ())

    def clear(self, graph: pyoxigraph.NamedNode | pyoxigraph.DefaultGraph) -> None:
        """Remove all statements of a graph, which is there all the same."""
        self._lose(graph)
        self._engine.clear_graph(graph)

    def drop(self, graph: pyoxigraph.NamedNode | pyoxigraph.DefaultGraph) -> None:
        """Remove a graph with all its statements."""
        self._lose(graph)
        self._engine.remove_graph(graph)

    def undo(self) -> None:
        """Let the engine hold again what it did, if that is known."""
        gained, lost = list(self.gained), list(self.lost)
        self.remove(gained)
        self.add(lost)

    def tell(self, other: Journal) -> None:
        """Take over what another journal of the same engine tells, which came later."""
        if other.is_exact:
            self.record(other.lost, other.gained)
        else:
            self.give_up()

    def record(self, lost: Iterable[pyoxigraph.Quad], gained: Iterable[pyoxigraph.Quad]) -> None:
        """Note down what the engine held and lost, and then what it did not hold and gained.

        Statements are told as the engine gives them back.
        """
        if not self.is_exact:
            return
        for quad in lost:
            if self.gained.pop(quad, self) is self:
                self.lost[quad] = None
        for quad in gained:
            if self.lost.pop(quad, self) is self:
                self.gained[quad] = None
        if len(self.gained) + len(self.lost) > MOST_STATEMENTS:
            self.give_up()

    def _lose(self, graph: pyoxigraph.NamedNode | pyoxigraph.DefaultGraph) -> None:
        if self.is_exact:
            held = self._engine.quads_for_pattern(None, None, None, graph)
            quads = list(islice(held, MOST_STATEMENTS + 1))
            if len(quads) > MOST_STATEMENTS:
                self.give_up()
            self.record(quads, ())

    def _as_kept(self, quad: pyoxigraph.Quad) -> pyoxigraph.Quad:
        """Return a statement of the engine as it gives it back."""
        if not _is_rewritten(quad.object):
            return quad
        found = self._engine.quads_for_pattern(
            quad.subject, quad.predicate, quad.object, quad.graph_name
        )
        return next(found)


def _is_rewritten(term: OxigraphTerm) -> bool:
    if isinstance(term, pyoxigraph.Literal):
        return term.datatype.value not in _AS_WRITTEN
    return isinstance(term, pyoxigraph.Triple)
