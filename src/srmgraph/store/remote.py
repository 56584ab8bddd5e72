"""A store on a SPARQL 1.1 server, spoken to by HTTP."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph import sparql as words
from srmgraph.errors import QueryError, StoreError
from srmgraph.store import intake
from srmgraph.store.embedded import EmbeddedStore, nodes
from srmgraph.store.limits import LimitedBytes
from srmgraph.store.protocol import LoadProgress
from srmgraph.store.query_errors import ENGINE_ERRORS, check, check_update, query_error
from srmgraph.store.remote_answers import (
    GRAPH,
    QUADS,
    ROWS,
    check_whole,
    load,
    not_whole,
    results,
    rows,
    solutions,
    tells_of_inference,
    triples,
    truth,
)
from srmgraph.store.remote_changes import difference
from srmgraph.store.remote_http import Answer, Connection, RefusedError, SlowError, Traffic
from srmgraph.store.remote_login import Basic, Bearer, Digest, Login, address, endpoint
from srmgraph.store.remote_servers import STAND_IN, Parameters, Server, server_of
from srmgraph.store.remote_writer import Writer
from srmgraph.store.solutions import Solutions, results_format
from srmgraph.store.updates import with_dataset
from srmgraph.syntax import Parser, format_of
from srmgraph.terms import Term, n_triples, to_rdflib, triples_to_oxigraph

__all__ = ["Basic", "Bearer", "Digest", "RemoteStore", "Server"]

_AT_ONCE = 500
_SERVER = re.compile(r"([a-z0-9]+)\+(?=https?://)")


class RemoteStore:
    """A `Store` on a SPARQL 1.1 server. docs/remote-stores.md says how to point it at one.

    Each query and each small change is one request, and so as atomic as the server makes it; a
    large upload is several. Blank nodes get other names with each answer. A SELECT is read to its
    end before its first row is given, so that no cut-off answer is taken for a whole one.
    """

    is_durable = True
    is_remote = True

    def __init__(
        self,
        url: str,
        *,
        server: str | Server | None = None,
        query: str | None = None,
        update: str | None = None,
        data: str | None = None,
        login: Login | None = None,
        timeout: float = 60.0,
        attempts: int = 4,
        largest_answer: int = 1 << 30,
    ) -> None:
        """Open the store at an address; nothing is sent yet.

        The kind of `server` may also stand before the address, as in `oxigraph+http://localhost`;
        without either it is any that keeps to SPARQL 1.1. `query`, `update` and `data` are the
        endpoints, as addresses or as what follows `url`; they stand above those of the server. A
        name and a password in the address make a login.
        `timeout` is in seconds; `attempts` is how often what only reads is tried;
        `largest_answer` is in bytes. Raises StoreError for an address that is none.
        """
        named = _SERVER.match(url)
        if server is None:
            server = named[1] if named else "sparql"
        kind = server if isinstance(server, Server) else server_of(server)
        base, own_login = address(url[named.end() :] if named else url, digest=kind.digest)
        self.url = base
        self.prefixes: dict[str, str] = {}
        self.namespaces: dict[str, set[str]] = {}
        self.assumed_prefixes: dict[str, str] = {}
        self._server = kind
        # Whether the server is known to answer some queries wrongly.
        self.misreads = bool(kind.misreads)
        self._http = Connection(login or own_login, timeout, attempts, largest_answer)
        self._query_url = endpoint(base, kind.query if query is None else query)
        # Whoever names another endpoint for data may have moved this one as well.
        has_dump = kind.dump is not None and data is None
        self._dump_url = endpoint(base, kind.dump or "") if has_dump else None
        behind = kind.data if data is None else data
        self._writer = Writer(
            self._http,
            kind,
            endpoint(base, kind.update if update is None else update),
            None if behind is None else endpoint(base, behind),
        )

    def __repr__(self) -> str:
        return f"RemoteStore({self.url!r}, server={self._server.name!r})"

    @property
    def outside_graph(self) -> str | None:
        """The named graph in which the server keeps statements outside named graphs, if any."""
        return self._server.stand_in

    @property
    def infers_itself(self) -> bool:
        """Whether the server says that it works out itself what follows by OWL 2 RL."""
        try:
            return tells_of_inference(self._http.fetch(self._query_url, GRAPH))
        except RefusedError:
            return False

    def __len__(self) -> int:
        """Return how many statements there are, counting one for each graph that holds it."""
        return sum(self.graphs().values())

    def holds_more(self, number: int) -> bool:
        """Tell whether there are more statements than a number; the server counts them all."""
        return len(self) > number

    def read(
        self,
        file: Path,
        format: str | None = None,
        graph: rdflib.URIRef | None = None,
        progress: LoadProgress | None = None,
    ) -> None:
        """Take in the statements of a file; see `Store`. A large one is sent in several parts."""
        self._take_in(intake.of_file(file, format, progress), graph)

    def parse(
        self,
        text: str | bytes,
        format: str,
        graph: rdflib.URIRef | None = None,
        base: str | None = None,
    ) -> None:
        """Take in the statements of a text; see `Store`. A large one is sent in several parts."""
        self._take_in(intake.of_text(text, format, base), graph)

    def _take_in(self, parser: Parser, graph: rdflib.URIRef | None) -> None:
        target = intake.graph_name(graph)
        self._writer.upload(
            pyoxigraph.Quad(
                quad.subject,
                quad.predicate,
                quad.object,
                target if quad.graph_name == intake.OUTSIDE else quad.graph_name,
            )
            # All is parsed before the first part is sent: a faulty file leaves no trace.
            for quad in list(parser)
        )
        intake.remember(parser, self.prefixes, self.namespaces)

    def add(self, graph: rdflib.Graph, name: rdflib.URIRef | None = None) -> None:
        """Add the statements of a graph; see `Store`. A large one is sent in several parts."""
        target = intake.graph_name(name)
        self._writer.upload(
            pyoxigraph.Quad(triple.subject, triple.predicate, triple.object, target)
            for triple in list(triples_to_oxigraph(graph))
        )

    def select(self, sparql: str) -> Solutions:
        """Answer a SELECT query; see `Store`. Raises StoreError when the server does not."""
        check(sparql)
        if words.form(sparql) not in ("SELECT", ""):
            raise QueryError("This is no SELECT query, so it has no rows.")
        answer = self._ask(sparql, ROWS)
        # A first reading, to find out whether the answer is whole.
        rows(answer, self._server)
        return Solutions(solutions(answer, self._server), sparql)

    def rows(self, sparql: str, seconds: float | None = None) -> list[dict[str, Term]]:
        """Return all rows of a SELECT query, in at most so many `seconds`; a row has no more
        variables than have a value in it.

        Raises QueryError and StoreError: SlowError where it takes longer, PartialError where the
        server does not give all rows.
        """
        answer = self._ask(sparql, ROWS, None, seconds)
        names = solutions(answer, self._server).variables
        return [
            {name.value: to_rdflib(term) for name in names if (term := row[name]) is not None}
            for row in rows(answer, self._server)
        ]

    def described_in(
        self, things: Iterable[rdflib.URIRef]
    ) -> dict[rdflib.URIRef, list[rdflib.URIRef | None]]:
        """Return the named graphs in which each thing is described; None is the default graph."""
        found: dict[rdflib.URIRef, list[rdflib.URIRef | None]] = {}
        for part in _in_parts(things):
            one = f"VALUES ?thing {{ {part} }}"
            query = f"SELECT DISTINCT ?thing ?g {{ {one} GRAPH ?g {{ ?thing ?p ?o }} }}"
            answer: list[tuple[Term, Term | None]]
            answer = [(row["thing"], row["g"]) for row in self.rows(query)]
            if self._server.stand_in is None:
                query = f"SELECT DISTINCT ?thing {{ {one} ?thing ?p ?o }}"
                own = self._raw(query, self._server.outside)
                answer += [(to_rdflib(row["thing"]), None) for row in own]
            for thing, name in answer:
                if str(name) not in self._server.hidden:
                    is_outside = name is None or str(name) == self._server.stand_in
                    graph = None if is_outside else rdflib.URIRef(str(name))
                    found.setdefault(rdflib.URIRef(str(thing)), []).append(graph)
        return found

    def misread(self, sparql: str) -> str:
        """Return what in a query this server is known to answer wrongly; empty if nothing is."""
        found = (what for sign, what in self._server.misreads if re.search(sign, sparql))
        return next(found, "")

    @property
    def traffic(self) -> Traffic:
        """How many requests this store has sent so far, and how many bytes went and came."""
        return self._http.traffic

    def construct(self, sparql: str) -> rdflib.Graph:
        """Answer a CONSTRUCT or DESCRIBE query; see `Store`. Raises StoreError, as `select`."""
        if words.form(sparql) not in ("CONSTRUCT", "DESCRIBE", ""):
            raise QueryError("This is no CONSTRUCT or DESCRIBE query, so it makes no graph.")
        return intake.filled(triples(self._ask(sparql, GRAPH), self._server), self.prefixes)

    def holds(self, sparql: str) -> bool:
        """Answer an ASK query; see `Store`. Raises StoreError when the server does not."""
        if words.form(sparql) not in ("ASK", ""):
            raise QueryError("This is no ASK query, so it is neither true nor false.")
        return truth(self._ask(sparql, ROWS), self._server)

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
        """Answer a query of any form as text; see `Store`. Raises StoreError, as `select`."""
        sparql = _with_base(sparql, base)
        makes_graph = words.form(sparql) in ("CONSTRUCT", "DESCRIBE")
        if not makes_graph and words.form(sparql):
            results_format(format)
        output = LimitedBytes(largest, seconds)
        chosen = _chosen(default_graphs, named_graphs) or None
        try:
            answer = self._ask(sparql, GRAPH if makes_graph else ROWS, chosen, seconds)
        except SlowError as error:
            if seconds is None:
                raise
            raise QueryError(
                f"It takes longer than {seconds:g} seconds to answer. Ask for less, as with LIMIT."
            ) from error
        try:
            if makes_graph:
                syntax = format_of(Path(), format)
                prefixes = knowledge.prefixes() | self.prefixes
                found = triples(answer, self._server)
                pyoxigraph.serialize(found, output, format=syntax.oxigraph, prefixes=prefixes)
            else:
                results(answer, self._server).serialize(output, format=results_format(format))
            return output.getvalue()
        except SyntaxError as error:
            raise not_whole(answer) from error
        except ENGINE_ERRORS as error:
            raise query_error(error, sparql) from error

    def update(
        self,
        sparql: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base: str | None = None,
    ) -> None:
        """Change statements by SPARQL 1.1 Update; see `Store`. Raises StoreError, as `select`."""
        check_update(sparql)
        if default_graphs or named_graphs:
            sparql = with_dataset(sparql, nodes(default_graphs), nodes(named_graphs))
        sparql = _with_base(sparql, base)
        used = words.upper_words(sparql)
        if (
            self._server.updates == "named"
            and used & {"INSERT", "DELETE"}
            and not used & {"GRAPH", "WITH"}
        ):
            raise QueryError(
                "This server's default graph cannot be asked together with the others, so an "
                "update has to say which graph it is about: WITH <…> or GRAPH <…> { … }."
            )
        # A server may take a query for an update that changes nothing.
        if words.form(sparql):
            self._understand(sparql, "update")
        try:
            self._writer.update(self._written_out(sparql), self._using(used))
        except RefusedError as error:
            self._understand(sparql, "update")
            if error.status == 400:
                raise QueryError(f"The update cannot be carried out: {error.reason}") from error
            raise

    def graph(self, name: rdflib.URIRef | None = None) -> rdflib.Graph:
        """Return a copy of the statements of a named graph, or of all graphs as one."""
        if name is None:
            return self.construct("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
        named = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {n_triples(name)} {{ ?s ?p ?o }} }}"
        return intake.filled(triples(self._ask(named, GRAPH, ()), self._server), self.prefixes)

    def graphs(self) -> dict[rdflib.URIRef | None, int]:
        """Return how many statements each graph holds; see `Store`. Empty graphs are left out."""
        counts: dict[rdflib.URIRef | None, int] = {}
        for row in self._raw("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"):
            if row["g"] is not None and row["g"].value not in self._server.hidden:
                counts[rdflib.URIRef(row["g"].value)] = int(row["n"].value)
        if self._server.stand_in is not None:
            outside = counts.pop(rdflib.URIRef(self._server.stand_in), 0)
        else:
            query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
            outside = sum(int(row["n"].value) for row in self._raw(query, self._server.outside))
        return ({None: outside} if outside else {}) | dict(sorted(counts.items(), key=str))

    def remove_graph(self, name: rdflib.URIRef) -> None:
        """Remove a named graph with all its statements, if it is there."""
        self._writer.update(f"DROP SILENT GRAPH {intake.graph_name(name)}")

    @contextmanager
    def change(
        self, author: str = "", message: str = "", expected: int | None = None
    ) -> Iterator[EmbeddedStore]:
        """Give a copy to be changed; what differs then is sent to the server. See `Store`.

        The whole store is fetched for it. A small difference is sent as one update; a large one as
        several, so that others may see a part of it. What others change meanwhile stays as they
        left it. A server keeps neither history nor revisions: `expected` must be None.
        """
        if expected is not None:
            raise StoreError(f"{self.url} keeps no revisions, so none can be expected.")
        candidate = self.snapshot()
        before = set(candidate.oxigraph)
        yield candidate
        self._writer.exchange(*difference(before, set(candidate.oxigraph)))
        self.prefixes, self.namespaces = candidate.prefixes, candidate.namespaces

    def snapshot(self) -> EmbeddedStore:
        """Return the statements in a store inside the process, fetched by one request, or two."""
        # What is read into the copy must not take the name of a blank node that is there.
        copy = EmbeddedStore(label=f"n{secrets.token_hex(4)}b")
        if self._dump_url is None:
            copy.oxigraph.bulk_extend(self.quads())
        else:
            load(self._http.fetch(self._dump_url, QUADS), copy.oxigraph)
        copy.prefixes = dict(self.prefixes)
        copy.namespaces = {prefix: set(iris) for prefix, iris in self.namespaces.items()}
        copy.assumed_prefixes = self.assumed_prefixes
        return copy

    def quads(self, given: str = "", limit: str = "") -> Iterator[pyoxigraph.Quad]:
        """Yield all statements, a blank node by one name wherever it is; or those that fit a group
        pattern *given* for ?s, ?p and ?o, as many as a LIMIT says."""
        named, outside = "GRAPH ?g { ?s ?p ?o }", "?s ?p ?o"
        queries: list[tuple[str, Parameters]] = [(named, ())]
        if self._server.stand_in is None and not self._server.outside:
            queries = [(f"{{ {named} }} UNION {{ {outside} }}", ())]
        elif self._server.stand_in is None:
            queries += [(outside, self._server.outside)]
        elif self._server.hidden and not given:
            # The server's own graphs may hold more than ours, and are not fetched.
            names = [str(name or self._server.stand_in) for name in self.graphs()]
            queries = [(named, _chosen((), names))] if names else []
        for pattern, chosen in queries:
            for row in self._raw(f"SELECT ?g ?s ?p ?o {{ {given} {pattern} }} {limit}", chosen):
                name = row["g"]
                if name is None or name.value == self._server.stand_in:
                    name = intake.OUTSIDE
                elif name.value in self._server.hidden:
                    continue
                yield pyoxigraph.Quad(row["s"], row["p"], row["o"], name)

    def close(self) -> None:
        """Close the connections to the server."""
        self._http.close()

    def _ask(
        self,
        sparql: str,
        accept: str,
        chosen: Parameters | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Send a query, of the graphs that are chosen or else of all, and check its answer."""
        check(sparql)
        # An update must never get to a server that takes it for a query and carries it out.
        if not words.form(sparql):
            self._understand(sparql)
            raise QueryError("This is no query.")
        names_graphs = words.names_its_graphs(sparql)
        if chosen and names_graphs and not self._server.sets_from_aside:
            raise QueryError(
                "Graphs are chosen, and this server cannot set aside those that the query names: "
                "leave out FROM."
            )
        text = self._written_out(sparql)
        if chosen is None and not names_graphs:
            if self._server.preamble and not words.upper_words(sparql) & {"GRAPH", "DESCRIBE"}:
                text = self._server.preamble + text
            else:
                chosen = self._all_graphs()
        form = (("query", text), *(chosen or ()))
        try:
            answer = self._http.ask(self._query_url, form, accept, seconds)
        except RefusedError as error:
            self._understand(sparql)
            if error.status == 400:
                raise QueryError(f"The query cannot be answered: {error.reason}") from error
            raise
        check_whole(answer)
        return answer

    def _understand(self, sparql: str, kind: Literal["query", "update"] = "query") -> None:
        """Raise QueryError, with the place, for a text that breaks the rules of SPARQL 1.1."""
        try:
            # There is nothing in this store that could be asked or changed.
            getattr(pyoxigraph.Store(), kind)(
                words.unmistakable(sparql), prefixes=self.assumed_prefixes
            )
        except SyntaxError as error:
            raise query_error(error, sparql) from error
        except ENGINE_ERRORS:
            # It is well written; whatever else is wrong, the server has said it.
            return

    def _written_out(self, sparql: str) -> str:
        """Return a text that declares its prefixes, in the lines that it has."""
        known = [name for name in words.undeclared(sparql) if name in self.assumed_prefixes]
        head = "".join(f"PREFIX {name}: <{self.assumed_prefixes[name]}> " for name in known)
        return head + (words.unmistakable(sparql) if self._server.reads_escapes else sparql)

    def _all_graphs(self) -> Parameters:
        everything = self._server.everything
        return self._listed(also_default=True) if everything is None else everything

    def _listed(self, *, also_default: bool) -> Parameters:
        """Return parameters with the names of all graphs, which are part of the default graph too
        if `also_default`."""
        own = {self._server.stand_in, *self._server.hidden}
        found = self._raw("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")
        names = [row["g"].value for row in found if row["g"].value not in own]
        outside = self._server.stand_in or STAND_IN
        return _chosen([outside, *(names if also_default else ())], names)

    def _using(self, used: Set[str]) -> Parameters:
        """Return what tells the graphs of an update that asks some, or writes, and names none."""
        writes_outside = bool(used & {"INSERT", "DELETE"}) and "GRAPH" not in used
        needs_graphs = "WHERE" in used or writes_outside
        if self._server.updates != "using" or used & {"WITH", "USING"} or not needs_graphs:
            return ()
        return tuple(
            ({"default-graph-uri": "using-graph-uri"}.get(name, f"using-{name}"), graph)
            for name, graph in self._listed(also_default=False)
        )

    def _raw(self, sparql: str, chosen: Parameters = ()) -> list[Any]:
        """Return the rows of a query of our own."""
        return rows(self._ask(sparql, ROWS, chosen), self._server)


def _in_parts(things: Iterable[rdflib.URIRef]) -> Iterator[str]:
    """Yield things as SPARQL writes them, some hundred at a time."""
    names = [n_triples(thing) for thing in things]
    for start in range(0, len(names), _AT_ONCE):
        yield " ".join(names[start : start + _AT_ONCE])


def _chosen(default_graphs: Iterable[str], named_graphs: Iterable[str]) -> Parameters:
    """Return what tells a server by which graphs to answer; nothing when none is chosen."""
    return (
        *(("default-graph-uri", name) for name in default_graphs),
        *(("named-graph-uri", name) for name in named_graphs),
    )


def _with_base(text: str, base: str | None) -> str:
    # In the first line, so that the places of errors stay those of the text.
    return text if base is None else f"BASE {pyoxigraph.NamedNode(base)} {text}"
