"""Writing to a server: updates, uploads in parts, and the difference that a change makes."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable

import pyoxigraph

from srmgraph.errors import InputError, StoreError
from srmgraph.store.remote_http import Connection
from srmgraph.store.remote_servers import Parameters, Server
from srmgraph.store.remote_upload import GraphName, Parcel, blank_nodes, data_block, parcels

_BATCH = 90_000
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_GRAPH = pyoxigraph.NamedNode("urn:x-srmgraph:graph")
_SUBJECT = pyoxigraph.NamedNode(f"{_RDF}subject")
_PREDICATE = pyoxigraph.NamedNode(f"{_RDF}predicate")
_OBJECT = pyoxigraph.NamedNode(f"{_RDF}object")
_OUTSIDE = pyoxigraph.DefaultGraph()


class Writer:
    """What changes the statements of a server. Nothing is sent twice."""

    def __init__(
        self, http: Connection, server: Server, update_url: str, data_url: str | None
    ) -> None:
        self._http = http
        self._server = server
        self._update_url = update_url
        self._data_url = data_url

    def update(self, sparql: str, parameters: Parameters = ()) -> None:
        """Send an update as it is; raises StoreError."""
        body, media_type = sparql.encode(), "application/sparql-update"
        self._http.write(self._update_url, parameters, body, media_type)

    def upload(self, quads: Iterable[pyoxigraph.Quad]) -> None:
        """Add statements, in as many parts as it takes.

        Raises StoreError, which tells how many parts are there if not all are, and InputError.
        """
        largest = self._server.largest_update if self._data_url is None else _BATCH
        placed = [self._placed(quad) for quad in quads]
        for number, parcel in enumerate(parcels(placed, largest)):
            try:
                self._send(parcel)
            except StoreError as error:
                if number == 0:
                    raise
                raise StoreError(
                    f"{error} What was sent before ({number} of the parts) stays. To send it again "
                    "does no harm, except that its blank nodes are there twice."
                ) from error

    def exchange(
        self,
        dropped: Iterable[GraphName],
        removed: Collection[pyoxigraph.Quad],
        added: Collection[pyoxigraph.Quad],
    ) -> None:
        """Drop graphs, remove and add statements: by one update, or by several when it is large.

        Raises StoreError, which tells how far it got, and InputError.
        """
        operations = [
            "DROP SILENT DEFAULT" if name == _OUTSIDE else f"DROP SILENT GRAPH {name}"
            for name in map(self._place, dropped)
        ]
        less = [self._placed(quad) for quad in removed]
        more = [self._placed(quad) for quad in added]
        largest = self._server.largest_update
        is_tied = any(any(blank_nodes(quad)) for quad in more)
        if len(less) + len(more) <= largest and (self._server.ties_blank_nodes or not is_tied):
            operations += [f"DELETE DATA {data_block(less)}"] if less else []
            operations += [f"INSERT DATA {data_block(more)}"] if more else []
            if operations:
                self.update(" ;\n".join(operations))
            return
        operations += [
            f"DELETE DATA {data_block(less[start : start + largest])}"
            for start in range(0, len(less), largest)
        ]
        for number, operation in enumerate(operations):
            try:
                self.update(operation)
            except StoreError as error:
                raise StoreError(
                    f"{error} Of the change, {number} of {len(operations)} removals were made "
                    "before and stay; nothing was added yet."
                ) from error
        try:
            self.upload(more)
        except StoreError as error:
            raise StoreError(f"{error} What the change removes is removed already.") from error

    def _send(self, parcel: Parcel) -> None:
        graph = parcel.graph
        if graph is None and not self._server.ties_blank_nodes:
            self._send_described(parcel)
            return
        if graph is None or self._data_url is None:
            self.update(f"INSERT DATA {data_block(parcel.quads)}")
            return
        place = ("default", "") if graph == _OUTSIDE else ("graph", str(graph)[1:-1])
        content = parcel.n_triples()
        self._http.write(self._data_url, (place,), content, "application/n-triples")

    def _send_described(self, parcel: Parcel) -> None:
        """Send statements of several graphs as descriptions in one graph, and have them made.

        So the graphs share their blank nodes even if no request may insert into more than one.
        """
        token = secrets.token_hex(8)
        place = pyoxigraph.NamedNode(f"urn:x-srmgraph:described:{token}")
        described = Parcel(place)
        for number, quad in enumerate(parcel.quads):
            assert isinstance(quad.graph_name, pyoxigraph.NamedNode)
            node = pyoxigraph.BlankNode(f"x{token}n{number}")
            described.quads += [
                pyoxigraph.Quad(node, _GRAPH, quad.graph_name, place),
                pyoxigraph.Quad(node, _SUBJECT, quad.subject, place),
                pyoxigraph.Quad(node, _PREDICATE, quad.predicate, place),
                pyoxigraph.Quad(node, _OBJECT, quad.object, place),
            ]
        inserts = [
            f"INSERT {{ GRAPH {graph} {{ ?s ?p ?o }} }} WHERE {{ GRAPH {place} {{ "
            f"?x {_GRAPH} {graph} ; {_SUBJECT} ?s ; {_PREDICATE} ?p ; {_OBJECT} ?o }} }}"
            for graph in sorted({str(quad.graph_name) for quad in parcel.quads})
        ]
        self._send(described)
        try:
            self.update(" ;\n".join(inserts))
        finally:
            self.update(f"DROP SILENT GRAPH {place}")

    def _placed(self, quad: pyoxigraph.Quad) -> pyoxigraph.Quad:
        """Return a statement in the graph in which the server keeps it."""
        graph = self._place(quad.graph_name)
        if isinstance(graph, pyoxigraph.BlankNode):
            raise InputError(
                "A graph is named by a blank node, which no SPARQL server can be told. Name it by "
                "an IRI."
            )
        return pyoxigraph.Quad(quad.subject, quad.predicate, quad.object, graph)

    def _place(self, graph: GraphName) -> GraphName:
        stand_in = self._server.stand_in
        return graph if stand_in is None or graph != _OUTSIDE else pyoxigraph.NamedNode(stand_in)
