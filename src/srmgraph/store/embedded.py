"""A store inside the process: Oxigraph, in memory or over a folder of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.errors import QueryError
from srmgraph.garbage import uncollected
from srmgraph.sparql import names_its_graphs, unmistakable
from srmgraph.store import intake
from srmgraph.store.limits import LimitedBytes
from srmgraph.store.protocol import LoadProgress
from srmgraph.store.query_errors import ENGINE_ERRORS, check, check_update, query_error
from srmgraph.store.solutions import Solutions, results_format
from srmgraph.store.updates import with_dataset
from srmgraph.syntax import Parser, format_of
from srmgraph.terms import Statement, triples_to_oxigraph

if TYPE_CHECKING:
    from srmgraph.encoding import Encoding

# Above this many bytes it takes too long to number blank nodes in the order of the file; the engine
# then gives them names by chance.
_LARGE = 16_000_000
# From this many bytes on, and a hundredth as many statements, writing in bulk is faster.
_MANY = 1_000_000
# From this many bytes on, N-Triples become columns sooner than they are in the engine.
_WORTH_COLUMNS = 2_000_000


class EmbeddedStore:
    """A `Store` inside the process.

    Without an engine, the store is new, empty and in memory; large files that are read into it
    reach the engine when it is first asked for. `namespaces` are all that a prefix stood for in the
    files read so far. A query need not declare the prefixes in `assumed_prefixes`. Blank nodes that
    are read are called by numbers after `label`.
    """

    is_durable = False
    is_remote = False
    outside_graph: str | None = None

    def __init__(self, oxigraph: pyoxigraph.Store | None = None, label: str = "b") -> None:
        self._engine = pyoxigraph.Store() if oxigraph is None else oxigraph
        self._loads_at_once = oxigraph is not None
        self._unloaded: list[tuple[Parser, intake.Names]] = []
        self._encodings: list[Encoding] = []
        self._encoded: Encoding | None = None
        self.assumed_prefixes: dict[str, str] = {}
        self.prefixes: dict[str, str] = {}
        self.namespaces: dict[str, set[str]] = {}
        self._label = label
        self._reads = 0
        self._seen: tuple[str, ...] = ()

    @property
    def oxigraph(self) -> pyoxigraph.Store:
        """The engine below, for inference and validation only, and only to be read."""
        if self._unloaded:
            encoded = self.encoding() if self.is_unloaded else None
            for parser, names in self._unloaded:
                if names:
                    intake.fill(self._engine, parser.content, names)
                else:
                    self._load(parser, intake.OUTSIDE)
            self._forget_unloaded()
            self._encoded = encoded
        return self._engine

    def _forget_unloaded(self) -> None:
        self._unloaded.clear()
        self._encodings.clear()
        self._encoded = None

    def __len__(self) -> int:
        """Return how many statements there are, counting one for each graph that holds it."""
        return len(self.encoding() if self.is_unloaded else self.oxigraph)

    @property
    def is_unloaded(self) -> bool:
        """Whether all that is here has not reached the engine yet; then it is in no named graph."""
        return bool(self._unloaded) and not len(self._engine)

    def read(
        self,
        file: Path,
        format: str | None = None,
        graph: rdflib.URIRef | None = None,
        progress: LoadProgress | None = None,
    ) -> None:
        """Take in the statements of a file; see `Store`."""
        self._extend(intake.of_file(file, format, progress), graph)

    def parse(
        self,
        text: str | bytes,
        format: str,
        graph: rdflib.URIRef | None = None,
        base: str | None = None,
    ) -> None:
        """Take in the statements of a text; see `Store`."""
        self._extend(intake.of_text(text, format, base), graph)

    def _extend(self, parser: Parser, graph: rdflib.URIRef | None) -> None:
        target = intake.graph_name(graph)
        self._reads += 1
        # Nothing is kept when the parser raises: the engine writes only when all has been read.
        # The engine takes a graph to load into for formats without graphs only.
        is_placed = graph is None or not parser.syntax.has_graphs
        if len(parser.content) > _WORTH_COLUMNS and self._becomes_columns(parser, graph):
            return
        if len(parser.content) > _LARGE and parser.is_plain and is_placed:
            next(iter(parser), None)
            with parser.errors():
                self._load(parser, None if parser.syntax.has_graphs else target)
        else:
            quads = intake.with_own_blank_nodes(parser, self._own_label, target)
            self._write(quads, len(parser.content) > _MANY)
        intake.remember(parser, self.prefixes, self.namespaces)

    @property
    def _own_label(self) -> str:
        """What the names of the blank nodes that are read begin with."""
        return f"{self._label}{self._reads}n"

    def _becomes_columns(self, parser: Parser, graph: rdflib.URIRef | None) -> bool:
        """Take in a file as columns, if it is plain enough; the engine has it when it is asked."""
        if self._loads_at_once or graph is not None or not parser.is_in_lines:
            return False
        from srmgraph.encoding import Encoding
        from srmgraph.ntriples import NotPlainError

        try:
            encoding = Encoding.of_text(parser.content, parser.progress, self._own_label)
        except NotPlainError:
            return False
        parser.progress = None
        self._encoded = None
        # What the columns call a blank node, the engine is going to call it, too.
        names = {
            pyoxigraph.BlankNode(own[2:].decode()): pyoxigraph.BlankNode(ours[2:].decode())
            for own, ours in encoding.blank_nodes.items()
        }
        self._unloaded.append((parser, names))
        self._encodings.append(encoding)
        return True

    def encoding(self, without: Iterable[rdflib.URIRef] = ()) -> Encoding:
        """Return the statements of all graphs but some as columns of numbers; all of them are kept
        as such until something is written."""
        from srmgraph.encoding import Encoding

        if self.is_unloaded:
            self._encodings = [Encoding.joined(self._encodings)]
            return self._encodings[0]
        left_out = set(map(pyoxigraph.NamedNode, without)).intersection(
            self.oxigraph.named_graphs()
        )
        if left_out:
            return Encoding.of_store(self.oxigraph, left_out)
        if self._encoded is None:
            self._encoded = Encoding.of_store(self.oxigraph)
        return self._encoded

    def forget_columns(self) -> None:
        """Keep no columns any more: something is written past the methods of this store."""
        self._encoded = None

    def values(
        self, things: Iterable[rdflib.URIRef], property: rdflib.URIRef
    ) -> Iterator[pyoxigraph.Quad]:
        """Yield what is stated of some things by a property, in whichever graph."""
        names = map(pyoxigraph.NamedNode, things)
        name = pyoxigraph.NamedNode(property)
        if self.is_unloaded:
            yield from self.encoding().quads(names, [name])
            return
        seen = set(_default(self._seen))
        for thing in names:
            for quad in self.oxigraph.quads_for_pattern(thing, name, None):
                if not seen or quad.graph_name in seen:
                    yield quad

    def holds_more(self, number: int) -> bool:
        """Tell whether there are more statements than a number; see `Store`."""
        if self.is_unloaded:
            return len(self) > number
        return holds_more(self.oxigraph, number)

    def _load(
        self, parser: Parser, graph: pyoxigraph.NamedNode | pyoxigraph.DefaultGraph | None
    ) -> None:
        self._encoded = None
        self._engine.bulk_load(
            input=parser.source(),
            format=parser.syntax.oxigraph,
            base_iri=parser.base,
            to_graph=graph,
        )

    def add(
        self, graph: rdflib.Graph | Collection[Statement], name: rdflib.URIRef | None = None
    ) -> None:
        """Add the statements of a graph, to the graph called `name` or to the default graph."""
        target = intake.graph_name(name)
        quads = (
            pyoxigraph.Quad(triple.subject, triple.predicate, triple.object, target)
            for triple in triples_to_oxigraph(graph)
        )
        self.write(quads, len(graph))

    def write(self, quads: Iterator[pyoxigraph.Quad], number: int) -> None:
        """Add about so many statements of the engine."""
        self._write(quads, number > _MANY // 100)

    def remove(self, quads: Iterable[pyoxigraph.Quad]) -> None:
        """Remove statements of the engine, where they are there."""
        self._encoded = None
        for quad in quads:
            self.oxigraph.remove(quad)

    def apart(self) -> EmbeddedStore:
        """Return an empty store in memory, whose blank nodes are going to be none of this one's."""
        self._reads += 1
        return EmbeddedStore(label=f"{self._label}{self._reads}n")

    def take(self, other: EmbeddedStore, name: rdflib.URIRef) -> None:
        """Let a graph hold what it holds in a store that `apart` gave; add the prefixes of that."""
        graph = intake.graph_name(name)
        self.put(name, other.oxigraph.quads_for_pattern(None, None, None, graph))
        self.prefixes |= other.prefixes
        for prefix, namespaces in other.namespaces.items():
            self.namespaces.setdefault(prefix, set()).update(namespaces)

    def put(self, name: rdflib.URIRef | None, quads: Iterator[pyoxigraph.Quad]) -> None:
        """Let statements of a graph be all that it holds."""
        self.clear_graph(name)
        self._write(quads, are_many=True)

    def make_graph(self, name: rdflib.URIRef | None) -> None:
        """Let there be a graph, be it empty; the default graph is always there."""
        if name is not None:
            self.oxigraph.add_graph(pyoxigraph.NamedNode(name))

    def clear_graph(self, name: rdflib.URIRef | None) -> None:
        """Remove all statements of a graph, which is there all the same."""
        self._encoded = None
        self.oxigraph.clear_graph(intake.graph_name(name))

    def _write(self, quads: Iterator[pyoxigraph.Quad], are_many: bool) -> None:
        # Either way it is all or nothing. In a folder, bulk loading makes files of its own each
        # time, which takes longer than a log does for a few.
        self._encoded = None
        if are_many:
            with uncollected():
                self.oxigraph.bulk_extend(quads)
        else:
            self.oxigraph.extend(quads)

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
        try:
            return intake.filled(answer, self.prefixes)
        except ENGINE_ERRORS as error:
            raise query_error(error, sparql) from error

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
        base: str | None = None,
    ) -> bytes:
        """Answer a query of any form as text; see `Store`.

        The clock is looked at when rows are written: a query that looks for its first row cannot be
        stopped.
        """
        output = LimitedBytes(largest, seconds)
        answer = self._query(sparql, default_graphs, named_graphs, base)
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

    def update(
        self,
        sparql: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base: str | None = None,
    ) -> None:
        """Change statements by SPARQL 1.1 Update; see `Store`."""
        check_update(sparql)
        self._encoded = None
        try:
            text = unmistakable_update(sparql, default_graphs, named_graphs)
            self.oxigraph.update(text, base_iri=base, prefixes=self.assumed_prefixes)
        except ENGINE_ERRORS as error:
            raise query_error(error, sparql) from error

    def update_sparing(
        self,
        spared: Sequence[rdflib.URIRef],
        sparql: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base: str | None = None,
    ) -> None:
        """Change statements by SPARQL 1.1 Update, but leave some graphs as they are."""
        before = {
            name: set(self.oxigraph.quads_for_pattern(None, None, None, intake.graph_name(name)))
            for name in spared
        }
        EmbeddedStore.update(self, sparql, default_graphs, named_graphs, base)
        for name, quads in before.items():
            held = self.oxigraph.quads_for_pattern(None, None, None, intake.graph_name(name))
            if set(held) != quads:
                self.put(name, iter(quads))

    def graph(self, name: rdflib.URIRef | None = None) -> rdflib.Graph:
        """Return a copy of the statements of a named graph, or of all graphs as one."""
        quads = (
            self.oxigraph
            if name is None
            else self.oxigraph.quads_for_pattern(None, None, None, intake.graph_name(name))
        )
        return intake.filled(quads, self.prefixes)

    def graphs(self) -> dict[rdflib.URIRef | None, int]:
        """Return how many statements each graph holds; see `Store`."""
        if self.is_unloaded:
            return {None: len(self)}
        sizes: dict[rdflib.URIRef | None, int] = {}
        total = len(self.oxigraph)
        for name in sorted(self.oxigraph.named_graphs(), key=lambda node: node.value):
            iri = rdflib.URIRef(name.value)
            sizes[iri] = self._count(f"GRAPH {name} {{ ?s ?p ?o }}")
            total -= sizes[iri]
        return ({None: total} if total else {}) | sizes

    def has_graph(self, name: rdflib.URIRef | None) -> bool:
        """Return whether there is a named graph, be it empty, or anything in the default graph."""
        if name is not None:
            return self.oxigraph.contains_named_graph(pyoxigraph.NamedNode(name))
        outside = self.oxigraph.quads_for_pattern(None, None, None, intake.OUTSIDE)
        return next(iter(outside), None) is not None

    def _count(self, pattern: str) -> int:
        answer: Any = self.oxigraph.query(f"SELECT (COUNT(*) AS ?count) {{ {pattern} }}")
        return int(next(answer)[0].value)

    def seeing(self, graphs: Sequence[str]) -> EmbeddedStore:
        """Return this store as it is for who sees some graphs only: its queries ask these, whatever
        they name. `oxigraph` is the whole engine all the same."""
        other = EmbeddedStore(self.oxigraph)
        other.prefixes, other.namespaces = self.prefixes, self.namespaces
        other.assumed_prefixes = self.assumed_prefixes
        other._seen = tuple(graphs)
        return other

    def copy(self) -> EmbeddedStore:
        """Return a store in memory with the same statements, to be changed apart from this one."""
        copy = EmbeddedStore()
        copy.oxigraph.bulk_extend(self.oxigraph)
        copy._encoded = self._encoded
        copy.prefixes = dict(self.prefixes)
        copy.namespaces = {prefix: set(iris) for prefix, iris in self.namespaces.items()}
        copy._label, copy._reads = self._label, self._reads
        return copy

    def remove_graph(self, name: rdflib.URIRef) -> None:
        """Remove a named graph with all its statements, if it is there."""
        self._encoded = None
        self.oxigraph.remove_graph(pyoxigraph.NamedNode(name))

    def replace(self, other: EmbeddedStore) -> None:
        """Hold what another store holds, in place of what was here. The other is then given up."""
        self._engine, self._reads = other.oxigraph, other._reads
        self._forget_unloaded()
        self._encoded = other._encoded
        self.prefixes, self.namespaces = other.prefixes, other.namespaces

    @contextmanager
    def change(
        self, author: str = "", message: str = "", expected: int | None = None
    ) -> Iterator[EmbeddedStore]:
        """Give a copy to be changed; this store is as it is when all goes well. See `Store`."""
        candidate = self.copy()
        yield candidate
        self.replace(candidate)

    def snapshot(self) -> EmbeddedStore:
        """Return this store itself."""
        return self

    def close(self) -> None:
        """Let go of the engine, and so of its files and locks."""
        self._engine = pyoxigraph.Store()
        self._forget_unloaded()

    def _query(
        self,
        sparql: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base: str | None = None,
    ) -> pyoxigraph.QuerySolutions | pyoxigraph.QueryTriples | pyoxigraph.QueryBoolean:
        check(sparql)
        if self._seen and not (default_graphs or named_graphs):
            default_graphs = named_graphs = self._seen
        chosen = bool(default_graphs or named_graphs)
        try:
            return self.oxigraph.query(
                unmistakable(sparql),
                base_iri=base,
                prefixes=self.assumed_prefixes,
                # The engine would pass over FROM if it were told to ask the union.
                use_default_graph_as_union=not chosen and not names_its_graphs(sparql),
                default_graph=_default(default_graphs) if chosen else None,
                named_graphs=nodes(named_graphs) if chosen else None,
            )
        except ENGINE_ERRORS as error:
            raise query_error(error, sparql) from error


