"""A service graph, whole: load files, check them, ask, infer, write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

import rdflib

from srmgraph import knowledge, queries
from srmgraph.change import Change
from srmgraph.store import Solutions, Store, open_store

if TYPE_CHECKING:
    from srmgraph.maintenance import Maintenance
    from srmgraph.validation import Report

InferenceProgress: TypeAlias = Callable[[str], None]
ValidationProgress: TypeAlias = Callable[[int, int], None]


class ServiceGraph:
    """Organizations and people who serve each other, as statements that conform to the model.

    `store` holds the statements. Each source has a named graph of its own, and so have the
    ontology, the facts that were inferred, and who loaded what and when.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._inferred = False
        self._maintenance: Maintenance | None = None

    @classmethod
    def open(cls, url: str = "memory:", *, create: bool = False) -> ServiceGraph:
        """Open the service graph at an address; see `open_store`. Raises StoreError."""
        return cls(open_store(url, create=create))

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
        self.store.close()

    def load(
        self,
        *files: Path | str,
        format: str | None = None,
        graph: str | None = None,
        author: str = "",
        progress: ValidationProgress | None = None,
    ) -> Report:
        """Take in the files, all or none, and return the report on the graph as it then is.

        What a file states outside named graphs goes to the one called `graph` or else by the file's
        own address, and replaces what was there: loading a file again brings it up to date.
        Refused is what breaks a rule of severity Violation: DoesNotConformError carries the report.
        Warnings and remarks do not stop the load; they are in the report that is returned.
        Raises MissingFileError, UnknownFormatError or ParseError for a file that cannot be read.
        `progress` is called with the number of checks that are done and of all.
        """
        paths = [Path(file) for file in files]
        names = " ".join(str(path) for path in paths)
        with self.change(author, f"load {names}", progress=progress) as change:
            for path in paths:
                change.load(path, format, None if graph is None else rdflib.URIRef(graph))
        return change.report

    @contextmanager
    def change(
        self,
        author: str = "",
        message: str = "",
        *,
        expected: int | None = None,
        progress: ValidationProgress | None = None,
    ) -> Iterator[Change]:
        """Change statements, all or none: what is true afterwards is inferred and checked first.

        Raises DoesNotConformError, InconsistentError and what the store raises; then all is as it
        was.
        """
        if self._maintenance is None and self.store.is_durable:
            from srmgraph.maintenance import Maintenance

            self._maintenance = Maintenance()
        with self.store.change(author, message, expected) as candidate:
            change = Change(candidate, author, message, self.store.is_durable, self._maintenance)
            yield change
            change.complete(progress)
        if self._maintenance is not None:
            self._maintenance.settle(candidate)
        self._inferred = self.store.is_durable

    def validate(self, *, progress: ValidationProgress | None = None) -> Report:
        """Check the statements against all rules; see the functions `validate` and, for a store on
        a server, where they are checked without being fetched, `validate_remotely`.

        `progress` is called with the number of checks that are done and of all. Raises StoreError
        where a server cannot be reached, or holds no ontology or another.
        """
        if self.store.is_remote:
            from srmgraph.store.remote import RemoteStore
            from srmgraph.validation import validate_remotely

            assert isinstance(self.store, RemoteStore)
            return validate_remotely(self.store, progress=progress)
        from srmgraph.validation import validate

        return validate(self.store.snapshot(), progress=progress)

    def infer(self, progress: InferenceProgress | None = None) -> int:
        """Add the facts that follow by OWL 2 RL and return how many there are.

        They replace those inferred before. `progress` hears a sentence now and then. A server does
        the work itself, by SPARQL; nothing is done where `is_closed_by_server`.
        Raises InconsistentError, and then adds nothing.
        """
        if self.store.is_remote:
            from srmgraph.inference import sparql_engine

            if not self.is_closed_by_server:
                sparql_engine.close(self.store, self.inferred_graph, progress=progress)
            return self.store.graphs().get(self.inferred_graph, 0)
        if self.store.is_durable:
            with self.change(message="infer"):
                pass
            return len(self.inferred())
        from srmgraph.inference import close

        self._inferred = False
        number = close(self.store.snapshot(), self.inferred_graph, progress)
        self._inferred = True
        return number

    @property
    def is_closed_by_server(self) -> bool:
        """Whether the statements are on a server that says that it infers with each change, as a
        service of our own does."""
        from srmgraph.store.remote import RemoteStore

        return isinstance(self.store, RemoteStore) and self.store.infers_itself

    def inferred(self) -> rdflib.Graph:
        """Return the facts that were inferred, and only these."""
        return self.store.graph(self.inferred_graph)

    def ask(
        self, name: str, /, *, progress: InferenceProgress | None = None, **parameters: object
    ) -> Solutions:
        """Answer a kept question, such as those of the command `srmgraph ask`.

        Facts are inferred first when the question needs them and that has not been done since the
        last load. Raises UnknownQuestionError and ParameterError with advice.
        """
        question = queries.question(name)
        given = [key for key, value in parameters.items() if value is not None]
        question.require(self.store, given)
        sparql = question.bind(self.store, **parameters)
        if question.uses_inference and not (self._inferred or self.store.is_durable):
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

        Facts that were inferred are left out unless they are asked for, and so is what the store
        keeps for itself. Named graphs are kept by the formats that have them (TriG, N-Quads,
        JSON-LD). The same statements give the same file.
        """
        from srmgraph.adapters import rdf

        own = set(knowledge.own_graphs()) - ({self.inferred_graph} if inferred else set())
        rdf.write(self.store.snapshot(), Path(file), format, without=own)

    @property
    def inferred_graph(self) -> rdflib.URIRef:
        """The name of the graph of the facts that were inferred."""
        return knowledge.inferred_graph()
