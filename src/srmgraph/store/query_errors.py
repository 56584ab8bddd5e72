"""What the query engine says about a faulty SPARQL text, in a form that people can use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from srmgraph.errors import QueryError

_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)


@contextmanager
def answering(sparql: str) -> Iterator[None]:
    """Turn the errors of the engine into QueryError, with line, column and a short reason."""
    try:
        yield
    except SyntaxError as error:
        found = _PLACE.match(str(error))
        if found is None:
            raise QueryError(str(error), sparql) from error
        line, column = int(found[1]), int(found[2])
        raise QueryError(_reason(found[3], sparql, line, column), sparql, line, column) from error
    except OSError as error:
        raise QueryError(f"The query cannot be answered: {error}", sparql) from error


def _reason(expected: str, sparql: str, line: int, column: int) -> str:
    return f"not understood from here on (expected {expected[:60]})"
