"""A store inside the process, kept in memory by Oxigraph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.errors import InputError, QueryError
from srmgraph.sparql import names_its_graphs, unmistakable
from srmgraph.store.limits import LimitedBytes
from srmgraph.store.query_errors import ENGINE_ERRORS, check, query_error
from srmgraph.store.solutions import Solutions, results_format
from srmgraph.syntax import Parser, format_of, read_bytes
from srmgraph.terms import to_oxigraph, triples_to_oxigraph, triples_to_rdflib

# Above this many bytes it takes too long to number blank nodes in the order of the file; the engine
# then gives them names by chance.
_LARGE = 16_000_000


class Store:
    """Statements in a default graph and in named graphs; queries see the union of them all.

    `oxigraph` is the engine below, for inference and validation only. `prefixes` are those that the
    files read so far declare at their top, the last one where they differ; `namespaces` are all
    that a prefix stood for. A query need not declare the prefixes in `assumed_prefixes`.
    """

    def __init__(self) -> None:
        self.oxigraph = pyoxigraph.Store()
        self.assumed_prefixes: dict[str, str] = {}
        self.prefixes: dict[str, str] = {}
        self.namespaces: dict[str, set[str]] = {}
        self._reads = 0

    def __len__(self) -> int:
        """Return how many statements there are, counting one for each graph that holds it."""
        return len(self.oxigraph)

    def read(self, file: Path, format: str | None = None) -> None:
        """Take in the statements of a file: all of them or, if it has an error, none.

        The format is told by the ending of the file unless it is named. Statements outside named
        graphs go to the default graph. Blank nodes stay apart from those of other files.

        Raises MissingFileError, UnknownFormatError, and ParseError with line and column.
        """
        file = Path(file)
        # What is not there is told before what its name says.
        content = read_bytes(file)
        self._extend(Parser(content, format_of(file, format), file, _context))

    def parse(self, text: str | bytes, format: str) -> None:
        """Take in the statements of a text: all of them or, if it has an error, none.

        Raises UnknownFormatError, and ParseError with line and column.
        """
        content = text.encode() if isinstance(text, str) else text
        self._extend(Parser(content, format_of(Path(), format), None, _context))

    def _extend(self, parser: Parser) -> None:
        self._reads += 1
        # Nothing is kept when the parser raises: the engine writes only when all has been read.
        if len(parser.content) > _LARGE and parser.is_plain:
            next(iter(parser), None)
            with parser.errors():
                self.oxigraph.bulk_load(input=parser.content, format=parser.syntax.oxigraph)
        else:
            self.oxigraph.bulk_extend(_with_own_blank_nodes(parser, f"b{self._reads}n"))
        for prefix, namespace in parser.prefixes.items():
            self.prefixes[prefix] = namespace
            self.namespaces.setdefault(prefix, set()).add(namespace)

    def add(self, graph: rdflib.Graph, name: rdflib.URIRef | None = None) -> None:
        """Add the statements of a graph, to the graph called `name` or to the default graph."""
        target = pyoxigraph.DefaultGraph() if name is None else to_oxigraph(name)
        if not isinstance(target, pyoxigraph.NamedNode | pyoxigraph.DefaultGraph):
            raise InputError(f"A graph is named by an IRI, not by {name!r}.")
        self.oxigraph.bulk_extend(
            pyoxigraph.Quad(triple.subject, triple.predicate, triple.object, target)
            for triple in triples_to_oxigraph(graph)
        )

    def select(self, sparql: str) -> Solutions:
        """Answer a SELECT query; raises QueryError with the place and the reason."""
        answer = self._query(sparql)
        if not isinstance(answer, pyoxigraph.QuerySolutions):
            raise QueryError("This is no SELECT query, so it has no rows.")
        return Solutions(answer, sparql)

    def construct(self, sparql: str) -> rdflib.Graph:
        """Answer a CONSTRUCT or DESCRIBE query; raises QueryError."""
        answer = self._query(sparql)
        if not isinstance(answer, pyoxigraph.QueryTriples):
            raise QueryError("This is no CONSTRUCT or DESCRIBE query, so it makes no graph.")
        graph = self._empty_graph()
        try:
            for triple in triples_to_rdflib(answer):
                graph.add(triple)
        except ENGINE_ERRORS as error:
            raise query_error(error, sparql) from error
        return graph

    def holds(self, sparql: str) -> bool:
        """Answer an ASK query; raises QueryError."""
        answer = self._query(sparql)
        if not isinstance(answer, pyoxigraph.QueryBoolean):
            raise QueryError("This is no ASK query, so it is neither true nor false.")
        return bool(answer)

    def answer(
        self,
        sparql: str,
        format: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        largest: int | None = None,
        seconds: float | None = None,
    ) -> bytes:
        """Answer a query of any form as text: rows and truth values as csv, tsv, json or xml,
        graphs in a format of RDF.

        `default_graphs` and `named_graphs` are the IRIs of the graphs that are asked, as the SPARQL
        1.1 Protocol has them; they stand above those that the query names. An answer ends in
        QueryError when it has more than `largest` bytes, or when rows are still to come after so
        many `seconds`; a query that looks for its first row cannot be stopped.
        Raises QueryError, and UnknownFormatError for a format that does not fit the query.
        """
        output = LimitedBytes(largest, seconds)
        answer = self._query(sparql, default_graphs, named_graphs)
        try:
            if isinstance(answer, pyoxigraph.QueryTriples):
                syntax = format_of(Path(), format)
                prefixes = knowledge.prefixes() | self.prefixes
                pyoxigraph.serialize(answer, output, format=syntax.oxigraph, prefixes=prefixes)
            else:
                answer.serialize(output, format=results_format(format))
            return output.getvalue()
        except ENGINE_ERRORS as error:
            raise query_error(error, sparql) from error

    def graph(self) -> rdflib.Graph:
        """Return a copy of all statements, of whichever graph, as one graph."""
        graph = self._empty_graph()
        for triple in triples_to_rdflib(self.oxigraph):
            graph.add(triple)
        return graph

    def copy(self) -> Store:
        """Return a store with the same statements that can be changed apart from this one."""
        copy = Store()
        copy.oxigraph.bulk_extend(self.oxigraph)
        copy.prefixes = dict(self.prefixes)
        copy.namespaces = {prefix: set(iris) for prefix, iris in self.namespaces.items()}
        copy._reads = self._reads
        return copy

    def remove_graph(self, name: rdflib.URIRef) -> None:
        """Remove a named graph with all its statements, if it is there."""
        self.oxigraph.remove_graph(pyoxigraph.NamedNode(name))

    def replace(self, other: Store) -> None:
        """Hold what another store holds, in place of what was here. The other is then given up."""
        self.oxigraph, self._reads = other.oxigraph, other._reads
        self.prefixes, self.namespaces = other.prefixes, other.namespaces

    def _empty_graph(self) -> rdflib.Graph:
        graph = rdflib.Graph(bind_namespaces="none")
        for prefix, namespace in (knowledge.prefixes() | self.prefixes).items():
            graph.bind(prefix, namespace, replace=True)
        return graph

    def _query(
        self, sparql: str, default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = ()
    ) -> pyoxigraph.QuerySolutions | pyoxigraph.QueryTriples | pyoxigraph.QueryBoolean:
        check(sparql)
        chosen = bool(default_graphs or named_graphs)
        try:
            return self.oxigraph.query(
                unmistakable(sparql),
                prefixes=self.assumed_prefixes,
                # The engine would pass over FROM if it were told to ask the union.
                use_default_graph_as_union=not chosen and not names_its_graphs(sparql),
                default_graph=_nodes(default_graphs) if chosen else None,
                named_graphs=_nodes(named_graphs) if chosen else None,
            )
        except ENGINE_ERRORS as error:
            raise query_error(error, sparql) from error


def _nodes(iris: Sequence[str]) -> list[Any]:
    return [pyoxigraph.NamedNode(iri) for iri in iris]


def _context(iri: str) -> dict[str, Any] | None:
    return knowledge.context() if iri == knowledge.context_iri() else None


def _with_own_blank_nodes(parser: Parser, label: str) -> Iterator[pyoxigraph.Quad]:
    """Number blank nodes in their order in the file: apart from others', the same in each run."""
    names: dict[pyoxigraph.BlankNode, pyoxigraph.BlankNode] = {}

    def own(term: Any) -> Any:
        if type(term) is not pyoxigraph.BlankNode:
            return term
        if term not in names:
            names[term] = pyoxigraph.BlankNode(f"{label}{len(names) + 1}")
        return names[term]

    for quad in parser:
        subject, value, graph = quad.subject, quad.object, quad.graph_name
        yield pyoxigraph.Quad(own(subject), quad.predicate, own(value), own(graph))
