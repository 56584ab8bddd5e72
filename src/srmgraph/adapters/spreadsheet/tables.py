"""Tables as they stand in a file, before anybody knows what they mean, and places in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from srmgraph.adapters.spreadsheet.cells import Value
from srmgraph.errors import ParseError

_MOST_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Faulty:
    """A cell that holds no value; `reason` says what is there instead, and what to do."""

    reason: str


@dataclass(slots=True)
class Table:
    """A sheet of a workbook, or a file of CSV: the rows that hold anything, with their numbers.

    A row has its values by the numbers of their columns, which count from 0; rows count from 1, as
    programs for spreadsheets show them. `file` is the file of the table.
    """

    title: str
    file: Path
    rows: list[tuple[int, dict[int, Value | Faulty]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something in a table that cannot be understood, where it is, and what to do.

    `row` counts from 1; `column` is its letter, and `title` what stands at its head. They are 0 and
    empty where the whole table is meant.
    """

    file: Path
    sheet: str
    row: int
    column: str
    title: str
    message: str

    def __str__(self) -> str:
        return f"{place(self.file, self.sheet, self.row, self.column, self.title)}: {self.message}"


class TableError(ParseError):
    """Tables cannot be understood; `problems` says of each cell why, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        shown = [str(problem) for problem in self.problems[:_MOST_SHOWN]]
        if (more := len(self.problems) - len(shown)) > 0:
            shown.append(f"… and {more:,} more")
        super().__init__("\n".join(shown))


def place(file: Path, sheet: str, row: int, column: str, title: str) -> str:
    """Return a place in words."""
    where = [f"{file}: sheet {sheet}"]
    if row:
        where.append(f"row {row}")
    if column:
        named = f"column {title}, " if title else ""
        where.append(f"{named}cell {column}{row}")
    return ", ".join(where)


def letters(column: int) -> str:
    """Return the letters of a column that counts from 0: A, B, …, Z, AA."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def number(letters: str) -> int:
    """Return the number of a column, from 0, by its letters."""
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    return found - 1
