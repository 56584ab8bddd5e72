"""Answers of a server, read whole or not at all."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import pyoxigraph

from srmgraph.errors import ParseError, StoreError
from srmgraph.store.remote_http import Answer, PartialError
from srmgraph.store.remote_servers import Server
from srmgraph.syntax import FORMATS, Parser

Results: TypeAlias = pyoxigraph.QuerySolutions | pyoxigraph.QueryBoolean

ROWS = "application/sparql-results+json"
"""The media type in which rows and truth values are asked for."""

GRAPH = "application/n-triples, text/turtle;q=0.8, application/rdf+xml;q=0.5"
"""The media types in which graphs are asked for."""

QUADS = "application/n-quads"
"""The media type in which all statements are asked for."""

_PROFILE = pyoxigraph.NamedNode(
    "http://www.w3.org/ns/sparql-service-description#defaultSupportedEntailmentProfile"
)
_OWL_2_RL = pyoxigraph.NamedNode("http://www.w3.org/ns/owl-profile/RL")
_SYNTAXES = {known.media_type: known for known in FORMATS.values()}


def results(answer: Answer, server: Server) -> Results:
    """Return the rows or the truth value of an answer; an error may still show up in a later row.

    Raises StoreError.
    """
    if answer.media_type not in (ROWS, "application/json"):
        raise _unexpected(answer)
    body = answer.body
    if server.blank_node_prefix:
        name = re.escape(server.blank_node_prefix).encode()
        body = re.sub(rb'("type"\s*:\s*"bnode"\s*,\s*"value"\s*:\s*")' + name, rb"\1", body)
    try:
        found = pyoxigraph.parse_query_results(body, pyoxigraph.QueryResultsFormat.JSON)
    except SyntaxError as error:
        raise not_whole(answer) from error
    assert isinstance(found, Results)
    return found


def rows(answer: Answer, server: Server) -> list[Any]:
    """Return all rows of an answer; raises StoreError if it is not whole."""
    try:
        return list(solutions(answer, server))
    except SyntaxError as error:
        raise not_whole(answer) from error


def solutions(answer: Answer, server: Server) -> pyoxigraph.QuerySolutions:
    """Return the rows of an answer; raises StoreError if it has none, as a truth value."""
    found = results(answer, server)
    if not isinstance(found, pyoxigraph.QuerySolutions):
        raise _unexpected(answer)
    return found


def truth(answer: Answer, server: Server) -> bool:
    """Return the truth value of an answer; raises StoreError if it is none."""
    found = results(answer, server)
    if not isinstance(found, pyoxigraph.QueryBoolean):
        raise _unexpected(answer)
    return bool(found)


def triples(answer: Answer, server: Server) -> list[pyoxigraph.Triple]:
    """Return the statements of an answer; raises StoreError if it is not whole."""
    syntax = _SYNTAXES.get(answer.media_type)
    if syntax is None:
        raise _unexpected(answer)
    try:
        found = [quad.triple for quad in Parser(answer.body, syntax)]
    except ParseError as error:
        raise not_whole(answer) from error
    if server.most_triples is not None and len(found) >= server.most_triples:
        raise StoreError(
            f"{answer.url} gives {server.most_triples:,} statements at most, and does not say when "
            "there are more. Ask for less, or raise its limit (docs/remote-stores.md)."
        )
    return found


def tells_of_inference(answer: Answer) -> bool:
    """Return whether a description of a service says that what follows by OWL 2 RL is there.

    Source: SPARQL 1.1 Service Description, section 3.3. False for what is no description.
    """
    syntax = _SYNTAXES.get(answer.media_type)
    if syntax is None:
        return False
    try:
        return any(
            quad.predicate == _PROFILE and quad.object == _OWL_2_RL
            for quad in Parser(answer.body, syntax)
        )
    except ParseError:
        return False


def load(answer: Answer, store: pyoxigraph.Store) -> None:
    """Put all statements of a server into a store; raises StoreError if they are not whole."""
    if answer.media_type != QUADS:
        raise _unexpected(answer)
    try:
        store.bulk_load(input=answer.body, format=pyoxigraph.RdfFormat.N_QUADS)
    except SyntaxError as error:
        raise not_whole(answer) from error


def check_whole(answer: Answer) -> None:
    """Raise StoreError for an answer of which the server says itself that it is not whole."""
    if "X-SQL-State" in answer.headers:
        raise not_whole(answer)
    if most := answer.headers.get("X-SPARQL-MaxRows"):
        raise PartialError(
            f"{answer.url} gives {most} rows at most, and there may be more. Ask for less, or "
            "raise its limit (docs/remote-stores.md)."
        )


def not_whole(answer: Answer) -> PartialError:
    """Return the error for an answer that breaks off."""
    return PartialError(
        f"The answer of {answer.url} breaks off before its end. Servers do so when a query takes "
        "longer than they allow. Ask for less, or raise the server's time limit."
    )


def _unexpected(answer: Answer) -> StoreError:
    return StoreError(
        f"{answer.url} answers with “{answer.media_type}”, and not as SPARQL 1.1 has it. Is this "
        "the address of its query endpoint?"
    )
