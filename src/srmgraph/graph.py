"""A service graph, whole: load files, check them, ask, infer, write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

import rdflib

from srmgraph import knowledge, queries
from srmgraph.errors import DoesNotConformError
from srmgraph.store import Solutions, Store, open_store

if TYPE_CHECKING:
    from srmgraph.validation import Report

InferenceProgress: TypeAlias = Callable[[str], None]
ValidationProgress: TypeAlias = Callable[[int, int], None]


class ServiceGraph:
    """Organizations and people who serve each other, as statements that conform to the model.

    `store` holds the statements. Facts that were inferred lie in a named graph of their own, so
    that they can be told from what was stated.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._inferred = False

    @classmethod
    def open(cls, url: str = "memory:") -> ServiceGraph:
        """Open the service graph at an address; raises StoreError for an address of no store."""
        return cls(open_store(url))

    def __enter__(self) -> ServiceGraph:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store. The graph is not to be used afterwards."""

    def load(
        self,
        *files: Path | str,
        format: str | None = None,
        progress: ValidationProgress | None = None,
    ) -> Report:
        """Take in the files, all or none, and return the report on the graph as it then is.

        Refused is what breaks a rule of severity Violation: DoesNotConformError carries the report.
        Warnings and remarks do not stop the load; they are in the report that is returned.
        Raises MissingFileError, UnknownFormatError or ParseError for a file that cannot be read.
        `progress` is called with the number of checks that are done and of all.
        """
        from srmgraph.validation import validate

        paths = [Path(file) for file in files]
        # Oxigraph cannot take back what it has written, so a copy is tried first.
        candidate = self.store.copy()
        candidate.remove_graph(self.inferred_graph)
        for path in paths:
            candidate.read(path, format)
        report = validate(candidate, progress=progress)
        violations = sum(result.severity == "Violation" for result in report.results)
        if violations:
            names = " ".join(str(path) for path in paths)
            raise DoesNotConformError(
                f"{names}: does not conform, {violations} "
                f"violation{'' if violations == 1 else 's'}. "
                f"Nothing was loaded. See them with: srmgraph validate {names}",
                report,
            )
        self.store.replace(candidate)
        self._inferred = False
        return report

    def validate(self, *, progress: ValidationProgress | None = None) -> Report:
        """Check the statements against all rules.

        `progress` is called with the number of checks that are done and of all.
        """
        from srmgraph.validation import validate

        return validate(self.store, progress=progress)

    def infer(self, progress: InferenceProgress | None = None) -> int:
        """Add the facts that follow by OWL 2 RL and return how many there are.

        They replace those inferred before. `progress` hears a sentence now and then.
        Raises InconsistentError, and then adds nothing.
        """
        from srmgraph.inference import infer

        self.store.remove_graph(self.inferred_graph)
        self._inferred = False
        facts = infer(self.store, progress=progress)
        self.store.add(facts, self.inferred_graph)
        self._inferred = True
        return len(facts)

    def inferred(self) -> rdflib.Graph:
        """Return the facts that were inferred, and only these."""
        return self.store.construct(
            f"CONSTRUCT {{ ?thing ?property ?value }} "
            f"{{ GRAPH {self.inferred_graph.n3()} {{ ?thing ?property ?value }} }}"
        )

    def ask(
        self, name: str, /, *, progress: InferenceProgress | None = None, **parameters: object
    ) -> Solutions:
        """Answer a kept question, such as those of the command `srmgraph ask`.

        Facts are inferred first when the question needs them and that has not been done since the
        last load. Raises UnknownQuestionError and ParameterError with advice.
        """
        question = queries.question(name)
        sparql = question.bind(self.store, **parameters)
        if question.uses_inference and not self._inferred:
            self.infer(progress)
        return self.store.select(sparql)

    def select(self, sparql: str) -> Solutions:
        """Answer a SELECT query over all statements; raises QueryError."""
        return self.store.select(sparql)

    def construct(self, sparql: str) -> rdflib.Graph:
        """Answer a CONSTRUCT or DESCRIBE query over all statements; raises QueryError."""
        return self.store.construct(sparql)

    def holds(self, sparql: str) -> bool:
        """Answer an ASK query over all statements; raises QueryError."""
        return self.store.holds(sparql)

    def write(self, file: Path | str, format: str | None = None, *, inferred: bool = False) -> None:
        """Write the statements to a file, in the format told by its ending or by name.

        Facts that were inferred are left out unless they are asked for. Named graphs are kept by
        the formats that have them (TriG, N-Quads, JSON-LD). The same statements give the same file.
        """
        from srmgraph.adapters import rdf

        rdf.write(
            self.store, Path(file), format, without=() if inferred else (self.inferred_graph,)
        )

    @property
    def inferred_graph(self) -> rdflib.URIRef:
        """The name of the graph of the facts that were inferred."""
        return rdflib.URIRef(f"{knowledge.ontology_iri()}/inferred")
