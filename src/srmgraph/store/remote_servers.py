"""What SPARQL servers have in common, and where each of them differs, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from srmgraph.errors import StoreError
from srmgraph.store.intake import OUTSIDE_NAME

Parameters: TypeAlias = tuple[tuple[str, str], ...]

STAND_IN = OUTSIDE_NAME
"""The named graph that is used where a server's own default graph cannot be asked with others."""

_VIRTUOSO_OWN = frozenset(
    {
        "http://localhost:8890/DAV/",
        "http://localhost:8890/sparql",
        "http://localuriqaserver/sparql",
        "http://www.openlinksw.com/schemas/virtrdf#",
        "http://www.w3.org/2002/07/owl#",
        "http://www.w3.org/ns/ldp#",
        "urn:activitystreams-owl:map",
        "urn:core:services:sparql",
    }
)


@dataclass(frozen=True)
class Server:
    """How a server is spoken to.

    `query`, `update` and `data` are its endpoints, behind the address of the store. Without `data`
    (SPARQL 1.1 Graph Store Protocol), statements are sent as updates.
    """

    name: str
    query: str = ""
    update: str = ""
    data: str | None = None
    dump: str | None = None
    """The endpoint that gives all statements at once as N-Quads, which is faster than a query."""
    everything: Parameters | None = None
    """What is sent with a query so that it sees all graphs; None: all graphs are named with it."""
    preamble: str = ""
    """What is written before a query about one default graph, so that it sees all but the hidden
    graphs; one about named graphs, or a DESCRIBE, is still told all names."""
    outside: Parameters = ()
    """What is sent with a query so that it sees only statements outside named graphs."""
    stand_in: str | None = STAND_IN
    """The named graph for statements outside named graphs; None: the server's default graph."""
    updates: Literal["default", "using", "named"] = "named"
    """What an update is about that names no graph: the server's default graph, or the stand-in,
    which is told by using-graph-uri; or else nothing, so that it has to name its graphs."""
    hidden: frozenset[str] = frozenset()
    """Named graphs that are the server's own affair."""
    digest: bool = False
    """Whether a name and a password are proven by HTTP Digest, not sent by HTTP Basic."""
    reads_escapes: bool = True
    r"""Whether an IRI in a query may have \u0023 for #."""
    sets_from_aside: bool = True
    """Whether graphs that whoever asks has chosen stand above those that a query names."""
    blank_node_prefix: str = ""
    """What stands before the names of blank nodes in answers, and is no part of a name."""
    ties_blank_nodes: bool = True
    """Whether INSERT DATA may hold blank nodes, also such as several graphs share."""
    largest_update: int = 90_000
    """How many statements one update may hold."""
    most_triples: int | None = None
    """At so many triples a graph is cut off without a word; None: none is."""

    misreads: tuple[tuple[str, str], ...] = ()
    """Regular expressions for what in a query this server is known to answer wrongly without a
    word, each with what that is."""


SERVERS = {
    server.name: server
    for server in (
        Server("sparql"),
        Server(
            "srmgraph",
            query="/sparql",
            update="/update",
            data="/graphs",
            everything=(),
            outside=(("default-graph-uri", OUTSIDE_NAME),),
            stand_in=None,
            updates="default",
        ),
        Server(
            "oxigraph",
            query="/query",
            update="/update",
            data="/store",
            dump="/store",
            everything=(("union-default-graph", ""),),
            stand_in=None,
            updates="default",
        ),
        Server(
            "virtuoso",
            query="/sparql",
            update="/sparql-auth",
            data="/sparql-graph-crud-auth",
            # To name all graphs with each query is standard, but makes it a hundred times slower.
            preamble="".join(
                f"define input:default-graph-exclude <{name}> " for name in sorted(_VIRTUOSO_OWN)
            ),
            updates="using",
            hidden=_VIRTUOSO_OWN,
            digest=True,
            reads_escapes=False,
            sets_from_aside=False,
            blank_node_prefix="nodeID://",
            ties_blank_nodes=False,
            largest_update=1_000,
            most_triples=10_000,
            misreads=(
                (
                    r"\}\s*\)*\s*\|\||\|\|[\s(!]*(?:NOT\s+)?EXISTS|\bIF\s*\([^{}]*EXISTS",
                    "EXISTS as a part of a longer condition",
                ),
                (r"(?s)\bUNION\b.*\bFILTER\b", "a condition on what a UNION has found"),
                (r"\bEXISTS\s*\{\s*FILTER\b", "EXISTS with nothing but a condition in it"),
                (r"#langString>", "the datatype of a text in a language"),
                (r"\bsameTerm\([^()]*\"", "sameTerm on a text"),
            ),
        ),
        Server("fuseki", query="/query", update="/update", data="/data"),
        Server(
            "graphdb",
            update="/statements",
            data="/rdf-graphs/service",
            everything=(),
            outside=(("default-graph-uri", "http://www.openrdf.org/schema/sesame#nil"),),
            stand_in=None,
            updates="default",
        ),
        Server(
            "stardog",
            query="/query",
            update="/update",
            data="",
            everything=(),
            outside=(("default-graph-uri", "tag:stardog:api:context:default"),),
            stand_in=None,
            updates="default",
        ),
        Server(
            "neptune",
            query="/sparql",
            update="/sparql",
            data="/sparql/gsp/",
            everything=(),
            stand_in="http://aws.amazon.com/neptune/vocab/v01/DefaultNamedGraph",
            updates="default",
        ),
    )
}
"""The servers that are known, by name; `sparql` is any that keeps to SPARQL 1.1."""


def server_of(name: str) -> Server:
    """Return the server of that name; raises StoreError, which lists those that are known."""
    if name not in SERVERS:
        raise StoreError(f"There is no server “{name}”. Known are: {', '.join(SERVERS)}.")
    return SERVERS[name]
