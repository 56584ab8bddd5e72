"""A change to a service graph: made on a copy, closed under inference, checked, then it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph
import rdflib
from rdflib import SDO, Literal

from srmgraph import knowledge, provenance
from srmgraph.errors import DoesNotConformError, InputError
from srmgraph.store import EmbeddedStore
from srmgraph.store.protocol import LoadProgress
from srmgraph.syntax import format_of, read_bytes

if TYPE_CHECKING:
    from srmgraph.validation import Report


# The facts that were inferred are not among them: they are worked out anew.
_KEPT = (knowledge.ontology_graph, knowledge.provenance_graph)


class Change:
    """What is to be: `store` holds the statements as they are going to be, to be changed at will.

    What outlives the process (`is_durable`) also holds the ontology, the facts that follow, and who
    loaded what. `loaded` are the graphs into which files went; `report` is there when the change is
    complete.
    """

    report: Report

    def __init__(self, store: EmbeddedStore, author: str, message: str, is_durable: bool) -> None:
        self.store = store
        self.author = author
        self.message = message
        self.is_durable = is_durable
        self.loaded: list[rdflib.URIRef] = []

    def load(
        self,
        file: Path,
        format: str | None = None,
        graph: rdflib.URIRef | None = None,
        progress: LoadProgress | None = None,
    ) -> None:
        """Let a file's statements be those of a graph, by default of the one named by its address.

        The graphs that the file itself names are replaced as well.
        Raises MissingFileError, UnknownFormatError and ParseError.
        """
        content = read_bytes(file)
        name = graph or rdflib.URIRef(file.resolve().as_uri())
        named, read = [name], None
        if format_of(file, format).has_graphs:
            # Which graphs are replaced is known only when the file has been read.
            read = self.store.apart()
            read.read(file, format, name, progress)
            named = [found for found in read.graphs() if found is not None]
        for own in set(named) & set(knowledge.own_graphs()):
            raise InputError(
                f"It speaks of the graph <{own}>, which the store keeps for itself. "
                "Leave that graph out.",
                file,
            )
        for one in {name, *named}:
            self.store.remove_graph(one)
        if read is None:
            self.store.read(file, format, name, progress)
        else:
            self.store.take(read)
        for one in named:
            self.remember(one, file.name, content)
        self.loaded += named

    def remember(self, graph: rdflib.URIRef, source: str, content: bytes) -> None:
        """Keep in mind from what the statements of a graph came."""
        if not self.is_durable:
            return
        load = provenance.Load(
            graph, source, sha256(content).hexdigest(), datetime.now(UTC), self.author
        )
        self.store.add(provenance.describe(load), knowledge.provenance_graph())

    @contextmanager
    def keeping_own_graphs(self) -> Iterator[None]:
        """Leave what the store keeps for itself as it was, whatever is written meanwhile."""
        engine = self.store.oxigraph
        before = {
            name: set(engine.quads_for_pattern(None, None, None, name))
            for name in (pyoxigraph.NamedNode(graph()) for graph in _KEPT)
        }
        yield
        for name, quads in before.items():
            if set(engine.quads_for_pattern(None, None, None, name)) != quads:
                engine.remove_graph(name)
                engine.bulk_extend(quads)

    def complete(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Close the statements under inference, and check them.

        Raises InconsistentError and DoesNotConformError.
        """
        from srmgraph.validation import validate

        self.infer()
        self.report = validate(self.store, exclusive=True, progress=progress)
        violations = sum(result.severity == "Violation" for result in self.report.results)
        if violations:
            what, advice = "What would be", ""
            if self.message.startswith("load "):
                what = self.message.removeprefix("load ")
                advice = f" See them with: srmgraph validate {what}"
            raise DoesNotConformError(
                f"{what}: does not conform, {violations} "
                f"violation{'' if violations == 1 else 's'}. "
                f"Nothing was {'loaded' if advice else 'changed'}.{advice}",
                self.report,
            )

    def infer(self) -> None:
        """Let the facts that follow be those that follow now; raises InconsistentError."""
        from srmgraph.inference import close

        if self.is_durable:
            self._renew_ontology()
            close(self.store, knowledge.inferred_graph())
        else:
            self.store.remove_graph(knowledge.inferred_graph())

    def _renew_ontology(self) -> None:
        """Let the store hold the ontology that this version of the library knows."""
        name = knowledge.ontology_graph()
        known = Literal(knowledge.ontology_hash())
        held = self.store.graph(knowledge.provenance_graph())
        if held.value(name, SDO.sha256) == known:
            return
        self.store.remove_graph(name)
        self.store.add(knowledge.ontology(), name)
        held.set((name, SDO.sha256, known))
        self.store.remove_graph(knowledge.provenance_graph())
        self.store.add(held, knowledge.provenance_graph())