def holds_more(engine: pyoxigraph.Store, number: int) -> bool:
    """Tell whether a store holds more statements than a number, without counting them all."""
    # The engine passes over them in half the time that it takes to hand them out, and from a disk
    # in a tenth of it.
    found: Any = engine.query(
        f"SELECT (1 AS ?one) {{ ?s ?p ?o }} OFFSET {number} LIMIT 1",
        use_default_graph_as_union=True,
    )
    return next(found, None) is not None


def _default(iris: Sequence[str]) -> list[Any]:
    """Return graphs as terms; one name stands for the default graph, which has none."""
    return [
        intake.OUTSIDE if iri == intake.OUTSIDE_NAME else pyoxigraph.NamedNode(iri) for iri in iris
    ]


def unmistakable_update(
    sparql: str, default_graphs: Sequence[str], named_graphs: Sequence[str]
) -> str:
    """Return an update as the engine is to read it, with the graphs that are named beside it.

    Raises QueryError where it names graphs itself, and ValueError for what is no IRI.
    """
    if default_graphs or named_graphs:
        sparql = with_dataset(sparql, nodes(default_graphs), nodes(named_graphs))
    return unmistakable(sparql)


def nodes(iris: Sequence[str]) -> list[Any]:
    """Return IRIs as terms; raises ValueError for what is none."""
    return [pyoxigraph.NamedNode(iri) for iri in iris]
