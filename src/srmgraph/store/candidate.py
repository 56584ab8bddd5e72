"""A revision in the making: a store that knows what it has gained and lost since the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

import pyoxigraph
import rdflib

from srmgraph.store import intake, operations
from srmgraph.store.embedded import EmbeddedStore, unmistakable_update
from srmgraph.store.journal import MOST_STATEMENTS, Journal
from srmgraph.store.query_errors import ENGINE_ERRORS, check_update, query_error
from srmgraph.store.revisions import Columns
from srmgraph.syntax import Parser

if TYPE_CHECKING:
    from srmgraph.encoding import Encoding

_FEW = 1_000


class Candidate(EmbeddedStore):
    """A store that is changed from one revision to the next.

    All that is written goes through its methods; what is done to the engine itself is not known,
    and a test sees to it that no module does it.
    `origin` is what the revision that it was, or has become, has in common with no other, and
    `journal` tells how far it has come from there. `kept` is the report to be kept with the new
    revision, or if `are_changes` all that has become of the one that is kept with the old; and
    `kept_columns` is what it states, as columns.
    """

    def __init__(
        self,
        oxigraph: pyoxigraph.Store,
        label: str = "b",
        origin: object = None,
        report: Callable[[], str | None] = lambda: None,
        columns: Callable[[], Columns | None] = lambda: None,
    ) -> None:
        super().__init__(oxigraph, label)
        self.journal = Journal(oxigraph)
        self.origin = origin
        self.kept: str | None = None
        self.are_changes = False
        self.kept_columns: Columns | None = None
        self._report = report
        self._columns = columns
        # Of graphs that hold nothing but what a file states.
        self._read: dict[pyoxigraph.NamedNode | pyoxigraph.DefaultGraph, Encoding] = {}

    @property
    def report(self) -> str | None:
        """The report that was kept with the revision that it was, as text, or None."""
        return self._report()

    @property
    def columns(self) -> Columns | None:
        """What the revision that it was stated, as it was kept with it, or None."""
        return self._columns()

    def encoding(self, without: Iterable[rdflib.URIRef] = ()) -> Encoding:
        """Return the statements of all graphs but some as columns of numbers."""
        from srmgraph.encoding import Encoding

        left_out = set(map(pyoxigraph.NamedNode, without))
        read = {graph: one for graph, one in self._read.items() if graph not in left_out}
        # To have statements from a disk takes the engine ten times as long as from memory.
        others = Encoding.of_store(self.oxigraph, [*left_out, *read])
        return Encoding.joined([*read.values(), others])

    def put(self, name: rdflib.URIRef | None, quads: Iterator[pyoxigraph.Quad]) -> None:
        """Let statements of a graph be all that it holds; only what differs is written."""
        graph = intake.graph_name(name)
        self._read.pop(graph, None)
        coming = list(islice(quads, MOST_STATEMENTS + 1))
        if len(coming) > MOST_STATEMENTS or not self.journal.is_exact:
            super().put(name, chain(coming, quads))
            return
        new = dict.fromkeys(coming)
        held = self.oxigraph.quads_for_pattern(None, None, None, graph)
        gone = [quad for quad in held if new.pop(quad, self) is self]
        if len(gone) + len(new) > max(_FEW, len(coming) // 2):
            super().put(name, iter(coming))
            return
        # What is spelt in another way than the store does goes, and comes back.
        self.journal.remove(gone)
        self.journal.add(new)

    def remove(self, quads: Iterable[pyoxigraph.Quad]) -> None:
        """Remove statements of the engine, where they are there."""
        self._read.clear()
        self.journal.remove(quads)

    def remove_graph(self, name: rdflib.URIRef) -> None:
        """Remove a named graph with all its statements, if it is there."""
        graph = intake.graph_name(name)
        self._read.pop(graph, None)
        self.journal.drop(graph)

    def clear_graph(self, name: rdflib.URIRef | None) -> None:
        """Remove all statements of a graph, which is there all the same."""
        graph = intake.graph_name(name)
        self._read.pop(graph, None)
        self.journal.clear(graph)

    def update(
        self,
        sparql: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base: str | None = None,
    ) -> None:
        """Change statements by SPARQL 1.1 Update; see `Store`."""
        self.update_sparing((), sparql, default_graphs, named_graphs, base)

    def update_sparing(
        self,
        spared: Sequence[rdflib.URIRef],
        sparql: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base: str | None = None,
    ) -> None:
        """Change statements by SPARQL 1.1 Update, but leave some graphs as they are."""
        check_update(sparql)
        self._read.clear()
        try:
            text = unmistakable_update(sparql, default_graphs, named_graphs)
            self._check_syntax(text, base)
            found = operations.read(text, base, self.assumed_prefixes)
        except operations.NotUnderstood:
            self.journal.give_up()
            super().update_sparing(spared, sparql, default_graphs, named_graphs, base)
            return
        except ENGINE_ERRORS as error:
            raise query_error(error, sparql) from error
        done = Journal(self.oxigraph)
        try:
            for operation in found:
                operation.apply(self.oxigraph, done)
        except ENGINE_ERRORS as error:
            done.undo()
            raise query_error(error, sparql) from error
        names = set(map(intake.graph_name, spared))
        done.remove([quad for quad in done.gained if quad.graph_name in names])
        done.add([quad for quad in done.lost if quad.graph_name in names])
        self.journal.tell(done)

    def close(self) -> None:
        """Let go of the engine; the journal is forgotten."""
        super().close()
        self._read.clear()
        self.journal = Journal(self.oxigraph)

    def _check_syntax(self, text: str, base: str | None) -> None:
        try:
            pyoxigraph.Store().update(text, base_iri=base, prefixes=self.assumed_prefixes)
        except RuntimeError:
            # It is understood, but an empty store has no such graph.
            return

    def _becomes_columns(self, parser: Parser, graph: rdflib.URIRef | None) -> bool:
        from srmgraph.encoding import Encoding
        from srmgraph.ntriples import NotPlainError

        target = intake.graph_name(graph)
        held = self.oxigraph.quads_for_pattern(None, None, None, target)
        if not parser.is_in_lines or next(iter(held), None) is not None:
            return False
        try:
            encoding = Encoding.of_text(parser.content)
        except NotPlainError:
            return False
        with parser.errors():
            self._load(parser, target)
        self._read[target] = encoding
        return True

    def _write(self, quads: Iterator[pyoxigraph.Quad], are_many: bool) -> None:
        if self._read:
            quads = self._noticed(quads)
        if self.journal.is_exact:
            first = list(islice(quads, MOST_STATEMENTS + 1))
            if len(first) <= MOST_STATEMENTS:
                self.journal.add(first)
                return
            quads = chain(first, quads)
        self.journal.give_up()
        super()._write(quads, are_many)

    def _noticed(self, quads: Iterator[pyoxigraph.Quad]) -> Iterator[pyoxigraph.Quad]:
        for quad in quads:
            if not isinstance(quad.graph_name, pyoxigraph.BlankNode):
                self._read.pop(quad.graph_name, None)
            yield quad

    def _load(
        self, parser: Parser, graph: pyoxigraph.NamedNode | pyoxigraph.DefaultGraph | None
    ) -> None:
        self.journal.give_up()
        if graph is None:
            self._read.clear()
        else:
            self._read.pop(graph, None)
        super()._load(parser, graph)
