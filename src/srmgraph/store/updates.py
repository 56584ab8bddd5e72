"""Updates whose graphs are named beside them, as the SPARQL 1.1 Protocol allows.

Source: SPARQL 1.1 Protocol, section 2.2.3 (specifying an RDF dataset for an update).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph

from srmgraph import sparql
from srmgraph.errors import QueryError


def with_dataset(
    text: str,
    default_graphs: Sequence[pyoxigraph.NamedNode],
    named_graphs: Sequence[pyoxigraph.NamedNode],
) -> str:
    """Return an update whose patterns see these graphs: each operation says USING.

    Raises QueryError when the update names graphs by USING or WITH itself.
    """
    using = "".join(
        [f" USING {iri}" for iri in default_graphs]
        + [f" USING NAMED {iri}" for iri in named_graphs]
    )
    pieces: list[str] = []
    done = depth = 0
    before = ""
    for kind, word, start, end in sparql.marked(text):
        if kind == "mark":
            depth += 1 if word == "{" else -1
        upper = word.upper() if kind == "word" and depth == 0 else ""
        if upper in ("USING", "WITH"):
            raise QueryError(
                "The update names its graphs (USING or WITH), and so does the request. "
                "Only one of them may."
            )
        if upper == "WHERE":
            if before == "DELETE":
                # The short form has no place for USING; in the long one, both patterns are equal.
                pattern = _block(text, end)
                pieces += [text[done:start], pattern]
                done = start
            pieces += [text[done:start], using, " ", text[start:end]]
            done = end
        if upper or kind == "mark":
            before = upper
    return "".join([*pieces, text[done:]])


def _block(text: str, start: int) -> str:
    """Return the next group in braces from a place on, with the braces."""
    depth, opened = 0, None
    for kind, word, begin, end in sparql.marked(text[start:]):
        if kind != "mark":
            continue
        if opened is None:
            opened = begin
        depth += 1 if word == "{" else -1
        if depth == 0:
            return text[start + opened : start + end]
    return ""
