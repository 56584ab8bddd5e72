"""Answers to SELECT queries: rows of rdflib terms, translated when they are read."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph

from srmgraph.errors import UnknownFormatError
from srmgraph.store.query_errors import ENGINE_ERRORS, query_error
from srmgraph.terms import Term, to_rdflib

FORMATS = {
    "csv": pyoxigraph.QueryResultsFormat.CSV,
    "tsv": pyoxigraph.QueryResultsFormat.TSV,
    "json": pyoxigraph.QueryResultsFormat.JSON,
    "xml": pyoxigraph.QueryResultsFormat.XML,
}
"""The formats in which rows can be written, by name."""


class Row:
    """One solution: its values by name, as `row.name` and `row["name"]`, or in order by iteration.

    A variable that has no value in this solution is None.
    """

    __slots__ = ("_names", "_solution")

    def __init__(self, names: tuple[str, ...], solution: pyoxigraph.QuerySolution) -> None:
        self._names = names
        self._solution = solution

    def __getitem__(self, name: str) -> Term | None:
        if name not in self._names:
            raise KeyError(self._unknown(name))
        term = self._solution[name]
        return None if term is None else to_rdflib(term)

    def __getattr__(self, name: str) -> Term | None:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(self._unknown(name))
        return self[name]

    def __iter__(self) -> Iterator[Term | None]:
        return (self[name] for name in self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={self._solution[name]}" for name in self._names)
        return f"Row({values})"

    def asdict(self) -> dict[str, Term]:
        """Return the values by name, without the variables that have none."""
        return {name: term for name in self._names if (term := self[name]) is not None}

    def _unknown(self, name: str) -> str:
        return f"no variable ?{name}; the row has {', '.join(f'?{known}' for known in self._names)}"


class Solutions:
    """The rows that answer a SELECT query, in its order, each to be read once.

    `variables` are the names of the columns. The store works while rows are read: do not change it
    meanwhile.
    """

    def __init__(self, solutions: pyoxigraph.QuerySolutions, sparql: str) -> None:
        self.variables = tuple(variable.value for variable in solutions.variables)
        self._solutions = solutions
        self._sparql = sparql

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        try:
            return Row(self.variables, next(self._solutions))
        except ENGINE_ERRORS as error:
            raise query_error(error, self._sparql) from error

    def serialize(self, format: str) -> bytes:
        """Write the rows that are left in a SPARQL 1.1 results format: csv, tsv, json or xml.

        Raises UnknownFormatError, and QueryError when the query cannot be answered to its end.
        """
        try:
            return self._solutions.serialize(format=results_format(format)) or b""
        except ENGINE_ERRORS as error:
            raise query_error(error, self._sparql) from error


def results_format(name: str) -> pyoxigraph.QueryResultsFormat:
    """Return the format of that name; raises UnknownFormatError, which lists the formats."""
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        raise UnknownFormatError(f"There is no results format “{name}”. Known are: {known}.")
    return FORMATS[name]
