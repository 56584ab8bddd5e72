"""A change to a service graph: made on a copy, closed under inference, checked, then it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import rdflib
from rdflib import SDO, Literal

from srmgraph import knowledge, provenance
from srmgraph.errors import DoesNotConformError, InputError
from srmgraph.store import EmbeddedStore
from srmgraph.store.protocol import LoadProgress
from srmgraph.syntax import format_of, read_bytes

if TYPE_CHECKING:
    from srmgraph.maintenance import Maintenance
    from srmgraph.validation import Report


class Change:
    """What is to be: `store` holds the statements as they are going to be, to be changed at will.

    What outlives the process (`is_durable`) also holds the ontology, the facts that follow, and who
    loaded what. `loaded` are the graphs into which files went; `report` is there when the change is
    complete.
    """

    report: Report

    def __init__(
        self,
        store: EmbeddedStore,
        author: str,
        message: str,
        is_durable: bool,
        maintenance: Maintenance | None = None,
    ) -> None:
        self.store = store
        self.author = author
        self.message = message
        self.is_durable = is_durable
        self.loaded: list[rdflib.URIRef] = []
        self._files: dict[str | None, list[Path]] = {}
        self._maintenance = maintenance

    def load(
        self,
        file: Path,
        format: str | None = None,
        graph: rdflib.URIRef | None = None,
        progress: LoadProgress | None = None,
        has_places: bool = True,
    ) -> None:
        """Let a file's statements be those of a graph, by default of the one named by its address.

        The graphs that the file itself names are replaced as well. A refusal tells the lines of the
        file, unless it is one that nobody has seen (`has_places` is false).
        Raises MissingFileError, UnknownFormatError and ParseError.
        """
        content = read_bytes(file)
        name = graph or rdflib.URIRef(file.resolve().as_uri())
        named, read = [name], None
        if format_of(file, format).has_graphs or self.store.has_graph(name):
            # Which graphs are replaced, and how, is known only when the file has been read.
            read = self.store.apart()
            read.read(file, format, name, progress)
            named = [found for found in read.graphs() if found is not None]
        for own in set(named) & set(knowledge.own_graphs()):
            raise InputError(
                f"It speaks of the graph <{own}>, which the store keeps for itself. "
                "Leave that graph out.",
                file,
            )
        if read is None:
            self.store.read(file, format, name, progress)
        else:
            for one in {name, *named}:
                self.store.take(read, one)
        for one in named:
            self.remember(one, file.name, content)
        self.loaded += named
        if has_places:
            self._files.setdefault(format, []).append(file)

    def remember(self, graph: rdflib.URIRef, source: str, content: bytes) -> None:
        """Keep in mind from what the statements of a graph came."""
        if not self.is_durable:
            return
        load = provenance.Load(
            graph, source, sha256(content).hexdigest(), datetime.now(UTC), self.author
        )
        self.store.add(provenance.describe(load), knowledge.provenance_graph())

    def update(
        self,
        sparql: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base: str | None = None,
    ) -> None:
        """Change statements by SPARQL 1.1 Update; see `Store`.

        What the store keeps for itself stays as it was, whatever is written.
        """
        spared = [knowledge.ontology_graph(), knowledge.provenance_graph()]
        if self.is_durable:
            spared.append(knowledge.inferred_graph())
        self.store.update_sparing(spared, sparql, default_graphs, named_graphs, base)

    def complete(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Close the statements under inference, and check them.

        Raises InconsistentError and DoesNotConformError.
        """
        maintenance = self._upkeep
        self.infer()
        self.report = maintenance.check(self.store, progress)
        violations = self.report.counts["Violation"]
        if violations:
            report = self._located(self.report)
            maintenance.take_back()
            what, advice = "What would be", ""
            if self.message.startswith("load "):
                what = f"{self.message.removeprefix('load ')}:"
                advice = f" See them with: srmgraph validate {what[:-1]}"
            raise DoesNotConformError(
                f"{what} does not conform, {violations} "
                f"violation{'' if violations == 1 else 's'}. "
                f"Nothing was {'loaded' if advice else 'changed'}.{advice}",
                report,
            )
        if self.is_durable:
            maintenance.keep(self.store)

    def _located(self, report: Report) -> Report:
        from srmgraph.validation import locate

        for format, files in self._files.items():
            report = locate(report, self.store, files, format)
        return report

    def infer(self) -> None:
        """Let the facts that follow be those that follow now; raises InconsistentError."""
        if self.is_durable:
            self._upkeep.infer(self.store, anew=self._renew_ontology())
        else:
            self.store.remove_graph(knowledge.inferred_graph())

    @property
    def _upkeep(self) -> Maintenance:
        from srmgraph.maintenance import Maintenance

        if self._maintenance is None:
            self._maintenance = Maintenance()
        return self._maintenance

    def _renew_ontology(self) -> bool:
        """Let the store hold the ontology that this version of the library knows; return whether it
        was another one."""
        name = knowledge.ontology_graph()
        known = Literal(knowledge.ontology_hash())
        provenance_graph = knowledge.provenance_graph()
        if knowledge.ontology_mark() in self.store.oxigraph:
            return False
        held = self.store.graph(provenance_graph)
        self.store.remove_graph(name)
        self.store.add(knowledge.ontology(), name)
        held.set((name, SDO.sha256, known))
        self.store.remove_graph(provenance_graph)
        self.store.add(held, provenance_graph)
        return True
