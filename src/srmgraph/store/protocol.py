"""What every store does, wherever it keeps its statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import rdflib

from srmgraph.store.solutions import Solutions

if TYPE_CHECKING:
    from srmgraph.store.embedded import EmbeddedStore


LoadProgress: TypeAlias = Callable[[int, int, int], None]
"""Called with the numbers of bytes and of lines that were read, and of all bytes. A line is about a
statement."""


class Store(Protocol):
    """Statements in a default graph and in named graphs; queries see the union of them all.

    A query that names its graphs (FROM, FROM NAMED) sees those and no other. It need not declare
    the prefixes in `assumed_prefixes`.
    """

    assumed_prefixes: dict[str, str]

    @property
    def is_durable(self) -> bool:
        """Whether what is written outlives the process, and is closed and checked when it is."""

    @property
    def is_remote(self) -> bool:
        """Whether a server keeps the statements, so that the work is better done there."""

    @property
    def outside_graph(self) -> str | None:
        """The named graph that is the default graph, where a server has no other place for it."""

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that the files read so far declare at their top; of two, the last."""

    @property
    def namespaces(self) -> dict[str, set[str]]:
        """All that a prefix stood for in the files read so far."""

    def __len__(self) -> int:
        """Return how many statements there are, counting one for each graph that holds it."""

    def holds_more(self, number: int) -> bool:
        """Tell whether there are more statements than a number, which may be known much sooner
        than how many there are."""

    def read(
        self,
        file: Path,
        format: str | None = None,
        graph: rdflib.URIRef | None = None,
        progress: LoadProgress | None = None,
    ) -> None:
        """Take in the statements of a file: all of them or, if it has an error, none.

        The format is told by the ending of the file unless it is named. Statements outside named
        graphs go to `graph` or else to the default graph. Blank nodes stay apart from those of
        other files. `progress` is called now and then.

        Raises MissingFileError, UnknownFormatError, and ParseError with line and column.
        """

    def parse(
        self,
        text: str | bytes,
        format: str,
        graph: rdflib.URIRef | None = None,
        base: str | None = None,
    ) -> None:
        """Take in the statements of a text, as `read` does those of a file.

        Relative IRIs are relative to `base`.

        Raises UnknownFormatError, and ParseError with line and column.
        """

    def add(self, graph: rdflib.Graph, name: rdflib.URIRef | None = None) -> None:
        """Add the statements of a graph, to the graph called `name` or to the default graph."""

    def select(self, sparql: str) -> Solutions:
        """Answer a SELECT query; raises QueryError with the place and the reason."""

    def construct(self, sparql: str) -> rdflib.Graph:
        """Answer a CONSTRUCT or DESCRIBE query; raises QueryError."""

    def holds(self, sparql: str) -> bool:
        """Answer an ASK query; raises QueryError."""

    def answer(
        self,
        sparql: str,
        format: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        largest: int | None = None,
        seconds: float | None = None,
        base: str | None = None,
    ) -> bytes:
        """Answer a query of any form as text: rows and truth values as csv, tsv, json or xml,
        graphs in a format of RDF.

        `default_graphs` and `named_graphs` are the IRIs of the graphs that are asked, as the SPARQL
        1.1 Protocol has them; they stand above those that the query names. Relative IRIs are
        relative to `base`. An answer ends in
        QueryError when it has more than `largest` bytes or takes more than so many `seconds`.
        Raises QueryError, and UnknownFormatError for a format that does not fit the query.
        """

    def update(
        self,
        sparql: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base: str | None = None,
    ) -> None:
        """Change statements by SPARQL 1.1 Update: wholly or, if it fails, not at all.

        A pattern sees the default graph alone unless the update, or else `default_graphs` and
        `named_graphs`, name others. LOAD is refused: a store reaches out to nowhere.
        Raises QueryError, also when both name graphs.
        """

    def graph(self, name: rdflib.URIRef | None = None) -> rdflib.Graph:
        """Return a copy of the statements of a named graph, or of all graphs as one."""

    def graphs(self) -> dict[rdflib.URIRef | None, int]:
        """Return how many statements each graph holds, in the order of names; None is the default
        graph, which is left out when it is empty."""

    def remove_graph(self, name: rdflib.URIRef) -> None:
        """Remove a named graph with all its statements, if it is there."""

    def change(
        self, author: str = "", message: str = "", expected: int | None = None
    ) -> AbstractContextManager[EmbeddedStore]:
        """Give a copy to be changed; what it holds then is what this store holds, or all stays.

        All stays when an error is raised meanwhile. `author` and `message` are told in the history
        of a store that has one, and `expected` is the revision that the change is meant for.
        Raises StoreError.
        """

    def snapshot(self) -> EmbeddedStore:
        """Return the statements in a store inside the process, to be read only."""

    def close(self) -> None:
        """Let go of the store, which is not to be used afterwards."""
