"""What the query engine says about a faulty SPARQL text, in a form that people can use."""

from __future__ import annotations

import re

from srmgraph import knowledge, sparql
from srmgraph.errors import QueryError

ENGINE_ERRORS = (SyntaxError, OSError, RuntimeError, ValueError)
"""What the engine raises for a query that it does not understand or cannot answer."""

_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_LAST_IRI = re.compile(r"<[^<>]*>(?!.*<)")
_UPDATE = re.compile(r"INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD|WITH", re.IGNORECASE)


def query_error(error: Exception, text: str) -> QueryError:
    """Return what the engine raised for a query as QueryError, with the place and a reason."""
    found = _PLACE.match(str(error))
    if found is None:
        return QueryError(f"The query cannot be answered: {error}", text)
    lines = text.splitlines() or [""]
    line = min(int(found[1]), len(lines))
    content = lines[line - 1]
    column = len(content) + 1
    if line == int(found[1]):
        asked = (sparql.unmistakable(text).splitlines() or [""])[line - 1]
        column = _column(content, asked, int(found[2]))
    reason, start = _reason(found[3], text, content[: column - 1], content[column - 1 :])
    return QueryError(reason, text, line, column if start is None else start + 1)


def check(text: str) -> None:
    """Raise QueryError for a query that must not reach the engine.

    That is one so deep or long-winded that the engine would crash on it, and one that would send
    a request to another service.
    """
    depth = chain = 0
    if not sparql.is_shallow(text):
        depth, chain = sparql.nesting(text)
    if depth > sparql.DEEPEST:
        raise QueryError(f"The query is nested more than {sparql.DEEPEST} brackets deep.")
    if chain > sparql.LONGEST_CHAIN:
        raise QueryError(
            f"The query has more than {sparql.LONGEST_CHAIN} operators or alternatives."
        )
    if sparql.is_federated(text):
        raise QueryError(
            "The query asks another service (SERVICE), and nothing is fetched from the network. "
            "Load the data of that service instead."
        )


def check_update(text: str) -> None:
    """Raise QueryError for an update that must not reach the engine, for the same reasons.

    LOAD fetches from the network. Keywords need no space behind them (`LOADSILENT<…>`).
    """
    check(text)
    if any(kind == "word" and word.upper().startswith("LOAD") for kind, word in sparql.words(text)):
        raise QueryError(
            "The update fetches a document (LOAD), and nothing is fetched from the network. "
            "Send the statements themselves instead."
        )


def _column(content: str, asked: str, column: int) -> int:
    """Return the column in a line as it was written for one in the line that the engine read."""
    own = read = 0
    while read < min(column - 1, len(asked)) and own < len(content):
        read += 1 if content[own] == asked[read] else len("\\u0000")
        own += 1
    return own + 1


def _reason(expected: str, text: str, before: str, after: str) -> tuple[str, int | None]:
    """Return the reason and, where the engine looked too far, the column (from 0) of the cause."""
    words = [word for kind, word in sparql.words(text) if kind == "word"]
    if words and _UPDATE.fullmatch(words[0]):
        return "This is an update, not a query: it would change what is asked.", 0
    if "Prefix not found" in expected and (missing := sparql.undeclared(text)):
        namespace = knowledge.prefixes().get(missing[0], "IRI")
        start = before.rfind(f"{missing[0]}:")
        return (
            f"The prefix {missing[0]}: is not declared. "
            f"Write at the top: PREFIX {missing[0]}: <{namespace}>",
            None if start < 0 else start,
        )
    if "IRI parsing failed" in expected and (iri := _LAST_IRI.search(before)):
        return f"{iri[0]} is not a whole IRI, such as <https://example.org/x>.", iri.start()
    if "variable that is unbound" in expected:
        return (
            "A selected variable has no single value here: "
            "name it in GROUP BY, or wrap it in COUNT, SAMPLE or the like.",
            None,
        )
    if after.strip():
        word = after.split()[0]
        return f"Not understood from “{word[:30]}” on.", None
    if sparql.is_open(text):
        return "A bracket is still open at the end.", None
    # The engine has tried every reading, and each of them failed at another place.
    return "This is not SPARQL: a statement before this place is incomplete or misspelt.", None
