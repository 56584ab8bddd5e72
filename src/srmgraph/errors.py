"""What can go wrong, as one tree of exceptions.

Every message says what is wrong, where, and what to do about it.

    SrmgraphError
    ├── InputError               a file cannot be read
    │   ├── MissingFileError     there is no such file
    │   ├── UnknownFormatError   its format is not one of those that are known
    │   └── ParseError           it breaks the rules of its format
    ├── StoreError               a store cannot be opened, read or changed
    │   ├── BusyStoreError       someone else is writing to it
    │   ├── ChangedStoreError    it has changed since it was read
    │   ├── FullStoreError       there is no room on its disk
    │   └── UnknownRevisionError it has no such revision
    ├── ShapesError              a shapes graph breaks the rules of SHACL
    ├── QueryError               a SPARQL text is not one, or cannot be answered
    ├── QuestionError            a kept question cannot be asked
    │   ├── UnknownQuestionError there is no question of that name
    │   └── ParameterError       a parameter is unknown, missing or of no use
    ├── DoesNotConformError      data break a rule; carries the report
    ├── ConflictError            two sides have changed the same; carries what
    ├── InconsistentError        data contradict the ontology; carries the contradictions
    ├── UnprovedError            a statement is neither stated, nor does it follow
    └── ClosureTooLargeError     more follows from data than can be meant
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


class SrmgraphError(Exception):
    """The base of all errors that this library raises on purpose; they go between processes."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, self.__dict__)


class InputError(SrmgraphError):
    """A file cannot be read.

    `file`, `line` and `column` (both counted from 1) say where, as far as it is known. The text of
    the error begins with them, in the form that editors understand: `acme.ttl:12:5: …`.
    """

    def __init__(
        self,
        message: str,
        file: Path | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{place}: {message}" if place else message)


class MissingFileError(InputError):
    """There is no such file, or it cannot be opened."""


class UnknownFormatError(InputError):
    """A format is not one of those that are known; the message lists these."""


class ParseError(InputError):
    """A file breaks the rules of its format."""


class StoreError(SrmgraphError):
    """A store cannot be opened, read or changed."""


class BusyStoreError(StoreError):
    """Someone else is writing to the store; trying again later will do."""


class ChangedStoreError(StoreError):
    """The store has changed since its revision that a change was meant for."""


class FullStoreError(StoreError):
    """There is no room on the disk of the store; what it holds can still be read."""


class UnknownRevisionError(StoreError):
    """A store has no such revision, or does not keep it any more."""


class ShapesError(SrmgraphError):
    """A shapes graph breaks the rules of SHACL.

    `faults` are what is wrong in single shapes, each in a sentence, with the IRI of the shape,
    or of the one in which it stands; empty where there is none.
    """

    def __init__(self, reason: str, faults: Iterable[tuple[str, str]] = ()) -> None:
        self.reason = reason
        self.faults = tuple(faults)
        super().__init__("\n  ".join([reason, *(fault for fault, _ in self.faults)]))


class QueryError(SrmgraphError):
    """A SPARQL text is not one, or it cannot be answered.

    `line` and `column` (both counted from 1) say where, as far as it is known; `reason` says what
    is wrong in short; the text of the error shows the line with a mark below the place.
    """

    def __init__(
        self, reason: str, sparql: str = "", line: int | None = None, column: int | None = None
    ) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        super().__init__(_with_excerpt(reason, sparql, line, column))


class QuestionError(SrmgraphError):
    """A kept question cannot be read or asked."""


class UnknownQuestionError(QuestionError):
    """There is no question of that name; the message suggests the nearest names."""


class ParameterError(QuestionError):
    """A question's parameter is unknown, missing or of no use."""


class DoesNotConformError(SrmgraphError):
    """Data break at least one rule of severity Violation, so they were not taken in.

    `report` is the whole `srmgraph.Report`.
    """

    def __init__(self, message: str, report: Any) -> None:
        self.report = report
        super().__init__(message)


class ConflictError(SrmgraphError):
    """Two sides have changed the same in different ways, so neither was taken.

    `conflicts` tells each with the values of both sides, for programs.
    """

    def __init__(self, message: str, conflicts: Sequence[Mapping[str, Any]]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(message)


class UnprovedError(SrmgraphError):
    """A statement is neither stated, nor does it follow, so nothing explains it."""


class InconsistentError(SrmgraphError):
    """Data contradict the ontology: no state of affairs makes all of them true.

    `contradictions` says in words what contradicts what. `proofs` are `srmgraph.inference.Proof`
    of the first of them, as far as there are any.
    """

    def __init__(self, contradictions: Sequence[str], proofs: Sequence[Any] = ()) -> None:
        self.contradictions = tuple(contradictions)
        self.proofs = tuple(proofs)
        count = len(self.contradictions)
        heading = (
            "The data contradict the ontology, so nothing was inferred. "
            f"{count} contradiction{'' if count == 1 else 's'}:"
        )
        super().__init__("\n".join([heading, *(f"  {text}" for text in self.contradictions)]))


class ClosureTooLargeError(SrmgraphError):
    """More follows than was allowed, so nothing was inferred."""

    def __init__(self, limit: int, rule: str) -> None:
        super().__init__(
            f"More than {limit:,} facts follow, so nothing was inferred. The last rule at work was "
            f"{rule}. Look for a transitive property or a chain over a dense network, or raise the "
            "limit."
        )


def _again(kind: type[SrmgraphError], args: Any, values: dict[str, Any]) -> SrmgraphError:
    """Return an error as it was: its text is made of what only its own code knows."""
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(values)
    return error


def _with_excerpt(reason: str, sparql: str, line: int | None, column: int | None) -> str:
    if line is None or column is None:
        return reason
    lines = sparql.splitlines()
    message = f"line {line}, column {column}: {reason}"
    if not 1 <= line <= len(lines):
        return message
    # Tabs are kept before the mark so that it stands below its place in any terminal.
    before = "".join("\t" if letter == "\t" else " " for letter in lines[line - 1][: column - 1])
    return f"{message}\n  {lines[line - 1]}\n  {before}^"
